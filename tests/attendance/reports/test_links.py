"""Every link and picture of the reports opens for the reader who sees it: teacher, tutor, office, principal."""

import re

import pytest
from django.urls import reverse

from accounts.models import Role
from attendance.models import Excuse
from enrollment.models import Course, Enrollment, Group, GroupPlace
from tests.conftest import make_member

pytestmark = pytest.mark.django_db
LINK = re.compile(r'(?:href|src|hx-get)="(/riverside/[^"#]*)"')


@pytest.fixture
def school(riverside, physics, hold, term, sam, sita, tess, theo):
    """Tess teaches physics; Theo is tutor of Sam's group and teaches nothing; art has ended; Sita has left physics."""
    art = Course.objects.create(institution=riverside, code="A", name="Art", is_active=False)
    for ago in range(6):
        hold(ago + 2, {sam: "A", sita: "P"}, course=art, hour=11)
    Enrollment.objects.filter(course=physics, student=sita).delete()
    for name, is_active in (("10B", True), ("9B", False)):
        group = Group.objects.create(institution=riverside, name=name, tutor=theo, is_active=is_active)
        GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    day = term[2].local_date
    Excuse.objects.create(
        institution=riverside, student=sam, kind=Excuse.Kind.ILLNESS, first_day=day, last_day=day, given_by_name="Fay"
    )
    return riverside


@pytest.fixture
def readers(school, tess, theo, ada):
    return {"teacher": tess, "tutor": theo, "office": ada, "principal": make_member(school, "Pia", Role.PRINCIPAL)}


def pages_of(school, sam, term):
    group = Group.objects.get(name="10B")
    day = ["riverside", sam.pk, term[2].local_date]
    return {
        "course": reverse("course_attendance", args=["riverside", term[0].course_id]),
        "group": reverse("group_attendance", args=["riverside", group.pk]),
        "student": reverse("student", args=["riverside", sam.pk]) + "?lessons=all",
        "day": reverse("student_day", args=day),
        "trends": reverse("trends", args=["riverside"]),
        "reports": reverse("reports", args=["riverside"]),
        "found": reverse("search", args=["riverside"]) + "?q=sam",
    }


SEEN = {
    "teacher": {"course", "student", "day", "reports", "found"},
    "tutor": {"group", "student", "day", "reports", "found"},
    "office": {"course", "group", "student", "day", "trends", "reports", "found"},
    "principal": {"trends", "found"},
}


@pytest.mark.parametrize("role", list(SEEN))
def test_all_links_open(sign_in, readers, school, sam, term, role):
    client = sign_in(readers[role])
    links, seen = {}, set()
    for name, page in pages_of(school, sam, term).items():
        response = client.get(page)
        if response.status_code == 200:
            seen.add(name)
            links |= {link.replace("&amp;", "&"): name for link in LINK.findall(response.content.decode())}
    assert seen == SEEN[role]
    answers = {link: client.get(link).status_code for link in links if "00000000" not in link}
    assert {link: (code, links[link]) for link, code in answers.items() if code not in (200, 204, 302)} == {}
    assert len(answers) > 3


def test_the_tutor_s_page_has_the_courses_without_links_and_days_with_them(sign_in, theo, school, sam, term):
    html = sign_in(theo).get(reverse("student", args=["riverside", sam.pk])).content.decode()
    assert "Physics 10B" in html
    assert "/courses/" not in html.split("<main", 1)[1]
    assert reverse("student_day", args=["riverside", sam.pk, term[2].local_date]) in html


def test_who_left_the_course_is_on_its_page_without_a_link(sign_in, tess, school, sam, sita, term):
    html = sign_in(tess).get(reverse("course_attendance", args=["riverside", term[0].course_id])).content.decode()
    assert "Sita" in html
    assert reverse("student", args=["riverside", sita.pk]) not in html
    assert reverse("student", args=["riverside", sam.pk]) in html
