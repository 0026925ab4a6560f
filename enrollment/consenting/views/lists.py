"""Lists of consents, and a student's answers."""

from itertools import chain
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest, id_in
from accounts.models import Job, Role
from enrollment.access import Act, access_record
from enrollment.consenting.counts import counts_by_course, counts_by_group, counts_of
from enrollment.consenting.labels import ASKED, FILTERS
from enrollment.consenting.rows import in_state, parents_of, rows_exported, rows_of, sections_of, with_answers
from enrollment.consenting.wording import current_form
from enrollment.domain.consents import is_adult, rules_of
from enrollment.errors import EnrollmentError
from enrollment.models import Course, Group, Student
from enrollment.scope import Scope, scope_of
from enrollment.services.consents import consent_withdraw
from enrollment.spreadsheets import csv_stream

ON_A_PAGE = 60  # students; a class list is on one page
GROUPS_ON_A_PAGE = 60
COURSES_ON_A_PAGE = 30


@require_GET
def consents(request: SchoolRequest, institution: str) -> HttpResponse:
    """Consents of a group, a course or those in one state; without either of them the school's counts."""
    require_role(request, Role.ADMIN)
    scope = scope_of(request.institution, request.GET)
    wanted = request.GET.get("state", "")
    if not scope.query and wanted not in FILTERS:
        return _overview(request, scope)
    page = Paginator(in_state(with_answers(scope.students), wanted), ON_A_PAGE).get_page(request.GET.get("page"))
    sections = sections_of(rows_of(request.institution, page.object_list))
    wanted = wanted if wanted in FILTERS else ""
    counts = counts_of(scope.students)
    context = {
        "scope": scope,
        "to_ask": page.paginator.count if wanted in ASKED else counts.pending,
        "at": "&".join(part for part in (scope.query, f"state={wanted}" if wanted else "") if part),
        "counts": counts,
        "page": page,
        "sections": sections,
        "wanted": wanted,
        "filters": FILTERS,
        "form": current_form(request.institution),
        "nonce": uuid4(),
        "sent": _sent(request),
        "tells_parents": rules_of(request.institution.law).every_parent,
        "today": timezone.localdate().isoformat(),
    }
    return render(request, "enrollment/consenting/list.html", context)


def _sent(request: SchoolRequest) -> dict[str, Any] | None:
    """Counts of the mails of the job that the address names; None if it names none of the school's."""
    job = id_in(request.GET.get("job", ""))
    if job is None:
        return None
    jobs = Job.objects.for_institution(request.institution).filter(pk=job, kind="consent_links")
    return jobs.values_list("result", flat=True).first()


def _overview(request: SchoolRequest, scope: Scope) -> HttpResponse:
    school = request.institution
    active = Group.objects.for_institution(school).filter(is_active=True)
    groups = Paginator(active, GROUPS_ON_A_PAGE).get_page(request.GET.get("groups"))
    courses = Course.objects.for_institution(school).filter(is_active=True)
    page = Paginator(courses, COURSES_ON_A_PAGE).get_page(request.GET.get("page"))
    by_group = counts_by_group(school, [group.pk for group in groups.object_list])
    by_course = counts_by_course(school, [course.pk for course in page.object_list])
    context = {
        "counts": counts_of(scope.students),
        "groups": [(group, by_group[group.pk]) for group in groups.object_list],
        "group_page": groups,
        "courses": [(course, by_course[course.pk]) for course in page.object_list],
        "page": page,
        "filters": FILTERS,
        "form": current_form(school),
    }
    return render(request, "enrollment/consenting/overview.html", context)


@require_GET
def consents_csv(request: SchoolRequest, institution: str) -> HttpResponseBase:
    """The list as a spreadsheet: roll number, name, state, giver, details, date."""
    require_role(request, Role.ADMIN)
    scope = scope_of(request.institution, request.GET)
    students = in_state(with_answers(scope.students), request.GET.get("state", ""))
    school = request.institution
    access_record(Act.EXPORTED, institution=school, by=request.user, what="consents", count=students.count())
    heads = [_("Roll number"), _("Name"), _("Consent"), _("Given by"), _("Details"), _("Date")]
    rows = (
        [row.student.roll_number, row.student.name, row.word, row.name, row.detail, row.until]
        for row in rows_exported(request.institution, students)
    )
    return csv_stream("consents", chain([heads], rows))


@require_GET
def consent_student(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """A student's answers, newest first, each with its giver and wording."""
    student = _student_or_404(request, student_id)
    access_record(Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=student.pk)
    answers = student.consents.select_related("form", "recorded_by", "withdrawn_by")
    tells = rules_of(request.institution.law).every_parent and not is_adult(student.birth_date, timezone.localdate())
    context = {
        "student": student,
        "row": rows_of(request.institution, [student])[0],
        "answers": answers,
        "parents": parents_of(student) if tells else [],
    }
    return render(request, "enrollment/consenting/student.html", context)


@require_http_methods(["GET", "POST"])
def consent_end(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Ask once, then withdraw the student's consents and erase the face."""
    student = _student_or_404(request, student_id)
    if request.method != "POST":
        return render(request, "enrollment/consenting/withdraw.html", {"student": student})
    try:
        erased = consent_withdraw(student=student, by=request.user)
    except EnrollmentError as error:
        messages.warning(request, f"{_('The consent is withdrawn.')} {error}")
    else:
        counts = {"photos": erased.photos, "vectors": erased.vectors}
        messages.success(request, _("Consent withdrawn. Erased: %(photos)d photos, %(vectors)d face vectors.") % counts)
    return redirect("consent_student", institution, student_id)


def _student_or_404(request: SchoolRequest, student_id: UUID) -> Student:
    require_role(request, Role.ADMIN)
    return get_object_or_404(with_answers(Student.objects.for_institution(request.institution)), pk=student_id)
