"""Unpacking of ZIP files with photos as a job."""

from typing import Any
from uuid import uuid4

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobFailed, JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Job, Role, User
from enrollment.batches.archives import Archive, Entry
from enrollment.batches.directory import directory_of
from enrollment.batches.manifest import read_manifest
from enrollment.batches.receiving import Incoming, batch_photo_receive, not_stored
from enrollment.errors import EnrollmentError
from enrollment.files import files_delete
from enrollment.models import PhotoBatch

KIND = "photos_unpack"
MOST_BYTES = 4_000_000_000  # of a ZIP file itself


def photo_archive_receive(*, batch: PhotoBatch, upload: UploadedFile, by: User | None) -> Job:
    """Store a ZIP file and start the job that unpacks it into the batch.

    Raises EnrollmentError `archive_too_large`, `picture_not_stored`, and what `Archive` raises.
    """
    if (upload.size or 0) > MOST_BYTES:
        sentence = _("This ZIP file is larger than %d GB. Split it into several.") % (MOST_BYTES // 1_000_000_000)
        raise EnrollmentError("archive_too_large", sentence)
    Archive(upload)  # type: ignore[arg-type]
    upload.seek(0)
    try:
        name = default_storage.save(f"batches/{batch.institution_id}/{batch.pk}/{uuid4()}.zip", upload)
    except OSError as error:
        raise not_stored() from error
    job = job_start(institution=batch.institution, kind=KIND, by=by, parameters={"batch": str(batch.pk), "file": name})
    PhotoBatch.objects.filter(pk=batch.pk).update(state=PhotoBatch.State.RECEIVING, job=job)
    return job


def _forget(job: Job) -> None:
    if default_storage.exists(job.parameters["file"]):
        files_delete([job.parameters["file"]])


def _result_page(job: Job) -> str:
    return reverse("photo_batch", args=[job.institution.slug, job.parameters["batch"]])


@job_kind(KIND, title=gettext_lazy("Unpacking photos"), roles=[Role.ADMIN], result_page=_result_page, forget=_forget)
def photos_unpack_run(job: JobHandle) -> dict[str, Any]:
    """Receive every file of a ZIP as if it had been uploaded by itself."""
    batch = PhotoBatch.objects.for_institution(job.institution).filter(pk=job.parameters["batch"]).first()
    if batch is None:
        return {}
    batch.institution = job.institution
    try:
        with default_storage.open(job.parameters["file"], "rb") as file:
            is_done = _unpack(job, batch, Archive(file))  # type: ignore[arg-type]
    except EnrollmentError as error:
        if error.retryable:
            raise JobPostponed(str(error)) from error
        raise JobFailed(str(error)) from error
    except FileNotFoundError as error:
        raise JobFailed(_("The ZIP file is gone. Upload it again.")) from error
    if not is_done:
        return {}
    files_delete([job.parameters["file"]])
    PhotoBatch.objects.filter(pk=batch.pk, state=PhotoBatch.State.RECEIVING).update(state=PhotoBatch.State.MATCHING)
    return {"photos": batch.items.count()}


def _unpack(job: JobHandle, batch: PhotoBatch, archive: Archive) -> bool:
    """Receive the entries that are not received yet; False if the job is to stop. Raises EnrollmentError."""
    directory = directory_of(job.institution)
    first = int(job.state.get("next", 0))
    if first == 0:
        PhotoBatch.objects.filter(pk=batch.pk).update(skipped=archive.skipped)
        _read_lists(batch, archive)
    for number, entry in enumerate(archive.entries[first:], first):
        if job.should_stop:
            return False
        job.progress(number, len(archive), entry.name)
        if not is_list(entry.name):
            batch_photo_receive(batch=batch, incoming=_incoming(archive, entry), directory=directory)
        job.checkpoint({"next": number + 1})
    job.progress(len(archive), len(archive))
    return True


def _read_lists(batch: PhotoBatch, archive: Archive) -> None:
    """Read the lists of files and roll numbers first, so that the photos are matched by them."""
    for entry in archive:
        if is_list(entry.name) and not entry.refusal:
            batch.manifest = {**batch.manifest, **read_manifest(archive.read(entry))}
    PhotoBatch.objects.filter(pk=batch.pk).update(manifest=batch.manifest)


def is_list(name: str) -> bool:
    """True for a file that says whose photos the others are."""
    return name.lower().endswith(".csv")


def is_archive(name: str) -> bool:
    return name.lower().endswith(".zip")


def _incoming(archive: Archive, entry: Entry) -> Incoming:
    if entry.refusal:
        return Incoming(entry.name, size=entry.size, refusal=entry.refusal)
    try:
        return Incoming(entry.name, archive.read(entry), entry.size)
    except EnrollmentError as error:
        return Incoming(entry.name, size=entry.size, refusal=error.code)
