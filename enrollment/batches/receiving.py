"""Services that receive the photos of a batch: checked, matched, and kept only where the student has consented."""

import hashlib
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from accounts.names import cleaned
from enrollment.batches.manifest import read_manifest
from enrollment.batches.matching import Directory, Match
from enrollment.errors import EnrollmentError, ErasureUnfinished, PictureError
from enrollment.faces.consent import require_enrollable
from enrollment.files import files_delete
from enrollment.models import BatchPhoto, PhotoBatch, Student, batch_photo_path
from enrollment.pictures import Picture, read_picture, shrunk
from enrollment.services.photos import PHOTO_SIDE

logger = logging.getLogger(__name__)
MOST_IN_A_BATCH = 12_000
_LONGEST_NAME = 255
State = BatchPhoto.State


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way into a batch. name: its path as the sender calls it; refusal: a code where it is not read."""

    name: str
    data: bytes = b""
    size: int = 0
    refusal: str = ""


def photo_batch_create(*, institution: Institution, by: User | None, name: str = "") -> PhotoBatch:
    """A new, empty batch. Raises EnrollmentError `faces_off`."""
    if not institution.faces_enabled:
        sentence = _("Taking attendance by face is switched off. Switch it on in the school's settings first.")
        raise EnrollmentError("faces_off", sentence)
    now = timezone.localtime(timezone.now(), institution.zone)
    called = cleaned(name)[:200] or date_format(now, "DATETIME_FORMAT")
    return PhotoBatch.objects.create(institution=institution, name=called, started_by=by)


def batch_photo_receive(*, batch: PhotoBatch, incoming: Incoming, directory: Directory) -> BatchPhoto:
    """Check, match and keep one file; the row's state and reason tell what came of it.

    The same file again is the same row. Raises EnrollmentError `batch_full`, or `picture_not_stored` if the storage
    cannot take it now: then nothing is kept, and it can be sent again.
    """
    incoming = Incoming(_shown(incoming.name), incoming.data, incoming.size or len(incoming.data), incoming.refusal)
    if batch.items.count() >= MOST_IN_A_BATCH:
        raise EnrollmentError("batch_full", _("This batch is full. Start another one for the rest."))
    if incoming.refusal:
        return _refused(batch, incoming, incoming.refusal)
    try:
        picture = read_picture(io.BytesIO(incoming.data))
    except PictureError as error:
        return _refused(batch, incoming, error.code)
    return _received(batch, incoming, picture, directory.match(incoming.name, batch.manifest))


def batch_manifest_receive(*, batch: PhotoBatch, upload: BinaryIO, directory: Directory) -> int:
    """Add a list of files and roll numbers to the batch, and match by it; returns the number of its rows.

    What a person matched by hand stays. Raises EnrollmentError as `read_manifest` does.
    """
    listed = read_manifest(upload.read(settings.PICTURE_MAX_BYTES))
    with transaction.atomic():
        locked = PhotoBatch.objects.select_for_update().get(pk=batch.pk)
        locked.manifest = {**locked.manifest, **listed}
        locked.save(update_fields=["manifest"])
        batch.manifest = locked.manifest
    batch_rematch(batch=batch, directory=directory)
    return len(listed)


def batch_rematch(*, batch: PhotoBatch, directory: Directory) -> None:
    """Match the batch's waiting photos again, except those that a person matched."""
    waiting = batch.items.filter(state__in=[State.UNMATCHED, State.MATCHED]).exclude(matched_by="person")
    for item in waiting:
        match = directory.match(item.file_name, batch.manifest)
        if match.student != item.student_id or match.reason != item.reason:
            batch_photo_match(item=item, match=match)


def batch_photo_match(*, item: BatchPhoto, match: Match) -> BatchPhoto:
    """Write whose photo it is. Without that student's consent its file is deleted at once, and the row says so."""
    student = _student(item.institution, match)
    fields = _fields(student, match)
    rows = BatchPhoto.objects.filter(pk=item.pk, state__in=[State.UNMATCHED, State.MATCHED])
    if not rows.update(**fields):
        return item
    item.refresh_from_db()
    if item.state == State.REMOVED:
        batch_photo_file_delete(item=item)
    return item


def batch_photo_file_delete(*, item: BatchPhoto) -> None:
    """Delete the file that waits; if the storage is unavailable the row keeps its name, and it is deleted later."""
    batch_photo_files_delete(items=[item])


def batch_photo_files_delete(*, items: Sequence[BatchPhoto]) -> None:
    """As `batch_photo_file_delete`, of several photos."""
    waiting = [item for item in items if item.picture]
    try:
        files_delete([str(item.picture.name) for item in waiting])
    except ErasureUnfinished:
        logger.warning("The files of batch photos %s are deleted later", ", ".join(str(item.pk) for item in waiting))
        return
    if waiting:
        BatchPhoto.objects.filter(pk__in=[item.pk for item in waiting]).update(picture="")
    for item in waiting:
        item.picture = ""


# -- Steps ------------------------------------------------------------------------------------------------------------


def _received(batch: PhotoBatch, incoming: Incoming, picture: Picture, match: Match) -> BatchPhoto:
    key = hashlib.sha256(picture.data).hexdigest()
    if twin := batch.items.filter(file_hash=key).first():
        return _again(twin, batch, incoming, picture)
    student = _student(batch.institution, match)
    item = BatchPhoto(
        institution=batch.institution,
        batch=batch,
        file_name=incoming.name,
        file_size=incoming.size,
        file_hash=key,
        **_fields(student, match),
    )
    if item.state != State.REMOVED:
        # The row first, and in it the file's name: whatever is stored after it can be found and deleted.
        item.picture.name = batch_photo_path(item, incoming.name)
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:  # the same picture in two requests at a time
        return _again(batch.items.get(file_hash=key), batch, incoming, picture)
    return _keep(item, picture)


def _again(twin: BatchPhoto, batch: PhotoBatch, incoming: Incoming, picture: Picture) -> BatchPhoto:
    """The same picture a second time: the same file sent again, or another name for it."""
    if twin.file_name != incoming.name:
        return _refused(batch, incoming, "duplicate")
    if twin.state in (State.UNMATCHED, State.MATCHED) and not default_storage.exists(str(twin.picture.name)):
        return _keep(twin, picture)  # its process died before the file was stored
    return twin


def _keep(item: BatchPhoto, picture: Picture) -> BatchPhoto:
    """Store the file of a row. Raises EnrollmentError `picture_not_stored`; then the row is deleted with it."""
    if not item.picture:
        return item
    name = str(item.picture.name)
    try:
        stored = default_storage.save(name, ContentFile(shrunk(picture, PHOTO_SIDE).data))
    except OSError as error:
        logger.exception("A photo of batch %s could not be stored", item.batch_id)
        item.delete()
        _forget_quietly(name)
        raise not_stored() from error
    if stored != name:  # two requests at a time
        BatchPhoto.objects.filter(pk=item.pk).update(picture=stored)
        _forget_quietly(name)
        item.picture.name = stored
    return item


def _forget_quietly(name: str) -> None:
    try:
        files_delete([name])
    except ErasureUnfinished:
        logger.warning("The file %s could not be deleted", name)


def not_stored() -> EnrollmentError:
    sentence = _("The server cannot store photos now. Nothing was kept; try again later or tell the operator.")
    return EnrollmentError("picture_not_stored", sentence, retryable=True)


def _refused(batch: PhotoBatch, incoming: Incoming, code: str) -> BatchPhoto:
    """A row that says why a file was not taken. The same file refused again is the same row."""
    told = b"\0".join([code.encode(), incoming.name.encode(), hashlib.sha256(incoming.data).digest()])
    item, _is_new = BatchPhoto.objects.get_or_create(
        batch=batch,
        file_hash=hashlib.sha256(told).hexdigest(),
        defaults={
            "institution": batch.institution,
            "file_name": incoming.name,
            "file_size": incoming.size,
            "state": State.REMOVED if code == "duplicate" else State.REFUSED,
            "reason": code,
        },
    )
    return item


def _student(institution: Institution, match: Match) -> Student | None:
    if match.student is None:
        return None
    active = Student.objects.for_institution(institution).filter(is_active=True).select_related("institution")
    return active.filter(pk=match.student).first()


def _fields(student: Student | None, match: Match) -> Mapping[str, object]:
    """A row's fields after matching: without a consent the photo is not kept."""
    if student is None:
        names = [str(pk) for pk in match.candidates]
        reason = match.reason or "no_name"
        return {"state": State.UNMATCHED, "student": None, "matched_by": "", "reason": reason, "candidates": names}
    by = {"student": student, "matched_by": match.by, "candidates": []}
    try:
        require_enrollable(student)
    except EnrollmentError as error:
        return {"state": State.REMOVED, "reason": error.code, **by}
    return {"state": State.MATCHED, "reason": "", **by}


def _shown(name: str) -> str:
    """A file's path as it is stored: one line, and its end where it is too long."""
    return cleaned(name.replace("\\", "/").replace("\0", ""))[-_LONGEST_NAME:] or "photo"
