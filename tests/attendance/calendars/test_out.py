"""Lessons in one's own calendar: what it is told, who can read it, and that the address can be taken away."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from attendance.calendars.feeds import feed_create, feed_read, feed_switch_off
from attendance.calendars.ics_out import calendar_bytes, calendar_tag
from attendance.lessons.changes import When, lesson_cancel, lesson_move, lesson_of
from attendance.lessons.coming import lessons_between
from attendance.lessons.substitutes import course_assign_substitute
from attendance.models import CalendarFeed, TimetableSlot
from enrollment.models import Course, Teaching
from tests.attendance.lessons.test_timetable import make_slot

NOW = datetime(2026, 2, 25, 12, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def the_week_before(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def events(body):
    return sorted(Calendar.from_ical(body).walk("VEVENT"), key=lambda event: event["DTSTART"].dt)


def as_file(course, first, last):
    lessons = lessons_between(course.institution, [course], first, last)
    return calendar_bytes(lessons, name="Physics", origin="school.example", at=NOW, taken_for={})


def feed(client, token, **headers):
    return client.get(reverse("calendar_feed", args=[token]), headers=headers)


def url(name, *args):
    return reverse(name, args=["riverside", *args])


class TestWhatItSays:
    def test_a_lesson(self, physics):
        slot = make_slot(physics)
        [event] = events(as_file(physics, MONDAY, MONDAY))
        assert (str(event["SUMMARY"]), str(event["LOCATION"]), str(event["STATUS"])) == (
            "Physics 10B",
            "12",
            "CONFIRMED",
        )
        assert event["UID"] == f"{slot.pk}-2026-03-02@school.example"
        assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=50)

    @pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
    @pytest.mark.parametrize("starts", [time(0, 30), time(1, 30), time(2, 30), time(9)])
    def test_both_nights_on_which_the_clocks_change(self, physics, sunday, starts):
        """The wall shows the same time as always; the hour that does not exist is the one after it."""
        ends = (datetime.combine(sunday, starts) + timedelta(minutes=20)).time()
        make_slot(physics, starts, ends, weekday=6)
        found = events(as_file(physics, sunday - timedelta(days=7), sunday + timedelta(days=7)))
        on_the_wall = [event["DTSTART"].dt.astimezone(LONDON).time() for event in found]
        in_the_gap = sunday.month == 3 and starts == time(1, 30)
        assert on_the_wall == [starts, time(2, 30) if in_the_gap else starts, starts]
        assert {event["DTEND"].dt - event["DTSTART"].dt for event in found} == {timedelta(minutes=20)}

    def test_a_cancelled_one_says_so_and_why_and_leaves_the_time_free(self, physics, tess):
        lesson_cancel(session=lesson_of(slot=make_slot(physics), day=MONDAY), reason="Fire drill", by=tess.user)
        [event] = events(as_file(physics, MONDAY, MONDAY))
        said = [str(event[name]) for name in ("STATUS", "DESCRIPTION", "TRANSP")]
        assert said == ["CANCELLED", "Fire drill", "TRANSPARENT"]

    def test_a_moved_one_keeps_its_name(self, physics, tess):
        slot = make_slot(physics)
        before = events(as_file(physics, MONDAY, MONDAY))[0]["UID"]
        to = When(MONDAY + timedelta(days=1), time(14), time(15), "Hall")
        lesson_move(session=lesson_of(slot=slot, day=MONDAY), to=to, reason="", by=tess.user)
        [event] = events(as_file(physics, MONDAY, MONDAY + timedelta(days=6)))
        assert (event["UID"], event["DTSTART"].dt.hour, str(event["LOCATION"])) == (before, 14, "Hall")

    def test_names_that_would_break_lines(self, riverside, physics):
        Course.objects.update(name="Physics, 10B; \\ with a very long name " * 3 + "عربي")
        physics.refresh_from_db()
        make_slot(physics)
        body = as_file(physics, MONDAY, MONDAY)
        assert all(len(line) <= 75 for line in body.split(b"\r\n"))
        assert str(events(body)[0]["SUMMARY"]) == physics.name

    def test_the_tag_changes_with_what_it_says_alone(self, riverside, physics, tess):
        slot = make_slot(physics)

        def tag():
            return calendar_tag(lessons_between(riverside, [physics], MONDAY, MONDAY))

        first = tag()
        assert tag() == first
        lesson_cancel(session=lesson_of(slot=slot, day=MONDAY), reason="", by=tess.user)
        assert tag() != first


class TestTheAddress:
    def test_is_read_without_a_cookie(self, client, physics, tess):
        make_slot(physics)
        answer = feed(client, feed_create(membership=tess))
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        assert "private" in answer["Cache-Control"]
        assert not answer.cookies
        assert {str(event["SUMMARY"]) for event in events(answer.content)} == {"Physics 10B"}

    def test_names_no_student(self, client, physics, tess):
        make_slot(physics)
        assert b"Field" not in feed(client, feed_create(membership=tess)).content

    def test_the_secret_is_not_kept(self, tess):
        token = feed_create(membership=tess)
        row = CalendarFeed.objects.get()
        assert token not in {str(value) for value in vars(row).values()}
        assert len(token) >= 43

    @pytest.mark.parametrize("token", ["guessed", "A" * 43, "%00", "ü"])
    def test_a_wrong_one_does_not_exist(self, client, tess, token):
        feed_create(membership=tess)
        assert feed(client, token).status_code == 404

    def test_a_new_one_replaces_the_old_one(self, client, tess):
        old, new = feed_create(membership=tess), feed_create(membership=tess)
        assert (feed(client, old).status_code, feed(client, new).status_code) == (404, 200)

    def test_switched_off(self, client, tess):
        token = feed_create(membership=tess)
        feed_switch_off(membership=tess)
        feed_switch_off(membership=tess)
        assert feed(client, token).status_code == 404

    def test_ends_with_the_membership_and_with_the_account(self, client, tess, theo):
        mine, theirs = feed_create(membership=tess), feed_create(membership=theo)
        tess.user.is_active = False
        tess.user.save()
        assert feed(client, mine).status_code == 404
        theo.role = "student"
        theo.save()
        assert feed(client, theirs).status_code == 404
        theo.delete()
        assert not CalendarFeed.objects.filter(membership_id=theo.pk).exists()

    def test_of_a_demo_account_ends_with_the_demo(self, client, tess, settings):
        token = feed_create(membership=tess)
        tess.user.is_demo = True
        tess.user.save()
        settings.DEMO = True
        assert feed(client, token).status_code == 200
        settings.DEMO = False
        assert feed(client, token).status_code == 404

    def test_unchanged_it_is_not_sent_again(self, client, physics, tess):
        slot = make_slot(physics)
        token = feed_create(membership=tess)
        first = feed(client, token)
        assert feed(client, token, if_none_match=first["ETag"]).status_code == 304
        TimetableSlot.objects.filter(pk=slot.pk).update(room="Lab")
        assert feed(client, token, if_none_match=first["ETag"]).status_code == 200

    def test_says_on_which_day_it_was_asked_and_writes_once_a_day(self, tess, django_assert_num_queries):
        token = feed_create(membership=tess)
        assert feed_read(token=token) == tess
        assert CalendarFeed.objects.get().read_on == date(2026, 2, 25)
        with django_assert_num_queries(1):
            feed_read(token=token)

    def test_costs_the_same_however_many_lessons_there_are(
        self, client, riverside, physics, tess, django_assert_max_num_queries
    ):
        for number in range(8):
            course = Course.objects.create(institution=riverside, code=f"C{number}", name=f"Course {number}")
            Teaching.objects.create(institution=riverside, course=course, teacher=tess)
            for weekday in range(5):
                make_slot(course, weekday=weekday)
        token = feed_create(membership=tess)
        with django_assert_max_num_queries(9):
            answer = feed(client, token)
        assert len(events(answer.content)) == 8 * (5 * 26 + 1)  # from Wednesday until Wednesday in 26 weeks

    def test_has_the_substitutes_lessons_and_says_for_whom(self, client, physics, tess, theo, ada):
        make_slot(physics)
        course_assign_substitute(course=physics, teacher=theo, first_day=MONDAY, last_day=MONDAY, by=ada.user)
        [event] = events(feed(client, feed_create(membership=theo)).content)
        assert (event["DTSTART"].dt.date(), str(event["DESCRIPTION"])) == (MONDAY, "For Tess")
        own = events(feed(client, feed_create(membership=tess)).content)
        assert str(own[0]["DESCRIPTION"]) == "Taken by Theo"
        assert len(own) > 20

    def test_an_administrator_gets_their_own_lessons_not_the_schools(self, client, physics, ada):
        make_slot(physics)
        assert events(feed(client, feed_create(membership=ada)).content) == []


class TestThePage:
    def test_shows_the_address_once(self, sign_in, tess, client):
        client = sign_in(tess)
        assert b"Make my address" in client.get(url("calendar")).content
        made = client.post(url("calendar_address"))
        assert "no-store" in made["Cache-Control"]
        address = made.context["address"]
        assert address.startswith("http://testserver/calendar/")
        assert client.get(address).status_code == 200
        page = client.get(url("calendar")).content.decode()
        assert address not in page
        assert "Make a new address" in page
        assert client.post(url("calendar_off")).status_code == 302
        assert client.get(address).status_code == 404

    def test_a_course_as_a_file(self, sign_in, physics, tess, theo):
        make_slot(physics)
        answer = sign_in(tess).get(url("course_calendar", physics.pk))
        assert answer["Content-Disposition"] == 'attachment; filename="PHY-10B.ics"'
        assert len(events(answer.content)) == 26
        assert sign_in(theo).get(url("course_calendar", physics.pk)).status_code == 404
