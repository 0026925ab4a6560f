"""The page to which "Reports" leads, for teacher, tutor, office and principal."""

import pytest
from django.urls import reverse

from accounts.models import Role
from enrollment.models import Course, Group
from tests.conftest import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(riverside, theo):
    return Group.objects.create(institution=riverside, name="10B", tutor=theo)


def seen(client):
    return client.get(reverse("reports", args=["riverside"])).content.decode()


def test_a_teacher_has_their_courses(sign_in, tess, physics, riverside, group):
    other = Course.objects.create(institution=riverside, code="A", name="Art")
    html = seen(sign_in(tess))
    assert reverse("course_attendance", args=["riverside", physics.pk]) in html
    assert str(other.pk) not in html
    assert str(group.pk) not in html
    assert reverse("trends", args=["riverside"]) not in html


def test_a_tutor_has_their_group_and_is_told_of_no_course(sign_in, theo, group):
    html = seen(sign_in(theo))
    assert reverse("group_attendance", args=["riverside", group.pk]) in html
    assert "Your school office can add you to one." in html


def test_the_office_has_all_of_it(sign_in, ada, physics, group):
    html = seen(sign_in(ada))
    for page in ("trends", "office_low"):
        assert reverse(page, args=["riverside"]) in html
    assert reverse("course_attendance", args=["riverside", physics.pk]) in html
    assert reverse("group_attendance", args=["riverside", group.pk]) in html


def test_an_empty_school_is_led_to_its_first_course(sign_in, ada, riverside):
    assert reverse("course_new", args=["riverside"]) in seen(sign_in(ada))


def test_a_principal_is_led_to_the_trends_and_a_student_nowhere(sign_in, riverside, sam):
    pia = make_member(riverside, "Pia", Role.PRINCIPAL)
    response = sign_in(pia).get(reverse("reports", args=["riverside"]))
    assert response["Location"] == reverse("trends", args=["riverside"])
    student = sign_in(sam.user.memberships.get())
    assert student.get(reverse("reports", args=["riverside"])).status_code == 403
