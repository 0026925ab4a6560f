"""The end of a school: everything stored of it is erased, in the database and in every other store."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.erasure_journal import SCHOOL, erasure_note
from accounts.models import Institution, User
from accounts.stored import files_below
from attendance.erasing.receipts import receipt_sign
from attendance.models import Capture, ClassSession, SessionSummary
from attendance.repositories import marks_for
from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import keeper_at, places_of
from enrollment.files import files_delete
from enrollment.models import Consent, Course, FacePhoto, Receipt, SchoolErasureReceipt, Student
from enrollment.services.erasure import erased_later_if_unavailable, place_empty, student_erase_faces

logger = logging.getLogger(__name__)
FOLDERS = ("faces", "captures", "batches", "imports", "bundles", "documents", "exports")  # each with one a school
_AT_ONCE = 500  # sessions of one call of the store
Beat = Callable[[], None]


def _silent() -> None:
    """No beat: nobody waits for a sign of life."""


@dataclass(frozen=True, slots=True)
class SchoolContents:
    """Numbers of what would be erased.

    places: where faces were enrolled; accounts: those used for no other school.
    """

    students: int
    photos: int
    captures: int
    sessions: int
    places: int
    accounts: int


def school_contents(institution: Institution) -> SchoolContents:
    """Numbers of what is stored of a school in the portal's database."""
    return SchoolContents(
        students=Student.objects.for_institution(institution).count(),
        photos=FacePhoto.objects.for_institution(institution).count(),
        captures=Capture.objects.for_institution(institution).exclude(picture="").count(),
        sessions=ClassSession.objects.for_institution(institution).count(),
        places=len(places_of(institution)),
        accounts=len(_accounts(institution)),
    )


def school_close(institution: Institution, *, by: str) -> SchoolErasureReceipt:
    """Close a school for good: nobody gets in any more, nobody is searched for. Returns the erasure's receipt."""
    with transaction.atomic():
        now = timezone.now()
        Institution.objects.filter(pk=institution.pk).update(faces_enabled=False, closing_at=now)
        Consent.objects.for_institution(institution).valid().update(withdrawn_at=now)
        transaction.on_commit(partial(erasure_note, SCHOOL, school=institution.pk, subject=institution.pk))
        running = SchoolErasureReceipt.objects.filter(subject=institution.pk, state=Receipt.State.RUNNING)
        label = f"{institution.slug}: {institution.name}"[:200]
        made = {"subject": institution.pk, "label": label, "asked_by_name": by[:120]}
        return running.first() or SchoolErasureReceipt.objects.create(**made)


def school_erase(*, institution: Institution, by: str = "", beat: Beat = _silent) -> Iterator[str]:
    """Erase a school step by step; yields the name of each step that is done and was read again.

    The rows that tell what else there is go last: after a crash or an outage the same call continues. A signed receipt
    is left outside the school's rows (`SchoolErasureReceipt`). by: the operator's name. Raises ErasureUnfinished and
    StoreUnavailable. The iterator has to be exhausted. beat: called at each of many small steps; what it raises ends
    the call.
    """
    for practice in Institution.objects.filter(practice_of=institution):
        yield from (f"practice: {step}" for step in school_erase(institution=practice, by=by, beat=beat))
    receipt = school_close(institution, by=by)
    _count(receipt, institution, beat)
    for student in Student.objects.for_institution(institution).select_related("institution").iterator():
        beat()
        student_erase_faces(student=student)
    for place in places_of(institution):
        place_empty(place)
    yield _read_again(receipt, "faces", _vectors(institution))
    _erase_marks(institution, beat)
    yield _read_again(receipt, "marks", _marks(institution, beat))
    _delete_files(institution)
    yield _read_again(receipt, "files", len(_files(institution)))
    with transaction.atomic():  # the receipt is signed when the rows are gone, or neither
        User.objects.filter(pk__in=_accounts(institution)).delete()
        institution.delete()
        _note(receipt, "students", Student.objects.filter(institution=receipt.subject).count())
        receipt_sign(receipt=receipt)
    logger.warning("The school %s has been erased", institution.slug)
    yield "rows"


def _count(receipt: SchoolErasureReceipt, institution: Institution, beat: Beat) -> None:
    """Note what there is before anything goes, unless an earlier call has done so."""
    if receipt.steps:
        return
    counts = {
        "faces": _vectors(institution),
        "marks": _marks(institution, beat),
        "files": len(_files(institution)),
        "students": Student.objects.for_institution(institution).count(),
    }
    receipt.steps = [{"part": part, "found": found} for part, found in counts.items()]
    receipt.save(update_fields=["steps"])


def _read_again(receipt: SchoolErasureReceipt, part: str, left: int) -> str:
    """Note what was left of a part; returns the part. Raises ErasureUnfinished if it is not empty."""
    if left:
        logger.error("%s of the school %s: %d are still there", part, receipt.label, left)
        sentence = _("%(part)s: %(left)d are still there. It will be tried again.") % {"part": part, "left": left}
        raise ErasureUnfinished("erasure_incomplete", sentence, retryable=True)
    _note(receipt, part, left)
    receipt.save(update_fields=["steps"])
    return part


def _note(receipt: SchoolErasureReceipt, part: str, left: int) -> None:
    now = timezone.now()
    receipt.steps = [step | {"left": left, "read_at": now} if step["part"] == part else step for step in receipt.steps]


def _vectors(institution: Institution) -> int:
    with erased_later_if_unavailable():
        return sum(len(keeper_at(place).faces()) for place in places_of(institution))


def _marks(institution: Institution, beat: Beat) -> int:
    store, found = marks_for(institution), 0
    for student in Student.objects.for_institution(institution).order_by().values_list("pk", flat=True):
        beat()
        found += store.count_student(student)
    return found


def _erase_marks(institution: Institution, beat: Beat) -> None:
    """Erase marks, summaries and counters, wherever the store keeps them."""
    store = marks_for(institution)
    for student in Student.objects.for_institution(institution).order_by().values_list("pk", flat=True):
        beat()
        store.purge_student(student)
    sessions = list(ClassSession.objects.for_institution(institution).values_list("pk", "starts_at"))
    days = {starts_at.date() for _pk, starts_at in sessions}
    days |= {starts_at.astimezone(institution.zone).date() for _pk, starts_at in sessions}
    days |= set(SessionSummary.objects.for_institution(institution).values_list("day", flat=True))
    for start in range(0, len(sessions), _AT_ONCE):
        beat()
        store.purge_sessions([pk for pk, _starts_at in sessions[start : start + _AT_ONCE]])
    courses = Course.objects.for_institution(institution).values_list("pk", flat=True)
    store.purge_summaries(list(courses), sorted(days))


def _delete_files(institution: Institution) -> None:
    """Delete the school's files, those without a row included. Raises ErasureUnfinished."""
    files_delete(_files(institution))


def _files(institution: Institution) -> list[str]:
    """Names of the school's files. Raises ErasureUnfinished."""
    try:
        return [name for folder in FOLDERS for name in files_below(f"{folder}/{institution.pk}")]
    except OSError as error:
        sentence = _(
            "The store of photos could not be reached, so files are still to be deleted. It will be tried again."
        )
        raise ErasureUnfinished("files_waiting", sentence, retryable=True) from error


def _accounts(institution: Institution) -> list[UUID]:
    """Accounts that belong to this school alone, and neither to the operator nor to nobody."""
    members = User.objects.filter(memberships__institution=institution, is_superuser=False)
    others = User.objects.exclude(memberships=None).filter(memberships__institution__in=_others(institution))
    return list(members.exclude(pk__in=others.values("pk")).values_list("pk", flat=True).distinct())


def _others(institution: Institution) -> QuerySet[Institution]:
    return Institution.objects.exclude(pk=institution.pk)
