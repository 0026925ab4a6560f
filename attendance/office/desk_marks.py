"""Writing and taking back the mark of a desk entry, through the register's own services, so with its history."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from attendance.domain.desk import WantedMark
from attendance.domain.marks import Mark
from attendance.domain.statuses import Status
from attendance.models import ClassSession, DeskEntry, DeskMark
from attendance.register.corrections import Correction, mark_correct
from attendance.register.marks import MarkInput, mark_say, mark_undo
from attendance.repositories import marks_for


def desk_mark_write(entry: DeskEntry, session: ClassSession, wanted: WantedMark, *, over: int) -> Mark:
    """Write an entry's mark over version `over` (0: none), in an open or in a closed register.

    Noted before it is written: after a crash in between the sweep writes it. Raises MarkConflict, SessionClosed and
    whatever the register's services raise.
    """
    by = _person(entry.entered_by)
    DeskMark.objects.update_or_create(
        institution=entry.institution, entry=entry, session=session, defaults={"version": over + 1}
    )
    if session.is_open:
        word = MarkInput(
            status=wanted.status, minutes_late=wanted.minutes_late, left_at=wanted.left_at, note=_note(entry)
        )
        return mark_say(session=session, student_id=entry.student_id, word=word, by=by, expected_version=over)
    correction = Correction(status=wanted.status, reason=_note(entry), minutes_late=wanted.minutes_late)
    return mark_correct(
        session=session, student_id=entry.student_id, correction=correction, by=by, expected_version=over
    )


def desk_mark_take_back(held: DeskMark) -> bool:
    """Take the mark of an undone entry back, unless somebody changed it since; returns whether it did."""
    entry, session, by = held.entry, held.session, _person(held.entry.undone_by)
    versions = marks_for(session.institution).audit(session.pk, entry.student_id)
    is_ours = bool(versions) and versions[-1].version == held.version
    if is_ours and session.is_open:
        mark_undo(session=session, student_id=entry.student_id, by=by, expected_version=held.version)
    elif is_ours:
        mark_correct(
            session=session,
            student_id=entry.student_id,
            correction=_before(versions, entry),
            by=by,
            expected_version=held.version,
        )
    held.delete()
    return is_ours


def _before(versions: list[Mark], entry: DeskEntry) -> Correction:
    """The mark as it was before the entry; where there was none, a closed register says absent."""
    before = versions[-2] if len(versions) > 1 else None
    with override(entry.institution.language):
        reason = _("Taken back at the office's desk")
    if before is None or before.status is Status.NONE:
        return Correction(Status.ABSENT, reason)
    return Correction(before.status, reason, code=before.code, minutes_late=before.minutes_late)


def _note(entry: DeskEntry) -> str:
    """Note of the mark: the reason, else how it came about, in the school's language."""
    if entry.reason:
        return entry.reason
    with override(entry.institution.language):
        return {
            DeskEntry.Kind.LATE: _("Arrived late, entered at the office's desk"),
            DeskEntry.Kind.LEFT: _("Left early, entered at the office's desk"),
        }[DeskEntry.Kind(entry.kind)]


def _person(user: User | None) -> User:
    """The person of an entry. Raises ValueError where their account is gone: then nobody may be named."""
    if user is None:
        raise ValueError("The account that made this entry is gone.")
    return user
