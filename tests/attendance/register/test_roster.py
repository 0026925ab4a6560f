"""Students who join or leave a course while its register is open, and registers opened by mistake."""

import pytest
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.lessons.selectors import roster_ids, sessions_of_day
from attendance.models import ClassSession, RegisterEvent
from attendance.register.errors import RegisterBegun
from attendance.register.roster import roster_follow
from attendance.register.sessions import session_close, session_give_up, session_open, session_start_adhoc
from attendance.repositories import marks_for
from enrollment.models import Enrollment
from tests.attendance.byhand import mark_set
from tests.attendance.lessons.test_timetable import make_slot
from tests.conftest import make_student
from tests.engines import face

State = ClassSession.State


@pytest.fixture
def at(register):
    """The address of one of the register's views."""
    return lambda name: reverse(name, args=["riverside", register.pk])


@pytest.fixture
def nia(riverside, physics, register):
    """Nia joined physics after its register was opened."""
    student = make_student(riverside, "Nia New", "R-010")
    Enrollment.objects.create(institution=riverside, course=physics, student=student)
    return student


def leave(student):
    Enrollment.objects.filter(student=student).delete()


def marks(session):
    return {pk: mark.status for pk, mark in marks_for(session.institution).for_session(session.pk).items()}


class TestFollowing:
    def test_who_joins_is_shown_and_taken_over(self, register, nia, tess, sign_in, at):
        client = sign_in(tess)
        page = client.get(at("session")).content.decode()
        assert "Joined the course" in page
        assert "Nia New" in page
        client.post(at("roster_follow"))
        assert nia.pk in roster_ids(register)
        assert "Joined the course" not in client.get(at("session")).content.decode()

    def test_who_leaves_is_shown_and_taken_off(self, register, sita, tess, sign_in, at):
        leave(sita)
        client = sign_in(tess)
        assert "Left the course" in client.get(at("session")).content.decode()
        client.post(at("roster_follow"))
        assert sita.pk not in roster_ids(register)

    def test_who_leaves_with_a_mark_stays(self, register, sita, tess):
        mark_set(session=register, student_id=sita.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        leave(sita)
        assert not roster_follow(session=register, by=tess.user)
        assert sita.pk in roster_ids(register)

    @pytest.mark.parametrize("how", ["course", "school"])
    def test_who_left_is_not_absent_at_closing(self, how, register, sam, sita, tess):
        if how == "course":
            leave(sita)
        else:
            sita.is_active = False
            sita.save()
        session_close(session=register, by=tess.user)
        assert marks(register) == {sam.pk: Status.ABSENT}

    def test_a_closed_register_follows_nobody(self, register, nia, tess):
        session_close(session=register, by=tess.user)
        with pytest.raises(SessionClosed):
            roster_follow(session=register, by=tess.user)

    def test_a_guest_is_not_taken_for_one_who_left(self, riverside, register, tess):
        from attendance.register.guests import guest_add

        gus = make_student(riverside, "Gus Guest", "R-020")
        guest_add(session=register, student_id=gus.pk, by=tess.user)
        assert not roster_follow(session=register, by=tess.user)
        assert gus.pk in roster_ids(register)


class TestOpenedByMistake:
    def test_it_waits_again(self, lesson, physics, tess):
        lesson.slot = make_slot(physics)
        lesson.save()
        session_open(session=lesson, by=tess.user)
        again = session_give_up(session=lesson, by=tess.user)
        assert (again.state, again.opened_by) == (State.SCHEDULED, None)
        assert not roster_ids(again)
        assert RegisterEvent.objects.filter(session=lesson).values_list("kind", flat=True).last() == "given_up"
        assert session_open(session=lesson, by=tess.user).is_open

    def test_one_begun_ad_hoc_is_cancelled(self, physics, tess):
        session = session_start_adhoc(course=physics, by=tess.user)
        assert session_give_up(session=session, by=tess.user).state == State.CANCELLED

    def test_the_page_offers_it_while_nothing_stands_there(self, register, tess, sam, sign_in, at):
        client = sign_in(tess)
        assert "Opened by mistake?" in client.get(at("session")).content.decode()
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        assert "Opened by mistake?" not in client.get(at("session")).content.decode()
        client.post(at("session_give_up"))
        register.refresh_from_db()
        assert register.is_open

    def test_not_with_a_photo_or_a_mark(self, script, take, register, tess, sam):
        script.sees(face((sam.pk, 0.2)))
        take()
        with pytest.raises(RegisterBegun):
            session_give_up(session=register, by=tess.user)

    def test_not_a_closed_one_nor_one_that_never_was_open(self, lesson, tess):
        with pytest.raises(SessionNotOpen):
            session_give_up(session=lesson, by=tess.user)
        session_close(session=session_open(session=lesson, by=tess.user), by=tess.user)
        with pytest.raises(SessionClosed):
            session_give_up(session=lesson, by=tess.user)


def test_the_day_counts_the_roster_of_then(riverside, physics, register, tess):
    session_close(session=register, by=tess.user)
    for n in range(3):
        new = make_student(riverside, f"New {n}", f"N-{n}")
        Enrollment.objects.create(institution=riverside, course=physics, student=new)
    [today] = sessions_of_day(tess, register.local_date)
    assert today.expected == 2
