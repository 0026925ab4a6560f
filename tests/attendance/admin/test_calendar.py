"""The office at work on holidays, substitutes and single lessons."""

import pytest
from django.urls import reverse

from attendance.lessons.timetable import sessions_plan
from attendance.models import ClassSession, DayOff, Substitution
from attendance.register.sessions import session_open
from enrollment.models import Course
from tests.attendance.lessons.test_timetable import MONDAY, make_slot, planned

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ada(sign_in, ada):
    return sign_in(ada)


def url(model, which, *args):
    return reverse(f"admin:attendance_{model._meta.model_name}_{which}", args=args)


def act(client, model, action, *rows):
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(url(model, "changelist"), form, follow=True).content.decode()


HOLIDAYS = {"name": "Half-term", "first_day": "2026-03-02", "last_day": "2026-03-06"}


class TestHolidays:
    def test_of_the_school(self, as_ada, riverside, physics):
        make_slot(physics)
        assert as_ada.post(url(DayOff, "add"), HOLIDAYS).status_code == 302
        assert DayOff.objects.get().institution == riverside
        sessions_plan(institution=riverside, day=MONDAY)
        assert (planned(riverside)[0].state, planned(riverside)[0].reason) == ("cancelled", "Half-term")

    def test_of_one_course(self, as_ada, physics):
        as_ada.post(url(DayOff, "add"), {**HOLIDAYS, "course": physics.pk})
        assert DayOff.objects.get().course == physics

    def test_backwards(self, as_ada):
        answer = as_ada.post(url(DayOff, "add"), {**HOLIDAYS, "last_day": "2026-03-01"})
        assert "The last day is before the first." in answer.content.decode()

    def test_deleted(self, as_ada, riverside):
        day_off = DayOff.objects.create(institution=riverside, **HOLIDAYS)
        assert as_ada.post(url(DayOff, "delete", day_off.pk), {"post": "yes"}).status_code == 302
        assert not DayOff.objects.exists()

    @pytest.mark.parametrize(("span", "shown"), [("past", True), ("coming", False)])
    def test_by_whether_they_are_over(self, as_ada, riverside, span, shown):
        past = DayOff.objects.create(institution=riverside, name="Old", first_day="2020-01-01", last_day="2020-01-02")
        assert (str(past.pk) in as_ada.get(url(DayOff, "changelist"), {"span": span}).content.decode()) == shown


class TestSubstitutes:
    FORM = {"first_day": "2026-03-02", "last_day": "2026-03-06"}

    def test_given_for_a_span_and_taken_back(self, as_ada, ada, physics, theo):
        form = {**self.FORM, "course": physics.pk, "teacher": theo.pk}
        assert as_ada.post(url(Substitution, "add"), form).status_code == 302
        given = Substitution.objects.get()
        assert (given.teacher, given.given_by, given.institution) == (theo, ada.user, physics.institution)
        act(as_ada, Substitution, "take_back", given)
        given.refresh_from_db()
        assert given.ended_at

    def test_not_to_anyone_who_teaches_it_anyway(self, as_ada, physics, tess):
        answer = as_ada.post(url(Substitution, "add"), {**self.FORM, "course": physics.pk, "teacher": tess.pk})
        assert "They teach this course anyway." in answer.content.decode()

    def test_not_to_a_student(self, as_ada, riverside, physics, sam):
        member = riverside.memberships.get(user=sam.user)
        answer = as_ada.post(url(Substitution, "add"), {**self.FORM, "course": physics.pk, "teacher": member.pk})
        assert "not one of the available choices" in answer.content.decode()

    @pytest.mark.parametrize("fields", [{"last_day": "2026-03-01"}, {"first_day": ""}])
    def test_a_span_that_is_none(self, as_ada, physics, theo, fields):
        form = {**self.FORM, "course": physics.pk, "teacher": theo.pk, **fields}
        assert as_ada.post(url(Substitution, "add"), form).status_code == 200
        assert not Substitution.objects.exists()


class TestLessons:
    def test_cancelled_and_brought_back_by_the_list(self, as_ada, ada, lesson):
        act(as_ada, ClassSession, "cancel_lessons", lesson)
        lesson.refresh_from_db()
        assert (lesson.state, lesson.changed_by) == ("cancelled", ada.user)
        act(as_ada, ClassSession, "restore_lessons", lesson)
        lesson.refresh_from_db()
        assert lesson.state == "scheduled"

    def test_what_was_opened_stays_and_it_is_said(self, as_ada, lesson, tess):
        session_open(session=lesson, by=tess.user)
        assert "1 lesson was left as it is" in act(as_ada, ClassSession, "cancel_lessons", lesson)
        lesson.refresh_from_db()
        assert lesson.is_open

    def test_the_list_leads_to_the_lessons_own_page(self, as_ada, lesson):
        address = reverse("lesson_plan", args=["riverside", lesson.pk])
        assert address in as_ada.get(url(ClassSession, "changelist")).content.decode()
        assert as_ada.get(address).status_code == 200

    def test_a_course_added_by_mistake_goes_with_its_days_off(self, as_ada, riverside):
        course = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
        DayOff.objects.create(institution=riverside, course=course, **HOLIDAYS)
        delete = reverse("admin:enrollment_course_delete", args=[course.pk])
        assert as_ada.post(delete, {"post": "yes"}).status_code == 302
        assert not DayOff.objects.exists()
