"""A school's administrator at work on courses, the timetable and single lessons."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import ClassSession, RosterEntry, TimetableSlot
from enrollment.models import Course

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ada(sign_in, ada):
    return sign_in(ada)


def url(model, which, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{which}", args=args)


def formset(prefix, *lines):
    data = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": 0}
    for number, line in enumerate(lines):
        data |= {f"{prefix}-{number}-{field}": value for field, value in line.items()}
    return data


def course_form(*, slots=(), teachings=(), **fields):
    lines = formset("slots", *slots) | formset("teachings", *teachings)
    return {"name": "Chemistry", "code": "CHE", "is_active": "on", **lines, **fields}


SLOT = {"weekday": 0, "starts": "09:00", "ends": "09:50", "first_day": "2026-09-01"}
LESSON = {"starts_at_0": "2026-07-01", "starts_at_1": "10:00", "ends_at_0": "2026-07-01", "ends_at_1": "10:45"}


class TestCourses:
    def test_with_teacher_and_timetable(self, as_ada, tess):
        form = course_form(slots=[SLOT], teachings=[{"teacher": tess.pk}])
        assert as_ada.post(url(Course, "add"), form).status_code == 302
        course = Course.objects.get(code="CHE")
        assert (course.institution, course.teachers.get()) == (tess.institution, tess)
        assert course.slots.get().institution == tess.institution

    def test_leads_to_its_roster(self, as_ada, physics):
        page = as_ada.get(url(Course, "change", physics.pk)).content.decode()
        assert reverse("roster", args=["riverside", physics.pk]) in page

    def test_the_same_code(self, as_ada, physics):
        response = as_ada.post(url(Course, "add"), course_form(code="PHY-10B"))
        assert "There is a course with this code already." in response.content.decode()

    def test_a_course_of_many_lessons_is_opened_without_reading_them(self, as_ada, physics, lesson, tess):
        """The button to delete takes one question of existence, not all rows that hang on the course."""
        for hours in range(1, 60):
            ClassSession.objects.create(
                institution=physics.institution, course=physics,
                starts_at=lesson.starts_at + timedelta(hours=hours), ends_at=lesson.ends_at + timedelta(hours=hours),
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            page = as_ada.get(url(Course, "change", physics.pk)).content.decode()
        assert url(Course, "delete", physics.pk) not in page
        read = [query["sql"] for query in queries if "attendance_classsession" in query["sql"]]
        assert read
        assert all("LIMIT 1" in sql for sql in read)

    def test_a_course_without_lessons_may_go_with_its_roster(self, as_ada, physics):
        assert url(Course, "delete", physics.pk) in as_ada.get(url(Course, "change", physics.pk)).content.decode()
        assert as_ada.post(url(Course, "delete", physics.pk), {"post": "yes"}).status_code == 302
        assert not Course.objects.filter(pk=physics.pk).exists()

    def test_a_student_account_teaches_nothing(self, as_ada, riverside, sam):
        member = riverside.memberships.get(user=sam.user)
        response = as_ada.post(url(Course, "add"), course_form(teachings=[{"teacher": member.pk}]))
        assert "not one of the available choices" in response.content.decode()

    def test_a_lesson_that_ends_before_it_begins(self, as_ada):
        response = as_ada.post(url(Course, "add"), course_form(slots=[{**SLOT, "ends": "08:00"}]))
        assert "must end after it begins" in response.content.decode()

    def test_two_lessons_at_once(self, as_ada):
        response = as_ada.post(url(Course, "add"), course_form(slots=[SLOT, SLOT]))
        assert response.status_code == 200
        assert not Course.objects.exists()

    def test_one_that_was_taught_is_kept(self, as_ada, physics, lesson):
        assert as_ada.post(url(Course, "delete", physics.pk), {"post": "yes"}).status_code == 403
        form = {"action": "delete_selected", "_selected_action": [physics.pk], "post": "yes"}
        assert as_ada.post(url(Course, "changelist"), form).status_code == 403
        assert Course.objects.filter(pk=physics.pk).exists()

    def test_one_added_by_mistake_is_deleted(self, as_ada, physics):
        assert as_ada.post(url(Course, "delete", physics.pk), {"post": "yes"}).status_code == 302

    def test_what_goes_is_counted(self, as_ada, physics):
        text = as_ada.get(url(Course, "delete", physics.pk)).content.decode()
        assert "Sam Field" not in text
        assert "osters: 2" in text


class TestLessons:
    def test_outside_the_timetable(self, as_ada, physics):
        assert as_ada.post(url(ClassSession, "add"), {**LESSON, "course": physics.pk}).status_code == 302
        lesson = ClassSession.objects.get()
        assert lesson.institution == physics.institution
        assert lesson.starts_at == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)  # ten o'clock in London in summer
        assert str(lesson.local_date) == "2026-07-01"

    def test_that_ends_before_it_begins(self, as_ada, physics):
        form = {**LESSON, "course": physics.pk, "ends_at_1": "09:00"}
        assert "must end after it begins" in as_ada.post(url(ClassSession, "add"), form).content.decode()

    def test_cancelled(self, as_ada, lesson):
        assert as_ada.post(url(ClassSession, "delete", lesson.pk), {"post": "yes"}).status_code == 302
        assert not ClassSession.objects.exists()

    @pytest.mark.parametrize("state", ["open", "closing", "closed"])
    def test_one_that_was_opened_is_kept(self, state, as_ada, lesson):
        ClassSession.objects.update(state=state)
        self.assert_kept(as_ada, lesson)

    def test_one_with_a_roster_is_kept(self, as_ada, lesson, sam):
        RosterEntry.objects.create(institution=lesson.institution, session=lesson, student=sam)
        self.assert_kept(as_ada, lesson)

    def test_one_of_the_timetable_follows_it(self, as_ada, lesson, physics):
        lesson.slot = TimetableSlot.objects.create(
            institution=lesson.institution, course=physics, weekday=0, starts="09:00", ends="10:00"
        )
        lesson.save()
        self.assert_kept(as_ada, lesson)
        form = {**LESSON, "course": physics.pk}
        assert as_ada.post(url(ClassSession, "change", lesson.pk), form).status_code == 403

    def assert_kept(self, client, lesson):
        assert client.post(url(ClassSession, "delete", lesson.pk), {"post": "yes"}).status_code == 403
        form = {"action": "delete_selected", "_selected_action": [lesson.pk], "post": "yes"}
        assert client.post(url(ClassSession, "changelist"), form).status_code == 403
        assert ClassSession.objects.filter(pk=lesson.pk).exists()

    @pytest.mark.parametrize("when", ["today", "coming", "past"])
    def test_by_day(self, when, as_ada, lesson):
        text = as_ada.get(url(ClassSession, "changelist"), {"when": when}).content.decode()
        assert (str(lesson.pk) in text) == (when == "today")
