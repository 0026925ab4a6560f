"""The pages of the day and of lessons: what stands first, what is struck through, what one tap does and takes back."""

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.lessons.changes import When, lesson_add, lesson_cancel
from attendance.lessons.substitutes import course_assign_substitute, lesson_assign_substitute
from attendance.models import ClassSession, Substitution
from attendance.register.sessions import session_close, session_open
from enrollment.models import Course, Teaching
from tests.attendance.lessons.test_timetable import make_day_off, make_slot

MONDAY = date(2026, 3, 2)


def url(name, *args):
    return reverse(name, args=["riverside", *args])


@pytest.fixture
def clock(monkeypatch):
    """Sets the time: it is Monday, 2 March 2026, nine o'clock until a test says otherwise."""
    said = {"now": datetime(2026, 3, 2, 9, tzinfo=UTC)}
    monkeypatch.setattr(timezone, "now", lambda: said["now"])

    def at(hour, minute=0, day=MONDAY):
        said["now"] = datetime.combine(day, time(hour, minute), UTC)

    return at


def words(response):
    """The page as one reads it."""
    text = re.sub(r"<(script|template)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


class TestToday:
    @pytest.fixture
    def client(self, sign_in, tess, clock):
        return sign_in(tess)

    @pytest.fixture(autouse=True)
    def two_lessons(self, physics, clock):
        make_slot(physics)
        make_slot(physics, time(14), time(14, 50))

    def test_the_lesson_of_now_stands_first_and_one_tap_opens_it(self, client):
        page = client.get(url("today"))
        assert page.context["agenda"].now.session.starts_at.hour == 9
        assert "Now · 09:00–09:50" in words(page)
        [address] = re.findall(r'action="([^"]+/open/)"', page.content.decode())
        assert client.post(address).url == url("session", page.context["agenda"].now.session.pk)
        assert "Continue register" in words(client.get(url("today")))

    def test_between_lessons_the_next_one_stands_first(self, client, clock):
        clock(11)
        page = client.get(url("today"))
        assert "Next · 14:00–14:50" in words(page)
        assert "09:00 Physics 10B" in words(page)
        assert "Not taken" in words(page), "the lesson of nine o'clock, whose register nobody opened"

    def test_after_the_last_one_it_names_the_next_day(self, client, clock):
        clock(16)
        assert "No more lessons today. Next Physics 10B Monday 9 March · 09:00–09:50 · Room 12" in words(
            client.get(url("today"))
        )

    def test_a_day_without_lessons_names_the_next_one(self, client, clock, riverside):
        make_day_off(riverside, date(2026, 3, 9), date(2026, 3, 9))
        clock(9, day=MONDAY + timedelta(days=1))
        assert "No lesson today. Next Physics 10B Monday 16 March · 09:00–09:50" in words(client.get(url("today")))

    def test_a_cancelled_one_is_shown_with_its_reason_and_is_not_the_lesson_of_now(self, client, tess):
        client.get(url("today"))
        lesson_cancel(session=ClassSession.objects.get(starts_at__hour=9), reason="Fire drill", by=tess.user)
        page = client.get(url("today"))
        assert page.context["agenda"].now is None
        assert "Next · 14:00–14:50" in words(page)
        assert "Fire drill Cancelled" in words(page)
        assert 'class="lesson plain off"' in page.content.decode()

    def test_on_a_holiday_all_are_struck_through(self, client, riverside):
        make_day_off(riverside)
        page = client.get(url("today"))
        assert page.content.decode().count("lesson plain off") == 2
        assert "Spring holidays" in words(page)

    def test_a_lesson_outside_the_timetable_takes_two_taps(self, client, physics):
        """One opens the list, the other is the course itself."""
        page = client.get(url("today")).content.decode()
        [value] = re.findall(r'<button class="lesson plain" name="course" value="([^"]+)"', page)
        assert client.post(url("adhoc"), {"course": value}).url.startswith("/riverside/sessions/")

    def test_an_unchanged_day_is_planned_with_two_queries(self, client, django_assert_max_num_queries):
        client.get(url("today"))
        with django_assert_max_num_queries(13):
            client.get(url("today"))

    def test_queries_do_not_grow_with_the_lessons(
        self, client, riverside, tess, physics, django_assert_max_num_queries
    ):
        for hour in range(10, 14):
            make_slot(physics, time(hour), time(hour, 50))
        client.get(url("today"))
        with django_assert_max_num_queries(13):
            client.get(url("today"))

    def test_the_substitute_sees_whose_it_is_and_the_teacher_who_takes_it(self, client, physics, theo, tess, sign_in):
        course_assign_substitute(
            course=physics, teacher=theo, first_day=MONDAY, last_day=MONDAY + timedelta(days=7), by=tess.user
        )
        assert "Taken by Theo" in words(client.get(url("today")))
        theirs = sign_in(theo).get(url("today"))
        assert "For Tess" in words(theirs)
        assert "Open register" in words(theirs)
        assert "You take these for others Mon 9 Mar Physics 10B 09:00–09:50 · Room 12 For Tess" in words(theirs)


def test_before_the_day_the_substitute_is_told_and_gets_no_register(physics, theo, tess, sign_in, clock):
    make_slot(physics)
    clock(9, day=MONDAY - timedelta(days=1))
    course_assign_substitute(course=physics, teacher=theo, first_day=MONDAY, last_day=MONDAY, by=tess.user)
    page = sign_in(theo).get(url("today"))
    assert "You take these for others Mon 2 Mar" in words(page)
    assert "/sessions/" not in page.content.decode()


class TestTheCoursePage:
    @pytest.fixture
    def client(self, sign_in, tess, clock):
        clock(7)
        return sign_in(tess)

    def test_coming_lessons_without_storing_them(self, client, physics):
        make_slot(physics)
        text = words(client.get(url("course", physics.pk)))
        assert "Mon 2 Mar 09:00–09:50 Change" in text
        assert "Mon 16 Mar" in text
        assert "Mon 23 Mar" not in text
        assert "Mon 22 Jun" in words(client.get(url("course", physics.pk) + "?weeks=16"))
        assert not ClassSession.objects.exists()

    def test_past_ones_taken_and_not_taken(self, client, physics, tess, clock):
        first, second = (
            lesson_add(course=physics, when=When(MONDAY, time(hour), time(hour, 50)), reason="", by=tess.user)
            for hour in (9, 11)
        )
        session_close(session=session_open(session=first, by=tess.user), by=tess.user)
        clock(9, day=MONDAY + timedelta(days=1))
        text = words(client.get(url("course", physics.pk)))
        assert "Past lessons Mon 2 Mar 11:00–11:50 Not taken Mon 2 Mar 09:00–09:50 Taken" in text
        assert second.state == "scheduled"

    def test_queries_do_not_grow_with_the_weeks(self, client, physics, django_assert_max_num_queries):
        for hour in range(8, 14):
            make_slot(physics, time(hour), time(hour, 50))
        client.get(url("course", physics.pk))
        with django_assert_max_num_queries(13):
            client.get(url("course", physics.pk) + "?weeks=16")

    def test_somebody_else_takes_it_and_it_is_taken_back(self, client, physics, theo):
        form = {"teacher": theo.pk, "first_day": "2026-03-02", "last_day": "2026-03-06"}
        client.post(url("substitute", physics.pk), form)
        given = Substitution.objects.get()
        assert (given.teacher, given.last_day) == (theo, date(2026, 3, 6))
        assert "Theo Mon 2 Mar – Fri 6 Mar" in words(client.get(url("course", physics.pk)))
        client.post(url("substitute_end", physics.pk, given.pk))
        given.refresh_from_db()
        assert given.ended_at
        assert "Theo Mon 2 Mar" not in words(client.get(url("course", physics.pk)))

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"last_day": "2026-03-01"}, "The last day is before the first."),
            ({"first_day": "nonsense"}, "Enter a valid date."),
            ({"first_day": "0026-03-02"}, "more than two years away"),
            ({"teacher": ""}, "This field is required."),
            ({"teacher": "999999"}, "not one of the available choices"),
        ],
    )
    def test_what_cannot_be_meant_is_said(self, client, physics, theo, fields, said):
        form = {"teacher": theo.pk, "first_day": "2026-03-02", "last_day": "2026-03-06", **fields}
        assert said in words(client.post(url("substitute", physics.pk), form, follow=True))
        assert not Substitution.objects.exists()

    def test_nobody_of_another_school_or_a_student_is_offered(self, client, physics, hugo, theo, sam):
        page = client.get(url("course", physics.pk))
        offered = {member.user.name for member in page.context["give_form"].fields["teacher"].queryset}
        assert offered == {"Theo"}

    def test_a_substitution_of_another_course_is_not_ended_here(self, client, riverside, physics, theo, ada):
        other = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
        given = course_assign_substitute(course=other, teacher=theo, first_day=MONDAY, last_day=MONDAY, by=ada.user)
        assert client.post(url("substitute_end", physics.pk, given.pk)).status_code == 404


class TestOneLesson:
    @pytest.fixture
    def slot(self, physics):
        return make_slot(physics)

    @pytest.fixture
    def client(self, sign_in, tess, clock):
        clock(7)
        return sign_in(tess)

    @pytest.fixture
    def address(self, slot, physics):
        return url("lesson", physics.pk, slot.pk, "2026-03-09")

    def act(self, client, address, do, **fields):
        return client.post(address, {"do": do, **fields}, follow=True)

    def undo(self, client, page):
        """Presses the button that the page offers."""
        offered = page.context["undo"]
        return client.post(offered["address"], offered["fields"], follow=True)

    def test_looking_stores_nothing(self, client, address):
        page = words(client.get(address))
        assert all(text in page for text in ("Monday 9 March", "Cancel this lesson", "Move this lesson"))
        assert not ClassSession.objects.exists()

    @pytest.mark.parametrize("day", ["2026-03-10", "2025-03-10", "2026-02-30", "2026-3-9"])
    def test_there_is_none_on_other_days(self, client, slot, physics, day):
        address = f"/riverside/courses/{physics.pk}/lessons/{slot.pk}/{day}/"
        assert client.get(address).status_code == client.post(address, {"do": "cancel"}).status_code == 404

    def test_cancelled_with_a_reason_and_undone(self, client, address):
        page = self.act(client, address, "cancel", reason="Fire drill")
        assert "Mon 9 Mar 09:00–09:50 Cancelled Fire drill Bring back" in words(page)
        assert ClassSession.objects.get().state == "cancelled"
        back = self.undo(client, page)
        assert ClassSession.objects.get().state == "scheduled"
        assert "Was that a slip?" not in words(back)

    def test_undo_is_offered_once_and_on_its_own_course(self, client, address, physics, riverside, tess):
        other = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
        Teaching.objects.create(institution=riverside, course=other, teacher=tess)
        client.post(address, {"do": "cancel"})
        assert "Was that a slip?" not in words(client.get(url("course", other.pk)))
        assert "Was that a slip?" in words(client.get(url("course", physics.pk)))
        assert "Was that a slip?" not in words(client.get(url("course", physics.pk)))

    def test_a_cancelled_lessons_register_says_so(self, client, address):
        client.post(address, {"do": "cancel", "reason": "Fire drill"})
        session = ClassSession.objects.get()
        page = client.get(url("session", session.pk))
        assert "This lesson is cancelled Fire drill" in words(page)
        for act in ("session_open", "session_close", "session_reopen", "photo", "webcam"):
            assert f'"{url(act, session.pk)}"' not in page.content.decode()

    def test_moved_and_undone(self, client, address):
        to = {"day": "2026-03-10", "starts": "14:00", "ends": "14:45", "room": "Hall", "reason": "Trip"}
        page = self.act(client, address, "move", **to)
        assert "Tue 10 Mar 14:00–14:45 Changed Room Hall Trip" in words(page)
        self.undo(client, page)
        session = ClassSession.objects.get()
        assert (session.local_date, session.room, session.changed_at) == (date(2026, 3, 9), "12", None)

    def test_moved_twice_undo_goes_back_to_the_first(self, client, address):
        self.act(client, address, "move", day="2026-03-10", starts="14:00", ends="14:45", room="Hall")
        page = self.act(client, address, "move", day="2026-03-11", starts="15:00", ends="15:45", room="Lab")
        self.undo(client, page)
        session = ClassSession.objects.get()
        assert (session.local_date, session.starts_at.hour, session.room) == (date(2026, 3, 10), 14, "Hall")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"ends": "13:00"}, "must end after it begins"),
            ({"day": ""}, "This field is required."),
            ({"day": "2036-03-10"}, "more than two years away"),
            ({"starts": "25:00"}, "Enter a valid time."),
        ],
    )
    def test_what_cannot_be_meant_is_said_at_its_field_and_kept(self, client, address, fields, said):
        to = {"day": "2026-03-10", "starts": "14:00", "ends": "14:45", "room": "The Hall", **fields}
        page = self.act(client, address, "move", **to)
        assert said in words(page)
        assert 'value="The Hall"' in page.content.decode()

    def test_another_lesson_at_that_time_is_said(self, client, address, physics, tess):
        lesson_add(course=physics, when=When(MONDAY, time(14), time(15)), reason="", by=tess.user)
        page = self.act(client, address, "move", day="2026-03-02", starts="14:00", ends="15:00")
        assert "a lesson at exactly this time already" in words(page)

    def test_as_in_the_timetable_again(self, client, address):
        self.act(client, address, "move", day="2026-03-10", starts="14:00", ends="14:45")
        plan = url("lesson_plan", ClassSession.objects.get().pk)
        assert client.get(address).url == plan
        assert "As in the timetable again" in words(client.get(plan))
        self.act(client, plan, "follow")
        assert ClassSession.objects.get().local_date == date(2026, 3, 9)

    def test_given_away_and_taken_back(self, client, address, theo, physics):
        page = self.act(client, address, "give", teacher=theo.pk)
        assert "Taken by Theo" in words(page)
        assert "Theo Mon 9 Mar, 09:00 Take back" in words(page)
        client.post(url("substitute_end", physics.pk, Substitution.objects.get().pk))
        assert "Taken by Theo" not in words(client.get(url("course", physics.pk)))

    def test_one_whose_register_was_opened_cannot_be_changed(self, client, lesson, tess):
        session_open(session=lesson, by=tess.user)
        assert "can no longer be moved or cancelled" in words(client.get(url("lesson_plan", lesson.pk)))
        assert "was opened already" in words(self.act(client, url("lesson_plan", lesson.pk), "cancel"))
        lesson.refresh_from_db()
        assert lesson.is_open

    @pytest.mark.parametrize("do", ["", "open", "__class__"])
    def test_other_acts_do_not_exist(self, client, address, do):
        assert client.post(address, {"do": do}).status_code == 400

    def test_added(self, client, physics):
        new = url("lesson_new", physics.pk)
        form = {"day": "2026-03-04", "starts": "10:00", "ends": "10:45", "reason": "Revision"}
        assert "Wed 4 Mar 10:00–10:45 Revision" in words(client.post(new, form, follow=True))
        assert "at exactly this time already" in words(client.post(new, form))
        assert ClassSession.objects.count() == 1


class TestWhoMayChangeLessons:
    """Those who teach the course, and the office. The table of walls has each address; here is what it cannot say."""

    def test_not_the_substitute(self, sign_in, lesson, theo, tess, physics):
        lesson_assign_substitute(session=lesson, teacher=theo, by=tess.user)
        client = sign_in(theo)
        assert client.get(url("session", lesson.pk)).status_code == 200
        assert client.get(url("lesson_plan", lesson.pk)).status_code == 404
        assert client.post(url("lesson_plan", lesson.pk), {"do": "cancel"}).status_code == 404
        assert client.get(url("course_calendar", physics.pk)).status_code == 404
        form = {"teacher": tess.pk, "first_day": "2026-03-02", "last_day": "2026-03-02"}
        assert client.post(url("substitute", physics.pk), form).status_code == 404

    def test_not_by_another_courses_address(self, sign_in, riverside, physics, theo):
        own = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
        Teaching.objects.create(institution=riverside, course=own, teacher=theo)
        slot = make_slot(physics)
        client = sign_in(theo)
        for course in (own, physics):
            address = url("lesson", course.pk, slot.pk, "2026-03-09")
            assert client.get(address).status_code == client.post(address, {"do": "cancel"}).status_code == 404
        assert client.get(url("lesson", own.pk, uuid4(), "2026-03-09")).status_code == 404
        assert not ClassSession.objects.exists()

    def test_the_cancelled_page_offers_the_substitute_nothing(self, sign_in, lesson, theo, tess):
        lesson_assign_substitute(session=lesson, teacher=theo, by=tess.user)
        lesson_cancel(session=lesson, reason="", by=tess.user)
        assert "Bring back" in words(sign_in(tess).get(url("session", lesson.pk)))
        assert "Bring back" not in words(sign_in(theo).get(url("session", lesson.pk)))
