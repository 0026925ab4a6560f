"""Enrolment of a batch's matched photos as a job. The batch's rows are its queue: what is enrolled leaves it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobHandle, JobPostponed, job_cancel, job_kind, job_start
from accounts.models import Institution, Job, Role, User
from enrollment.batches.receiving import batch_photo_file_delete, batch_photo_files_delete
from enrollment.chunks import batched
from enrollment.decoding import stored_jpeg
from enrollment.errors import EnrollmentError, ErasureUnfinished, PictureError
from enrollment.models import BatchPhoto, FacePhoto, PhotoBatch
from enrollment.pictures import Picture
from enrollment.services.photos import face_photo_add_read
from enrollment.services.photos_together import NewPhoto, face_photos_add_new

logger = logging.getLogger(__name__)
Read = tuple[BatchPhoto, Picture | EnrollmentError]  # a row with its picture, or why there is none
KIND = "photos_enrol"
State = BatchPhoto.State
_OUTCOMES = {
    FacePhoto.State.ENROLLED: State.ENROLLED,
    FacePhoto.State.REFUSED: State.REFUSED,
    FacePhoto.State.HELD: State.HELD,
}
BLOCK = 8  # photos that are enrolled together, while the next ones are read; of 1600 pixels they take 60 MB each time


def photo_batch_enrol(*, batch: PhotoBatch, by: User | None) -> PhotoBatch:
    """Queue the batch's matched photos and start the job that enrols them. Raises EnrollmentError `nothing_matched`."""
    with transaction.atomic():
        locked = PhotoBatch.objects.select_for_update(of=("self",)).select_related("institution").get(pk=batch.pk)
        locked.items.filter(state=State.MATCHED).update(state=State.QUEUED)
        if not locked.items.filter(state=State.QUEUED).exists():
            raise EnrollmentError("nothing_matched", _("No photo is matched with a student yet."))
        job = locked.job
        if locked.state != PhotoBatch.State.ENROLLING or job is None or job.is_ended:
            locked.job = job_start(
                institution=locked.institution, kind=KIND, by=by, parameters={"batch": str(locked.pk)}
            )
        locked.state = PhotoBatch.State.ENROLLING
        locked.save(update_fields=["state", "job"])
    return locked


def photo_batch_pause(*, batch: PhotoBatch) -> None:
    """Stop enrolling at the next photo. What waits stays queued until the batch is resumed."""
    if batch.job:
        job_cancel(job=batch.job)


def _result_page(job: Job) -> str:
    return reverse("photo_batch", args=[job.institution.slug, job.parameters["batch"]])


@job_kind(KIND, title=gettext_lazy("Enrolling photos"), roles=[Role.ADMIN], result_page=_result_page)
def photos_enrol_run(job: JobHandle) -> dict[str, Any]:
    """Enrol every queued photo of a batch, a few at a time; the next ones are read meanwhile."""
    batch = _batch(job.institution, job.parameters)
    if batch is None:
        return {}
    done = _done_before(job, batch)
    while not job.should_stop:
        total = done + _queued(batch).count()
        for block in _read_ahead(_queued(batch)):
            if job.should_stop:
                return {}
            first = block[0][0]
            job.progress(done, total, first.student.name if first.student else first.file_name)
            _enrol_block(block, job)
            done += len(block)
            job.checkpoint({"done": done, "of": total})
        if _finish(batch):
            job.progress(done, done)
            return {"photos": done}
    return {}


def _done_before(job: JobHandle, batch: PhotoBatch) -> int:
    """Number of photos that were done when the job was put back, or when its process died before it could say so."""
    done, of = (int(job.state.get(name, 0)) for name in ("done", "of"))
    return max(done, of - _queued(batch).count())


def _batch(institution: Institution, parameters: Mapping[str, Any]) -> PhotoBatch | None:
    """The job's batch; None if it was deleted meanwhile."""
    batches = PhotoBatch.objects.for_institution(institution).select_related("institution")
    return batches.filter(pk=parameters["batch"]).first()


def _queued(batch: PhotoBatch) -> QuerySet[BatchPhoto]:
    queued = BatchPhoto.objects.for_institution(batch.institution).filter(batch=batch, state=State.QUEUED)
    return queued.select_related("student__institution").order_by("file_name", "pk")


def _finish(batch: PhotoBatch) -> bool:
    """Write that the batch is done, unless more was queued meanwhile."""
    with transaction.atomic():
        locked = PhotoBatch.objects.select_for_update().filter(pk=batch.pk).first()
        if locked and locked.items.filter(state=State.QUEUED).exists():
            return False
        PhotoBatch.objects.filter(pk=batch.pk).update(state=PhotoBatch.State.DONE)
    return True


# -- Several photos ---------------------------------------------------------------------------------------------------


def _enrol_block(block: Sequence[Read], job: JobHandle) -> None:
    """Enrol the block's photos together where that can be, the others one by one. Raises JobPostponed."""
    queued = set(_still_queued([item for item, _picture in block]))
    new = {
        item.pk: NewPhoto(item.student, picture, item.file_hash)
        for item, picture in block
        if item.pk in queued and item.student and isinstance(picture, Picture)
    }
    try:
        photos = face_photos_add_new(institution=job.institution, photos=list(new.values()), added_by=job.started_by)
    except EnrollmentError as error:
        raise JobPostponed(str(error)) from error
    settled = {
        key: found for key, photo in new.items() if (found := photos.get(photo.key)) and found.state in _OUTCOMES
    }
    _settle_together([(item, settled[item.pk]) for item, _picture in block if item.pk in settled])
    for item, picture in block:
        if item.pk in queued and item.pk not in settled:
            _enrol(item, picture, job.started_by)


def _still_queued(items: Sequence[BatchPhoto]) -> QuerySet[BatchPhoto, UUID]:
    """Ids of those that were not taken out meanwhile."""
    rows = BatchPhoto.objects.filter(pk__in=[item.pk for item in items], state=State.QUEUED)
    return rows.order_by().values_list("pk", flat=True)


def _settle_together(outcomes: Sequence[tuple[BatchPhoto, FacePhoto]]) -> None:
    """Write the outcomes and delete the files that waited."""
    with transaction.atomic():
        kept = FacePhoto.objects.filter(pk__in=[photo.pk for _item, photo in outcomes]).in_bulk()
        for item, photo in outcomes:
            rows = BatchPhoto.objects.filter(pk=item.pk, state=State.QUEUED)
            rows.update(state=_OUTCOMES[FacePhoto.State(photo.state)], reason=photo.refusal, photo=kept.get(photo.pk))
    batch_photo_files_delete(items=[item for item, _photo in outcomes])


# -- One photo --------------------------------------------------------------------------------------------------------


def _enrol(item: BatchPhoto, picture: Picture | EnrollmentError, by: User | None) -> None:
    """Enrol one photo and write what came of it. Raises JobPostponed where it cannot be done now."""
    if not BatchPhoto.objects.filter(pk=item.pk, state=State.QUEUED).exists():
        return  # taken out meanwhile
    if isinstance(picture, EnrollmentError):
        if picture.retryable:
            raise JobPostponed(str(picture))
        _settle(item, State.REFUSED, "broken", None)
        return
    if item.student is None:  # deleted meanwhile
        _settle(item, State.UNMATCHED, "no_name", None)
        return
    try:
        photo = face_photo_add_read(student=item.student, picture=picture, digest=item.file_hash, added_by=by)
    except EnrollmentError as error:
        _not_enrolled(item, error)
        return
    if (outcome := _OUTCOMES.get(FacePhoto.State(photo.state))) is None:
        raise JobPostponed(_("The face engine cannot be reached. This continues by itself."))
    _settle(item, outcome, photo.refusal, photo)


def _not_enrolled(item: BatchPhoto, error: EnrollmentError) -> None:
    """Consequence of an error: a later try, or the photo is deleted because the consent has ended."""
    if error.retryable or isinstance(error, ErasureUnfinished):
        raise JobPostponed(str(error)) from error
    logger.info("Batch photo %s is not enrolled: %s", item.pk, error.code)
    _settle(item, State.REMOVED, error.code, None)


def _settle(item: BatchPhoto, state: BatchPhoto.State, reason: str, photo: FacePhoto | None) -> None:
    """Write the outcome; the file that waited is deleted, except where it waits for a person."""
    rows = BatchPhoto.objects.filter(pk=item.pk, state=State.QUEUED)
    kept = photo if photo and FacePhoto.objects.filter(pk=photo.pk).exists() else None
    rows.update(state=state, reason=reason, photo=kept)
    if state != State.UNMATCHED:
        batch_photo_file_delete(item=item)


# -- Reading ----------------------------------------------------------------------------------------------------------


def _read_ahead(items: QuerySet[BatchPhoto]) -> Iterator[list[Read]]:
    """The rows in blocks with their pictures; the next block is read in a thread, which touches no database."""
    with ThreadPoolExecutor(1, thread_name_prefix="photos") as reader:
        ahead: Future[list[Read]] | None = None
        for block in batched(list(items), BLOCK):
            ready, ahead = ahead, reader.submit(_read, block)
            if ready:
                yield ready.result()
        if ahead:
            yield ahead.result()


def _read(block: Sequence[BatchPhoto]) -> list[Read]:
    return [(item, _picture(item)) for item in block]


def _picture(item: BatchPhoto) -> Picture | EnrollmentError:
    """The picture of a waiting file, or the error that tells why there is none."""
    try:
        with item.picture.open("rb") as file:
            data = file.read()
        return Picture(stored_jpeg(data), data)
    except (ConnectionError, PermissionError) as error:
        logger.warning("The file of batch photo %s cannot be read: %s", item.pk, error)
        return EnrollmentError("picture_unreadable", _("Photos cannot be read now."), retryable=True)
    except (OSError, ValueError, PictureError):
        return EnrollmentError("picture_missing", _("This photo's file is gone. Upload it again."))
