"""Marking the rest: nobody's word is overwritten, and it is taken back as one act."""

from uuid import uuid4

import pytest

from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.register.marks import mark_undo
from attendance.register.rest import marks_set_rest, marks_undo_rest
from attendance.register.sessions import session_close, session_reopen
from attendance.repositories import marks_for
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.contracts.conftest import at_once
from tests.engines import face

P, L, A, E, N = Status.PRESENT, Status.LATE, Status.ABSENT, Status.EXCUSED, Status.NONE


@pytest.fixture
def class_of_five(riverside, physics, sam, sita):
    """The register's five students: its roster is stored when it is opened."""
    from enrollment.models import Enrollment

    more = [make_student(riverside, f"Pupil {n}", f"R-1{n}") for n in range(3)]
    for student in more:
        Enrollment.objects.create(institution=riverside, course=physics, student=student)
    return [sam, sita, *more]


@pytest.fixture
def five(class_of_five, register):
    return class_of_five


@pytest.fixture
def rest(register, tess):
    return lambda status=A, by=tess: marks_set_rest(session=register, status=status, by=by.user)


@pytest.fixture
def undo(register, tess):
    return lambda done, by=tess: marks_undo_rest(session=register, number=done.number, by=by.user)


@pytest.fixture
def put(register, tess):
    def put_(student, status, version=0):
        return mark_set(session=register, student_id=student.pk, status=status, by=tess.user, expected_version=version)

    return put_


def said(register):
    marks = marks_for(register.institution).for_session(register.pk)
    return {pk: (mark.status, mark.source) for pk, mark in marks.items()}


def test_only_those_are_marked_of_whom_nothing_is_known(five, script, take, rest, put, register):
    seen, excused, taken_back, *others = five
    script.sees(face((seen.pk, 0.9)))
    take()
    put(excused, E)
    mark_undo(
        session=register, student_id=taken_back.pk, by=register.opened_by, expected_version=put(taken_back, P).version
    )
    assert rest().marked == 3
    assert said(register) == {
        seen.pk: (P, Source.PHOTO),
        excused.pk: (E, Source.HAND),
        **{student.pk: (A, Source.REST) for student in (taken_back, *others)},
    }


def test_the_marks_are_the_person_s(five, rest, register, tess):
    rest(P)
    marks = marks_for(register.institution).for_session(register.pk).values()
    assert {(mark.actor_id, mark.status, mark.minutes_late, mark.evidence) for mark in marks} == {
        (tess.user.pk, P, 0, None)
    }


def test_what_closing_wrote_gives_way(five, rest, register, tess):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    assert rest(P).marked == 5
    assert set(said(register).values()) == {(P, Source.REST)}


def test_closing_and_the_camera_leave_it(five, script, take, rest, register, tess):
    rest(A)
    script.sees(face((five[0].pk, 0.9)))
    take()
    session_close(session=register, by=tess.user)
    assert set(said(register).values()) == {(A, Source.REST)}


def test_a_person_changes_it(five, rest, put, register):
    rest(A)
    put(five[0], L, version=1)
    assert said(register)[five[0].pk] == (L, Source.HAND)


@pytest.mark.parametrize("status", [L, E, N, Status.LEFT_EARLY])
def test_the_rest_is_present_or_absent(five, rest, register, status):
    with pytest.raises(ValueError, match="present or absent"):
        rest(status)
    assert said(register) == {}


def test_only_in_an_open_register(lesson, register, tess, five, rest):
    session_close(session=register, by=tess.user)
    with pytest.raises(SessionClosed):
        rest()


def test_not_before_it_is_open(lesson, tess):
    with pytest.raises(SessionNotOpen):
        marks_set_rest(session=lesson, status=A, by=tess.user)


# -- Twice --


def test_a_double_click_is_one_act(five, rest, register):
    first = rest()
    assert rest() == first
    assert first.marked == 5
    assert all(len(marks_for(register.institution).audit(register.pk, s.pk)) == 1 for s in five)


def test_the_other_button_and_another_teacher_find_nobody(five, rest, ada):
    rest(A)
    assert rest(P).marked == 0
    assert rest(A, by=ada).marked == 0


@pytest.mark.django_db(transaction=True)
def test_two_teachers_at_once_mark_everybody_once(five, rest, register, tess, ada):
    results = at_once(lambda: rest(A, by=tess), lambda: rest(A, by=ada))
    assert sum(done.marked for done in results) == 5
    assert all(len(marks_for(register.institution).audit(register.pk, s.pk)) == 1 for s in five)


# -- Taking it back --


def test_it_is_taken_back_as_one_act(five, rest, undo, register):
    assert undo(rest()).marked == 5
    assert {status for status, _ in said(register).values()} == {N}


def test_after_it_the_camera_and_the_rest_find_them_again(five, script, take, rest, undo, register):
    undo(rest())
    script.sees(face((five[0].pk, 0.9)))
    take()
    assert said(register)[five[0].pk] == (P, Source.PHOTO)
    assert rest().marked == 4


def test_what_somebody_changed_since_stays(five, rest, undo, put, register):
    done = rest()
    put(five[0], L, version=1)
    put(five[1], E, version=1)
    assert undo(done).marked == 3
    assert [said(register)[s.pk][0] for s in five] == [L, E, N, N, N]


def test_undoing_twice_changes_nothing_more(five, rest, undo, register):
    done = rest()
    undo(done)
    before = said(register)
    assert undo(done).marked == 0
    assert said(register) == before


def test_only_that_act_is_taken_back(five, rest, undo, put, register):
    put(five[0], P)
    first = rest()
    mark_undo(session=register, student_id=five[1].pk, by=register.opened_by, expected_version=1)
    second = rest(P)
    assert (first.marked, second.marked) == (4, 1)
    assert undo(first).marked == 3
    assert [said(register)[s.pk][0] for s in five] == [P, P, N, N, N]


def test_what_stood_before_comes_back(five, rest, undo, register, tess):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    undo(rest(P))
    assert set(said(register).values()) == {(A, Source.CLOSE)}


def test_a_number_that_names_no_act_takes_nothing_back(five, rest, register, tess):
    rest()
    assert marks_undo_rest(session=register, number=uuid4().int >> 70, by=tess.user).marked == 0
    assert {status for status, _ in said(register).values()} == {A}


def test_not_in_a_closed_register(five, rest, undo, register, tess):
    done = rest()
    session_close(session=register, by=tess.user)
    with pytest.raises(SessionClosed):
        undo(done)
