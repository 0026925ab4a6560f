"""Entries at the desk: the marks they write in open and closed registers, later, and back again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, DeskEntry, DeskMark
from attendance.office.desk import arrival_enter, entries_follow, entry_undo, leaving_enter, return_enter
from attendance.office.errors import BackBeforeLeaving, EntryOver, NotToday
from attendance.office.page import read_office_day
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from attendance.repositories.orm import OrmAttendanceRepository
from tests.attendance.byhand import mark_set

pytestmark = pytest.mark.django_db


def mark_of(session, student):
    return marks_for(session.institution).for_session(session.pk).get(student.pk)


def trail(session, student):
    return [mark.status for mark in marks_for(session.institution).audit(session.pk, student.pk)]


@pytest.fixture
def late(sam, ada):
    """Sam comes to the desk now; the lesson began two minutes ago, and there is no grace."""
    sam.institution.grace_minutes = 0
    sam.institution.save()
    return lambda **at: arrival_enter(student=sam, at=timezone.now(), reason="bus", by=ada.user, **at)


class TestArrivals:
    def test_marks_the_lesson_that_runs_by_the_desk_s_person_with_the_reason(self, register, late, sam, ada):
        entry = late()
        mark = mark_of(register, sam)
        assert (mark.status, mark.minutes_late, mark.note) == (Status.LATE, 2, "bus")
        assert (mark.source, mark.actor_id) == (Source.HAND, ada.user.pk)
        assert entry.marks.get().version == 1

    def test_a_second_click_is_the_first_one(self, register, late, sam):
        assert late() == late()
        assert trail(register, sam) == [Status.LATE]

    def test_a_register_that_is_opened_later_gets_it_with_the_next_sweep(self, lesson, late, sam, tess):
        late()
        assert mark_of(lesson, sam) is None
        session_open(session=lesson, by=tess.user)
        assert (entries_follow(), entries_follow()) == (1, 0)
        assert mark_of(lesson, sam).status is Status.LATE

    def test_a_closed_register_is_corrected_and_stays_closed(self, register, late, sam, tess):
        session_close(session=register, by=tess.user)
        late()
        assert trail(register, sam) == [Status.ABSENT, Status.LATE]
        register.refresh_from_db()
        assert register.state == ClassSession.State.CLOSED
        assert marks_for(register.institution).day_tally(register.local_date).counts == {
            Status.LATE: 1, Status.ABSENT: 1,
        }  # fmt: skip

    def test_somebody_seen_in_the_lesson_keeps_that_mark(self, register, late, sam, tess):
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        late()
        assert trail(register, sam) == [Status.PRESENT]

    def test_not_a_time_to_come(self, sam, ada):
        with pytest.raises(NotToday):
            arrival_enter(student=sam, at=timezone.now() + timedelta(hours=1), reason="", by=ada.user)
        assert not DeskEntry.objects.exists()

    def test_a_crash_between_the_note_and_the_mark_is_made_good(self, register, late, sam, monkeypatch):
        def dies(*of, **more):
            raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(OrmAttendanceRepository, "correct", dies)
            with pytest.raises(SystemExit):
                late()
        assert mark_of(register, sam) is None
        assert DeskMark.objects.get().version == 1
        assert entries_follow() == 1
        assert trail(register, sam) == [Status.LATE]


class TestUndo:
    def test_of_an_open_register_leaves_no_mark_and_the_history(self, register, late, sam, ada):
        assert entry_undo(entry=late(), by=ada.user) == 1
        assert trail(register, sam) == [Status.LATE, Status.NONE]
        assert not DeskMark.objects.exists()

    def test_of_a_closed_register_brings_back_what_was(self, register, late, sam, ada, tess):
        session_close(session=register, by=tess.user)
        entry_undo(entry=late(), by=ada.user)
        assert trail(register, sam) == [Status.ABSENT, Status.LATE, Status.ABSENT]

    def test_of_a_register_closed_meanwhile_says_absent(self, register, late, sam, ada, tess):
        entry = late()
        session_close(session=register, by=tess.user)
        entry_undo(entry=entry, by=ada.user)
        assert trail(register, sam) == [Status.LATE, Status.ABSENT]

    def test_what_a_teacher_said_since_stays(self, register, late, sam, ada, tess):
        entry = late()
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=1)
        assert entry_undo(entry=entry, by=ada.user) == 0
        assert mark_of(register, sam).status is Status.PRESENT

    def test_twice_is_once_and_the_sweep_writes_nothing_again(self, register, late, sam, ada):
        entry = late()
        entry_undo(entry=entry, by=ada.user)
        assert entry_undo(entry=entry, by=ada.user) == 0
        assert entries_follow() == 0
        assert trail(register, sam) == [Status.LATE, Status.NONE]

    def test_not_of_an_earlier_day(self, register, late, ada):
        entry = late()
        DeskEntry.objects.update(day=entry.day - timedelta(days=1))
        entry.refresh_from_db()
        with pytest.raises(EntryOver):
            entry_undo(entry=entry, by=ada.user)


def test_lessons_missed_by_leaving_are_excused_once_their_registers_say_absent(earlier, lesson, sam, ada, tess):
    entry = leaving_enter(
        student=sam, at=earlier.starts_at + timedelta(minutes=30), until=None, reason="dentist", by=ada.user
    )
    session_open(session=lesson, by=tess.user)
    assert entries_follow() == 0  # Sam may be back
    session_close(session=lesson, by=tess.user)
    assert entries_follow() == 1
    assert (mark_of(lesson, sam).status, mark_of(lesson, sam).note) == (Status.EXCUSED, "dentist")
    entry_undo(entry=entry, by=ada.user)
    assert mark_of(lesson, sam).status is Status.ABSENT


def test_leaving_marks_the_lesson_and_must_be_before_coming_back(register, sam, ada):
    now = timezone.now()
    with pytest.raises(BackBeforeLeaving):
        leaving_enter(student=sam, at=now, until=now, reason="", by=ada.user)
    leaving_enter(student=sam, at=now, until=now + timedelta(hours=1), reason="dentist", by=ada.user)
    mark = mark_of(register, sam)
    assert (mark.status, mark.left_at, mark.note) == (Status.LEFT_EARLY, now, "dentist")


def test_an_account_that_is_gone_writes_nothing_more(lesson, late, sam, ada, tess):
    late()
    session_open(session=lesson, by=tess.user)
    ada.user.delete()
    assert entries_follow() == 0
    assert mark_of(lesson, sam) is None


class TestBack:
    @pytest.fixture
    def leaving(self, register, sam, ada):
        def leave(at=None, until=None):
            at = at or timezone.now() - timedelta(minutes=1)
            return leaving_enter(student=sam, at=at, until=until, reason="dentist", by=ada.user)

        return leave

    def test_is_an_arrival_with_the_same_reason_and_undone_like_one(self, leaving, register, sam, ada):
        left = leaving()
        assert read_office_day(register.institution).gone == 1
        back = return_enter(leaving=left, by=ada.user)
        assert (back.kind, back.reason, back.student) == (DeskEntry.Kind.LATE, "dentist", sam)
        day = read_office_day(register.institution)
        assert (day.gone, day.here, [line.entry for line in day.leavings]) == (0, 1, [left])
        entry_undo(entry=back, by=ada.user)
        assert read_office_day(register.institution).gone == 1

    def test_lessons_after_it_are_excused_no_longer(self, earlier, lesson, sam, ada, tess):
        left = earlier.starts_at + timedelta(minutes=20)
        leaving_enter(student=sam, at=left, until=None, reason="dentist", by=ada.user)
        arrival_enter(student=sam, at=left + timedelta(minutes=20), reason="dentist", by=ada.user)
        session_open(session=lesson, by=tess.user)
        session_close(session=lesson, by=tess.user)
        entries_follow()
        assert mark_of(lesson, sam).status is Status.ABSENT

    def test_not_before_they_leave_nor_after_it_was_undone(self, leaving, ada):
        later = leaving(at=timezone.now() + timedelta(minutes=10))
        with pytest.raises(NotToday):
            return_enter(leaving=later, by=ada.user)
        entry_undo(entry=later, by=ada.user)
        with pytest.raises(EntryOver):
            return_enter(leaving=later, by=ada.user)

    def test_a_leaving_to_come_is_listed_and_can_be_undone(self, leaving, register):
        later = leaving(at=timezone.now() + timedelta(minutes=10))
        day = read_office_day(register.institution)
        assert (day.left, [line.entry for line in day.leavings]) == ((), [later])
