"""Pages of single lessons and substitutes, for those who teach the course: cancel, move, add, restore, assign."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_staff
from accounts.http import SchoolRequest
from attendance.errors import AttendanceError
from attendance.lessons import changes as lessons
from attendance.lessons import substitutes
from attendance.lessons.access import get_course_or_404
from attendance.lessons.clashes import session_clashes
from attendance.lessons.forms import CancelForm, GiveCourseForm, GiveForm, LessonForm
from attendance.lessons.selectors import PLANNED
from attendance.lessons.substitutes import possible_substitutes
from attendance.lessons.timetable import is_lesson_day, session_sketch
from attendance.lessons.undo import undo_offer
from attendance.models import ClassSession, Substitution, TimetableSlot
from enrollment.selectors import courses_of


@require_http_methods(["GET", "POST"])
def lesson(request: SchoolRequest, institution: str, course_id: UUID, slot_id: UUID, day: date) -> HttpResponse:
    """The page of a lesson that the timetable has on a day, with its actions. Looking at it stores nothing."""
    course = get_course_or_404(request, course_id)
    slots = TimetableSlot.objects.for_institution(request.institution).select_related("course", "institution")
    slot = get_object_or_404(slots, pk=slot_id, course=course)
    if not is_lesson_day(slot, day):
        raise Http404
    if request.method == "POST":
        return _act(request, lessons.lesson_of(slot=slot, day=day))
    stored = ClassSession.objects.for_institution(request.institution).filter(slot=slot, slot_day=day).first()
    if stored:
        return redirect("lesson_plan", institution, stored.pk)
    return _page(request, session_sketch(slot, day), {})


@require_http_methods(["GET", "POST"])
def lesson_plan(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The page of a lesson that is stored, or outside the timetable, with its actions."""
    courses = courses_of(require_staff(request))
    sessions = ClassSession.objects.for_institution(request.institution).select_related("course", "institution")
    found = get_object_or_404(sessions, pk=session_id, course__in=courses)
    return _act(request, found) if request.method == "POST" else _page(request, found, {})


@require_http_methods(["GET", "POST"])
def lesson_new(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """Plan a lesson outside the timetable."""
    course = get_course_or_404(request, course_id)
    form = LessonForm(request.POST or None, initial={"day": timezone.localdate(), "room": course.room})
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            made = lessons.lesson_add(course=course, when=form.when, reason=reason, by=request.user)
        except AttendanceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Added: %s.") % _words(made))
            _warn(request, made)
            return redirect("course", institution, course.pk)
    return render(request, "attendance/lessons/lesson_new.html", {"course": course, "form": form})


def _warn(request: SchoolRequest, session: ClassSession) -> None:
    """Say that a lesson is planned, but double-booked."""
    for clash in session_clashes(session):
        messages.warning(request, str(clash))


# -- Actions on a lesson -----------------------------------------------------------------------------------------------


def _cancel(request: SchoolRequest, session: ClassSession, data: dict[str, Any]) -> str:
    lessons.lesson_cancel(session=session, reason=data["reason"], by=request.user)
    undo_offer(request, session, {"do": "restore"})
    return _("Cancelled: %s.") % _words(session)


def _restore(request: SchoolRequest, session: ClassSession, data: dict[str, Any]) -> str:
    return _("Brought back: %s.") % _words(lessons.lesson_restore(session=session, by=request.user))


def _move(request: SchoolRequest, session: ClassSession, data: dict[str, Any]) -> str:
    to = lessons.When(data["day"], data["starts"], data["ends"], data["room"])
    moved = lessons.lesson_move(session=session, to=to, reason=data["reason"], by=request.user)
    as_planned = session.slot_id and session.changed_at is None
    _warn(request, moved)
    undo_offer(request, session, {"do": "follow"} if as_planned else {"do": "move", **_as_typed(session)})
    return _("Moved to %s.") % _words(moved)


def _follow(request: SchoolRequest, session: ClassSession, data: dict[str, Any]) -> str:
    return _("As in the timetable again: %s.") % _words(lessons.lesson_follow(session=session))


def _give(request: SchoolRequest, session: ClassSession, data: dict[str, Any]) -> str:
    given = substitutes.lesson_assign_substitute(session=session, teacher=data["teacher"], by=request.user)
    return _("%(name)s takes %(lesson)s.") % {"name": given.teacher.user.name, "lesson": _words(session)}


Act = Callable[[SchoolRequest, ClassSession, dict[str, Any]], str]
ACTS: dict[str, Act] = {"cancel": _cancel, "restore": _restore, "move": _move, "follow": _follow, "give": _give}


def _form_of(act: str, session: ClassSession, data: Any = None) -> forms.Form:
    """The form of an action: as the page first shows it, or with what was typed."""
    if act == "cancel":
        return CancelForm(data, auto_id="cancel_%s")
    if act == "move":
        return LessonForm(data, initial=_as_typed(session), auto_id="move_%s")
    if act == "give":
        return GiveForm(data, rows={"teacher": possible_substitutes(session.course)}, auto_id="give_%s")
    return forms.Form(data)


def _act(request: SchoolRequest, session: ClassSession) -> HttpResponse:
    act = request.POST.get("do", "")
    if act not in ACTS:
        return HttpResponseBadRequest()
    form = _form_of(act, session, request.POST)
    if not form.is_valid():
        return _page(request, session, {act: form})
    try:
        said = ACTS[act](request, session, form.cleaned_data)
    except AttendanceError as error:
        form.add_error(None, str(error))
        return _page(request, session, {act: form})
    messages.success(request, said)
    return redirect("course", request.institution.slug, session.course_id)


def _page(request: SchoolRequest, session: ClassSession, bound: dict[str, Any]) -> HttpResponse:
    stored = not session._state.adding
    given = Substitution.objects.for_institution(request.institution).filter(session=session, ended_at=None)
    context = {
        "session": session,
        "course": session.course,
        "stored": stored,
        "planned": session.state in PLANNED,
        "changed": stored and session.slot_id and session.changed_at is not None,
        "forms": {act: _form_of(act, session) for act in ("cancel", "move", "give")} | bound,
        "given": given.select_related("teacher__user") if stored else [],
        "said": [str(error) for form in bound.values() for error in form.non_field_errors()],
    }
    return render(request, "attendance/lessons/lesson.html", context)


def _as_typed(session: ClassSession) -> dict[str, str]:
    """A lesson's time and place, as the form for moving it takes them."""
    begins, ends = (timezone.localtime(at, session.institution.zone) for at in (session.starts_at, session.ends_at))
    return {
        "day": begins.date().isoformat(),
        "starts": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "room": session.room,
        "reason": session.reason,
    }


def _words(session: ClassSession) -> str:
    return date_format(timezone.localtime(session.starts_at, session.institution.zone), "D j F, H:i")


# -- Substitutes -------------------------------------------------------------------------------------------------------


@require_POST
def substitute(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """Let somebody else take a course for a span of days."""
    course = get_course_or_404(request, course_id)
    form = GiveCourseForm(request.POST, rows={"teacher": possible_substitutes(course)})
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("course", institution, course.pk)
    try:
        given = substitutes.course_assign_substitute(course=course, by=request.user, **form.cleaned_data)
    except AttendanceError as error:
        messages.error(request, str(error))
    else:
        said = _("%(name)s takes this course from %(first)s until %(last)s.")
        days = {name: date_format(form.cleaned_data[f"{name}_day"], "j F") for name in ("first", "last")}
        messages.success(request, said % {"name": given.teacher.user.name, **days})
    return redirect("course", institution, course.pk)


@require_POST
def substitute_end(request: SchoolRequest, institution: str, course_id: UUID, substitution_id: UUID) -> HttpResponse:
    """End a substitution."""
    course = get_course_or_404(request, course_id)
    given = Substitution.objects.for_institution(request.institution).select_related("teacher__user", "institution")
    found = get_object_or_404(given, pk=substitution_id, course=course)
    substitutes.substitution_end(substitution=found)
    messages.success(request, _("%s does not take it any more.") % found.teacher.user.name)
    return redirect("course", institution, course.pk)
