"""The bundle of a student's data: a ZIP with JSON, spreadsheets and photos, made by a job, kept for a day."""

import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobFailed, JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Institution, Job, Role, User
from attendance.disclosing.collecting import Collector, Row, document_file, file_of, statements_of
from attendance.repositories.base import RegisterError
from enrollment.job_files import JobFiles
from enrollment.models import FacePhoto, Student
from enrollment.spreadsheets import csv_lines

KIND = "student_bundle"
bundle_files = JobFiles(KIND, "bundles", lambda job: "zip")
_MARK = ["lesson", "course", "starts_at"]
_VERSION = ["version", "status", "code", "source", "marked_at", "marked_by", "minutes_late", "left_at", "note"]


def bundle_start(*, student: Student, by: User, own: bool) -> Job:
    """Have the bundle made; own: for the student. A bundle that is being made for the same person is returned."""
    running = bundles_of(student.institution, student.pk).filter(started_by=by, ended_at=None)
    parameters = {"student": str(student.pk), "own": own}
    return running.first() or job_start(institution=student.institution, kind=KIND, by=by, parameters=parameters)


def bundles_of(institution: Institution, student_id: UUID) -> QuerySet[Job]:
    """Jobs that made, or make, bundles of a student's."""
    jobs = Job.objects.for_institution(institution).select_related("institution")
    return jobs.filter(kind=KIND, parameters__student=str(student_id))


def _page(job: Job) -> str:
    if job.parameters["own"]:
        return reverse("my_data", args=[job.institution.slug])
    return reverse("student_data", args=[job.institution.slug, job.parameters["student"]])


@job_kind(
    KIND,
    title=gettext_lazy("A student's complete data"),
    roles=[Role.ADMIN, Role.STUDENT],
    result_page=_page,
    forget=bundle_files.forget,
)
def student_bundle_run(job: JobHandle) -> Mapping[str, Any]:
    """Collect everything and store it as a ZIP. Started again after a crash, it makes the whole again."""
    students = Student.objects.for_institution(job.institution).select_related("institution", "user")
    student = students.filter(pk=job.parameters["student"]).first()
    if student is None:
        raise JobFailed(_("This student is no longer on record."))
    job.progress(0, None, _("Collecting"))
    try:
        with bundle_files.writing(job.job) as file:
            _write(job, file, student)
    except RegisterError as error:
        raise JobPostponed(str(error)) from error
    except OSError as error:
        raise JobPostponed(_("The store of photos could not be reached. It will be tried again.")) from error
    return {}


def _write(job: JobHandle, file: IO[bytes], student: Student) -> None:
    data = Collector(student, own=job.parameters["own"]).everything()
    job.progress(1, 2, _("Adding photos"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
        bundle.writestr("marks.csv", _csv([*_MARK, *_VERSION], _mark_rows(data["marks"])))
        bundle.writestr("consents.csv", _csv(*_table(data["consents"])))
        bundle.writestr("access.csv", _csv(["at", "act", "by"], data["access"]))
        for statement in statements_of(student):
            with suppress(FileNotFoundError), statement.document.open("rb") as document:
                bundle.writestr(zipfile.ZipInfo(document_file(statement)), document.read())
        for photo in FacePhoto.objects.for_institution(student.institution).filter(student=student):
            if not file_of(photo):
                continue
            try:
                with photo.picture.open("rb") as picture:
                    bundle.writestr(zipfile.ZipInfo(file_of(photo)), picture.read())
            except FileNotFoundError:
                continue
    job.progress(2, 2)


def _mark_rows(marks: list[Row]) -> list[Row]:
    """One row for each version of each mark."""
    return [mark | version for mark in marks for version in mark["versions"]]


def _table(rows: list[Row]) -> tuple[list[str], list[Row]]:
    return list(rows[0]) if rows else [], rows


def _csv(heads: list[str], rows: list[Row]) -> str:
    return "".join(csv_lines([heads, *([_cell(row[head]) for head in heads] for row in rows)]))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
