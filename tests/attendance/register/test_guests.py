"""Guests: somebody of the school who is on another register."""

import pytest

from attendance.captures.doubts import guest_add_by_face
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed
from attendance.history.student import read_page, read_rates
from attendance.lessons.selectors import roster_ids
from attendance.models import RosterEntry
from attendance.register.errors import GuestMarked, GuestUnknown, NotOnRoster
from attendance.register.guests import MOST_FOUND, guest_add, guest_remove, guests_find
from attendance.register.marks import mark_undo
from attendance.register.page import read_register
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from tests.attendance.byhand import guest_ids, mark_set
from tests.conftest import make_student
from tests.engines import face


@pytest.fixture
def zoe(riverside):
    """A student of the school who is not in physics."""
    return make_student(riverside, "Zoë Müller-Ørsted", "R-777")


@pytest.fixture
def add(register, tess):
    return lambda student: guest_add(session=register, student_id=student.pk, by=tess.user)


@pytest.fixture
def mark(register, tess):
    def mark_(student, version=0):
        return mark_set(
            session=register, student_id=student.pk, status=Status.PRESENT, by=tess.user, expected_version=version
        )

    return mark_


# -- Finding --


@pytest.mark.parametrize("words", ["zoe", "ZOË", "müller zoe", "muller", "r-777", "777 zo", "  Zoe  "])
def test_accents_case_and_order_do_not_matter(register, zoe, words):
    assert guests_find(session=register, words=words) == [zoe]


@pytest.mark.parametrize("words", ["", "z", " z ", "zoe x", "%%", "z_e"])
def test_what_finds_nobody(register, zoe, words):
    assert guests_find(session=register, words=words) == []


def test_only_active_students_of_the_school_who_are_not_here(register, zoe, sam, riverside, hilltop):
    make_student(hilltop, "Sam Hill", "H-1")
    left = make_student(riverside, "Sam Gone", "R-2")
    left.is_active = False
    left.save()
    other = make_student(riverside, "Samira", "R-3")
    assert guests_find(session=register, words="sam") == [other]


def test_no_more_than_a_few_by_name(register, riverside):
    for n in range(MOST_FOUND + 3):
        make_student(riverside, f"Anna {n:02}", f"R-5{n:02}")
    found = guests_find(session=register, words="anna")
    assert [student.name for student in found] == [f"Anna {n:02}" for n in range(MOST_FOUND)]


# -- Adding --


def test_a_guest_is_on_this_register_alone(register, add, zoe, sam, tess):
    assert add(zoe) == zoe
    entry = RosterEntry.objects.get(session=register, student=zoe)
    assert (entry.is_guest, entry.added_by) == (True, tess.user)
    assert guest_ids(register) == {zoe.pk}
    assert zoe not in register.course.students.all()
    assert {row.student.name: row.is_guest for row in read_register(register).rows} == {
        "Sam Field": False, "Sita Rao": False, "Zoë Müller-Ørsted": True,
    }  # fmt: skip


def test_adding_twice_or_somebody_of_the_course_changes_nothing(register, add, zoe, sam):
    add(zoe)
    add(zoe)
    add(sam)
    assert guest_ids(register) == {zoe.pk}
    assert len(roster_ids(register)) == 3


def test_nobody_of_another_school_and_nobody_who_left(register, add, zoe, hilltop):
    with pytest.raises(GuestUnknown):
        add(make_student(hilltop, "Hari", "H-1"))
    zoe.is_active = False
    zoe.save()
    with pytest.raises(GuestUnknown):
        add(zoe)


def test_not_in_a_closed_register(register, add, zoe, tess):
    session_close(session=register, by=tess.user)
    with pytest.raises(SessionClosed):
        add(zoe)


def test_a_guest_is_searched_for_from_then_on(script, take, register, add, zoe):
    script.sees(face((zoe.pk, 0.9)))
    add(zoe)
    take()
    assert marks_for(register.institution).for_session(register.pk)[zoe.pk].source is Source.PHOTO


def test_it_counts_for_the_guest_s_own_history(register, add, mark, zoe, tess):
    add(zoe)
    mark(zoe)
    session_close(session=register, by=tess.user)
    _history, overview = read_page(zoe)
    assert (overview.as_guest.attended, overview.as_guest.counted) == (1, 1)
    assert read_rates(zoe) == []  # in no course: she is not on its roster


def test_closing_counts_a_guest_who_did_not_come_absent(register, add, zoe, tess):
    add(zoe)
    session_close(session=register, by=tess.user)
    assert marks_for(register.institution).for_session(register.pk)[zoe.pk].status is Status.ABSENT


# -- By a face --


def test_a_face_that_is_nobody_s_here_adds_and_marks(script, take, register, zoe, tess):
    script.sees(face(elsewhere=(zoe.pk, 0.8)))
    [detected_face] = take().detected_faces
    mark = guest_add_by_face(detected_face=detected_face, student_id=zoe.pk, by=tess.user)
    assert (mark.source, mark.evidence.capture_id) == (Source.CONFIRMED, detected_face.capture_id)
    register = read_register(register)
    assert [row.student for row in register.here] == [zoe]
    assert register.unknown == ()


# -- Taking off --


def test_an_unmarked_guest_is_taken_off_again(register, add, zoe):
    add(zoe)
    guest_remove(session=register, student_id=zoe.pk)
    guest_remove(session=register, student_id=zoe.pk)
    assert zoe.pk not in roster_ids(register)


def test_a_marked_one_is_not_until_the_mark_is_undone(register, add, mark, zoe, tess):
    add(zoe)
    made = mark(zoe)
    with pytest.raises(GuestMarked):
        guest_remove(session=register, student_id=zoe.pk)
    assert zoe.pk in roster_ids(register)
    mark_undo(session=register, student_id=zoe.pk, by=tess.user, expected_version=made.version)
    guest_remove(session=register, student_id=zoe.pk)
    assert zoe.pk not in roster_ids(register)


def test_one_marked_at_the_same_moment_stays(register, add, mark, zoe, tess, monkeypatch):
    """Another teacher's mark comes between looking for one and taking the guest off."""
    add(zoe)
    delete = RosterEntry.delete

    def slowly(entry):
        mark(zoe)
        return delete(entry)

    monkeypatch.setattr(RosterEntry, "delete", slowly)
    with pytest.raises(GuestMarked):
        guest_remove(session=register, student_id=zoe.pk)
    assert guest_ids(register) == {zoe.pk}
    assert RosterEntry.objects.get(student=zoe).added_by == tess.user


def test_the_course_s_own_are_never_taken_off(register, sam):
    with pytest.raises(NotOnRoster):
        guest_remove(session=register, student_id=sam.pk)
    assert sam.pk in roster_ids(register)
