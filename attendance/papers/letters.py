"""Letters home for many students at once: one PDF, made by a job and kept for a day for the person who asked."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobFailed, JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Institution, Job, Membership, Role, User
from attendance.disclosing.exports import LETTERS, letter_files
from attendance.papers.letter import letter_paper
from attendance.papers.typesetting import Json, paper_size, pdf_of
from attendance.rates.periods import chosen, periods_of
from attendance.repositories.base import RegisterError
from enrollment.models import Student

MOST_LETTERS = 400  # students of one file


class TooManyLetters(Exception):
    """More students than one file of letters holds. The message is for the person who asked."""

    def __init__(self, students: int) -> None:
        told = {"n": students, "most": MOST_LETTERS}
        super().__init__(_("%(n)d students are more than one file holds (%(most)d). Tick some of them.") % told)


def letters_start(*, institution: Institution, students: Collection[UUID], by: User, wished: str = "") -> Job:
    """Have the letters made. Those that are being made for the same person are returned.

    students: of the school; ids of others count for nothing. wished: the sheet, see `typesetting.paper_size`.
    Raises TooManyLetters.
    """
    if len(students) > MOST_LETTERS:
        raise TooManyLetters(len(students))
    parameters = {"students": sorted(map(str, students)), "paper": wished}
    running = letters_of(institution, by).filter(ended_at=None, parameters=parameters)
    return running.first() or job_start(institution=institution, kind=LETTERS, by=by, parameters=parameters)


def letters_of(institution: Institution, user: User) -> QuerySet[Job]:
    """The jobs that made, or make, letters for this person."""
    jobs = Job.objects.for_institution(institution).select_related("institution")
    return jobs.filter(kind=LETTERS, started_by=user)


def students_without(job: Job) -> list[Student]:
    """Students for whom the finished job made no letter, since nobody may be written to. By name."""
    ids = (job.result or {}).get("without", [])
    return list(Student.objects.for_institution(job.institution).filter(pk__in=ids).order_by("name_key"))


def _page(job: Job) -> str:
    return reverse("letters", args=[job.institution.slug, job.pk])


@job_kind(
    LETTERS,
    title=gettext_lazy("Letters about attendance"),
    roles=[Role.ADMIN],
    result_page=_page,
    forget=letter_files.forget,
)
def letters_run(job: JobHandle) -> Mapping[str, Any]:
    """Make the letters and store them as one PDF. Started again after a crash, it makes the whole again."""
    members = Membership.objects.for_institution(job.institution).filter(user=job.started_by, role=Role.ADMIN)
    by = members.select_related("user").first()
    if by is None:
        raise JobFailed(_("Only the school's office can have letters made."))
    students = Student.objects.for_institution(job.institution).select_related("institution")
    found = students.filter(pk__in=job.parameters["students"], is_active=True).order_by("name_key", "roll_number")
    try:
        letters, made, without = _read(job, list(found), by)
        if letters:
            sheet = paper_size(job.institution.time_zone, job.parameters["paper"])
            data = {"paper": sheet, "title": _("Letters about attendance"), "letters": letters, "nobody": ""}
            with letter_files.writing(job.job) as file:
                file.write(pdf_of("letter", data))
    except RegisterError as error:
        raise JobPostponed(str(error)) from error
    except OSError as error:
        raise JobPostponed(_("The files’ store could not be reached. It will be tried again.")) from error
    return {"letters": len(letters), "students": made, "without": without}


def _read(job: JobHandle, students: list[Student], by: Membership) -> tuple[list[Json], list[str], list[str]]:
    """The letters, and the ids of students who get one, and of those who do not. Raises StoreUnavailable."""
    periods = periods_of(job.institution)
    period = chosen(periods, None)
    letters: list[Json] = []
    made: list[str] = []
    without: list[str] = []
    for number, student in enumerate(students):
        job.progress(number, len(students) + 1, _("Reading the registers"))
        own = letter_paper(student, by=by, periods=periods, period=period)["letters"]
        letters += own
        (made if own else without).append(str(student.pk))
    job.progress(len(students), len(students) + 1, _("Writing the file"))
    return letters, made, without
