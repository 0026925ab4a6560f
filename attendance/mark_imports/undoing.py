"""Undoing of imported marks: what was there before comes back; what somebody changed since stays, and is named."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.jobs import JobPostponed
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.mark_imports.planning import MARK, SESSION, mark_place
from attendance.mark_imports.writing import Content
from attendance.models import (
    ClassSession,
    MarkRow,
    MarkVersion,
    RegisterEvent,
    RosterEntry,
    SessionSummary,
    ToldRegister,
)
from attendance.register.sessions import closing_of, summary_kept
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged, RegisterError
from enrollment.importing.undoing import Kept
from enrollment.models import ImportChange, ImportRun, Student

State = ClassSession.State
_MOST = 1_000  # changes of a lesson: one for each of its students
# Rows that come with a register, and go with one that an import made.
_OWN = (RosterEntry, RegisterEvent, MarkRow, MarkVersion, SessionSummary, ToldRegister)


def marks_undo(*, run: ImportRun, below: int) -> tuple[int, list[Kept]]:
    """Take back what the import wrote of one lesson, the last one first. See `changes_undo`.

    Raises JobPostponed where the store does not answer.
    """
    changes = list(run.changes.filter(number__lt=below).order_by("-number")[:_MOST])
    if not changes:
        return 0, []
    session_id = _session_of(changes[0])
    some = list(takewhile(lambda change: _session_of(change) == session_id, changes))
    rows = ClassSession.objects.for_institution(run.institution).select_related("institution", "course")
    session = rows.filter(pk=session_id).first()
    kept: list[Kept] = []
    if session is not None:  # else it is gone, and its marks with it
        try:
            kept = _lesson_undo(run, session, some)
        except RegisterError as error:
            raise JobPostponed(str(error)) from error
    return some[-1].number, kept


def _session_of(change: ImportChange) -> UUID:
    return UUID(change.row_id) if change.model == SESSION else mark_place(change.row_id)[0]


def _lesson_undo(run: ImportRun, session: ClassSession, changes: Sequence[ImportChange]) -> list[Kept]:
    marks = {mark_place(change.row_id)[1]: change for change in changes if change.model == MARK}
    own = next((change for change in changes if change.model == SESSION), None)
    if own is not None and not own.before and _is_only_ours(session, own, marks):
        _drop(session)
        return []
    with summary_kept(session):
        kept = _marks_undo(run, session, marks)
        _leave(run, session, [pk for pk, change in marks.items() if change.after.get("joined") and pk not in kept])
    if own is not None:
        _register_undo(run, session, own, is_empty=not kept)
    students = Student.objects.for_institution(run.institution).in_bulk(kept)
    about = f"{session.course.name} · {date_format(session.local_date, 'j M Y')}"
    names = [f"{students[pk].name} · {about}" if pk in students else about for pk in kept]
    return [{"name": name, "why": _("It has been changed since.")} for name in names]


def _marks_undo(run: ImportRun, session: ClassSession, changes: Mapping[UUID, ImportChange]) -> list[UUID]:
    """Bring back the marks of before; returns the students whose marks somebody changed since."""
    store, kept = marks_for(run.institution), []
    held = store.for_session(session.pk)
    for student, change in changes.items():
        mark = held.get(student)
        if mark is None or mark.source is Source.UNDO:
            continue  # undone already
        if not _is_ours(mark, change):
            if not (change.before and Content.of(change.before).is_of(mark)):
                kept.append(student)
            continue
        try:
            store.correct(_before(run, session, mark, change), expected_version=mark.version)
        except MarkChanged:
            kept.append(student)
    return kept


def _is_ours(mark: Mark, change: ImportChange | None) -> bool:
    """True if the mark is as the import wrote it."""
    return change is not None and mark.source is Source.IMPORT and Content.of(change.after).is_of(mark)


def _before(run: ImportRun, session: ClassSession, mark: Mark, change: ImportChange) -> Mark:
    """The mark as it was before the import: the version that was replaced, or none."""
    if change.before:
        versions = marks_for(run.institution).audit(session.pk, mark.student_id)
        return next(each for each in versions if each.version == change.before["version"])
    return replace(
        mark, status=Status.NONE, source=Source.UNDO, marked_at=timezone.now(), minutes_late=0, note="", code=""
    )


def _leave(run: ImportRun, session: ClassSession, students: Sequence[UUID]) -> None:
    """Take those off the register whom the import put on it."""
    entries = RosterEntry.objects.for_institution(run.institution)
    entries.filter(session=session, student__in=students).delete()


def _register_undo(run: ImportRun, session: ClassSession, own: ImportChange, *, is_empty: bool) -> None:
    """Bring the register to the state of before, unless marks of it were kept."""
    was_closed = own.before.get("state") == State.CLOSED
    if was_closed or not is_empty or not _is_closed_by_us(session, own) or _others_marked(session):
        _note(run, session)
        return
    if not own.before and not _is_used(session):
        _drop(session)
        return
    marks_for(run.institution).close_session(replace(closing_of(session, []), closed_at=timezone.now()))
    with transaction.atomic():
        ToldRegister.objects.for_institution(run.institution).filter(session=session).delete()
        rows = ClassSession.objects.for_institution(run.institution).filter(pk=session.pk, state=State.CLOSED)
        rows.update(state=State.SCHEDULED, opened_by=None, opened_at=None, closed_by=None, closed_at=None)
        _note(run, session)


def _is_only_ours(session: ClassSession, own: ImportChange, changes: Mapping[UUID, ImportChange]) -> bool:
    """True if all there is of a lesson that the import added is as the import wrote it."""
    if not _is_closed_by_us(session, own) or _is_used(session):
        return False
    marks = marks_for(session.institution).for_session(session.pk)
    return all(_is_ours(mark, changes.get(student)) for student, mark in marks.items())


def _is_closed_by_us(session: ClassSession, own: ImportChange) -> bool:
    """True if nobody has closed the register since; also where the import was stopped before it did."""
    return session.closed_at in (None, parse_datetime(own.after["at"])) and not session.is_open


def _drop(session: ClassSession) -> None:
    """Take a lesson back that the import added, with all of its marks. Its day counts none of them."""
    store = marks_for(session.institution)
    store.close_session(replace(closing_of(session, []), closed_at=timezone.now()))
    store.purge_sessions([session.pk])
    session.delete()


def _others_marked(session: ClassSession) -> bool:
    """True if the register has marks that this import did not write."""
    return any(
        mark.status is not Status.NONE for mark in marks_for(session.institution).for_session(session.pk).values()
    )


def _is_used(session: ClassSession) -> bool:
    """True if anything refers to the lesson besides what its register consists of."""
    for relation in ClassSession._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        field = relation.field  # type: ignore[union-attr]
        if field.model not in _OWN and field.model._base_manager.filter(**{field.name: session}).exists():
            return True
    return False


def _note(run: ImportRun, session: ClassSession) -> None:
    """Note in the register's history that the import was taken back, once."""
    events = RegisterEvent.objects.for_institution(run.institution)
    found = {"session": session, "kind": RegisterEvent.Kind.UNDONE, "reason": run.file_name}
    last = RegisterEvent.Kind.IMPORTED
    imported = events.filter(session=session, kind=last, reason=run.file_name).order_by("-at").first()
    if imported and not events.filter(**found, at__gt=imported.at).exists():
        RegisterEvent.objects.create(institution=run.institution, by=run.job.started_by if run.job else None, **found)
