"""The sheet before closing: student by student, and the way back afterwards."""

import pytest
from django.urls import reverse

from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Status
from attendance.models import Excuse
from attendance.register.closing import read_closing
from attendance.register.page import read_register
from enrollment.models import Enrollment
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.engines import face

HTMX = {"HX-Request": "true"}


def names(rows):
    return [row.student.name for row in rows]


@pytest.fixture
def closing(register):
    return lambda: read_closing(read_register(register))


@pytest.fixture
def sheet(register, sign_in, tess):
    client = sign_in(tess)
    at = reverse("session_close", args=["riverside", register.pk])
    return lambda **headers: client.get(at, headers=headers)


def test_everyone_not_marked_will_be_absent(closing, sam, sita):
    found = closing()
    assert set(names(found.no_consent) + names(found.absent)) == {sam.name, sita.name}
    assert found.marks_absent == 2
    assert not found.is_settled


def test_marks_are_told_apart_and_one_absent_by_hand_is_named_but_not_counted(closing, register, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=0)
    mark_set(session=register, student_id=sita.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
    found = closing()
    assert (names(found.late), names(found.absent), found.present) == (["Sam Field"], ["Sita Rao"], 0)
    assert found.marks_absent == 0


def test_an_accepted_reason_makes_excused_and_not_absent(closing, register, riverside, sam, sita):
    day = register.local_date
    Excuse.objects.create(
        institution=riverside, student=sam, first_day=day, last_day=day, state=Excuse.State.ACCEPTED, kind="medical"
    )
    found = closing()
    assert names(found.excused) == ["Sam Field"]
    assert "Sam Field" not in names(found.absent) + names(found.no_consent)


def test_one_who_left_the_course_is_not_said_to_be_absent(closing, physics, sam):
    Enrollment.objects.filter(course=physics, student=sam).delete()
    found = closing()
    assert "Sam Field" not in names(found.absent) + names(found.no_consent)
    assert [student.pk for student in found.register.changes.left] == [sam.pk]


def test_nothing_is_left_where_all_are_present(closing, register, tess, sam, sita):
    for student in (sam, sita):
        mark_set(session=register, student_id=student.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert closing().is_settled


def test_the_sheet_names_them_and_asks_about_the_doubt(script, take, sheet, register, sam, tess):
    script.sees(face((sam.pk, 0.42)))
    [doubt] = take().detected_faces
    page = sheet().content.decode()
    assert "<html" in page
    assert f'id="close-{doubt.pk}"' in page
    assert "Close register" in page
    assert "Sita Rao" in page
    detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    part = sheet(**HTMX).content.decode()
    assert "<html" not in part
    assert f'id="close-{doubt.pk}"' not in part


def test_a_register_that_is_not_open_has_no_sheet(register, sheet):
    type(register).objects.filter(pk=register.pk).update(state="closed")
    assert sheet().status_code == 302
    assert sheet(**HTMX).status_code == 204  # a redirect would put the whole page into the dialog


def test_closing_is_undone_by_its_toast(register, sign_in, tess):
    client, at = sign_in(tess), reverse("session_close", args=["riverside", register.pk])
    shown = client.post(at, headers=HTMX).content.decode()
    reopen = reverse("session_reopen", args=["riverside", register.pk])
    assert f'hx-post="{reopen}"' in shown.split('id="toast"')[1]
    client.post(reopen, {"version": 0}, headers=HTMX)
    register.refresh_from_db()
    assert register.is_open


def test_it_takes_as_many_queries_for_fifty_students_as_for_two(
    closing, register, riverside, physics, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from attendance.models import RosterEntry

    with CaptureQueriesContext(connection) as few:
        closing()
    for n in range(48):
        student = make_student(riverside, f"Student {n}", f"S-{n}")
        Enrollment.objects.create(institution=riverside, course=physics, student=student)
        RosterEntry.objects.create(institution=riverside, session=register, student=student)
    with django_assert_num_queries(len(few)):
        assert closing().marks_absent == 50


def test_one_who_joined_the_course_is_named_with_the_way_onto_the_register(sheet, riverside, physics):
    Enrollment.objects.create(institution=riverside, course=physics, student=make_student(riverside, "Nora New", "R-9"))
    page = sheet().content.decode()
    assert "Joined the course" in page
    assert "Nora New" in page
    assert "/follow/" in page
