"""Undo of the last change to a lesson, offered once on the page of its course."""

from typing import Any

from django.urls import reverse

from accounts.http import SchoolRequest
from attendance.models import ClassSession
from enrollment.models import Course

UNDO_KEY = "lesson_undo"  # in the visitor's session


def undo_offer(request: SchoolRequest, session: ClassSession, fields: dict[str, str]) -> None:
    """Let the course's page offer, once, to undo the change that was just made to a lesson.

    fields: the form that undoes it, posted to the lesson's page.
    """
    address = reverse("lesson_plan", args=[request.institution.slug, session.pk])
    request.session[UNDO_KEY] = {"course": str(session.course_id), "address": address, "fields": fields}


def undo_take(request: SchoolRequest, course: Course) -> dict[str, Any] | None:
    """The undo on offer for a lesson of this course (`address`, `fields`), which is then offered no more."""
    undo: dict[str, Any] | None = request.session.get(UNDO_KEY)
    if undo is None or undo["course"] != str(course.pk):
        return None
    del request.session[UNDO_KEY]
    return undo
