"""A course's and a group's attendance: what the matrix holds, what the page shows, correcting from a cell."""

import pytest
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.models import DetectedFace
from attendance.rates.periods import chosen, periods_of
from attendance.reports.courses import course_matrix
from attendance.reports.groups import group_matrix
from attendance.reports.matrix import Empty, Taken, in_order
from attendance.reports.words import row_words
from attendance.repositories import marks_for
from enrollment.models import AccessRecord, Course, Enrollment, FacePhoto, Group, GroupPlace
from tests.attendance.erasing.world import a_capture

pytestmark = pytest.mark.django_db


@pytest.fixture
def matrix(riverside, physics, term):
    return course_matrix(physics, chosen(periods_of(riverside), None))


def letters(row):
    return "".join(
        cell.said.letter if cell.said else {"unmarked": "·", "not_taken": "o", "cancelled": "x"}.get(cell.empty, " ")
        for cell in row.cells
    )


def of(matrix, student):
    return next(row for row in matrix.rows if row.student == student)


# -- What it holds --


def test_each_student_s_marks_and_the_reasons_for_empty_cells(matrix, sam, sita):
    assert letters(of(matrix, sam)) == "PLAPPAPxoP"
    assert letters(of(matrix, sita)) == "  PPPPPxo·"
    assert [column.taken for column in matrix.columns[-3:]] == [Taken.CANCELLED, Taken.NOT_TAKEN, Taken.OPEN]
    assert matrix.empties == {Empty.AWAY, Empty.CANCELLED, Empty.NOT_TAKEN, Empty.UNMARKED}
    assert matrix.taken == 7


def test_rates_sums_and_who_is_below(matrix, sam, sita):
    row = of(matrix, sam)
    assert (row.rate.attended, row.rate.counted, row.rate.percent) == (5, 7, 71)
    assert (row.number(Status.PRESENT), row.number(Status.LATE), row.number(Status.ABSENT)) == (4, 1, 2)
    assert of(matrix, sita).rate.percent == 100
    assert matrix.low == [row]
    assert (matrix.rate.attended, matrix.rate.counted) == (10, 12)
    assert [said.letter for said in matrix.statuses] == ["P", "L", "A", "E"]


def test_columns_count_who_was_here(matrix):
    third = matrix.columns[2]
    assert (third.here, third.marked) == (1, 2)
    assert [column.is_today for column in matrix.columns] == [False] * 9 + [True]
    assert [span for _first, span in matrix.weeks] == [3, 3, 3, 1]


def test_the_portraits_of_those_on_the_course_are_shown(matrix, physics, riverside, sam, sita, sign_in, tess):
    photos = {
        each: FacePhoto.objects.create(institution=riverside, student=each, state=FacePhoto.State.ENROLLED)
        for each in (sam, sita)
    }
    Enrollment.objects.filter(course=physics, student=sita).delete()  # anyone who left stays, without their face
    found = course_matrix(physics, matrix.period)
    assert (of(found, sam).portrait, of(found, sita).portrait) == (photos[sam].pk, None)
    html = sign_in(tess).get(page_of(physics)).content.decode()
    assert reverse("portrait", args=["riverside", photos[sam].pk]) in html
    assert reverse("portrait", args=["riverside", photos[sita].pk]) not in html


def test_joined_left_and_last_absent_are_said(matrix, physics, riverside, sam, sita):
    assert row_words(of(matrix, sam)) == "1 late · 2 absent · last absent Sat 14 Nov"
    assert row_words(of(matrix, sita)) == "Present in every lesson · joined 8 Nov"
    Enrollment.objects.filter(course=physics, student=sam).delete()
    left = of(course_matrix(physics, matrix.period), sam)
    assert "left after 24 Nov" in row_words(left)


def test_guests_are_counted_apart(riverside, physics, hold, sam, zoe):
    hold(1, {sam: "P", zoe: "P"}, guests=[zoe])
    found = course_matrix(physics, chosen(periods_of(riverside), None))
    assert (zoe in [row.student for row in found.rows], found.guests) == (False, 1)


@pytest.fixture
def zoe(riverside):
    from enrollment.models import Student

    return Student.objects.create(institution=riverside, name="Zoe Guest", roll_number="Z-1")


def test_a_face_that_is_put_to_the_teacher_is_to_confirm(riverside, physics, term, sita, tess):
    opened = physics.sessions.get(state="open")
    capture = a_capture(opened, tess)
    face = DetectedFace.objects.create(
        institution=riverside, capture=capture, number=1, left=0, top=0, width=9, height=9, outcome="ask",
        candidates=[[str(sita.pk), 0.33]],
    )  # fmt: skip
    period = chosen(periods_of(riverside), None)
    assert of(course_matrix(physics, period), sita).cells[-1].empty is Empty.TO_CONFIRM
    DetectedFace.objects.filter(pk=face.pk).update(decided_at=opened.starts_at)
    assert of(course_matrix(physics, period), sita).cells[-1].empty is Empty.UNMARKED


def test_in_other_orders(matrix, sam, sita):
    assert [row.student for row in in_order(matrix.rows, "rate")] == [sam, sita]
    assert in_order(matrix.rows, "absence")[0].student == sam


def test_a_group_s_days_over_all_courses(riverside, physics, hold, term, sam, sita, ada):
    chemistry = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
    Enrollment.objects.create(institution=riverside, course=chemistry, student=sam)
    hold(8, {sam: "A", sita: "A"}, course=chemistry, hour=11)  # on the day of a physics lesson
    group = Group.objects.create(institution=riverside, name="10B")
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    found = group_matrix(group, chosen(periods_of(riverside), None))
    [row] = found.rows
    assert (row.rate.attended, row.rate.counted) == (5, 8)
    day = next(n for n, column in enumerate(found.columns) if column.day == term[6].local_date)
    assert row.cells[day].said.kind is Status.ABSENT
    assert found.columns[day].marked == 2


# -- The pages --


def page_of(course, **query):
    return reverse("course_attendance", args=["riverside", course.pk], query=query)


def test_the_page(sign_in, tess, physics, term, sam, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        html = sign_in(tess).get(page_of(physics)).content.decode()
    assert "Sam Field" in html
    assert "1 student below 90 %" in " ".join(html.split())
    assert "Late counts as attended, excused as missed." in html
    assert AccessRecord.objects.filter(verb="register_seen", detail__course=str(physics.pk)).exists()


def test_only_those_below_the_threshold(sign_in, tess, physics, term, sita):
    html = " ".join(sign_in(tess).get(page_of(physics, low="1")).content.decode().split())
    assert f'<tr id="r-{sita.pk}" data-student="{sita.pk}" hidden>' in html


def test_before_the_first_lesson(sign_in, tess, physics):
    assert "No lesson in this term yet" in sign_in(tess).get(page_of(physics)).content.decode()


def test_an_unknown_term_is_the_newest(sign_in, tess, physics, term):
    assert sign_in(tess).get(page_of(physics, period="nonsense", order="x")).status_code == 200


def test_a_teacher_of_another_course_finds_nothing(sign_in, theo, physics):
    assert sign_in(theo).get(page_of(physics)).status_code == 404


def test_a_tutor_sees_their_group_and_no_other(sign_in, tess, theo, riverside, sam, term):
    group = Group.objects.create(institution=riverside, name="10B", tutor=tess)
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    address = reverse("group_attendance", args=["riverside", group.pk])
    assert "Sam Field" in sign_in(tess).get(address).content.decode()
    assert sign_in(theo).get(address).status_code == 404


def test_a_group_s_page_says_how_many_can_be_recognised(sign_in, tess, ada, riverside, sam, sita, term):
    group = Group.objects.create(institution=riverside, name="10B", tutor=tess)
    for student in (sam, sita):
        GroupPlace.objects.create(institution=riverside, group=group, student=student)
    FacePhoto.objects.create(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED)
    address = reverse("group_attendance", args=["riverside", group.pk])
    lists = f"{reverse('readiness', args=['riverside'])}?group={group.pk}"
    for person, leads_there in ((tess, False), (ada, True)):
        html = sign_in(person).get(address).content.decode()
        assert "1 of 2 students can be recognised" in " ".join(html.split())
        assert (lists in html) is leads_there


# -- Correcting from a cell --


def cell_of(session, student):
    return reverse("mark_cell", args=["riverside", session.pk, student.pk])


def test_a_cell_s_sheet_has_the_form(sign_in, tess, term, sam):
    html = sign_in(tess).get(cell_of(term[2], sam)).content.decode()
    assert "Correct the mark" in html
    assert "Sam Field" in html


def test_correcting(sign_in, tess, riverside, term, sam):
    client = sign_in(tess)
    data = {"status": "P", "reason": "Was in the photo", "version": 1}
    assert client.post(cell_of(term[2], sam), data).status_code == 204
    assert marks_for(riverside).for_session(term[2].pk)[sam.pk].status is Status.PRESENT
    marks = marks_for(riverside).marks_of_day(term[2].local_date, closed={term[2].pk}, others=())
    assert marks[term[2].pk][sam.pk].status is Status.PRESENT


@pytest.mark.parametrize(
    "data", [{"status": "P", "version": 1}, {"status": "P", "reason": "x", "version": 7}, {"reason": "x"}]
)
def test_what_cannot_be_corrected_is_said_and_kept(sign_in, tess, riverside, term, sam, data):
    response = sign_in(tess).post(cell_of(term[2], sam), data)
    assert response.status_code == 400
    assert "Correct the mark" in response.content.decode()
    assert marks_for(riverside).for_session(term[2].pk)[sam.pk].status is Status.ABSENT


def test_an_open_register_is_marked_on_itself(sign_in, tess, physics, term, sam):
    opened = physics.sessions.get(state="open")
    html = sign_in(tess).get(cell_of(opened, sam)).content.decode()
    assert "mark on the register itself" in html
    assert "<form" not in html


def test_of_another_school(sign_in, hanna, term, sam):
    assert sign_in(hanna).get(cell_of(term[2], sam)).status_code == 404
