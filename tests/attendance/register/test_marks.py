"""Marks by people: setting, undoing, deciding who a face is."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.errors import FaceDecided
from attendance.domain.decision import Outcome
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.models import ClassSession
from attendance.register.errors import MarkConflict, NothingToUndo, NotOnRoster
from attendance.register.marks import mark_undo
from attendance.register.sessions import session_close, session_reopen
from attendance.repositories import marks_for
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.contracts.conftest import at_once
from tests.engines import face

P, L, A, E, N = Status.PRESENT, Status.LATE, Status.ABSENT, Status.EXCUSED, Status.NONE


@pytest.fixture
def put(register, tess):
    def set_(student, status, version, by=tess, note=""):
        return mark_set(
            session=register, student_id=student.pk, status=status, by=by.user, expected_version=version, note=note
        )

    return set_


@pytest.fixture
def undo(register, tess):
    def undo_(student, version, by=tess):
        return mark_undo(session=register, student_id=student.pk, by=by.user, expected_version=version)

    return undo_


def mark_of(register, student):
    return marks_for(register.institution).for_session(register.pk).get(student.pk)


def audit(register, student):
    return marks_for(register.institution).audit(register.pk, student.pk)


# -- Setting --


def test_a_mark_by_hand(put, register, sam, tess):
    mark = put(sam, E, 0, note="dentist")
    assert mark == mark_of(register, sam)
    assert (mark.status, mark.source, mark.actor_id, mark.note, mark.version) == (
        E,
        Source.HAND,
        tess.user.pk,
        "dentist",
        1,
    )
    assert mark.evidence is None


def test_late_counts_the_minutes_until_now(put, register, sam):
    ClassSession.objects.filter(pk=register.pk).update(starts_at=timezone.now() - timedelta(minutes=17, seconds=5))
    register.refresh_from_db()
    assert put(sam, L, 0).minutes_late == 17
    assert put(sam, P, 1).minutes_late == 0


def test_a_double_click_marks_once(put, register, sam):
    first = put(sam, A, 0)
    assert put(sam, A, 0) == first
    assert put(sam, A, 1) == first
    assert len(audit(register, sam)) == 1


def test_another_note_is_another_mark(put, register, sam):
    put(sam, E, 0)
    assert put(sam, E, 1, note="dentist").version == 2
    with pytest.raises(MarkConflict):
        put(sam, E, 1, note="funeral")


def test_two_teachers_at_once(put, register, sam, tess, ada):
    put(sam, P, 0)
    with pytest.raises(MarkConflict) as refused:
        put(sam, A, 0, by=ada)
    assert refused.value.code == "mark_changed"
    assert refused.value.current == mark_of(register, sam)
    assert mark_of(register, sam).status is P


def test_the_same_word_of_two_teachers_is_a_conflict(put, sam, ada):
    """The person who said it is part of the mark."""
    put(sam, A, 0)
    with pytest.raises(MarkConflict):
        put(sam, A, 0, by=ada)


@pytest.mark.django_db(transaction=True)
def test_two_teachers_in_the_same_moment(register, sam, tess, ada):
    results = at_once(
        *[
            lambda by=by, status=status: mark_set(
                session=register, student_id=sam.pk, status=status, by=by.user, expected_version=0
            )
            for by, status in ((tess, P), (ada, A))
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Mark", "MarkConflict"]
    assert len(audit(register, sam)) == 1


def test_an_absence_by_closing_is_made_a_person_s_word(put, register, sam, tess, script, take):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    mark = put(sam, A, 1)
    assert (mark.source, mark.version) == (Source.HAND, 2)
    script.sees(face((sam.pk, 0.9)))
    take()
    assert mark_of(register, sam).status is A


def test_nobody_is_marked_who_is_not_on_the_register(put, riverside, hilltop):
    for student in (make_student(riverside, "Other Class", "R-050"), make_student(hilltop, "Foreign", "H-001")):
        with pytest.raises(NotOnRoster) as refused:
            put(student, P, 0)
        assert refused.value.code == "not_on_roster"


def test_a_register_that_is_not_open(lesson, register, tess, sam, put, undo):
    put(sam, P, 0)
    session_close(session=register, by=tess.user)
    for act in (lambda: put(sam, A, 1), lambda: undo(sam, 1)):
        with pytest.raises(SessionClosed):
            act()
    ClassSession.objects.filter(pk=register.pk).update(state=ClassSession.State.SCHEDULED)
    with pytest.raises(SessionNotOpen):
        put(sam, A, 1)
    assert mark_of(register, sam).status is P


# -- Undoing --


def test_nothing_to_undo(undo, sam):
    with pytest.raises(NothingToUndo) as refused:
        undo(sam, 0)
    assert refused.value.code == "nothing_to_undo"


def test_a_slip_is_as_if_it_had_never_been(put, undo, register, sam, script, take):
    put(sam, A, 0)
    mark = undo(sam, 1)
    assert (mark.status, mark.source, mark.version) == (N, Source.UNDO, 2)
    script.sees(face((sam.pk, 0.9)))
    take()
    assert mark_of(register, sam).status is P


def test_undoing_brings_back_what_was_there(put, undo, sam, ada):
    put(sam, E, 0, by=ada, note="dentist")
    put(sam, A, 1)
    mark = undo(sam, 2)
    assert (mark.status, mark.note, mark.version) == (E, "dentist", 3)


def test_undoing_twice_brings_the_mark_back(put, undo, register, sam):
    put(sam, P, 0)
    put(sam, A, 1)
    assert [undo(sam, version).status for version in (2, 3, 4)] == [P, A, P]
    assert [mark.version for mark in audit(register, sam)] == [1, 2, 3, 4, 5]


def test_a_double_click_undoes_once(put, undo, register, sam):
    put(sam, P, 0)
    first = undo(sam, 1)
    assert undo(sam, 1) == first
    assert len(audit(register, sam)) == 2


def test_undoing_what_somebody_changed_meanwhile(put, undo, sam, ada):
    put(sam, P, 0)
    put(sam, A, 1, by=ada)
    with pytest.raises(MarkConflict) as refused:
        undo(sam, 1)
    assert refused.value.current.status is A


def test_a_machine_s_mark_that_is_taken_back_stays_away(script, take, undo, register, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    mark = undo(sam, 1)
    assert (mark.status, mark.source) == (N, Source.HAND)
    assert mark.evidence is None
    take()
    assert mark_of(register, sam) == mark
    assert undo(sam, 2).source is Source.PHOTO


def test_so_it_does_where_the_machine_had_replaced_something(script, take, put, undo, register, sam, sita, tess):
    """After a slip that was undone (Sam) and after reopening (Sita)."""
    put(sam, A, 0)
    undo(sam, 1)
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.9), at=1))
    take()
    for student in (sam, sita):
        mark = mark_of(register, student)
        assert mark.source is Source.PHOTO
        undo(student, mark.version)
    take()
    assert [mark_of(register, student).status for student in (sam, sita)] == [N, N]


# -- Deciding who a face is --


@pytest.fixture
def doubt(script, take, sam, sita):
    """A face that may be Sam's or, less likely, Sita's."""
    script.sees(face((sam.pk, 0.42), (sita.pk, 0.35)))
    [detected_face] = take().detected_faces
    assert detected_face.outcome == Outcome.ASK
    return detected_face


def test_a_doubt_marks_nobody(doubt, register, sam, sita):
    assert mark_of(register, sam) is mark_of(register, sita) is None


@pytest.mark.parametrize("who", ["sam", "sita"])
def test_a_decided_doubt_marks_by_the_face(doubt, register, tess, request, who):
    student = request.getfixturevalue(who)
    mark = detected_face_decide(detected_face=doubt, student_id=student.pk, by=tess.user)
    assert (mark.status, mark.source, mark.actor_id) == (P, Source.CONFIRMED, tess.user.pk)
    assert (mark.evidence.capture_id, mark.evidence.face, mark.evidence.model) == (doubt.capture_id, 1, "scripted-1")
    assert mark.evidence.similarity == {"sam": 0.42, "sita": 0.35}[who]
    assert mark.marked_at == doubt.capture.taken_at
    doubt.refresh_from_db()
    assert (doubt.decided_student, doubt.decided_by) == (student, tess.user)


def test_a_decision_late_in_the_lesson_does_not_make_late(doubt, register, tess, sam):
    ClassSession.objects.filter(pk=register.pk).update(starts_at=doubt.capture.taken_at - timedelta(minutes=10))
    doubt.capture.session.refresh_from_db()
    assert detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user).status is P


def test_it_is_nobody(doubt, register, tess, sam):
    assert detected_face_decide(detected_face=doubt, student_id=None, by=tess.user) is None
    doubt.refresh_from_db()
    assert doubt.decided_at
    assert doubt.decided_student is None
    assert mark_of(register, sam) is None


def test_deciding_the_same_twice_changes_nothing(doubt, register, tess, ada, sam):
    first = detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    doubt.refresh_from_db()
    at = doubt.decided_at
    assert detected_face_decide(detected_face=doubt, student_id=sam.pk, by=ada.user) == first
    doubt.refresh_from_db()
    assert (doubt.decided_at, doubt.decided_by) == (at, tess.user)
    assert len(audit(register, sam)) == 1


def test_one_face_is_one_person(doubt, register, tess, ada, sam, sita):
    detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    for other in (sita.pk, None):
        with pytest.raises(FaceDecided) as refused:
            detected_face_decide(detected_face=doubt, student_id=other, by=ada.user)
        assert refused.value.code == "face_decided"
    assert mark_of(register, sita) is None
    assert mark_of(register, sam).status is P


@pytest.mark.django_db(transaction=True)
def test_two_teachers_decide_at_once(doubt, register, tess, ada, sam, sita):
    from attendance.models import DetectedFace

    copies = [DetectedFace.objects.select_related("capture__session__institution").get(pk=doubt.pk) for _ in range(2)]
    at_once(
        lambda: detected_face_decide(detected_face=copies[0], student_id=sam.pk, by=tess.user),
        lambda: detected_face_decide(detected_face=copies[1], student_id=sita.pk, by=ada.user),
    )
    assert sum(mark_of(register, student) is not None for student in (sam, sita)) == 1


def test_one_who_is_here_keeps_that_mark(doubt, register, put, tess, sam):
    earlier = put(sam, L, 0)
    assert detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user) == earlier
    assert len(audit(register, sam)) == 1


def test_a_decision_outweighs_an_absence(doubt, put, tess, sam):
    put(sam, A, 0)
    assert detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user).version == 2


def test_a_decision_can_be_taken_back(doubt, register, tess, sam, sita):
    detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    detected_face_undecide(detected_face=doubt, by=tess.user)
    doubt.refresh_from_db()
    assert (doubt.decided_student, doubt.decided_by, doubt.decided_at) == (None, None, None)
    assert mark_of(register, sam).status is N
    assert detected_face_decide(detected_face=doubt, student_id=sita.pk, by=tess.user).status is P


def test_taking_a_decision_back_leaves_a_newer_mark(doubt, register, put, tess, sam):
    detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    put(sam, L, 1)
    detected_face_undecide(detected_face=doubt, by=tess.user)
    assert mark_of(register, sam).status is L


def test_taking_back_what_was_not_decided(doubt, register, tess, sam):
    detected_face_undecide(detected_face=doubt, by=tess.user)
    assert mark_of(register, sam) is None


def test_the_wrong_person(script, take, register, tess, sam, sita):
    """The machine took Sita for Sam: saying so moves the mark, and the machine does not insist."""
    script.sees(face((sam.pk, 0.9)))
    [detected_face] = take().detected_faces
    detected_face_decide(detected_face=detected_face, student_id=sita.pk, by=tess.user)
    assert (mark_of(register, sam).status, mark_of(register, sita).status) == (N, P)
    take()
    assert mark_of(register, sam).status is N


def test_the_wrong_person_who_was_marked_otherwise_since(script, take, put, register, tess, sam, sita):
    script.sees(face((sam.pk, 0.9)))
    [detected_face] = take().detected_faces
    put(sam, E, 1)
    detected_face_decide(detected_face=detected_face, student_id=sita.pk, by=tess.user)
    assert mark_of(register, sam).status is E


@pytest.mark.parametrize("stranger", ["foreign", "nobody"])
def test_a_face_is_nobody_s_who_is_not_on_the_register(doubt, tess, hilltop, stranger):
    student_id = make_student(hilltop, "Foreign", "H-001").pk if stranger == "foreign" else uuid4()
    with pytest.raises(NotOnRoster):
        detected_face_decide(detected_face=doubt, student_id=student_id, by=tess.user)
    doubt.refresh_from_db()
    assert doubt.decided_at is None


def test_faces_are_not_decided_in_a_closed_register(doubt, register, tess, sam):
    session_close(session=register, by=tess.user)
    with pytest.raises(SessionClosed):
        detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    with pytest.raises(SessionClosed):
        detected_face_undecide(detected_face=doubt, by=tess.user)


def test_undoing_what_was_never_seen_is_a_conflict(register, sam, tess):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    with pytest.raises(MarkConflict):
        mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=0)
