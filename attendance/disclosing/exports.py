"""Exported files that name several students: the jobs that make them, and their deletion where one is erased."""

from accounts.models import Institution, Job
from accounts.stored import files_below
from enrollment.files import files_delete
from enrollment.job_files import JobFiles

FOLDER = "exports"
MATRIX, LETTERS = "matrix_export", "letters"  # kinds of jobs
matrix_files = JobFiles(MATRIX, FOLDER, lambda job: str(job.parameters["form"]))
letter_files = JobFiles(LETTERS, FOLDER, lambda job: "pdf")


def exports_count(institution: Institution) -> int:
    """The number of a school's exported files, and of those that are being made now. Raises OSError."""
    jobs = Job.objects.for_institution(institution).filter(kind__in=[MATRIX, LETTERS], state=Job.State.RUNNING)
    return len(_names(institution)) + jobs.count()


def exports_delete(institution: Institution) -> None:
    """Delete a school's exported files: any of them may name the student, and each can be made again.

    Raises ErasureUnfinished, OSError.
    """
    files_delete(_names(institution))


def _names(institution: Institution) -> list[str]:
    return list(files_below(f"{FOLDER}/{institution.pk}"))
