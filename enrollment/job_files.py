"""Files that long jobs make for the person who started them: stored without a name, kept for a day."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.utils import timezone

from accounts.files import KEEP_NOTHING
from accounts.jobs import job_progress
from accounts.models import Job
from enrollment.files import files_delete

_KEPT = timedelta(days=1)
_IN_MEMORY = 10_000_000  # bytes of a file, beyond which it goes through a temporary one


@dataclass(frozen=True, slots=True)
class JobFiles:
    """Files of one kind of job, one each. ending: of a job's file, without the dot."""

    kind: str
    folder: str
    ending: Callable[[Job], str]

    def path(self, job: Job) -> str:
        """Path of a stored file: without a person's name."""
        return f"{self.folder}/{job.institution_id}/{job.pk}.{self.ending(job)}"

    def is_ready(self, job: Job) -> bool:
        """True if the job is done and its file still there."""
        return job.state == Job.State.DONE and default_storage.exists(self.path(job))

    @contextmanager
    def writing(self, job: Job) -> Iterator[IO[bytes]]:
        """A file to write; at the end it is stored instead of one that an earlier try left. Raises OSError."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            yield file
            file.seek(0)
            self.forget(job)
            default_storage.save(self.path(job), File(file))

    def download(self, job: Job, *, name: str, content_type: str) -> FileResponse:
        """The file as a download that no cache keeps. Raises Http404 once it was deleted."""
        try:
            file = default_storage.open(self.path(job), "rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
        response["Cache-Control"] = KEEP_NOTHING
        return response

    def expires(self, job: Job) -> datetime | None:
        """Time from which the file is deleted; None before the job has ended."""
        return job.ended_at + _KEPT if job.ended_at else None

    def page(self, job: Job) -> dict[str, Any]:
        """Context of a page that waits for the file: how far the job has come, then until when the file is there."""
        progress = None if job.is_ended else job_progress(job)
        return {"job": job, "progress": progress, "is_ready": self.is_ready(job), "expires": self.expires(job)}

    def forget(self, job: Job) -> None:
        """Delete a job's file, if it has one. Raises OSError."""
        default_storage.delete(self.path(job))

    def delete(self, jobs: Iterable[Job]) -> int:
        """Delete the files of these jobs; returns their number. Raises ErasureUnfinished."""
        names = [name for job in jobs if default_storage.exists(name := self.path(job))]
        files_delete(names)
        return len(names)

    def delete_old(self) -> int:
        """Delete files a day after they were made; returns their number. Raises ErasureUnfinished."""
        return self.delete(Job.objects.filter(kind=self.kind, ended_at__lt=timezone.now() - _KEPT))
