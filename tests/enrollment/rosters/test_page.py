"""A course's roster, chosen on one page; who may see it: tests/test_walls.py."""

import pytest
from django.urls import reverse

from enrollment.models import Enrollment, Group, GroupPlace, Student
from enrollment.rosters.changing import RosterChange, roster_change

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(physics):
    return reverse("roster", args=["riverside", physics.pk])


@pytest.fixture
def many(riverside):
    """Fifty students more, on no roster."""
    return Student.objects.bulk_create(
        Student(institution=riverside, roll_number=f"N-{n:03}", name=f"Student {n:03}") for n in range(50)
    )


def on(course):
    return set(course.enrollments.values_list("student_id", flat=True))


def posted(course, *, add=(), without=(), **more):
    was = on(course)
    chosen = (was | {student.pk for student in add}) - {student.pk for student in without}
    return {"was": [str(pk) for pk in was], "students": [str(pk) for pk in chosen], **more}


class TestPage:
    def test_many_at_once(self, sign_in, ada, physics, page, many, sam):
        before = on(physics)
        response = sign_in(ada).post(page, posted(physics, add=many, without=[sam]), follow=True)
        assert on(physics) == (before | {student.pk for student in many}) - {sam.pk}
        assert "50 students added, 1 student removed" in response.content.decode()

    def test_lists_everybody_with_the_present_ones_chosen(self, sign_in, ada, physics, page, many, sam):
        html = sign_in(ada).get(page).content.decode()
        assert f'value="{sam.pk}" checked' in html
        assert f'value="{many[0].pk}" checked' not in html
        assert many[0].roll_number in html

    def test_those_who_left_are_not_offered(self, sign_in, ada, page, many):
        Student.objects.filter(pk=many[0].pk).update(is_active=False)
        assert many[0].roll_number not in sign_in(ada).get(page).content.decode()

    def test_more_than_a_thousand_at_once(self, sign_in, ada, physics, page, riverside):
        """Django refuses more fields than 1,000 by itself: a whole school has an assembly."""
        school = Student.objects.bulk_create(
            Student(institution=riverside, roll_number=f"A-{n:04}", name=f"Pupil {n:04}") for n in range(1_200)
        )
        client = sign_in(ada)
        assert client.post(page, posted(physics, add=school)).status_code == 302
        assert len(on(physics)) == 1_202
        assert client.post(page, posted(physics, without=school)).status_code == 302
        assert len(on(physics)) == 2

    @pytest.mark.parametrize("text", ["N-003\nN-004", "N-003, N-004", "N-003;N-004;", "N-003\t N-004\r\nN-003"])
    def test_pasted_roll_numbers(self, sign_in, ada, physics, page, many, text):
        sign_in(ada).post(page, posted(physics, roll_numbers=text))
        assert {many[3].pk, many[4].pk} <= on(physics)

    def test_an_unknown_roll_number_saves_nothing_and_keeps_what_was_pasted(self, sign_in, ada, physics, page, many):
        before = on(physics)
        response = sign_in(ada).post(page, posted(physics, add=many[:2], roll_numbers="N-003 N-999"))
        assert response.status_code == 400
        html = response.content.decode()
        assert "No student here has the roll number N-999." in html
        assert "N-003 N-999" in html
        assert on(physics) == before

    @pytest.mark.parametrize("junk", ["", "none", "11111111-1111-1111-1111-111111111111"])
    def test_an_id_that_is_nobodys(self, sign_in, ada, physics, page, junk):
        before = on(physics)
        sign_in(ada).post(page, {"students": [junk], "was": []})
        assert on(physics) == before

    def test_another_schools_student_is_none_to_choose(self, sign_in, ada, physics, page, hilltop):
        stranger = Student.objects.create(institution=hilltop, roll_number="H-9", name="Hal")
        response = sign_in(ada).post(page, posted(physics, add=[stranger]))
        assert (response.status_code, "no longer on record" in response.content.decode()) == (400, True)
        assert stranger.pk not in on(physics)

    def test_another_administrators_change_meanwhile_stays(self, sign_in, ada, physics, page, many):
        """This person's change is posted, not the whole list."""
        data = posted(physics, add=[many[0]])
        Enrollment.objects.create(institution=physics.institution, course=physics, student=many[1])
        sign_in(ada).post(page, data)
        assert {many[0].pk, many[1].pk} <= on(physics)

    def test_no_students_at_all(self, sign_in, ada, physics, page):
        Student.objects.all().update(is_active=False)
        assert "No students yet" in sign_in(ada).get(page).content.decode()

    def test_queries_do_not_grow(self, sign_in, ada, page, many, riverside, django_assert_max_num_queries):
        client = sign_in(ada)
        client.get(page)
        with django_assert_max_num_queries(9):
            client.get(page)


class TestALargeSchool:
    @pytest.fixture(autouse=True)
    def large(self, monkeypatch, many):
        monkeypatch.setattr("enrollment.rosters.selectors.MOST_LISTED", 20)

    def test_those_on_the_roster_and_those_searched_for_are_listed(self, sign_in, ada, physics, page, many, sam):
        client = sign_in(ada)
        html = client.get(page).content.decode()
        assert f'value="{sam.pk}" checked' in html
        assert many[0].roll_number not in html
        html = client.get(page, {"q": "student 01"}).content.decode()
        assert html.count('name="students"') == len(on(physics)) + 10
        assert html.index(str(many[10].pk)) < html.index(str(sam.pk))

    def test_who_was_found_is_added_and_nobody_else_is_taken_off(self, sign_in, ada, physics, page, many):
        before = on(physics)
        sign_in(ada).post(f"{page}?q=N-003", posted(physics, add=[many[3]]))
        assert on(physics) == before | {many[3].pk}

    def test_somebody_on_it_who_is_found_is_listed_once(self, sign_in, ada, page, sam):
        html = sign_in(ada).get(page, {"q": sam.roll_number}).content.decode()
        assert html.count(f'name="students" value="{sam.pk}"') == 1

    def test_nobody_found_says_nothing_wrong(self, sign_in, ada, page, sam):
        html = sign_in(ada).get(page, {"q": "%"}).content.decode()
        assert html.count('name="students"') == 2

    def test_queries_do_not_grow(self, sign_in, ada, page, many, django_assert_max_num_queries):
        client = sign_in(ada)
        client.get(page)
        with django_assert_max_num_queries(10):
            client.get(page, {"q": "student"})


class TestThroughAGroup:
    @pytest.fixture
    def through(self, riverside, physics, many):
        group = Group.objects.create(institution=riverside, name="8a")
        GroupPlace.objects.create(institution=riverside, group=group, student=many[0])
        Enrollment.objects.create(institution=riverside, course=physics, student=many[0], group=group)
        return many[0]

    def test_is_said_and_cannot_be_cleared(self, sign_in, ada, physics, page, through):
        html = sign_in(ada).get(page).content.decode()
        assert "through 8a" in html
        roster_change(course=physics, add=[], remove=[through.pk])
        assert through.pk in on(physics)

    def test_saving_the_page_keeps_them(self, sign_in, ada, physics, page, through):
        others = on(physics) - {through.pk}
        data = {"was": [str(pk) for pk in others], "students": [str(pk) for pk in others]}
        response = sign_in(ada).post(page, data, follow=True)
        assert "The roster is as it was." in response.content.decode()
        assert through.pk in on(physics)


class TestChange:
    def test_twice_changes_once(self, physics, many):
        ids = [many[0].pk]
        assert roster_change(course=physics, add=ids, remove=[]) == RosterChange(added=1, removed=0)
        assert roster_change(course=physics, add=ids, remove=[]) == RosterChange(added=0, removed=0)

    def test_of_another_school_is_left_out(self, physics, hilltop):
        stranger = Student.objects.create(institution=hilltop, roll_number="H-9", name="Hal")
        assert roster_change(course=physics, add=[stranger.pk], remove=[]).added == 0
