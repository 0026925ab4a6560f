"""Search: folded names, by role, nothing of anybody else's, and the same number of queries in any school."""

import pytest
from django.urls import reverse

from accounts.models import Role
from attendance.search.finding import found_by, words_of
from enrollment.models import Course, Group, GroupPlace, Guardian, Student, Teaching
from tests.conftest import make_member, make_student


@pytest.fixture
def school(riverside, physics, sam, sita, theo):
    """More to find: a group with its tutor, a guardian, a course that Theo teaches, a student whom nobody teaches."""
    zoe = make_student(riverside, "Zoë Łukasz", "R-900")
    group = Group.objects.create(institution=riverside, name="10B", tutor=theo)
    GroupPlace.objects.create(institution=riverside, group=group, student=zoe)
    Guardian.objects.create(institution=riverside, name="Fay Field")
    history = Course.objects.create(institution=riverside, code="HIS-1", name="History")
    Teaching.objects.create(institution=riverside, course=history, teacher=theo)
    make_student(riverside, "Émile Untaught", "X-1")
    return riverside


def names(member, text, most=5):
    found = found_by(member, text, most=most)
    return {section.kind: [getattr(row, "name", None) or row.user.name for row in section.rows] for section in found}


@pytest.mark.parametrize("text", ["zoe", "ZOË", "lukasz", "luk zo", "R-900", "r-9"])
def test_names_are_found_without_accents_and_numbers_by_their_beginning(school, ada, text):
    assert names(ada, text)["student"] == ["Zoë Łukasz"]


@pytest.mark.parametrize("text", ["", " ", "a", "%", "_", "zz", "\x00", "%%", "'; --"])
def test_what_means_nobody_finds_nobody(school, ada, text):
    assert names(ada, text) == {}


def test_the_office_finds_everything(school, ada):
    assert names(ada, "field") == {"student": ["Sam Field"], "guardian": ["Fay Field"]}
    assert names(ada, "10b") == {"course": ["Physics 10B"], "group": ["10B"]}
    assert names(ada, "tess") == {"member": ["Tess"]}
    assert names(ada, "his-1") == {"course": ["History"]} or names(ada, "history") == {"course": ["History"]}


def test_a_teacher_finds_the_students_and_courses_they_teach(school, tess):
    assert names(tess, "sam") == {"student": ["Sam Field"]}
    assert names(tess, "physics") == {"course": ["Physics 10B"]}
    for other in ("emile", "zoe", "history", "fay", "theo", "10b group"):
        assert names(tess, other) == {}


def test_a_tutor_finds_their_group(school, theo):
    assert names(theo, "zoe") == {"student": ["Zoë Łukasz"]}
    assert names(theo, "10b") == {"group": ["10B"]}
    assert names(theo, "sam") == {}


def test_nothing_of_another_school(school, hanna, hugo):
    for member in (hanna, hugo):
        for text in ("sam", "physics", "tess", "fay", "10b"):
            assert names(member, text) == {}


def test_names_that_begin_so_come_first(school, ada, riverside):
    for number, name in enumerate(["Rosamund Ek", "Ann Samson", "Samira Oz"]):
        Student.objects.create(institution=riverside, name=name, roll_number=f"S-{number}")
    assert names(ada, "sam")["student"] == ["Sam Field", "Samira Oz", "Ann Samson", "Rosamund Ek"]


def test_more_than_are_shown_are_announced(school, ada, riverside):
    Student.objects.bulk_create(
        Student(institution=riverside, name=f"Pat {n}", roll_number=f"P-{n}", name_key=f"pat {n}") for n in range(7)
    )
    section = found_by(ada, "pat", most=5)[0]
    assert (len(section.rows), section.has_more) == (5, True)


def test_long_texts_are_cut(school):
    assert len(words_of("ab " * 1000)) == 6
    assert words_of("李") == ["李"]


def test_a_principal_finds_courses_and_groups_and_nobody(school):
    pia = make_member(school, "Pia", Role.PRINCIPAL)
    assert names(pia, "10b") == {"course": ["Physics 10B"], "group": ["10B"]}
    assert names(pia, "his-1") == {"course": ["History"]}
    for person in ("sam", "zoe", "R-900", "fay", "theo", "pia"):
        assert names(pia, person) == {}


def test_a_principal_s_findings_lead_to_figures(sign_in, school, physics):
    client = sign_in(make_member(school, "Pia", Role.PRINCIPAL))
    html = client.get(reverse("search", args=["riverside"]), {"q": "10b"}).content.decode()
    assert 'aria-label="Search courses and groups"' in html
    for address in (f"?course={physics.pk}", f"?form={Group.objects.get().pk}"):
        assert reverse("trends", args=["riverside"]) + address in html
        assert client.get(reverse("trends", args=["riverside"]) + address).status_code == 200


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN])
def test_families_find_nobody(school, client, role):
    member = make_member(school, f"Q{role}", role)
    assert found_by(member, "sam", most=5) == []
    client.force_login(member.user)
    assert client.get(reverse("search", args=["riverside"]) + "?q=sam").status_code == 403
    assert 'id="search"' not in client.get(reverse("privacy", args=["riverside"])).content.decode()


class TestPage:
    def get(self, client, text, **headers):
        response = client.get(reverse("search", args=["riverside"]), {"q": text}, headers=headers)
        assert response.status_code == 200
        return response.content.decode()

    def test_leads_to_the_students_page(self, sign_in, ada, school, sam):
        html = self.get(sign_in(ada), "sam")
        assert reverse("student", args=["riverside", sam.pk]) in html
        assert 'value="sam"' in html

    def test_under_the_field_there_are_options(self, sign_in, ada, school):
        html = self.get(sign_in(ada), "sam", hx_request="true")
        assert 'role="option"' in html
        assert "<html" not in html
        assert "?q=sam" in html

    @pytest.mark.parametrize(("text", "said"), [("a", "at least two letters"), ("nobody", "Nothing found")])
    @pytest.mark.parametrize("headers", [{}, {"hx_request": "true"}])
    def test_nothing_found_is_said(self, sign_in, ada, school, text, said, headers):
        assert said in self.get(sign_in(ada), text, **headers)

    def test_what_was_typed_is_no_markup(self, sign_in, ada, school):
        assert "<b>x" not in self.get(sign_in(ada), "<b>x</b>")

    def test_members_and_groups_lead_to_their_pages(self, sign_in, ada, school):
        client = sign_in(ada)
        assert client.get(reverse("members", args=["riverside"]) + "?q=Tess").status_code == 200
        assert "/members/?q=Tess" in self.get(client, "tess")
        assert reverse("group_attendance", args=["riverside", Group.objects.get().pk]) in self.get(client, "10b")
