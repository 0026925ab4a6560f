"""A guardian's view of their children's attendance: theirs alone, read and never changed."""

import pytest
from django.urls import reverse

from accounts.models import Role
from attendance.domain.statuses import Status
from attendance.register.sessions import session_close, session_open
from enrollment.models import AccessRecord, Guardian, Guardianship
from tests.attendance.byhand import mark_set
from tests.conftest import make_member


@pytest.fixture
def fay(riverside):
    return make_member(riverside, "Fay", Role.GUARDIAN)


@pytest.fixture
def guardian(riverside, fay):
    return Guardian.objects.create(institution=riverside, name="Fay Field", user=fay.user)


@pytest.fixture
def of_sam(riverside, guardian, sam):
    return Guardianship.objects.create(institution=riverside, guardian=guardian, student=sam)


def page_of(student):
    return reverse("child", args=[student.institution.slug, student.pk])


class TestAGuardian:
    def test_begins_at_their_child(self, sign_in, fay, of_sam, sam):
        response = sign_in(fay).get("/riverside/", follow=True)
        assert response.redirect_chain[-1][0] == page_of(sam)

    def test_reads_the_rates_and_marks(self, sign_in, fay, of_sam, sam, tess, lesson):
        session = session_open(session=lesson, by=tess.user)
        mark_set(session=session, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
        session_close(session=session, by=tess.user)
        html = sign_in(fay).get(page_of(sam)).content.decode()
        assert "Physics 10B" in html
        assert "1 lesson so far" in html

    def test_is_recorded_in_the_access_log(self, sign_in, fay, of_sam, sam, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            sign_in(fay).get(page_of(sam))
        assert AccessRecord.objects.filter(subject=sam.pk, actor=fay.user, verb="student_seen").exists()

    def test_finds_nothing_of_another_student(self, sign_in, fay, of_sam, sita):
        assert sign_in(fay).get(page_of(sita)).status_code == 404

    def test_who_may_not_be_contacted_sees_nothing(self, sign_in, fay, of_sam, sam):
        Guardianship.objects.update(may_contact=False)
        assert sign_in(fay).get(page_of(sam)).status_code == 404
        assert "No students to show" in sign_in(fay).get("/riverside/children/").content.decode()

    def test_switches_between_children(self, sign_in, fay, guardian, of_sam, sam, sita, riverside):
        Guardianship.objects.create(institution=riverside, guardian=guardian, student=sita)
        html = sign_in(fay).get(page_of(sita)).content.decode()
        assert page_of(sam) in html
        assert page_of(sita) in html

    def test_of_a_leaver_sees_nothing(self, sign_in, fay, of_sam, sam):
        sam.is_active = False
        sam.save()
        assert sign_in(fay).get(page_of(sam)).status_code == 404


def test_a_teacher_who_is_a_parent_sees_their_own_child(sign_in, tess, riverside, sam, sita):
    parent = Guardian.objects.create(institution=riverside, name="Tess", user=tess.user)
    Guardianship.objects.create(institution=riverside, guardian=parent, student=sam)
    assert sign_in(tess).get(page_of(sam)).status_code == 200
    assert sign_in(tess).get(page_of(sita)).status_code == 404


def test_a_guardian_of_another_school_is_a_stranger(sign_in, hilltop, sam):
    assert sign_in(make_member(hilltop, "Gus", Role.GUARDIAN)).get(page_of(sam)).status_code == 404


class TestAPrincipal:
    def test_begins_at_the_figures(self, sign_in, riverside, lesson, sam):
        response = sign_in(make_member(riverside, "Pia", Role.PRINCIPAL)).get("/riverside/", follow=True)
        html = response.content.decode()
        assert "0 of 1 register" in html
        assert "Sam" not in html

    def test_is_shown_no_figure_of_a_few(self, sign_in, riverside, tess, lesson, sam):
        session = session_open(session=lesson, by=tess.user)
        mark_set(session=session, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
        html = sign_in(make_member(riverside, "Pia", Role.PRINCIPAL)).get("/riverside/figures/").content.decode()
        assert "absent" not in html.lower()
