"""One contract for registers as reports read them: of courses between two days, of a day, of several sessions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.domain.marks import BriefMark, MarkOfDay, Register, briefly, of_day
from attendance.domain.statuses import Source
from attendance.repositories import marks_for
from portal.aws.dynamodb import Calls
from tests.contracts.conftest import FIRST_LESSON
from tests.contracts.marks import A, D, E, L, N, P, by_hand, mark_of
from tests.contracts.test_attendance_summaries import CLOSED_AT, DAY, LATER, closing_of

SEEN = BriefMark(P, source=Source.PHOTO)
NEXT = timedelta(days=1)


@pytest.fixture
def store(backend, here):
    return marks_for(here.institution)


def close(store, session, marks, *, day=DAY, closed_at=CLOSED_AT):
    """Write the marks and close the session with them; returns the register that reports read."""
    store.mark_many([mark for mark in marks if not mark.source.is_person])
    for mark in marks:
        if mark.source.is_person:
            store.correct(mark, expected_version=0)
    held = {pk: mark for pk, mark in store.for_session(session.pk).items() if mark.status is not N}
    store.close_session(replace(closing_of(session, {}, day=day, closed_at=closed_at), marks=held))
    return Register(session.pk, session.course_id, day, session.starts_at, briefly(held.values()))


def of_day_closed(store, day, *sessions):
    """The day's marks, by closed session."""
    return store.marks_of_day(day, closed={session.pk for session in sessions}, others=())


def of_course(store, session, first=DAY, last=DAY):
    return store.registers_of_courses([session.course_id], first=first, last=last)


class TestRegisters:
    def test_nothing_was_closed(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert of_course(store, lesson) == store.registers_of_courses([], first=DAY, last=DAY) == []
        assert store.marks_of_day(DAY, closed=(), others=()) == {}

    def test_it_says_of_each_student_what_the_mark_says(self, store, here, lesson, person):
        first, second, third = here.students
        close(
            store,
            lesson,
            [
                mark_of(lesson, first),
                mark_of(lesson, second, L, minutes_late=7),
                by_hand(lesson, third, person, E, code="MÜD", note="Dentist"),
            ],
        )
        expected = Register(
            lesson.pk,
            lesson.course_id,
            DAY,
            FIRST_LESSON,
            {first: SEEN, second: SEEN._replace(status=L, minutes_late=7), third: BriefMark(E, "MÜD", is_noted=True)},
        )
        assert of_course(store, lesson) == [expected]

    def test_the_day_says_when_and_why(self, store, here, lesson, person):
        first, second, third = here.students
        left_at = FIRST_LESSON + timedelta(minutes=31)
        close(
            store,
            lesson,
            [
                mark_of(lesson, first, L, minutes_late=7),
                by_hand(lesson, second, person, E, note="Dentist | until noon"),
                by_hand(lesson, third, person, D, left_at=left_at),
            ],
        )
        held = store.for_session(lesson.pk)
        assert of_day_closed(store, DAY, lesson) == {lesson.pk: {pk: of_day(mark) for pk, mark in held.items()}}
        expected = MarkOfDay(E, Source.HAND, held[second].marked_at, note="Dentist | until noon")
        assert of_day_closed(store, DAY, lesson)[lesson.pk][second] == expected
        assert of_day_closed(store, DAY, lesson)[lesson.pk][third].left_at == left_at

    def test_of_an_open_register_the_day_has_the_marks_of_this_moment(self, store, here, lesson, person):
        open_one = here.lesson(FIRST_LESSON + timedelta(hours=1))
        close(store, lesson, [mark_of(lesson, here.students[0])])
        close(store, open_one, [mark_of(open_one, here.students[0])])
        store.correct(by_hand(open_one, here.students[0], person, A), expected_version=1)
        found = store.marks_of_day(DAY, closed={lesson.pk}, others={open_one.pk})
        said = {pk: marks[here.students[0]].status for pk, marks in found.items()}
        assert said == {lesson.pk: P, open_one.pk: A}

    def test_a_session_that_was_never_closed_is_read_from_its_marks(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        assert of_day_closed(store, DAY, lesson)[lesson.pk][here.students[0]].status is P

    def test_a_mark_that_was_taken_back_is_not_in_it(self, store, here, lesson, person):
        first, second, _third = here.students
        close(store, lesson, [mark_of(lesson, first), by_hand(lesson, second, person, N)])
        assert [set(register.marks) for register in of_course(store, lesson)] == [{first}]
        assert set(of_day_closed(store, DAY, lesson)[lesson.pk]) == {first}

    def test_a_register_of_nobody_is_not_among_them(self, store, lesson):
        close(store, lesson, [])
        assert of_course(store, lesson) == []
        assert of_day_closed(store, DAY, lesson) == {lesson.pk: {}}

    def test_of_the_courses_that_are_asked_for_and_between_the_days(self, store, here):
        days = [FIRST_LESSON + n * NEXT for n in range(4)]
        mine = [here.lesson(at) for at in days]
        others = [here.lesson(at + timedelta(hours=1), course=1) for at in days]
        found = [
            close(store, session, [mark_of(session, here.students[0])], day=session.starts_at.date())
            for session in [*reversed(mine), *others]
        ]
        by_time = sorted(found, key=lambda register: register.held_at)
        both = store.registers_of_courses(here.courses, first=DAY, last=DAY + 3 * NEXT)
        assert both == by_time
        middle = store.registers_of_courses([here.courses[1]], first=DAY + NEXT, last=DAY + 2 * NEXT)
        assert [register.session_id for register in middle] == [others[1].pk, others[2].pk]
        assert store.registers_of_courses(here.courses, first=DAY + NEXT, last=DAY) == []

    def test_the_day_is_the_closing_s_own(self, store, here, lesson):
        close(store, lesson, [mark_of(lesson, here.students[0])], day=date(2026, 3, 3))
        assert of_course(store, lesson) == []
        assert len(of_course(store, lesson, date(2026, 3, 3), date(2026, 3, 3))) == 1

    def test_closed_again_after_a_correction(self, store, here, lesson, person):
        student = here.students[0]
        close(store, lesson, [mark_of(lesson, student)])
        corrected = store.correct(by_hand(lesson, student, person, A, note="Was not there"), expected_version=1)
        again = replace(closing_of(lesson, {}, closed_at=CLOSED_AT + LATER), marks={student: corrected})
        store.close_session(again)
        [register] = of_course(store, lesson)
        assert register.marks == {student: BriefMark(A, is_noted=True)}
        assert of_day_closed(store, DAY, lesson) == {lesson.pk: {student: of_day(corrected)}}

    def test_a_moved_lesson_is_on_its_new_day_alone(self, store, here, lesson):
        marks = [mark_of(lesson, here.students[0])]
        close(store, lesson, marks)
        moved = DAY + timedelta(days=7)
        close(store, lesson, marks, day=moved, closed_at=CLOSED_AT + LATER)
        assert of_day_closed(store, moved, lesson)[lesson.pk].keys() == {here.students[0]}
        assert [register.day for register in of_course(store, lesson, DAY, moved)] == [moved]

    def test_erasing_a_student_takes_them_from_their_registers(self, store, here):
        gone, stays, _third = here.students
        lessons = [here.lesson(FIRST_LESSON + timedelta(hours=n)) for n in range(3)]
        for session in lessons[:2]:
            close(store, session, [mark_of(session, gone), mark_of(session, stays)])
        close(store, lessons[2], [mark_of(lessons[2], stays)])
        store.purge_student(gone)
        assert [set(register.marks) for register in of_course(store, lessons[0])] == [{stays}] * 3
        assert [set(marks) for marks in of_day_closed(store, DAY, *lessons).values()] == [{stays}] * 3

    def test_erasing_sessions_takes_their_registers(self, store, here, lesson):
        close(store, lesson, [mark_of(lesson, here.students[0])])
        store.purge_sessions([lesson.pk])
        assert of_course(store, lesson) == []
        assert of_day_closed(store, DAY, lesson) == {lesson.pk: {}}

    def test_another_institution_sees_none(self, store, here, there, lesson):
        close(store, lesson, [mark_of(lesson, here.students[0])])
        other = marks_for(there.institution)
        assert of_course(other, lesson) == []
        assert of_day_closed(other, DAY, lesson) == {lesson.pk: {}}
        assert other.for_sessions([lesson.pk]) == {lesson.pk: {}}

    def test_marks_of_several_sessions(self, store, here):
        one, two = here.lesson(), here.lesson(FIRST_LESSON + NEXT, course=1)
        store.mark_many([mark_of(one, here.students[0]), mark_of(one, here.students[1], L)])
        empty = uuid4()
        found = store.for_sessions([one.pk, two.pk, empty])
        assert found == {one.pk: store.for_session(one.pk), two.pk: {}, empty: {}}
        assert store.for_sessions([]) == {}

    def test_marks_of_a_student_in_some_sessions(self, store, here, there, person):
        student, other, _third = here.students
        one, two, three = (here.lesson(FIRST_LESSON + n * NEXT) for n in range(3))
        for session in (one, two):
            store.mark_many([mark_of(session, student), mark_of(session, other, L)])
        store.correct(by_hand(two, student, person, N), expected_version=1)
        held = {session.pk: store.for_session(session.pk)[student] for session in (one, two)}
        assert store.student_marks_in(student, [one.pk, two.pk, three.pk]) == held
        assert store.student_marks_in(student, []) == marks_for(there.institution).student_marks_in(student, held) == {}

    def test_marks_of_a_student_between_two_times(self, store, here, person):
        student, other, _third = here.students
        lessons = [here.lesson(FIRST_LESSON + n * NEXT, course=n % 2) for n in range(4)]
        for session in lessons:
            store.mark_many([mark_of(session, student), mark_of(session, other, L)])
        store.correct(by_hand(lessons[1], student, person, N), expected_version=1)
        found = store.marks_of_student(student, first=lessons[0].starts_at, last=lessons[2].starts_at)
        assert [(one.session_id, one.course_id, one.held_at, one.mark) for one in found] == [
            (session.pk, session.course_id, session.starts_at, SEEN) for session in (lessons[0], lessons[2])
        ]
        assert store.marks_of_student(student, first=lessons[2].starts_at, last=lessons[0].starts_at) == []

    def test_retention_hides_registers(self, backend, here):
        here.institution.mark_retention_days = 30
        store = marks_for(here.institution)
        now = datetime.now(UTC).replace(microsecond=0)
        old, young = here.lesson(now - timedelta(days=31)), here.lesson(now - timedelta(days=29))
        for session in (old, young):
            close(store, session, [mark_of(session, here.students[0])], day=session.starts_at.date())
        found = store.registers_of_courses(here.courses, first=old.starts_at.date(), last=now.date())
        assert [register.session_id for register in found] == [young.pk]
        assert of_day_closed(store, old.starts_at.date(), old) == {old.pk: {}}
        times = {"first": old.starts_at, "last": now}
        assert [one.session_id for one in store.marks_of_student(here.students[0], **times)] == [young.pk]

    @pytest.mark.thorough
    def test_the_number_of_questions_does_not_grow(self, backend, store, here, monkeypatch):
        asked = []
        call = Calls._call
        monkeypatch.setattr(Calls, "_call", lambda self, *args, **rest: asked.append(args) or call(self, *args, **rest))

        def questions():
            asked.clear()
            with CaptureQueriesContext(connection) as queries:
                assert all(of_day_closed(store, DAY, *closed).values())
                assert of_course(store, here.sessions[0])
            return len(asked) + len(queries)

        counts, closed = [], []
        for _ in range(2):
            for n in range(5):
                session = here.lesson(FIRST_LESSON + timedelta(minutes=len(here.sessions)), course=0)
                close(store, session, [mark_of(session, here.students[n % 3])])
                closed.append(session)
            counts.append(questions())
        assert counts[0] == counts[1] == (3 if backend == "orm" else 2)
