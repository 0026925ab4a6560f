"""Making a matrix's file: at once where it is small, by a job where it is large; such files are kept for a day."""

from collections.abc import Mapping
from typing import IO, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobFailed, JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Institution, Job, Role, User
from attendance.disclosing.exports import MATRIX, matrix_files
from attendance.papers.matrix_paper import matrix_paper
from attendance.papers.table import csv_rows
from attendance.papers.typesetting import pdf_of
from attendance.papers.wanted import WantedMatrix, matrix_read, period_of, size_of, wanted_again
from attendance.papers.workbook import workbook_write
from attendance.rates.periods import Period
from attendance.reports.matrix import Matrix
from attendance.repositories.base import RegisterError
from enrollment.spreadsheets import csv_lines

AT_ONCE = {"csv": 60_000, "xlsx": 30_000, "pdf": 15_000}  # marks of a file that is made while its reader waits
ON_PAPER = 100_000  # cells of the longest PDF, about 70 sheets: it is set as a whole, for the number of its pages


class TooLongForPaper(Exception):
    """The matrix has more cells than a PDF holds. The message is for the person who asked."""

    def __init__(self) -> None:
        super().__init__(_("This is too much for paper. Choose a shorter term, or take the Excel file: it holds all."))


def is_large(institution: Institution, wanted: WantedMatrix, period: Period) -> bool:
    """True if the file takes longer than a person should wait. Raises TooLongForPaper."""
    size = size_of(institution, wanted, period)
    if wanted.form == "pdf" and size.cells > ON_PAPER:
        raise TooLongForPaper
    return size.marks > AT_ONCE[wanted.form]


def matrix_write(file: IO[bytes], institution: Institution, wanted: WantedMatrix, matrix: Matrix) -> None:
    """Write a matrix into a file, the CSV and the workbook line by line."""
    if wanted.form == "xlsx":
        workbook_write(file, institution, wanted, matrix)
    elif wanted.form == "pdf":
        file.write(pdf_of("matrix", matrix_paper(institution, wanted, matrix)))
    else:
        for line in csv_lines(csv_rows(wanted, matrix), wanted.separator):
            file.write(line.encode())


def export_start(*, institution: Institution, wanted: WantedMatrix, by: User) -> Job:
    """Have the file made. One that is being made for the same person is returned."""
    running = exports_of(institution, by).filter(ended_at=None, parameters=wanted.as_json())
    return running.first() or job_start(institution=institution, kind=MATRIX, by=by, parameters=wanted.as_json())


def exports_of(institution: Institution, user: User) -> QuerySet[Job]:
    """The jobs that made, or make, files for this person."""
    jobs = Job.objects.for_institution(institution).select_related("institution")
    return jobs.filter(kind=MATRIX, started_by=user)


def _page(job: Job) -> str:
    return reverse("export", args=[job.institution.slug, job.pk])


@job_kind(
    MATRIX,
    title=gettext_lazy("Attendance as a file"),
    roles=[Role.ADMIN, Role.TEACHER],
    result_page=_page,
    forget=matrix_files.forget,
)
def matrix_export_run(job: JobHandle) -> Mapping[str, Any]:
    """Make the file and store it. Started again after a crash, it makes the whole again."""
    wanted = wanted_again(job.institution, job.parameters)
    if wanted is None:
        raise JobFailed(_("This course or group is no longer on record."))
    try:
        job.progress(0, 2, _("Reading the registers"))
        matrix = matrix_read(job.institution, wanted, period_of(job.institution, wanted))
        job.progress(1, 2, _("Writing the file"))
        with matrix_files.writing(job.job) as file:
            matrix_write(file, job.institution, wanted, matrix)
    except RegisterError as error:
        raise JobPostponed(str(error)) from error
    except OSError as error:
        raise JobPostponed(_("The files’ store could not be reached. It will be tried again.")) from error
    job.progress(2, 2)
    return {"file": wanted.file}
