"""One contract for every store of marks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from attendance.domain.marks import Mark
from attendance.domain.statuses import Source
from attendance.repositories import marks_for
from attendance.repositories.base import BadCursor, MarkChanged
from attendance.repositories.orm import OrmAttendanceRepository
from tests.contracts.conftest import FIRST_LESSON, at_once, races
from tests.contracts.marks import MARKED_AT, A, D, E, L, N, P, by_hand, kinds, mark_of

SOME_ID = "0b7b6f0e-5d0c-4c58-9d0e-1c2f3a4b5c6d"


@pytest.fixture
def store(backend, here):
    return marks_for(here.institution)


@pytest.fixture
def other_store(backend, there):
    return marks_for(there.institution)


def versions(store, session, student_id):
    return [mark.version for mark in store.audit(session.pk, student_id)]


class TestAttendanceRepository:
    # -- Writing --

    def test_nothing_to_write(self, store):
        assert store.mark_many([]) == []

    def test_first_marks_get_version_one_and_come_back_whole(self, store, here, lesson):
        marks = [mark_of(lesson, here.students[0]), mark_of(lesson, here.students[1], L, minutes_late=12)]
        written = store.mark_many(marks)
        assert {mark.student_id: mark for mark in written} == {m.student_id: replace(m, version=1) for m in marks}
        assert store.for_session(lesson.pk) == {m.student_id: replace(m, version=1) for m in marks}

    def test_times_come_back_in_utc(self, store, here, lesson):
        india = MARKED_AT.astimezone(ZoneInfo("Asia/Kolkata"))
        store.mark_many([mark_of(lesson, here.students[0], marked_at=india)])
        stored = store.for_session(lesson.pk)[here.students[0]]
        assert stored.marked_at == MARKED_AT
        assert stored.marked_at.utcoffset() == stored.held_at.utcoffset() == timedelta(0)

    def test_the_mark_s_own_version_is_ignored(self, store, here, lesson, person):
        [written] = store.mark_many([mark_of(lesson, here.students[0], version=7)])
        assert written.version == 1
        assert store.correct(by_hand(lesson, here.students[0], person, version=7), expected_version=1).version == 2

    def test_repeating_changes_nothing(self, store, here, lesson):
        marks = [mark_of(lesson, student) for student in here.students]
        store.mark_many(marks)
        before = store.for_session(lesson.pk)
        assert store.mark_many(marks) == []
        assert store.for_session(lesson.pk) == before
        assert versions(store, lesson, here.students[0]) == [1]

    def test_a_repetition_with_more_writes_only_what_is_new(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        written = store.mark_many([mark_of(lesson, student) for student in here.students])
        assert {mark.student_id for mark in written} == set(here.students[1:])

    def test_what_is_asked_together_with_a_write(self, store, here, lesson):
        with store.together():
            assert store.mark_many([mark_of(lesson, here.students[0])])
        assert set(store.for_session(lesson.pk)) == {here.students[0]}

    def test_is_one_with_it_where_the_store_is_in_the_portals_database(self, backend, store, here, lesson):
        def dies():
            with store.together():
                store.mark_many([mark_of(lesson, here.students[0])])
                raise PermissionError

        with pytest.raises(PermissionError):
            dies()
        assert bool(store.for_session(lesson.pk)) == (backend != "orm")

    @pytest.mark.parametrize("machine", [Source.PHOTO, Source.WEBCAM])
    def test_a_person_s_word_stands_against_the_machine(self, store, here, lesson, person, machine):
        store.correct(by_hand(lesson, here.students[0], person), expected_version=0)
        assert store.mark_many([mark_of(lesson, here.students[0], source=machine)]) == []
        assert store.for_session(lesson.pk)[here.students[0]].status is A

    def test_what_a_person_took_back_the_machine_does_not_repeat(self, store, here, lesson, person):
        store.mark_many([mark_of(lesson, here.students[0])])
        store.correct(by_hand(lesson, here.students[0], person, N), expected_version=1)
        assert store.mark_many([mark_of(lesson, here.students[0])]) == []

    def test_the_machine_adds_nothing_to_itself(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert store.mark_many([mark_of(lesson, here.students[0], source=Source.WEBCAM)]) == []

    @pytest.mark.parametrize("source", [Source.CLOSE, Source.UNDO])
    def test_the_machine_finds_whom_closing_or_undoing_left(self, store, here, lesson, person, source):
        status = A if source is Source.CLOSE else N
        store.correct(mark_of(lesson, here.students[0], status, source, actor_id=person), expected_version=0)
        [written] = store.mark_many([mark_of(lesson, here.students[0])])
        assert (written.version, written.status) == (2, P)
        assert store.for_session(lesson.pk)[here.students[0]] == written

    def test_closing_fills_only_what_is_empty(self, store, here, lesson, person):
        photo, hand, taken_back = here.students
        store.mark_many([mark_of(lesson, photo)])
        store.correct(by_hand(lesson, hand, person, E), expected_version=0)
        store.correct(by_hand(lesson, taken_back, person, N), expected_version=0)
        written = store.mark_many([mark_of(lesson, pk, A, Source.CLOSE, actor_id=person) for pk in here.students])
        assert [(mark.student_id, mark.version) for mark in written] == [(taken_back, 2)]

    @pytest.mark.parametrize("status", [P, A])
    def test_the_rest_fills_what_is_empty_and_what_closing_filled(self, store, here, lesson, person, status):
        closed, taken_back, hand = here.students
        store.mark_many([mark_of(lesson, closed, A, Source.CLOSE, actor_id=person)])
        store.correct(by_hand(lesson, taken_back, person, N), expected_version=0)
        store.correct(by_hand(lesson, hand, person, E), expected_version=0)
        written = store.mark_many([mark_of(lesson, pk, status, Source.REST, actor_id=person) for pk in here.students])
        assert {mark.student_id: mark.version for mark in written} == {closed: 2, taken_back: 2}
        assert store.for_session(lesson.pk)[hand].status is E

    @pytest.mark.parametrize("source", [Source.PHOTO, Source.WEBCAM, Source.CODE, Source.CONFIRMED, Source.HAND])
    def test_the_rest_leaves_what_anybody_said(self, store, here, lesson, person, source):
        said = mark_of(lesson, here.students[0], L, source, actor_id=None if source.is_machine else person)
        store.correct(said, expected_version=0)
        rest = mark_of(lesson, here.students[0], A, Source.REST, actor_id=person)
        assert store.mark_many([rest]) == []
        assert store.for_session(lesson.pk)[here.students[0]].source is source

    @pytest.mark.parametrize("later", [Source.PHOTO, Source.CODE, Source.CLOSE, Source.REST])
    def test_the_rest_is_a_person_s_word(self, store, here, lesson, person, later):
        store.mark_many([mark_of(lesson, here.students[0], A, Source.REST, actor_id=person)])
        assert store.mark_many([mark_of(lesson, here.students[0], P, later)]) == []

    @races
    def test_the_rest_and_a_person_at_once(self, store, here, lesson, person):
        """The person's mark stands, even if the machine's comes first."""
        student = here.students[0]

        def by_a_person():
            while True:
                held = store.for_session(lesson.pk).get(student)
                try:
                    return store.correct(
                        by_hand(lesson, student, person, E), expected_version=held.version if held else 0
                    )
                except MarkChanged:
                    continue

        rest = mark_of(lesson, student, A, Source.REST, actor_id=person)
        at_once(by_a_person, lambda: store.mark_many([rest]))
        assert store.for_session(lesson.pk)[student].status is E

    def test_a_code_and_a_time_come_back_and_stay_in_the_audit(self, store, here, lesson, person):
        left = (MARKED_AT + timedelta(minutes=30)).astimezone(ZoneInfo("Asia/Kolkata"))
        first = by_hand(lesson, here.students[0], person, D, code="MED", left_at=left, note="nurse")
        store.correct(first, expected_version=0)
        stored = store.for_session(lesson.pk)[here.students[0]]
        assert (stored.code, stored.left_at, stored.left_at.utcoffset()) == ("MED", left, timedelta(0))
        store.correct(by_hand(lesson, here.students[0], person, P), expected_version=1)
        assert [(m.code, m.left_at) for m in store.audit(lesson.pk, here.students[0])] == [("MED", left), ("", None)]
        assert [m.code for m in store.for_student(here.students[0]).marks] == [""]

    def test_a_new_mark_leaves_nothing_of_the_old_one(self, store, here, lesson, person):
        store.mark_many([mark_of(lesson, here.students[0], L, minutes_late=12, note="bus")])
        store.correct(by_hand(lesson, here.students[0], person), expected_version=1)
        stored = store.for_session(lesson.pk)[here.students[0]]
        assert stored == replace(by_hand(lesson, here.students[0], person), version=2)

    # -- Correcting --

    def test_a_person_marks_first_and_corrects(self, store, here, lesson, person):
        first = store.correct(by_hand(lesson, here.students[0], person, note="dentist"), expected_version=0)
        second = store.correct(by_hand(lesson, here.students[0], person, P), expected_version=1)
        assert (first.version, first.note, second.version) == (1, "dentist", 2)
        assert store.for_session(lesson.pk) == {here.students[0]: second}

    @pytest.mark.parametrize("expected", [0, 2])
    def test_a_changed_mark_is_refused_and_shown(self, store, here, lesson, person, expected):
        store.mark_many([mark_of(lesson, here.students[0])])
        current = store.for_session(lesson.pk)[here.students[0]]
        with pytest.raises(MarkChanged) as refused:
            store.correct(by_hand(lesson, here.students[0], person), expected_version=expected)
        assert refused.value.code == "mark_changed"
        assert refused.value.current == current
        assert store.audit(lesson.pk, here.students[0]) == [current]

    def test_a_mark_that_is_gone_is_refused(self, store, here, lesson, person):
        with pytest.raises(MarkChanged) as refused:
            store.correct(by_hand(lesson, here.students[0], person), expected_version=3)
        assert refused.value.current is None
        assert store.for_session(lesson.pk) == {}

    def test_every_version_is_kept_in_order(self, store, here, lesson, person):
        marks = [by_hand(lesson, here.students[0], person, status) for status in (P, A, E, D, L, N)]
        written = [store.correct(mark, expected_version=n) for n, mark in enumerate(marks)]
        assert store.audit(lesson.pk, here.students[0]) == written
        assert [mark.version for mark in written] == [1, 2, 3, 4, 5, 6]

    def test_the_audit_of_nothing(self, store, here, lesson):
        assert store.audit(lesson.pk, here.students[0]) == []

    # -- A student's own marks --

    def read_all(self, store, student_id, limit):
        marks, cursor, pages = [], None, 0
        while pages == 0 or cursor is not None:
            page = store.for_student(student_id, cursor=cursor, limit=limit)
            assert len(page.marks) <= limit
            marks, cursor, pages = [*marks, *page.marks], page.cursor, pages + 1
            assert pages < 50
        return marks

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
    def test_pages_have_neither_gaps_nor_doubles(self, store, here, limit):
        """Seven lessons, three of them at the very same time, on both sides of page ends."""
        starts = [FIRST_LESSON + timedelta(days=day) for day in (0, 1, 2, 2, 2, 3, 4)]
        for n, at in enumerate(starts):
            session = here.lesson(at, course=n % 2)
            store.mark_many([mark_of(session, student) for student in here.students])
        found = self.read_all(store, here.students[0], limit)
        assert [mark.held_at for mark in found] == sorted(starts, reverse=True)
        assert len({mark.session_id for mark in found}) == 7
        assert {mark.student_id for mark in found} == {here.students[0]}
        assert found == self.read_all(store, here.students[0], 20)

    def test_the_last_page_says_so(self, store, here):
        for day in range(4):
            store.mark_many([mark_of(here.lesson(FIRST_LESSON + timedelta(days=day)), here.students[0])])
        first = store.for_student(here.students[0], limit=2)
        assert store.for_student(here.students[0], cursor=first.cursor, limit=2).cursor is None
        assert store.for_student(here.students[0], limit=4).cursor is None

    def test_a_mark_made_between_two_pages_doubles_nothing(self, store, here):
        days = [here.lesson(FIRST_LESSON + timedelta(days=day)) for day in range(5)]
        for session in days[:4]:
            store.mark_many([mark_of(session, here.students[0])])
        first = store.for_student(here.students[0], limit=2)
        store.mark_many([mark_of(days[4], here.students[0])])
        second = store.for_student(here.students[0], cursor=first.cursor, limit=2)
        assert [m.session_id for m in (*first.marks, *second.marks)] == [s.pk for s in reversed(days[:4])]

    def test_what_was_taken_back_is_not_shown_to_the_student(self, store, here, person):
        for day in range(3):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            store.correct(by_hand(session, here.students[0], person, N if day == 1 else P), expected_version=0)
        page = store.for_student(here.students[0], limit=2)
        assert [mark.status for mark in page.marks] == [P, P]
        assert page.cursor is None

    def test_a_run_of_what_was_taken_back_ends_no_page(self, store, here, person):
        for day in range(8):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            store.correct(by_hand(session, here.students[0], person, P if day in (0, 7) else N), expected_version=0)
        assert [mark.status for mark in self.read_all(store, here.students[0], 1)] == [P, P]

    def test_nobody_s_page_is_empty(self, store):
        page = store.for_student(uuid4())
        assert (page.marks, page.cursor) == ((), None)

    def test_a_page_holds_twenty_unless_it_is_said(self, store, here):
        lessons = [here.lesson(FIRST_LESSON + timedelta(days=n)) for n in range(21)]
        for lesson in lessons:
            store.mark_many([mark_of(lesson, here.students[0])])
        page = store.for_student(here.students[0])
        assert len(page.marks) == 20
        assert len(store.for_student(here.students[0], cursor=page.cursor).marks) == 1

    @pytest.mark.parametrize("limit", [0, -5])
    def test_a_page_holds_at_least_one(self, store, here, limit):
        for day in range(2):
            store.mark_many([mark_of(here.lesson(FIRST_LESSON + timedelta(days=day)), here.students[0])])
        assert len(store.for_student(here.students[0], limit=limit).marks) == 1

    def test_a_page_holds_at_most_two_hundred(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert len(store.for_student(here.students[0], limit=10**12).marks) == 1

    @pytest.mark.parametrize(
        "cursor",
        ["", "x", "~", "2026-03-02T09:00:00", f"yesterday~{SOME_ID}", "2026-03-02T09:00:00~x", "0001-01-01+23:59~",
         f"2026-03-02T09:00:00+02:00~{SOME_ID}", f"9999-12-31T23:59:59-12:00~{SOME_ID}", "\x00", "e30=", "a" * 5000],
    )  # fmt: skip
    def test_a_bad_cursor_is_refused(self, store, here, cursor):
        with pytest.raises(BadCursor) as refused:
            store.for_student(here.students[0], cursor=cursor)
        assert refused.value.code == "bad_cursor"

    # -- A course --

    def test_the_days_of_a_course_count_in_full(self, store, here):
        """The first and the last microsecond of the days asked for are in, the neighbours are not."""
        midnight = datetime(2026, 3, 10, tzinfo=UTC)
        tick = timedelta(microseconds=1)
        times = [midnight - tick, midnight, midnight + timedelta(days=2) - tick, midnight + timedelta(days=2)]
        for at in times:
            store.mark_many([mark_of(here.lesson(at), here.students[0])])
        found = store.for_course(here.courses[0], first=date(2026, 3, 10), last=date(2026, 3, 11))
        assert [mark.held_at for mark in found] == times[1:3]

    def test_a_course_is_read_oldest_first_with_everybody(self, store, here, person):
        later, earlier = here.lesson(FIRST_LESSON + timedelta(days=1)), here.lesson(FIRST_LESSON)
        elsewhere = here.lesson(FIRST_LESSON, course=1)
        for session in (later, earlier, elsewhere):
            store.mark_many([mark_of(session, student) for student in here.students[:2]])
        store.correct(by_hand(earlier, here.students[2], person, N), expected_version=0)
        found = store.for_course(here.courses[0], first=date(2026, 3, 1), last=date(2026, 3, 31))
        assert [mark.session_id for mark in found] == [earlier.pk] * 3 + [later.pk] * 2
        assert {mark.course_id for mark in found} == {here.courses[0]}

    def test_the_order_is_by_time_whenever_a_lesson_was_planned(self, store, here):
        days = [3, 0, 5, 1, 4, 2]
        for lesson in [here.lesson(FIRST_LESSON + timedelta(days=day)) for day in days]:
            store.mark_many([mark_of(lesson, here.students[0])])
        first = FIRST_LESSON.date()
        marks = store.for_course(here.courses[0], first=first, last=first + timedelta(days=9))
        assert [mark.held_at for mark in marks] == [FIRST_LESSON + timedelta(days=n) for n in range(6)]

    def test_days_without_a_lesson(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert store.for_course(here.courses[0], first=date(2026, 3, 3), last=date(2026, 3, 1)) == []
        assert store.for_course(here.courses[0], first=date(2027, 1, 1), last=date(2027, 1, 31)) == []

    def test_any_dates_are_accepted(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert len(store.for_course(here.courses[0], first=date.min, last=date.max)) == 1

    # -- A student's marks, counted --

    def test_by_course_and_status(self, store, here, person):
        student = here.students[0]
        for day, status in enumerate((P, P, L, A, N)):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            store.correct(by_hand(session, student, person, status), expected_version=0)
        store.correct(by_hand(here.lesson(course=1), student, person, E), expected_version=0)
        marks = store.for_student(student, limit=200).marks
        assert kinds(marks) == {here.courses[0]: {P: 2, L: 1, A: 1}, here.courses[1]: {E: 1}}

    def test_codes_are_kept_apart(self, store, here, person):
        student = here.students[0]
        for day, code in enumerate(["", "MED", "MED", "TR"]):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            store.correct(by_hand(session, student, person, E, code=code), expected_version=0)
        assert [mark.code for mark in store.for_student(student).marks] == ["TR", "MED", "MED", ""]

    def test_corrections_are_followed_and_what_was_taken_back_is_forgotten(self, store, here, lesson, person):
        student = here.students[0]
        store.mark_many([mark_of(lesson, student)])
        store.correct(by_hand(lesson, student, person, A), expected_version=1)
        assert kinds(store.for_student(student, limit=200).marks) == {here.courses[0]: {A: 1}}
        store.correct(by_hand(lesson, student, person, N), expected_version=2)
        assert kinds(store.for_student(student, limit=200).marks) == {}

    def test_repeated_marks_are_not_counted_twice(self, store, here, lesson):
        for _ in range(3):
            store.mark_many([mark_of(lesson, here.students[0])])
        assert kinds(store.for_student(here.students[0], limit=200).marks) == {here.courses[0]: {P: 1}}

    # -- Erasing --

    def test_a_purge_leaves_nothing_of_the_student_and_all_of_the_others(self, store, here, person):
        gone, stays = here.students[:2]
        sessions = [here.lesson(FIRST_LESSON + timedelta(days=day), course=day % 2) for day in range(3)]
        for session in sessions:
            store.mark_many([mark_of(session, pk) for pk in (gone, stays)])
        store.correct(by_hand(sessions[0], gone, person), expected_version=1)
        assert store.purge_student(gone) == 3
        assert all(store.audit(session.pk, gone) == [] for session in sessions)
        assert all(set(store.for_session(session.pk)) == {stays} for session in sessions)
        assert store.for_student(gone).marks == ()
        assert kinds(store.for_student(gone, limit=200).marks) == {}
        assert len(store.for_student(stays).marks) == 3
        assert store.purge_student(gone) == 0

    def test_what_is_kept_of_a_student_is_counted_until_nothing_is(self, store, other_store, here, lesson, person):
        first, second, nobody = here.students
        store.mark_many([mark_of(lesson, first), mark_of(lesson, second)])
        store.correct(by_hand(lesson, first, person), expected_version=1)
        assert store.count_student(first) > store.count_student(second) > store.count_student(nobody) == 0
        assert other_store.count_student(first) == 0
        store.purge_student(first)
        assert (store.count_student(first), store.count_student(second) > 0) == (0, True)

    def test_a_purge_of_lessons(self, store, other_store, here, person):
        gone, also, stays = (here.lesson(FIRST_LESSON + timedelta(days=n)) for n in range(3))
        for lesson in (gone, also, stays):
            store.mark_many([mark_of(lesson, student) for student in here.students[:2]])
        store.correct(by_hand(gone, here.students[0], person), expected_version=1)
        assert other_store.purge_sessions([gone.pk]) == 0
        assert store.purge_sessions([gone.pk, also.pk]) == 4
        assert (store.for_session(gone.pk), store.audit(gone.pk, here.students[0])) == ({}, [])
        assert len(store.for_session(stays.pk)) == 2
        assert store.purge_sessions([]) == 0

    @pytest.mark.thorough
    def test_a_purge_of_more_than_a_store_deletes_in_one_request(self, store, here, person):
        for day in range(30):
            session = here.lesson(FIRST_LESSON + timedelta(days=day))
            store.mark_many([mark_of(session, pk) for pk in here.students[:2]])
            store.correct(by_hand(session, here.students[0], person), expected_version=1)
        assert store.purge_student(here.students[0]) == 30
        assert store.for_student(here.students[0]).marks == ()
        assert all(store.audit(session.pk, here.students[0]) == [] for session in here.sessions)
        assert kinds(store.for_student(here.students[1], limit=200).marks) == {here.courses[0]: {P: 30}}

    def test_after_a_purge_versions_start_from_one(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        store.purge_student(here.students[0])
        [written] = store.mark_many([mark_of(lesson, here.students[0])])
        assert written.version == 1
        assert kinds(store.for_student(here.students[0], limit=200).marks) == {here.courses[0]: {P: 1}}

    # -- The wall --

    def test_another_institution_sees_nothing(self, store, other_store, here, lesson):
        student = here.students[0]
        store.mark_many([mark_of(lesson, student)])
        assert other_store.for_session(lesson.pk) == {}
        assert other_store.for_student(student).marks == ()
        assert other_store.for_course(here.courses[0], first=date.min, last=date.max) == []
        assert kinds(other_store.for_student(student, limit=200).marks) == {}
        assert other_store.audit(lesson.pk, student) == []

    def test_another_institution_touches_nothing(self, store, other_store, here, lesson, person):
        student = here.students[0]
        [mine] = store.mark_many([mark_of(lesson, student)])
        assert other_store.purge_student(student) == 0
        with pytest.raises(MarkChanged) as refused:
            other_store.correct(by_hand(lesson, student, person), expected_version=1)
        assert refused.value.current is None
        other_store.correct(by_hand(lesson, student, person), expected_version=0)
        other_store.correct(by_hand(lesson, student, person, E), expected_version=1)
        assert store.for_session(lesson.pk) == {student: mine}
        assert store.audit(lesson.pk, student) == [mine]
        assert kinds(store.for_student(student, limit=200).marks) == {here.courses[0]: {P: 1}}

    def test_a_cursor_of_another_institution_opens_nothing(self, store, other_store, here):
        for day in range(3):
            store.mark_many([mark_of(here.lesson(FIRST_LESSON + timedelta(days=day)), here.students[0])])
        cursor = store.for_student(here.students[0], limit=1).cursor
        assert other_store.for_student(here.students[0], cursor=cursor).marks == ()

    # -- Two at once --

    @races
    def test_two_corrections_of_one_version(self, store, here, lesson, person):
        student = here.students[0]
        store.mark_many([mark_of(lesson, student)])
        results = at_once(
            *(
                lambda status=status: store.correct(by_hand(lesson, student, person, status), expected_version=1)
                for status in (A, E, L, D)
            )
        )
        won = [result for result in results if isinstance(result, Mark)]
        lost = [result for result in results if isinstance(result, MarkChanged)]
        assert (len(won), len(lost)) == (1, 3)
        assert all(error.current == won[0] for error in lost)
        assert store.for_session(lesson.pk) == {student: won[0]}
        assert versions(store, lesson, student) == [1, 2]

    @races
    def test_two_first_marks(self, store, here, lesson, person):
        student = here.students[0]
        results = at_once(
            *(
                lambda status=status: store.correct(by_hand(lesson, student, person, status), expected_version=0)
                for status in (A, P, E)
            )
        )
        won = [result for result in results if isinstance(result, Mark)]
        assert len(won) == 1
        assert sorted(type(result).__name__ for result in results) == ["Mark", "MarkChanged", "MarkChanged"]
        assert store.audit(lesson.pk, student) == won

    @races
    def test_the_same_picture_written_twice(self, store, here, lesson):
        marks = [mark_of(lesson, student) for student in here.students]
        results = at_once(*[lambda: store.mark_many(marks)] * 3)
        assert sum(len(result) for result in results) == 3
        assert [versions(store, lesson, student) for student in here.students] == [[1], [1], [1]]

    @races
    def test_a_machine_and_a_person(self, store, here, lesson, person):
        """In either order the person's mark stands in the end, or the person was told of the machine's mark."""
        student = here.students[0]
        machine, human = at_once(
            lambda: store.mark_many([mark_of(lesson, student)]),
            lambda: store.correct(by_hand(lesson, student, person), expected_version=0),
        )
        stored = store.for_session(lesson.pk)[student]
        if isinstance(human, MarkChanged):
            assert [human.current] == machine == [stored]
        else:
            assert machine == []
            assert stored == human

    @races
    def test_a_machine_and_closing(self, store, here, lesson, person):
        """In either order a recognised student is not absent."""
        student = here.students[0]
        at_once(
            lambda: store.mark_many([mark_of(lesson, student)]),
            lambda: store.mark_many([mark_of(lesson, student, A, Source.CLOSE, actor_id=person)]),
        )
        assert store.for_session(lesson.pk)[student].status is P


@pytest.mark.django_db
def test_a_first_mark_that_another_process_wrote_meanwhile_is_shown(here, lesson, person, monkeypatch):
    """In the portal's own database: between reading that there is none and writing it."""
    store = marks_for(here.institution)
    [stored] = store.mark_many([mark_of(lesson, here.students[0])])
    monkeypatch.setattr(OrmAttendanceRepository, "_rows", lambda self, model, session_id: model.objects.none())
    with pytest.raises(MarkChanged) as refused:
        store.correct(by_hand(lesson, here.students[0], person), expected_version=0)
    assert refused.value.current == stored
