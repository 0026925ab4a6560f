"""Terms at the same hour, days off over every lesson, another course, and double bookings that are said."""

import re
from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.lessons.changes import When, lesson_add, lesson_restore
from attendance.lessons.coming import lessons_between
from attendance.lessons.planning import days_plan
from attendance.lessons.timetable import sessions_plan
from attendance.models import ClassSession, DayOff, TimetableSlot
from attendance.register.sessions import session_open
from enrollment.models import Course, Enrollment, Teaching
from tests.attendance.lessons.test_timetable import make_day_off, make_slot

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
ADD = "admin:attendance_timetableslot_add"


@pytest.fixture(autouse=True)
def a_monday_morning(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 2, 7, tzinfo=UTC))


@pytest.fixture
def chemistry(riverside):
    return Course.objects.create(institution=riverside, code="CHE", name="Chemistry", room="9")


@pytest.fixture
def office(sign_in, ada):
    """Posts a weekly lesson in the office; the page's words."""
    client = sign_in(ada)

    def post(course, pk=None, **fields):
        address = reverse(ADD) if pk is None else reverse("admin:attendance_timetableslot_change", args=[pk])
        form = {"course": str(course.pk), "weekday": 0, "starts": "09:00", "ends": "09:50", "room": "", "last_day": ""}
        answer = client.post(address, {**form, "first_day": "2026-03-02", **fields}, follow=True)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))

    return post


class TestTwoTermsInTheOffice:
    def test_both_live(self, office, physics):
        office(physics, first_day="2026-03-02", last_day="2026-06-29")
        office(physics, first_day="2026-09-07", last_day="2026-12-14")
        assert TimetableSlot.objects.count() == 2

    @pytest.mark.parametrize(
        ("first", "last"), [("2026-06-29", ""), ("2026-06-01", "2026-09-01"), ("2026-01-05", ""), ("2026-03-02", "")]
    )
    def test_an_overlap_is_refused_in_words(self, office, physics, first, last):
        office(physics, first_day="2026-03-02", last_day="2026-06-29")
        page = office(physics, first_day=first, last_day=last)
        assert "at this hour already, 2 Mar 2026 – 29 Jun 2026" in page
        assert TimetableSlot.objects.count() == 1

    def test_one_may_be_changed_without_overlapping_itself(self, office, physics):
        office(physics)
        office(physics, pk=TimetableSlot.objects.get().pk, room="Lab")
        assert TimetableSlot.objects.get().room == "Lab"

    def test_both_terms_are_planned(self, riverside, physics):
        make_slot(physics, first_day=date(2026, 1, 5), last_day=MONDAY)
        make_slot(physics, first_day=date(2026, 3, 9))
        assert [sessions_plan(institution=riverside, day=day) for day in (MONDAY, date(2026, 3, 9))] == [1, 1]


class TestDaysOffOverSingleLessons:
    @pytest.fixture
    def exam(self, physics, ada):
        when = When(TUESDAY, time(9), time(10))
        return lambda: lesson_add(course=physics, when=when, reason="Exam", by=ada.user)

    def state(self, riverside, physics):
        [seen] = lessons_between(riverside, [physics], TUESDAY, TUESDAY)
        sessions_plan(institution=riverside, day=TUESDAY)
        row = ClassSession.objects.get()
        assert (seen.state, seen.reason) == (row.state, row.reason)
        return row.state, row.reason

    def test_a_day_off_that_comes_later_cancels_it_until_it_is_taken_back(self, riverside, physics, exam):
        exam()
        off = make_day_off(riverside, TUESDAY, TUESDAY, name="Strike")
        assert self.state(riverside, physics) == ("cancelled", "Strike")
        off.delete()
        assert self.state(riverside, physics) == ("scheduled", "Exam")

    def test_the_worker_notices(self, riverside, exam):
        exam()
        make_day_off(riverside, TUESDAY, TUESDAY, name="Strike")
        days_plan()
        assert ClassSession.objects.get().state == "cancelled"

    def test_one_that_is_added_on_a_day_off_is_meant_to_be_there(self, riverside, physics, exam):
        make_day_off(riverside, TUESDAY, TUESDAY, name="Strike")
        exam()
        assert self.state(riverside, physics) == ("scheduled", "Exam")

    def test_one_that_is_brought_back_by_hand_stays(self, riverside, physics, exam, ada):
        lesson = exam()
        make_day_off(riverside, TUESDAY, TUESDAY, name="Strike")
        self.state(riverside, physics)
        lesson_restore(session=lesson, by=ada.user)
        assert self.state(riverside, physics) == ("scheduled", "Exam")

    def test_anothers_day_off_is_not_ours(self, riverside, hilltop, physics, chemistry, exam):
        exam()
        make_day_off(hilltop, TUESDAY, TUESDAY, name="Strike")
        DayOff.objects.create(institution=riverside, course=chemistry, name="Trip", first_day=TUESDAY, last_day=TUESDAY)
        assert self.state(riverside, physics) == ("scheduled", "Exam")

    def test_an_open_register_stays(self, riverside, physics, exam, ada, sam):
        lesson = exam()
        session_open(session=lesson, by=ada.user)
        make_day_off(riverside, TUESDAY, TUESDAY, name="Strike")
        assert self.state(riverside, physics) == ("open", "Exam")


class TestAnotherCourse:
    def test_a_session_not_opened_follows(self, riverside, physics, chemistry, office):
        slot = make_slot(physics, first_day=MONDAY)
        sessions_plan(institution=riverside, day=MONDAY)
        office(chemistry, pk=slot.pk)
        days_plan()
        session = ClassSession.objects.get(slot_day=MONDAY)
        assert (session.course, session.room) == (chemistry, "9")

    def test_an_open_register_keeps_its_course(self, riverside, physics, chemistry, office, tess):
        slot = make_slot(physics, first_day=MONDAY)
        sessions_plan(institution=riverside, day=MONDAY)
        session_open(session=ClassSession.objects.get(), by=tess.user)
        office(chemistry, pk=slot.pk)
        days_plan()
        assert ClassSession.objects.get(slot_day=MONDAY).course == physics


class TestOverMidnight:
    def test_is_accepted_in_the_office_up_to_twelve_hours(self, office, physics, riverside):
        office(physics, starts="22:30", ends="00:30")
        assert "within twelve hours" in office(physics, starts="09:50", ends="09:00")
        sessions_plan(institution=riverside, day=MONDAY)
        session = ClassSession.objects.get()
        assert (session.starts_at, session.ends_at) == (
            datetime(2026, 3, 2, 22, 30, tzinfo=UTC), datetime(2026, 3, 3, 0, 30, tzinfo=UTC),
        )  # fmt: skip

    @pytest.mark.parametrize("is_open", [False, True])
    def test_after_midnight_it_is_still_todays_lesson_once(
        self, riverside, physics, tess, sign_in, monkeypatch, is_open
    ):
        make_slot(physics, time(22, 30), time(0, 30), first_day=MONDAY)
        sessions_plan(institution=riverside, day=MONDAY)
        session = ClassSession.objects.get()
        if is_open:
            session_open(session=session, by=tess.user)
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 3, 0, 5, tzinfo=UTC))
        page = sign_in(tess).get(reverse("today", args=["riverside"])).content.decode()
        assert page.count(f"sessions/{session.pk}/") == page.count(str(session.pk)) >= 1
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 3, 0, 31, tzinfo=UTC))
        page = sign_in(tess).get(reverse("today", args=["riverside"])).content.decode()
        assert (str(session.pk) in page) == is_open  # only as a register that was never closed


class TestDoubleBookings:
    @pytest.fixture
    def booked(self, physics):
        return make_slot(physics, first_day=MONDAY)

    def test_the_same_room_and_teacher(self, office, booked, chemistry, tess):
        Teaching.objects.create(institution=chemistry.institution, course=chemistry, teacher=tess)
        page = office(chemistry, room="12", starts="09:20", ends="10:10")
        assert "At the same time as Physics 10B, Monday 09:00–09:50: the same room, the same teacher." in page
        assert TimetableSlot.objects.count() == 2

    def test_the_same_students(self, office, booked, physics, chemistry, sam):
        Enrollment.objects.get_or_create(institution=chemistry.institution, course=physics, student=sam)
        Enrollment.objects.create(institution=chemistry.institution, course=chemistry, student=sam)
        assert "Monday 09:00–09:50: the same students." in office(chemistry)

    def test_the_same_course(self, office, booked, physics):
        assert "the same room, the same course." in office(physics, starts="09:30", ends="10:00")

    @pytest.mark.parametrize(
        "fields",
        [
            {"starts": "09:50", "ends": "10:40"},
            {"weekday": 1},
            {"first_day": "2026-01-05", "last_day": "2026-03-01"},
        ],
        ids=["afterwards", "another day", "another term"],
    )
    def test_none(self, office, booked, chemistry, fields):
        assert "At the same time" not in office(chemistry, **{"room": "12", **fields})

    def test_another_schools_lesson_is_none(self, office, physics, hilltop, chemistry):
        theirs = Course.objects.create(institution=hilltop, code="H", name="Hill Mathematics", room="12")
        make_slot(theirs, first_day=MONDAY)
        assert "At the same time" not in office(chemistry, room="12")

    def test_of_a_single_lesson(self, sign_in, ada, booked, chemistry):
        form = {"day": "2026-03-09", "starts": "09:30", "ends": "10:00", "room": "12", "reason": ""}
        address = reverse("lesson_new", args=["riverside", chemistry.pk])
        page = sign_in(ada).post(address, form, follow=True).content.decode()
        assert "At the same time as Physics 10B, 09:00–09:50: the same room." in page
