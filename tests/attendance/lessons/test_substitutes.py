"""Somebody else takes a lesson, or a course for a span of days: what they may do, and that it ends."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.lessons.errors import NotATeacher, SpanBackwards, TeachesAlready
from attendance.lessons.selectors import sessions_left_open, sessions_of_day, sessions_visible_to
from attendance.lessons.substitutes import course_assign_substitute, lesson_assign_substitute, substitution_end
from attendance.models import ClassSession, Substitution
from attendance.register.sessions import session_open
from enrollment.selectors import courses_of
from tests.attendance.api.client import jpeg
from tests.conftest import make_member

DAY = timedelta(days=1)


def today(institution):
    return timezone.localdate(timezone=institution.zone)


def url(name, *args):
    return reverse(name, args=["riverside", *args])


@pytest.fixture
def given(lesson, theo, tess):
    """Theo takes today's lesson of Tess's."""
    return lesson_assign_substitute(session=lesson, teacher=theo, by=tess.user)


@pytest.fixture
def span(physics, theo, ada):
    """Gives the course to Theo, from and until so many days from today."""

    def give(first, last):
        day = today(physics.institution)
        return course_assign_substitute(
            course=physics, teacher=theo, first_day=day + first * DAY, last_day=day + last * DAY, by=ada.user
        )

    return give


def move(lesson, days):
    """Hold the lesson so many days later, without anybody's doing."""
    lesson.starts_at += days * DAY
    lesson.ends_at += days * DAY
    lesson.save()


class TestOneLesson:
    def test_is_among_the_substitutes_own(self, given, lesson, theo):
        assert list(sessions_visible_to(theo)) == [lesson]
        assert list(sessions_of_day(theo, lesson.local_date)) == [lesson]

    def test_and_nothing_else_of_the_course(self, given, physics, theo, lesson):
        other = ClassSession.objects.create(
            institution=physics.institution,
            course=physics,
            starts_at=lesson.starts_at + timedelta(hours=1),
            ends_at=lesson.ends_at + timedelta(hours=1),
        )
        assert other not in sessions_visible_to(theo)
        assert not courses_of(theo).exists()

    @pytest.mark.parametrize("days", [-1, 1])
    def test_on_the_day_on_which_it_is_held_alone(self, given, lesson, theo, days):
        move(lesson, days)
        assert not sessions_visible_to(theo).exists()

    def test_ends_when_it_is_taken_back(self, given, theo):
        substitution_end(substitution=given)
        assert not sessions_visible_to(theo).exists()
        assert Substitution.objects.get().ended_at is not None, "it stays on record"

    def test_is_given_once(self, given, lesson, theo, tess):
        assert lesson_assign_substitute(session=lesson, teacher=theo, by=tess.user) == given
        substitution_end(substitution=given)
        assert lesson_assign_substitute(session=lesson, teacher=theo, by=tess.user) != given

    def test_the_regular_teacher_keeps_it(self, given, lesson, tess):
        assert lesson in sessions_visible_to(tess)


class TestASpan:
    @pytest.mark.parametrize(("first", "last"), [(0, 0), (-3, 0), (0, 5)])
    def test_while_it_lasts(self, span, lesson, theo, first, last):
        span(first, last)
        assert list(sessions_visible_to(theo)) == [lesson]

    @pytest.mark.parametrize(("first", "last"), [(1, 3), (-3, -1)])
    def test_neither_before_nor_after(self, span, lesson, theo, first, last):
        span(first, last)
        assert not sessions_visible_to(theo).exists()

    @pytest.mark.parametrize("days", [-2, 2])
    def test_lessons_of_other_days_are_not_in_it(self, span, lesson, theo, days):
        span(-1, 1)
        move(lesson, days)
        assert not sessions_visible_to(theo).exists()

    def test_a_register_of_the_span_that_was_left_open_can_be_finished_in_it(self, span, lesson, theo):
        span(-1, 1)
        session_open(session=lesson, by=theo.user)
        lesson.refresh_from_db()
        move(lesson, -1)
        assert list(sessions_left_open(theo, before=today(theo.institution))) == [lesson]

    def test_a_course_that_is_no_longer_taught_is_gone(self, span, physics, lesson, theo):
        span(0, 0)
        physics.is_active = False
        physics.save()
        assert not sessions_visible_to(theo).exists()

    def test_backwards(self, span):
        with pytest.raises(SpanBackwards):
            span(1, 0)

    def test_given_twice(self, span):
        assert span(0, 1) == span(0, 1)
        assert Substitution.objects.count() == 1


class TestWhoMayBeOne:
    def test_not_a_student(self, lesson, sam, tess):
        with pytest.raises(NotATeacher):
            lesson_assign_substitute(session=lesson, teacher=sam.user.memberships.get(), by=tess.user)

    def test_not_somebody_of_another_school(self, lesson, hugo, tess):
        with pytest.raises(NotATeacher):
            lesson_assign_substitute(session=lesson, teacher=hugo, by=tess.user)

    def test_not_the_regular_teacher(self, lesson, tess, ada):
        with pytest.raises(TeachesAlready):
            lesson_assign_substitute(session=lesson, teacher=tess, by=ada.user)

    def test_a_row_of_another_school_opens_nothing(self, lesson, hilltop, hugo, physics):
        """Even if one came to be: sessions are the member's own school's."""
        Substitution.objects.create(institution=hilltop, course=physics, session=lesson, teacher=hugo)
        assert not sessions_visible_to(hugo).exists()


class TestAtTheDoor:
    """The same through the addresses."""

    def test_the_substitute_works_with_the_register_and_the_portraits(self, given, lesson, theo, sign_in):
        client = sign_in(theo)
        assert client.get(url("session", lesson.pk)).status_code == 200
        assert client.post(url("session_open", lesson.pk)).status_code == 302
        assert client.get(url("webcam", lesson.pk)).status_code == 200
        lesson.refresh_from_db()
        assert lesson.is_open

    def test_portraits_of_its_students_while_it_lasts(self, given, riverside, sam, theo, sign_in):
        from django.core.files.base import ContentFile

        from enrollment.models import FacePhoto

        photo = FacePhoto(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED)
        photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
        photo.portrait.save("portrait.jpg", ContentFile(jpeg()), save=False)
        photo.save()
        client = sign_in(theo)
        assert client.get(url("portrait", photo.pk)).status_code == 200
        substitution_end(substitution=given)
        assert client.get(url("portrait", photo.pk)).status_code == 404

    def test_the_course_itself_stays_closed(self, given, physics, theo, sign_in):
        client = sign_in(theo)
        assert client.get(url("course", physics.pk)).status_code == 404
        assert client.post(url("adhoc"), {"course": physics.pk}).url == url("today")
        assert ClassSession.objects.count() == 1

    def test_before_and_after_there_is_no_such_register(self, given, lesson, theo, sign_in):
        client = sign_in(theo)
        for days in (1, -2):
            move(lesson, days)
            assert client.get(url("session", lesson.pk)).status_code == 404
            assert client.post(url("session_open", lesson.pk)).status_code == 404

    def test_a_teacher_who_became_a_student_gets_nothing(self, given, lesson, theo, sign_in):
        theo.role = "student"
        theo.save()
        assert sign_in(theo).get(url("session", lesson.pk)).status_code == 403

    def test_nobody_else_gets_in(self, given, lesson, riverside, hugo, sign_in):
        assert sign_in(make_member(riverside, "Tim", "teacher")).get(url("session", lesson.pk)).status_code == 404
        assert sign_in(hugo).get(url("session", lesson.pk)).status_code == 404
