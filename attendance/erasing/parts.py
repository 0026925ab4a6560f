"""Parts of a student's data that an erasure goes through: how each is erased, and how it is read again.

Every part may be erased again: what is gone already counts as erased. A part is read in the store that holds it, not in
what the portal noted of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution
from attendance.captures.deleting import capture_delete
from attendance.disclosing.bundle import bundle_files, bundles_of
from attendance.disclosing.exports import exports_count, exports_delete
from attendance.erasing.marks import student_erase_marks
from attendance.erasing.record import record_anonymise, record_delete, record_left, rosters_left, rosters_quit
from attendance.erasing.traces import traces_erase, traces_left
from attendance.excuses.deleting import statements_count, statements_delete
from attendance.models import Capture, StudentNote, capture_path, upright_path
from attendance.repositories import marks_for
from enrollment.faces.places import face_ids_at, keeper_at, places_of
from enrollment.files import files_delete
from enrollment.models import BatchPhoto, ConsentRequest, ErasureScope, FacePhoto, Student
from enrollment.services.erasure import faces_forget, student_erase_faces


@dataclass(slots=True)
class Subject:
    """The student whom an erasure is about. student: None once the row is gone.

    files, face_ids: what was known by name before anything was erased.
    """

    institution: Institution
    pk: UUID
    student: Student | None
    files: list[str] = field(default_factory=list)
    face_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of data. left: the number that a fresh reading finds; erase is not called where that is 0."""

    code: str
    title: str | Promise
    left: Callable[[Subject], int]
    erase: Callable[[Subject], None]


# -- Face data ---------------------------------------------------------------------------------------------------------


def _vectors(subject: Subject) -> int:
    """Vectors of every place that are the student's, or whose id was the student's."""
    found = set[tuple[int, str]]()
    for place in places_of(subject.institution):
        faces = keeper_at(place).faces().items()
        found |= {(place.pk, name) for name, owner in faces if owner == subject.pk or name in subject.face_ids}
    return len(found)


def _mapped(subject: Subject) -> int:
    """Entries of every mapping, counted once where places share it."""
    found = set[str]()
    for place in places_of(subject.institution):
        mapping = face_ids_at(place)
        found |= {*mapping.for_student(subject.pk), *mapping.get_many(subject.face_ids)}
    return len(found)


def _erase_faces(subject: Subject) -> None:
    if subject.student:
        student_erase_faces(student=subject.student)
    for place in places_of(subject.institution):
        keeper = keeper_at(place)
        faces_forget(place, [name for name in subject.face_ids if keeper.owns(name)])


def _photos(subject: Subject) -> QuerySet[FacePhoto]:
    return FacePhoto.objects.for_institution(subject.institution).filter(student=subject.pk)


def _files(subject: Subject) -> int:
    return sum(default_storage.exists(name) for name in subject.files)


def _erase_files(subject: Subject) -> None:
    files_delete(name for name in subject.files if default_storage.exists(name))


def _captures(subject: Subject) -> QuerySet[Capture]:
    """Class photos and frames, still stored, in which the student was named."""
    named = Q(detected_faces__student=subject.pk) | Q(detected_faces__decided_student=subject.pk)
    return Capture.objects.for_institution(subject.institution).exclude(picture="").filter(named).distinct()


def _erase_captures(subject: Subject) -> None:
    for capture in _captures(subject):
        capture_delete(capture=capture, by=None)


def _batch_photos(subject: Subject) -> QuerySet[BatchPhoto]:
    theirs = Q(student=subject.pk) | Q(photo__student=subject.pk)
    return BatchPhoto.objects.for_institution(subject.institution).filter(theirs)


def _erase_batch_photos(subject: Subject) -> None:
    rows = list(_batch_photos(subject))
    files_delete(str(row.picture.name) for row in rows if row.picture)
    BatchPhoto.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _bundles(subject: Subject) -> int:
    jobs = bundles_of(subject.institution, subject.pk)
    return sum(default_storage.exists(bundle_files.path(job)) for job in jobs)


def _erase_bundles(subject: Subject) -> None:
    bundle_files.delete(bundles_of(subject.institution, subject.pk))


def _requests(subject: Subject) -> QuerySet[ConsentRequest]:
    return ConsentRequest.objects.for_institution(subject.institution).filter(student=subject.pk)


def _erase_requests(subject: Subject) -> None:
    _requests(subject).delete()


# -- Attendance --------------------------------------------------------------------------------------------------------


def _marks(subject: Subject) -> int:
    return marks_for(subject.institution).count_student(subject.pk)


def _erase_marks(subject: Subject) -> None:
    if subject.student:
        student_erase_marks(student=subject.student)
    else:
        marks_for(subject.institution).purge_student(subject.pk)


def _exports(subject: Subject) -> int:
    return exports_count(subject.institution)


def _erase_exports(subject: Subject) -> None:
    exports_delete(subject.institution)


def _notes(subject: Subject) -> QuerySet[StudentNote]:
    return StudentNote.objects.for_institution(subject.institution).filter(student=subject.pk)


def _erase_notes(subject: Subject) -> None:
    _notes(subject).delete()


def _statements(subject: Subject) -> int:
    return statements_count(subject.institution, subject.pk)


def _erase_statements(subject: Subject) -> None:
    statements_delete(subject.institution, subject.pk)


_FACES = [
    # In this order, so that after a crash the remaining data still tell what is to be erased.
    Part(
        "batch_photos",
        _("Photos uploaded in bulk"),
        lambda subject: _batch_photos(subject).count(),
        _erase_batch_photos,
    ),
    Part("class_photos", _("Class photos and frames"), lambda subject: _captures(subject).count(), _erase_captures),
    Part("vectors", _("Face vectors"), _vectors, _erase_faces),
    Part("mappings", _("Links from vectors to the student"), _mapped, _erase_faces),
    Part("photos", _("Enrolment photos"), lambda subject: _photos(subject).count(), _erase_faces),
    Part("files", _("Picture files"), _files, _erase_files),
    Part("traces", _("Names on faces in class photos"), traces_left, traces_erase),
    Part("bundles", _("Downloads of the complete data"), _bundles, _erase_bundles),
    Part(
        "requests",
        _("Requests for consent"),
        lambda subject: _requests(subject).count(),
        _erase_requests,
    ),
]
_ROSTERS = Part("rosters", _("Places in courses and groups"), rosters_left, rosters_quit)
_MARKS = Part("marks", _("Marks and their history"), _marks, _erase_marks)
_STATEMENTS = Part("statements", _("Excuses, disputes, and their documents"), _statements, _erase_statements)
_NOTES = Part("notes", _("Notes of staff"), lambda subject: _notes(subject).count(), _erase_notes)
_EXPORTS = Part("exports", _("Exported lists and letters"), _exports, _erase_exports)
_RECORD = Part("record", _("The student's record and account"), record_left, record_delete)
_NAMES = Part("names", _("Names in the student's record"), record_left, record_anonymise)

# Rosters before marks: from then on nobody can mark the student again. Exports after them: a new one names nobody.
_PARTS = {
    ErasureScope.FACES: _FACES,
    ErasureScope.MARKS: [*_FACES, _STATEMENTS, _NOTES, _MARKS, _EXPORTS],
    ErasureScope.ANONYMOUS: [*_FACES, _ROSTERS, _STATEMENTS, _NOTES, _MARKS, _NAMES, _EXPORTS],
    ErasureScope.EVERYTHING: [*_FACES, _ROSTERS, _STATEMENTS, _NOTES, _MARKS, _RECORD, _EXPORTS],
}
TITLES = {part.code: part.title for part in [*_FACES, _ROSTERS, _STATEMENTS, _NOTES, _MARKS, _RECORD, _NAMES, _EXPORTS]}


def parts_of(scope: ErasureScope) -> list[Part]:
    """The parts of an erasure of this extent, in order."""
    return _PARTS[scope]


def subject_of(institution: Institution, student_id: UUID, *, files: list[str], face_ids: list[str]) -> Subject:
    """The subject as it is in the database now."""
    rows = Student.objects.for_institution(institution).select_related("institution")
    return Subject(institution, student_id, rows.filter(pk=student_id).first(), files, face_ids)


def files_of(subject: Subject) -> list[str]:
    """Names of the student's stored files, without anybody's name in them."""
    rows: Iterable[tuple[str, ...]] = _photos(subject).values_list("picture", "portrait")
    names = {name for row in rows for name in row}
    for capture in _captures(subject):
        names |= {str(capture.picture.name), capture_path(capture, ""), upright_path(capture)}
    names |= set(_batch_photos(subject).values_list("picture", flat=True))
    return sorted(names - {""})


def face_ids_of(subject: Subject) -> list[str]:
    """Ids of the student's faces, by the photos and by every mapping."""
    names = set(_photos(subject).exclude(face_id="").values_list("face_id", flat=True))
    for place in places_of(subject.institution):
        names |= set(face_ids_at(place).for_student(subject.pk))
    return sorted(names)
