"""One student's figures on every page: their own, the staff's, the courses', the form group's and the school's."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from attendance.history.student import read_page
from attendance.models import ClassSession
from attendance.rates.periods import chosen, periods_of
from attendance.rates.policy import policy_of
from attendance.reports.courses import course_matrix
from attendance.reports.groups import group_matrix
from attendance.reports.matrix import Empty
from attendance.reports.students import student_report
from attendance.trends.figures import figures_of
from enrollment.models import Course, Enrollment, Group, GroupPlace

pytestmark = pytest.mark.django_db
State = ClassSession.State


@pytest.fixture
def courses(riverside, physics, sam):
    """Physics, which Sam takes; art, which he left and which has ended; music, where he was a guest."""
    art, music = (Course.objects.create(institution=riverside, code=name[:3], name=name) for name in ("Art", "Music"))
    Course.objects.filter(pk=art.pk).update(is_active=False)
    return {"physics": physics, "art": art, "music": music}


@pytest.fixture
def group(riverside, sam):
    made = Group.objects.create(institution=riverside, name="10B")
    GroupPlace.objects.create(institution=riverside, group=made, student=sam)
    return made


@pytest.fixture
def term(riverside, courses, group, hold, sam, sita):
    """Sam: five of seven in physics (once as a guest, before he joined), four of five in art, one of two in music."""
    hold(30, {sam: "P", sita: "P"}, guests=[sam])
    for n, letter in enumerate("PLAEPP"):
        hold(20 - 2 * n, {sam: letter, sita: "P"})
    for n, letter in enumerate("PPAPP"):
        hold(20 - 2 * n, {sam: letter}, course=courses["art"], hour=11)
    for n, letter in enumerate("PA"):
        hold(7 - n, {sam: letter, sita: "P"}, course=courses["music"], hour=13, guests=[sam])
    hold(3, {sam: "A"}, state=State.CANCELLED)
    hold(2, {}, state=State.SCHEDULED)
    hold(0, {sam: "A"}, state=State.OPEN)
    cache.clear()
    return chosen(periods_of(riverside), None)


def lessons(rate):
    return rate.attended, rate.counted


def row_of(matrix, student):
    return next((row for row in matrix.rows if row.student == student), None)


def test_each_course_has_the_same_rate_on_every_page(term, courses, sam, ada, riverside):
    own = {one.course.pk: lessons(one.rate) for one in read_page(sam)[1].courses}
    report = student_report(sam, by=ada, sees_all=True, periods=[term], period=term)
    matrices = {pk.pk: course_matrix(pk, term) for pk in courses.values()}
    rows = {pk: row_of(matrix, sam) for pk, matrix in matrices.items()}
    assert own == {courses["physics"].pk: (4, 6), courses["art"].pk: (4, 5)}
    assert {line.course.pk: lessons(line.rate) for line in report.courses} == own
    assert {pk: lessons(row.rate) for pk, row in rows.items() if row} == own
    assert [matrices[courses[name].pk].guests for name in courses] == [1, 0, 2]
    shares = figures_of(riverside, term, policy_of(riverside)).trends.courses
    assert {pk: lessons(share) for pk, share in shares.items()} == {
        pk: lessons(matrix.rate) for pk, matrix in matrices.items()
    }


def test_all_lessons_together_are_the_same_on_every_page(term, group, sam, ada, riverside):
    report = student_report(sam, by=ada, sees_all=True, periods=[term], period=term)
    figures = figures_of(riverside, term, policy_of(riverside)).trends.students[sam.pk]
    in_group = row_of(group_matrix(group, term), sam)
    assert lessons(read_page(sam)[1].overall) == lessons(report.rate) == lessons(in_group.rate) == (10, 14)
    assert lessons(figures) == (10, 14)
    assert in_group.rate == report.rate
    assert figures.absence == report.absence
    assert lessons(report.as_guest) == lessons(read_page(sam)[1].as_guest) == (2, 3)


def test_the_pages_say_it(term, group, sam, ada, sign_in):
    pages = [
        (sam.user.memberships.get(), reverse("my_attendance", args=["riverside"])),
        (ada, reverse("student", args=["riverside", sam.pk])),
    ]
    for member, page in pages:
        html = " ".join(sign_in(member).get(page).content.decode().split())
        assert "attended · 10 of 14 lessons" in html
        assert "As a guest in other courses: 2 of 3 lessons." in html
    html = sign_in(ada).get(reverse("group_attendance", args=["riverside", group.pk])).content.decode()
    assert "71 %" in html


def test_a_course_that_was_left_stays_in_the_group_s_page(term, courses, group, riverside, sam):
    Enrollment.objects.filter(student=sam).delete()
    assert lessons(row_of(group_matrix(group, term), sam).rate) == (10, 14)


def test_a_group_s_empty_cells_say_why(term, group, riverside, sam, hold, sita):
    GroupPlace.objects.create(institution=riverside, group=group, student=sita)
    hold(1, {sita: "P"}, state=State.OPEN)
    matrix = group_matrix(group, term)
    empty = {column.day.day: cell.empty for column, cell in zip(matrix.columns, row_of(matrix, sam).cells, strict=True)
             if cell.said is None}  # fmt: skip
    assert empty == {21: Empty.CANCELLED, 22: Empty.NOT_TAKEN, 23: Empty.UNMARKED}
