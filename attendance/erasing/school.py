"""The end of a school: everything stored of it is erased, in the database and in every other store."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from attendance.models import Capture, ClassSession, SessionSummary
from attendance.repositories import marks_for
from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import places_of
from enrollment.files import files_delete
from enrollment.models import Consent, Course, FacePhoto, Student
from enrollment.services.erasure import place_empty, student_erase_faces

logger = logging.getLogger(__name__)
_FOLDERS = ("faces", "captures", "batches", "imports", "bundles")  # each with one a school
_AT_ONCE = 500  # sessions of one call of the store


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


def school_erase(*, institution: Institution) -> Iterator[str]:
    """Erase a school step by step; yields the name of each step that is done.

    The rows that tell what else there is go last: after a crash or an outage the same call continues. Raises
    ErasureUnfinished and StoreUnavailable. The iterator has to be exhausted.
    """
    Institution.objects.filter(pk=institution.pk).update(faces_enabled=False)
    Consent.objects.for_institution(institution).valid().update(withdrawn_at=timezone.now())
    for student in Student.objects.for_institution(institution).select_related("institution"):
        student_erase_faces(student=student)
    for place in places_of(institution):
        place_empty(place)
    yield "faces"
    _erase_marks(institution)
    yield "marks"
    _delete_files(institution)
    yield "files"
    User.objects.filter(pk__in=_accounts(institution)).delete()
    institution.delete()
    logger.warning("The school %s has been erased", institution.slug)
    yield "rows"


def _erase_marks(institution: Institution) -> None:
    """Erase marks, summaries and counters, wherever the store keeps them."""
    store = marks_for(institution)
    for student in Student.objects.for_institution(institution).order_by().values_list("pk", flat=True):
        store.purge_student(student)
    sessions = list(ClassSession.objects.for_institution(institution).values_list("pk", "starts_at"))
    days = {starts_at.date() for _pk, starts_at in sessions}
    days |= {starts_at.astimezone(institution.zone).date() for _pk, starts_at in sessions}
    days |= set(SessionSummary.objects.for_institution(institution).values_list("day", flat=True))
    for start in range(0, len(sessions), _AT_ONCE):
        store.purge_sessions([pk for pk, _starts_at in sessions[start : start + _AT_ONCE]])
    courses = Course.objects.for_institution(institution).values_list("pk", flat=True)
    store.purge_summaries(list(courses), sorted(days))


def _delete_files(institution: Institution) -> None:
    """Delete the school's files, those without a row included. Raises ErasureUnfinished."""
    try:
        names = [name for folder in _FOLDERS for name in _below(f"{folder}/{institution.pk}")]
    except OSError as error:
        sentence = _(
            "The pictures' store could not be reached, so files are still to be deleted. It will be tried again."
        )
        raise ErasureUnfinished("files_waiting", sentence, retryable=True) from error
    files_delete(names)


def _below(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
    for each in folders:
        yield from _below(f"{folder}/{each}")


def _accounts(institution: Institution) -> list[UUID]:
    """Accounts that belong to this school alone, and neither to the operator nor to nobody."""
    members = User.objects.filter(memberships__institution=institution, is_superuser=False)
    others = User.objects.exclude(memberships=None).filter(memberships__institution__in=_others(institution))
    return list(members.exclude(pk__in=others.values("pk")).values_list("pk", flat=True).distinct())


def _others(institution: Institution) -> QuerySet[Institution]:
    return Institution.objects.exclude(pk=institution.pk)
