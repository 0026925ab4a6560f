"""Form groups and the rosters that follow them."""

import pytest
from django.urls import reverse

from enrollment.errors import EnrollmentError
from enrollment.models import Course, Enrollment, Group, Student
from enrollment.structure.groups import (
    course_group_add,
    course_group_remove,
    group_delete,
    group_save,
    group_student_add,
    group_student_remove,
)
from enrollment.structure.picking import students_by_numbers, students_outside
from tests.conftest import make_student

pytestmark = pytest.mark.django_db


def make_group(school, name="10B"):
    return group_save(institution=school, name=name, year=None)


def roster(course):
    return {row.student.roll_number: row.group and row.group.name for row in course.enrollments.all()}


@pytest.fixture
def art(riverside):
    return Course.objects.create(institution=riverside, code="ART", name="Art")


class TestRosters:
    def test_a_group_fills_its_courses(self, riverside, sam, sita, art):
        group = make_group(riverside)
        assert group_student_add(group=group, students=[sam]) == 1
        assert course_group_add(course=art, group=group) == 1
        assert group_student_add(group=group, students=[sam, sita]) == 1
        assert roster(art) == {"R-001": "10B", "R-002": "10B"}

    def test_who_leaves_the_group_leaves_the_roster(self, riverside, sam, sita, art):
        group = make_group(riverside)
        group_student_add(group=group, students=[sam, sita])
        course_group_add(course=art, group=group)
        group_student_remove(group=group, student=sam)
        assert roster(art) == {"R-002": "10B"}
        course_group_remove(course=art, group=group)
        assert roster(art) == {}
        assert group.students.count() == 1

    def test_who_was_added_on_their_own_stays(self, riverside, sam, art):
        Enrollment.objects.create(institution=riverside, course=art, student=sam)
        group = make_group(riverside)
        group_student_add(group=group, students=[sam])
        assert course_group_add(course=art, group=group) == 0
        group_student_remove(group=group, student=sam)
        assert roster(art) == {"R-001": None}

    def test_a_second_group_keeps_them_on_the_roster(self, riverside, sam, art):
        first, second = make_group(riverside), make_group(riverside, "Choir")
        for group in (first, second):
            group_student_add(group=group, students=[sam])
            course_group_add(course=art, group=group)
        group_student_remove(group=first, student=sam)
        assert roster(art) == {"R-001": "Choir"}
        course_group_remove(course=art, group=second)
        assert roster(art) == {}

    def test_a_deleted_group_takes_its_places_with_it(self, riverside, sam, sita, art):
        group = make_group(riverside)
        group_student_add(group=group, students=[sam])
        course_group_add(course=art, group=group)
        group_delete(group=group)
        assert roster(art) == {}
        assert Student.objects.filter(is_active=True).count() == 2

    def test_nobody_of_another_school_joins(self, riverside, hilltop):
        stranger = make_student(hilltop, "Hira", "H-1")
        assert group_student_add(group=make_group(riverside), students=[stranger]) == 0

    def test_one_name_a_year(self, riverside):
        make_group(riverside)
        with pytest.raises(EnrollmentError) as caught:
            make_group(riverside)
        assert caught.value.code == "group_exists"


class TestPicking:
    def test_by_pasted_numbers(self, riverside, sam, sita):
        found = students_by_numbers(riverside, "r-001\nR-002, R-009;R-001\t")
        assert [student.roll_number for student in found.students] == ["R-001", "R-002"]
        assert found.unknown == ["R-009"]

    def test_another_schools_numbers_are_unknown(self, riverside, hilltop):
        make_student(hilltop, "Hira", "H-1")
        assert students_by_numbers(riverside, "H-1").unknown == ["H-1"]

    def test_those_without_a_group_come_first(self, riverside, sam, sita):
        group_student_add(group=make_group(riverside, "Choir"), students=[sam])
        group = make_group(riverside)
        assert list(students_outside(group, "")) == [sita, sam]
        assert list(students_outside(group, "FIELD")) == [sam]


class TestPages:
    def test_from_nothing_to_a_full_roster(self, sign_in, ada, riverside, sam, sita, art):
        client = sign_in(ada)
        assert "No group yet" in client.get("/riverside/groups/").content.decode()
        made = client.post("/riverside/groups/", {"name": "10B", "grade": "10", "year": "", "tutor": ada.pk})
        group = Group.objects.get()
        assert made.url == reverse("group", args=["riverside", group.pk])
        add = reverse("group_add", args=["riverside", group.pk])
        page = client.post(add, {"numbers": "R-001 \nR-404", "student": [sita.pk]}, follow=True).content.decode()
        assert "2 students added" in page
        assert "R-404" in page
        course = reverse("group_course_add", args=["riverside", group.pk])
        assert "2 students joined" in client.post(course, {"course": art.pk}, follow=True).content.decode()
        client.post(reverse("group_take_out", args=["riverside", group.pk, sam.pk]))
        assert roster(art) == {"R-002": "10B"}
        client.post(reverse("group_course_remove", args=["riverside", group.pk, art.pk]))
        assert roster(art) == {}
        client.post(reverse("group", args=["riverside", group.pk]), {"name": "10C"})
        assert Group.objects.get().name == "10C"
        client.post(reverse("group_remove", args=["riverside", group.pk]))
        assert not Group.objects.exists()

    def test_refusals_are_said(self, sign_in, ada, riverside, hilltop):
        client, group = sign_in(ada), make_group(riverside)
        assert "already" in client.post("/riverside/groups/", {"name": "10B"}).content.decode()
        stranger = make_student(hilltop, "Hira", "H-1")
        add = reverse("group_add", args=["riverside", group.pk])
        for wrong in ([stranger.pk], ["x"]):
            assert "Nobody was added" in client.post(add, {"student": wrong}, follow=True).content.decode()
        assert not group.places.exists()
        other = Course.objects.create(institution=hilltop, code="H", name="H")
        client.post(reverse("group_course_add", args=["riverside", group.pk]), {"course": other.pk})
        assert not other.enrollments.exists()

    def test_another_schools_group_is_not_there(self, sign_in, ada, hilltop):
        group = make_group(hilltop)
        assert sign_in(ada).get(reverse("group", args=["riverside", group.pk])).status_code == 404

    def test_rooms(self, sign_in, ada, riverside):
        client = sign_in(ada)
        page = client.post("/riverside/rooms/", {"names": "12\n\nLab 2\n12\n" + "x" * 50}, follow=True).content.decode()
        assert "2 rooms added" in page
        room = riverside.pk and client.get("/riverside/rooms/").context["rooms"].get(name="12")
        client.post(reverse("room_remove", args=["riverside", room.pk]))
        assert [each.name for each in client.get("/riverside/rooms/").context["rooms"]] == ["Lab 2"]
