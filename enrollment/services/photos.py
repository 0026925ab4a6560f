"""Services for face photos: add, examine, confirm a look-alike, delete.

Each step is stored before the next one begins, and engines are called outside transactions: after a crash in between,
repeating the call or `erasures_resume` continues.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID, uuid5

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import Institution, User
from enrollment.access import Act, access_record
from enrollment.decoding import stored_jpeg
from enrollment.domain.faces import (
    Box,
    EngineUnavailable,
    EnrolledFace,
    FaceError,
    LooksLike,
    OnItsSide,
    PoorQuality,
    Refusal,
)
from enrollment.errors import EnrollmentError, ErasureUnfinished, PictureError
from enrollment.faces.consent import require_enrollable, searchable, searchable_held
from enrollment.faces.door import door_for
from enrollment.faces.places import current_place
from enrollment.files import files_delete
from enrollment.models import Consent, FacePhoto, LookAlike, Student, StudentQuerySet, has_consent
from enrollment.pictures import Picture, encode_jpeg, read_picture, shrunk, square_crop, turned
from enrollment.readiness import is_erasure_due
from enrollment.services.erasure import _delete_photos, faces_forget, student_erase_faces

logger = logging.getLogger(__name__)

PHOTO_SIDE = 1600  # pixels of the longer side that is kept: faces are recognised from 112 px
PORTRAIT_SIDE = 160
_BUSY = timedelta(minutes=1)  # for this long a stored photo that is not examined counts as in progress
_RELATED = ("student", "looks_like", "institution", "place__institution")
State, Likeness = FacePhoto.State, FacePhoto.Likeness
_SETTLED = (State.ENROLLED, State.WITHDRAWN)  # no outcome is written over these


# -- Photos -----------------------------------------------------------------------------------------------------------


def face_photo_add(*, student: Student, upload: BinaryIO, added_by: User | None) -> FacePhoto:
    """Store a photo of the student and enrol the face in it; its state tells the outcome.

    The same file sent again, however often, is one photo. Raises EnrollmentError `faces_off`, `no_consent` or
    `picture_not_stored`, and PictureError if the file is not a usable picture.
    """
    require_enrollable(student)
    picture = read_picture(upload)
    photo, created = _row_of(student, hashlib.sha256(picture.data).hexdigest(), added_by)
    if not created and photo.created_at > timezone.now() - _BUSY:
        return photo  # a double click: the first one is in progress
    if not photo.picture:
        _keep_file(photo, picture)
    return face_photo_examine(photo=photo)


def face_photo_add_read(*, student: Student, picture: Picture, digest: str, added_by: User | None) -> FacePhoto:
    """The same with a picture that was read and shrunk before. The caller is alone with it, as a job is.

    digest: hex SHA-256 of the picture before it was shrunk, so that it is the same photo whichever way it came.
    """
    photo, _created = _row_of(student, digest, added_by)
    if not photo.picture:
        _keep_file(photo, picture)
    return _examine(photo, lambda stored: picture.image)


def face_photo_examine(*, photo: FacePhoto) -> FacePhoto:
    """Let the engine enrol a stored photo. An enrolled one stays unchanged.

    Raises EnrollmentError `faces_off`, `no_consent`, `before_consent`, `picture_missing` or `photo_deleted`. An
    unavailable engine leaves it WAITING.
    """
    return _examine(photo, stored_image)


def _examine(photo: FacePhoto, image_of: Callable[[FacePhoto], Image.Image]) -> FacePhoto:
    photo = _stored(photo)
    if photo.state == State.ENROLLED:
        return photo
    try:
        return _examined(photo, image_of)
    finally:
        withdrawn_erase(photo.student)


def _examined(photo: FacePhoto, image_of: Callable[[FacePhoto], Image.Image]) -> FacePhoto:
    require_enrollable(photo.student, photo.photographed_at)
    image = image_of(photo)
    try:
        photo.place = current_place(photo.institution)
        image, face = _enroll_upright(photo, image)
    except EngineUnavailable as error:
        logger.warning("Photograph %s waits for the face engine: %s", photo.pk, error.code)
        return photo_outcome_write(photo, state=State.WAITING)
    except LooksLike as error:
        return _store_held(photo, error)
    except FaceError as error:  # EnrollmentRefused, or a limit of the engine's: the same picture would fail again
        return photo_refusal_write(photo, error)
    return _store_enrolled(photo, image, face)


def photo_id(student: Student, digest: str) -> UUID:
    """Id of a student's photo by the digest of its file: the same file again is the same photo."""
    return uuid5(student.pk, digest)


def photo_refusal_write(photo: FacePhoto, error: FaceError) -> FacePhoto:
    """Write that the engine refused a photo, and why."""
    px = error.quality.face_px if isinstance(error, PoorQuality) else None
    return photo_outcome_write(photo, state=State.REFUSED, refusal=error.code, face_px=px, looks_like=None, likeness="")


def withdrawn_erase(student: Student) -> None:
    """Erase what an engine may have stored after the consent ended: it was called before, and answered or failed."""
    if searchable(student.institution, {student.pk}) or not is_erasure_due(student):
        return
    try:
        student_erase_faces(student=student)
    except ErasureUnfinished as error:
        logger.warning("The face of student %s is erased later: %s", student.pk, error.code)


def _enroll_upright(photo: FacePhoto, image: Image.Image) -> tuple[Image.Image, EnrolledFace]:
    """Enrol the face in a stored photo, which is set upright first if it is on its side. Returns the upright picture.

    Raises the errors of `FaceDoor.enroll_searchable`, and EnrollmentError.
    """
    door = door_for(photo.institution)
    try:
        return image, door.enroll_searchable(image, student=photo.student, photographed_at=photo.photographed_at)
    except OnItsSide as error:
        upright = turned(image, error.turns)
        _keep_upright(photo, upright)
    return upright, door.enroll_searchable(upright, student=photo.student, photographed_at=photo.photographed_at)


def look_alike_confirm(*, photo: FacePhoto, confirmed_by: User) -> FacePhoto:
    """Record that the student and the one whom the photo resembles are two people, and examine it again.

    Raises EnrollmentError `not_held`, and what `face_photo_examine` raises.
    """
    other = photo.looks_like_id
    if photo.state != State.HELD or other is None:
        raise EnrollmentError("not_held", _("This photo does not look like anybody else."))
    if searchable(photo.institution, {other}):  # a student who has left is no longer compared
        first, second = sorted((photo.student_id, other))
        LookAlike.objects.get_or_create(
            institution_id=photo.institution_id,
            first_id=first,
            second_id=second,
            defaults={"confirmed_by": confirmed_by},
        )
    return face_photo_examine(photo=photo)


def face_photo_delete(*, photo: FacePhoto, by: User | None = None) -> None:
    """Erase a photo and the engine's data of it. by: the person whose act it is, if any. Raises ErasureUnfinished."""
    faces_forget(photo.place, [photo.face_id] if photo.face_id else [])
    _delete_photos([photo])
    if by:
        access_record(Act.PHOTO_DELETED, institution=photo.institution, by=by, subject=photo.student_id, photo=photo.pk)


def stored_image(photo: FacePhoto) -> Image.Image:
    """The stored picture of a photo, upright RGB. Raises EnrollmentError `picture_unreadable`, `picture_missing`."""
    try:
        # Not `photo.picture.open`, which cannot open a file of a bucket a second time.
        with photo.picture.storage.open(str(photo.picture.name), "rb") as file:
            return stored_jpeg(file.read())
    except (ConnectionError, PermissionError) as error:
        raise EnrollmentError(
            "picture_unreadable", _("The photo's file cannot be read now. Try again later."), retryable=True
        ) from error
    except (OSError, ValueError, PictureError) as error:
        raise EnrollmentError(
            "picture_missing", _("The photo's file is gone. Delete the photo and add it again.")
        ) from error


# -- Steps ------------------------------------------------------------------------------------------------------------


def _row_of(student: Student, digest: str, added_by: User | None) -> tuple[FacePhoto, bool]:
    """The row of this very picture of the student; True with it if it is new. digest: hex SHA-256 of the picture."""
    with transaction.atomic():
        require_enrollable(student)
        photo, created = FacePhoto.objects.select_related("student", "looks_like", "institution").get_or_create(
            pk=photo_id(student, digest),
            defaults={"institution": student.institution, "student": student, "added_by": added_by},
        )
    if created and added_by:
        access_record(Act.PHOTO_ADDED, institution=student.institution, by=added_by, subject=student.pk, photo=photo.pk)
    return photo, created


def _keep_file(photo: FacePhoto, picture: Picture) -> None:
    try:
        photo_file_keep(photo=photo, jpeg=photo_to_keep(picture))
    except OSError as error:
        logger.exception("Photograph %s could not be stored", photo.pk)
        photo.delete()
        sentence = _("The server cannot store photos now. Nothing was kept; try again later or tell the operator.")
        raise EnrollmentError("picture_not_stored", sentence, retryable=True) from error


def photo_file_keep(*, photo: FacePhoto, jpeg: bytes) -> None:
    """Store a photo's file under its row's path.

    If the consent has ended meanwhile, or the row was deleted, neither is kept: raises EnrollmentError, as
    `face_photo_examine` does. Raises OSError if the storage cannot take it.
    """
    photo.picture.save("photo.jpg", ContentFile(jpeg), save=False)
    name = str(photo.picture.name)
    try:
        with transaction.atomic():
            require_enrollable(photo.student, photo.photographed_at)
            if not FacePhoto.objects.filter(pk=photo.pk).update(picture=name):
                raise _deleted()
    except EnrollmentError:
        FacePhoto.objects.filter(pk=photo.pk).delete()
        files_delete([name])
        raise


def _keep_upright(photo: FacePhoto, upright: Image.Image) -> None:
    """Store the upright picture in place of the photo's own. Raises EnrollmentError as `photo_file_keep` does."""
    earlier = str(photo.picture.name)
    try:
        photo_file_keep(photo=photo, jpeg=encode_jpeg(upright))
    except OSError as error:
        photo.picture.name = earlier
        sentence = _("The server cannot store photos now. Try again later or tell the operator.")
        raise EnrollmentError("picture_not_stored", sentence, retryable=True) from error
    finally:
        if photo.picture.name != earlier:
            with suppress(ErasureUnfinished):  # the sweep deletes it later
                files_delete([earlier])


def photo_to_keep(picture: Picture) -> bytes:
    """The picture as JPEG of at most PHOTO_SIDE pixels a side."""
    return shrunk(picture, PHOTO_SIDE).data


def _store_held(photo: FacePhoto, error: LooksLike) -> FacePhoto:
    """Hold a photo for the most similar of the students who may still be compared, with a word on how alike they are.

    If none of them may, the photo is to be examined again.
    """
    with transaction.atomic():
        held = searchable_held(photo.institution, [match.student_id for match in error.matches])
        like = next((match for match in error.matches if match.student_id in held), None)
        if like is None:
            return photo_outcome_write(photo, state=State.RECEIVED)
        likeness = Likeness.VERY if like.similarity >= error.usual else Likeness.SOME
        return photo_outcome_write(
            photo, state=State.HELD, refusal=Refusal.LOOKS_LIKE, looks_like=like.student_id, likeness=likeness
        )


def photo_outcome_write(photo: FacePhoto, **outcome: object) -> FacePhoto:
    """Write an outcome, unless the photo was enrolled, withdrawn or deleted meanwhile."""
    FacePhoto.objects.filter(pk=photo.pk).exclude(state__in=_SETTLED).update(**outcome)
    return _fresh(photo)


def _stored(photo: FacePhoto) -> FacePhoto:
    """The photo as it is stored now. Raises EnrollmentError `photo_deleted`."""
    row = FacePhoto.objects.select_related(*_RELATED).filter(pk=photo.pk).first()
    if row is None:
        raise _deleted()
    return row


def _fresh(photo: FacePhoto) -> FacePhoto:
    """The photo as it is stored now; as it was, if it was deleted meanwhile."""
    try:
        return _stored(photo)
    except EnrollmentError:
        return photo


def _deleted() -> EnrollmentError:
    return EnrollmentError("photo_deleted", _("This photo has been deleted meanwhile."))


def _store_enrolled(photo: FacePhoto, image: Image.Image, face: EnrolledFace) -> FacePhoto:
    """Write that the face is enrolled, or let the engine forget it again if that came too late.

    If the portrait cannot be stored nothing is enrolled, and the photo waits. Raises EnrollmentError if the consent has
    ended meanwhile.
    """
    try:
        photo.portrait.save("portrait.jpg", ContentFile(portrait_of(image, face.box)), save=False)
    except OSError:
        logger.exception("The portrait of photograph %s could not be stored", photo.pk)
        faces_forget(photo.place, [face.face_id])
        return photo_outcome_write(photo, state=State.WAITING)
    try:
        with transaction.atomic():
            require_enrollable(photo.student, photo.photographed_at)
            stored = photo_enrolled_write(photo, face)
    except EnrollmentError:
        face_take_back(photo, face)
        raise
    if not stored:  # deleted, or enrolled by another process while the engine was at work
        face_take_back(photo, face)
    return _fresh(photo)


def photo_enrolled_write(photo: FacePhoto, face: EnrolledFace) -> bool:
    """Write that a photo is enrolled with this face; False if it was settled or deleted meanwhile."""
    rows = FacePhoto.objects.filter(pk=photo.pk).exclude(state__in=_SETTLED)
    return bool(
        rows.update(
            state=State.ENROLLED,
            refusal="",
            looks_like=None,
            likeness="",
            face_id=face.face_id,
            place=photo.place,
            model=face.model,
            face_px=face.quality.face_px,
            portrait=photo.portrait.name,
        )
    )


def face_take_back(photo: FacePhoto, face: EnrolledFace) -> None:
    """Let the engine forget a face whose photo could not be written as enrolled. Raises ErasureUnfinished."""
    try:
        faces_forget(photo.place, [face.face_id])
    finally:
        files_delete([str(photo.portrait.name)] if photo.portrait else [])


def portrait_of(image: Image.Image, box: Box) -> bytes:
    """The small portrait of the face in `box`, as JPEG."""
    crop = square_crop(image, left=box.left, top=box.top, width=box.width, height=box.height, side=PORTRAIT_SIDE)
    return encode_jpeg(crop)


def face_photos_waiting(institution: Institution) -> QuerySet[FacePhoto]:
    """The photos that are to be examined again: waiting for the engine, left behind by a crash, or held for a
    student who may no longer be compared."""
    return _photos_waiting().filter(institution=institution).select_related("institution", "student__institution")


def schools_with_photos_waiting() -> QuerySet[Institution]:
    """The schools that take attendance by face and have photos waiting. One query."""
    return Institution.objects.filter(faces_enabled=True, pk__in=_photos_waiting().values("institution"))


def _photos_waiting() -> QuerySet[FacePhoto]:
    consent = Consent.objects.covering(OuterRef("created_at")).filter(student=OuterRef("student"))
    ended = Consent.objects.filter(answer=Consent.Answer.GRANTED, withdrawn_at__gte=OuterRef("created_at"))
    withdrawn = ended.filter(student=OuterRef("student"))
    taken_since = Exists(consent) & ~Exists(withdrawn)
    rows = FacePhoto.objects.filter(Q(cut_from=None) | taken_since, has_consent("student"), student__is_active=True)
    left_behind = Q(state=State.RECEIVED, created_at__lt=timezone.now() - _BUSY) & ~Q(picture="")
    consenting = StudentQuerySet(Student).with_consent()
    baseless = Q(state=State.HELD, looks_like__isnull=False) & ~Q(looks_like__in=consenting)
    return rows.filter(left_behind | baseless | Q(state=State.WAITING))
