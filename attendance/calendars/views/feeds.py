"""Lessons in a member's own calendar: a secret address that it reads, and a course's lessons as a file."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import require_staff
from accounts.http import SchoolRequest
from accounts.languages import in_language_of
from accounts.models import Role
from attendance.calendars.feeds import feed_create, feed_read, feed_switch_off
from attendance.calendars.ics_out import calendar_bytes, calendar_tag
from attendance.lessons.access import get_course_or_404
from attendance.lessons.coming import Lesson, lessons_between, lessons_of
from attendance.lessons.substitutes import read_takers, taken_by
from attendance.lessons.timetable import today_of
from attendance.models import CalendarFeed

BACK, AHEAD = timedelta(weeks=2), timedelta(weeks=26)  # span of the lessons in a feed


@require_GET
def calendar(request: SchoolRequest, institution: str) -> HttpResponse:
    """The page that says whether a calendar reads the member's lessons, and how to add them to one."""
    return _page(request, "")


@require_POST
@never_cache
def calendar_address(request: SchoolRequest, institution: str) -> HttpResponse:
    """Make a new address, and show it this one time."""
    token = feed_create(membership=require_staff(request))
    return _page(request, request.build_absolute_uri(reverse("calendar_feed", args=[token])))


@require_POST
def calendar_off(request: SchoolRequest, institution: str) -> HttpResponse:
    """Let the address stop working."""
    feed_switch_off(membership=require_staff(request))
    messages.success(request, _("The address is off. Calendars that use it find nothing any more."))
    return redirect("calendar", institution)


def _page(request: SchoolRequest, address: str) -> HttpResponse:
    membership = require_staff(request)
    feed = CalendarFeed.objects.for_institution(request.institution).filter(membership=membership).first()
    context = {
        "feed": feed,
        "address": address,
        "subscribe": address.replace("https:", "webcal:", 1).replace("http:", "webcal:", 1),
        "may_import": membership.role == Role.ADMIN,
    }
    return render(request, "attendance/calendars/feed.html", context)


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The lessons of the member to whom the secret in the address belongs. Ignores cookies; 404 for a wrong secret."""
    membership = feed_read(token=token)
    if membership is None:
        raise Http404
    today = today_of(membership.institution)
    lessons = lessons_of(membership, today - BACK, today + AHEAD)
    tag = calendar_tag(lessons)
    unchanged = get_conditional_response(request, etag=tag)
    if unchanged is not None:
        return unchanged
    others = [course.pk for course in taken_by(membership)[0]]
    taken_for = read_takers(membership.institution, others).regular
    with in_language_of(membership.user):
        body = calendar_bytes(
            lessons, name=membership.institution.name, origin=request.get_host(), at=timezone.now(), taken_for=taken_for
        )
    answer = _file(body, "lessons.ics")
    answer["ETag"] = tag
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_GET
def course_calendar(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """A course's lessons as a file."""
    course = get_course_or_404(request, course_id)
    today = timezone.localdate()
    lessons: list[Lesson] = lessons_between(request.institution, [course], today - BACK, today + AHEAD)
    body = calendar_bytes(lessons, name=course.name, origin=request.get_host(), at=timezone.now(), taken_for={})
    return _file(body, f"{course.code}.ics")


def _file(body: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    safe = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "-_."))
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
