"""Services that settle what a batch's report asks: whose photo it is, another photo instead, the same person or not."""

import io
from typing import BinaryIO, cast

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.batches.matching import Match
from enrollment.batches.receiving import batch_photo_file_delete, batch_photo_match
from enrollment.errors import EnrollmentError
from enrollment.files import files_delete
from enrollment.models import BatchPhoto, FacePhoto, PhotoBatch, Student
from enrollment.pictures import encode_jpeg
from enrollment.services.photos import face_photo_add, face_photo_delete, look_alike_confirm, stored_image

State = BatchPhoto.State


def batch_photo_assign(*, item: BatchPhoto, student: Student) -> BatchPhoto:
    """Write by hand whose photo it is. Raises EnrollmentError `already_settled`."""
    if item.state not in (State.UNMATCHED, State.MATCHED):
        raise EnrollmentError("already_settled", _("This photo has been settled meanwhile. Reload the page."))
    return batch_photo_match(item=item, match=Match(student=student.pk, by="person"))


def batch_photo_remove(*, item: BatchPhoto) -> BatchPhoto:
    """Take a photo out of the batch: its file is deleted, and the face photo that was refused or held with it.

    What is enrolled stays: it is deleted on the student's page. Raises EnrollmentError `already_settled`,
    ErasureUnfinished.
    """
    with transaction.atomic():
        rows = BatchPhoto.objects.select_for_update(of=("self",)).filter(pk=item.pk)
        item = rows.select_related("photo__place__institution").get()
        if _is_enrolled(item):
            raise EnrollmentError("already_settled", _("This photo is enrolled. Delete it on the student's page."))
        rows.update(state=State.REMOVED, reason="removed")
    if item.photo:
        face_photo_delete(photo=item.photo)
    batch_photo_file_delete(item=item)
    item.refresh_from_db()
    return item


def batch_photo_replace(*, item: BatchPhoto, upload: BinaryIO, by: User | None) -> BatchPhoto:
    """Enrol another photo of the same student instead of one that was refused; the old one is deleted.

    Raises EnrollmentError `no_student`, PictureError, and what `face_photo_add` raises.
    """
    if item.student is None:
        raise EnrollmentError("no_student", _("Say first whose photo it is."))
    old = item.photo
    photo = face_photo_add(student=item.student, upload=upload, added_by=by)
    _follow(item, photo)
    if old and old.pk != photo.pk and old.state != FacePhoto.State.ENROLLED:
        face_photo_delete(photo=old, by=by)
    batch_photo_file_delete(item=item)
    return item


def batch_photo_different(*, item: BatchPhoto, by: User) -> BatchPhoto:
    """They are different people: the photo is enrolled. Raises EnrollmentError `not_held`, as `look_alike_confirm`."""
    _follow(item, look_alike_confirm(photo=_held(item), confirmed_by=by))
    return item


def batch_photo_same(*, item: BatchPhoto, by: User) -> BatchPhoto:
    """It is the other student on this photo: it becomes theirs, and nothing of it stays with the first one.

    Raises EnrollmentError `not_held`, and what `face_photo_add` raises, such as `no_consent`: then nothing changes.
    """
    photo = _held(item)
    other = cast(Student, photo.looks_like)
    jpeg = encode_jpeg(stored_image(photo))
    moved = face_photo_add(student=other, upload=io.BytesIO(jpeg), added_by=by)
    item.student = other
    BatchPhoto.objects.filter(pk=item.pk).update(student=other, matched_by="person")
    _follow(item, moved)
    face_photo_delete(photo=photo, by=by)
    return item


def photo_batch_discard(*, batch: PhotoBatch) -> int:
    """Delete the batch's photos of which nobody said whose they are; returns how many."""
    waiting = list(batch.items.filter(state=State.UNMATCHED))
    for item in waiting:
        batch_photo_remove(item=item)
    return len(waiting)


def photo_batch_delete(*, batch: PhotoBatch) -> None:
    """Delete the batch and the files that wait in it; enrolled photos stay.

    Raises EnrollmentError `batch_busy` while a job works on it, and ErasureUnfinished; then the batch stays.
    """
    if batch.job and not batch.job.is_ended:
        raise EnrollmentError("batch_busy", _("Stop it first, then delete it."))
    files_delete([str(item.picture.name) for item in batch.items.exclude(picture="")])
    batch.delete()


def _held(item: BatchPhoto) -> FacePhoto:
    related = ("institution", "looks_like__institution", "place__institution")
    photo = FacePhoto.objects.select_related(*related).filter(batch_photos=item).first()
    if photo is None or photo.state != FacePhoto.State.HELD or photo.looks_like_id is None:
        raise EnrollmentError("not_held", _("This has been decided already."))
    return photo


def _is_enrolled(item: BatchPhoto) -> bool:
    return item.photo is not None and item.photo.state == FacePhoto.State.ENROLLED


def _follow(item: BatchPhoto, photo: FacePhoto) -> None:
    """Let the row say what became of its photo."""
    states = {
        FacePhoto.State.ENROLLED: State.ENROLLED,
        FacePhoto.State.HELD: State.HELD,
        FacePhoto.State.REFUSED: State.REFUSED,
    }
    item.state = states.get(FacePhoto.State(photo.state), State.QUEUED)
    item.photo, item.reason = photo, photo.refusal
    BatchPhoto.objects.filter(pk=item.pk).update(state=item.state, photo=photo, reason=photo.refusal)
