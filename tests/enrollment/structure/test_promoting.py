"""The change of year: shown, carried out step by step, gone on with after an interruption, undone."""

from datetime import date
from unittest.mock import patch

import pytest
from django.urls import reverse

from enrollment.errors import EnrollmentError
from enrollment.models import Course, Group, SchoolYear, YearChange
from enrollment.structure import promoting
from enrollment.structure.groups import course_group_add, group_student_add
from enrollment.structure.promoting import next_name, year_change_run, year_change_undo, year_promote

pytestmark = pytest.mark.django_db


def make_year(school, first):
    return SchoolYear.objects.create(
        institution=school, name=f"{first}", starts_on=date(first, 9, 1), ends_on=date(first + 1, 7, 20)
    )


@pytest.fixture
def old(riverside):
    return make_year(riverside, 2025)


@pytest.fixture
def new(riverside):
    return make_year(riverside, 2026)


@pytest.fixture
def groups(riverside, old, sam, sita):
    made = [Group.objects.create(institution=riverside, name=name, year=old, grade="8") for name in ("8a", "8b")]
    group_student_add(group=made[0], students=[sam, sita])
    course = Course.objects.create(institution=riverside, code="M8", name="Maths 8", year=old)
    course_group_add(course=course, group=made[0])
    return made


def promote(school, old, new, groups):
    names = {group.pk: next_name(group.name) for group in groups}
    return year_promote(institution=school, source=old, target=new, names=names, by=None)


@pytest.mark.parametrize(
    ("name", "later"), [("8a", "9a"), ("Year 10", "Year 11"), ("9", "10"), ("Choir", "Choir"), ("", "")]
)
def test_names_a_year_later(name, later):
    assert next_name(name) == later


def test_groups_move_with_their_students_and_courses_end(riverside, old, new, groups):
    change = promote(riverside, old, new, groups)
    assert change.is_finished
    copy = Group.objects.get(name="9a")
    assert (copy.year, copy.grade, copy.students.count()) == (new, "9", 2)
    assert not Group.objects.filter(year=old, is_active=True).exists()
    course = Course.objects.get()
    assert not course.is_active
    assert course.enrollments.count() == 2  # its registers and its roster stay


def test_an_interrupted_change_goes_on_where_it_stopped(riverside, old, new, groups):
    with patch.object(promoting, "_end_courses", side_effect=RuntimeError), pytest.raises(RuntimeError):
        promote(riverside, old, new, groups)
    change = YearChange.objects.get()
    assert not change.is_finished
    assert Group.objects.filter(year=new).count() == 2
    with pytest.raises(EnrollmentError) as caught:
        year_promote(institution=riverside, source=old, target=new, names={}, by=None)
    assert caught.value.code == "change_unfinished"
    assert year_change_run(change=change).is_finished
    assert year_change_run(change=change).is_finished
    assert Group.objects.filter(year=new).count() == 2


def test_is_undone_while_nothing_was_built_on_it(riverside, old, new, groups):
    change = promote(riverside, old, new, groups)
    year_change_undo(change=change)
    assert not Group.objects.filter(year=new).exists()
    assert Group.objects.filter(year=old, is_active=True).count() == 2
    assert Course.objects.get().is_active
    year_change_undo(change=change)  # again changes nothing


def test_what_was_ended_before_stays_ended(riverside, old, new, groups):
    Course.objects.create(institution=riverside, code="X", name="X", year=old, is_active=False)
    year_change_undo(change=promote(riverside, old, new, groups))
    assert not Course.objects.get(code="X").is_active


def test_is_kept_once_something_was(riverside, old, new, groups, sam):
    change = promote(riverside, old, new, groups)
    group_student_add(group=Group.objects.get(name="9b"), students=[sam])
    with pytest.raises(EnrollmentError, match="in use already"):
        year_change_undo(change=change)


@pytest.mark.parametrize(("names", "code"), [(["9a", "9A"], "name_twice"), (["Taken"], "name_twice")])
def test_no_name_comes_twice(riverside, old, new, groups, names, code):
    Group.objects.create(institution=riverside, name="Taken", year=new)
    with pytest.raises(EnrollmentError) as caught:
        year_promote(
            institution=riverside, source=old, target=new, by=None,
            names={group.pk: name for group, name in zip(groups, names, strict=False)},
        )  # fmt: skip
    assert caught.value.code == code
    assert not YearChange.objects.exists()


class TestPage:
    URL = "/riverside/years/change/"

    def test_wants_two_years(self, sign_in, ada, old):
        assert "Add the new school year first" in sign_in(ada).get(self.URL).content.decode()

    def test_shows_moves_and_undoes(self, sign_in, ada, riverside, old, new, groups):
        client = sign_in(ada)
        page = client.get(self.URL).content.decode()
        assert 'value="9a"' in page
        assert "1 course of the old year" in page
        posted = {"source": old.pk, "target": new.pk, f"name-{groups[0].pk}": "9x", f"name-{groups[1].pk}": ""}
        assert "in the new year" in client.post(self.URL, posted, follow=True).content.decode()
        assert [group.name for group in Group.objects.filter(year=new)] == ["9x"]
        change = YearChange.objects.get()
        client.post(reverse("year_change_go_on", args=["riverside", change.pk]))
        undo = reverse("year_change_undo", args=["riverside", change.pk])
        assert "as they were" in client.post(undo, follow=True).content.decode()

    def test_says_what_is_wrong(self, sign_in, ada, old, new, groups):
        client = sign_in(ada)
        assert "different years" in client.post(self.URL, {"source": old.pk, "target": old.pk}).content.decode()
        assert client.post(self.URL, {"source": "x", "target": ""}).status_code == 200
        assert not YearChange.objects.exists()

    def test_another_schools_change_is_not_there(self, sign_in, hanna, hilltop, riverside, old, new, groups):
        change = promote(riverside, old, new, groups)
        client = sign_in(hanna)
        for name in ("year_change_go_on", "year_change_undo"):
            assert client.post(reverse(name, args=["hilltop", change.pk])).status_code == 404
