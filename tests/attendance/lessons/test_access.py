"""Objects that a page may open: the visitor's own courses, lessons, photos and faces; anything else does not exist."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import Role
from attendance.lessons import access
from attendance.models import Capture, DetectedFace
from attendance.register.sessions import session_open
from tests.conftest import make_lesson, make_member, make_physics, make_student


def request_of(member):
    return SimpleNamespace(membership=member, institution=member.institution, user=member.user)


@pytest.fixture
def student(sam):
    return sam.user.memberships.get()


@pytest.fixture
def capture(register, riverside):
    return Capture.objects.create(
        institution=riverside, session=register, nonce=uuid4(), kind="photo", picture="a.jpg", width=1, height=1
    )


@pytest.fixture
def seen(capture, riverside):
    return DetectedFace.objects.create(
        institution=riverside, capture=capture, number=1, left=1, top=1, width=1, height=1, outcome="unknown"
    )


OPENED = {
    "session": lambda member, register, capture: access.get_session_or_404(request_of(member), register.pk),
    "course": lambda member, register, capture: access.get_course_or_404(request_of(member), register.course_id),
    "capture": lambda member, register, capture: access.get_capture_or_404(request_of(member), capture.pk),
}


@pytest.mark.parametrize("open_", OPENED.values(), ids=OPENED)
class TestWhoMayOpenIt:
    def test_its_teacher_and_the_administrator(self, open_, tess, ada, register, capture):
        for member in (tess, ada):
            assert open_(member, register, capture).pk in (register.pk, register.course_id, capture.pk)

    def test_no_other_teacher_and_nobody_of_another_school(self, open_, theo, hanna, hugo, register, capture):
        for member in (theo, hanna, hugo):
            with pytest.raises(Http404):
                open_(member, register, capture)

    def test_no_student(self, open_, student, register, capture):
        with pytest.raises(PermissionDenied):
            open_(student, register, capture)


def test_what_does_not_exist(tess, capture):
    for get in (access.get_session_or_404, access.get_course_or_404, access.get_capture_or_404):
        with pytest.raises(Http404):
            get(request_of(tess), uuid4())


def test_a_capture_brings_its_lesson_course_and_school(tess, capture, django_assert_num_queries):
    found = access.get_capture_or_404(request_of(tess), capture.pk)
    with django_assert_num_queries(0):
        assert found.session.course.name == "Physics 10B"
        assert found.session.institution.slug == "riverside"


class TestFacesOfASession:
    def test_one_of_this_session(self, tess, register, seen, django_assert_num_queries):
        found = access.get_detected_face_or_404(request_of(tess), register, seen.pk)
        assert found == seen
        with django_assert_num_queries(0):
            assert found.capture.session.course.name == "Physics 10B"
            assert found.capture.session.institution.slug == "riverside"

    def test_one_of_another_session_or_school(self, tess, hanna, physics, register, seen):
        another = session_open(session=make_lesson(physics), by=tess.user)
        with pytest.raises(Http404):
            access.get_detected_face_or_404(request_of(tess), another, seen.pk)
        with pytest.raises(Http404):
            access.get_detected_face_or_404(request_of(hanna), register, seen.pk)
        with pytest.raises(Http404):
            access.get_detected_face_or_404(request_of(tess), register, uuid4())


class TestStudentsOfASession:
    def test_one_of_the_roster(self, tess, register, sita):
        assert access.get_rostered_student_or_404(request_of(tess), register, sita.pk) == sita

    def test_one_who_is_not_on_it(self, tess, register, riverside):
        with pytest.raises(Http404):
            access.get_rostered_student_or_404(request_of(tess), register, make_student(riverside, "Nina", "9").pk)

    def test_one_of_another_school(self, tess, hugo, hilltop, register):
        hari = make_student(hilltop, "Hari", "H-001")
        theirs = session_open(session=make_lesson(make_physics(hilltop, hugo, hari)), by=hugo.user)
        with pytest.raises(Http404):
            access.get_rostered_student_or_404(request_of(tess), theirs, hari.pk)


class TestTheStudentWhoIsSignedIn:
    def test_oneself(self, student, sam):
        assert access.get_own_student_or_404(request_of(student)) == sam

    def test_staff_have_none(self, tess, ada):
        for member in (tess, ada):
            with pytest.raises(PermissionDenied):
                access.get_own_student_or_404(request_of(member))

    def test_an_account_without_a_student(self, riverside):
        with pytest.raises(Http404):
            access.get_own_student_or_404(request_of(make_member(riverside, "Nora", Role.STUDENT)))

    def test_a_student_of_another_school_is_not_oneself(self, student, hilltop, riverside):
        student.institution = hilltop
        with pytest.raises(Http404):
            access.get_own_student_or_404(request_of(student))
