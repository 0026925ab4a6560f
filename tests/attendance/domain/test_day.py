"""A student's day from its marks: here, absent and since when, told, or not known; and what the desk writes."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from attendance.domain.day import DayLesson, DeskWord, Standing, student_days, urgency
from attendance.domain.desk import WantedMark, mark_wanted
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status

NINE = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
PAT = uuid4()


def at(clock):
    hours, minutes = clock.split(":")
    return NINE.replace(hour=int(hours), minute=int(minutes))


def lesson(clock, status=None, *, seen=None, source=Source.HAND, is_open=False, note=""):
    """A lesson of 50 minutes in which Pat has this status; None: no mark."""
    starts, session_id = at(clock), uuid4()
    mark = status and Mark(
        session_id=session_id, course_id=uuid4(), student_id=PAT, held_at=starts, status=status, source=source,
        marked_at=at(seen) if seen else starts + timedelta(minutes=3), note=note,
    )  # fmt: skip
    return DayLesson(session_id, starts, starts + timedelta(minutes=50), is_open, {PAT: mark})


def day_of(*lessons, words=(), now="11:00"):
    return student_days(lessons, words, at=at(now))[PAT]


P, A, E, L, D = Status.PRESENT, Status.ABSENT, Status.EXCUSED, Status.LATE, Status.LEFT_EARLY


@pytest.mark.parametrize(
    ("marks", "standing", "since", "seen"),
    [
        ([P], "here", "09:00", "09:03"),
        ([A], "absent", "09:00", None),
        ([None], "unknown", "09:00", None),
        ([P, A], "absent", "10:00", "09:03"),
        ([A, A], "absent", "09:00", None),
        ([P, None], "unknown", "10:00", "09:03"),
        ([A, None], "absent", "09:00", None),
        ([A, L], "here", "10:00", "10:03"),
        ([E], "explained", "09:00", None),
        ([A, E], "explained", "09:00", None),
        ([E, A], "absent", "09:00", None),
        ([P, Status.NONE], "unknown", "10:00", "09:03"),
        ([P, D], "left", "10:03", "10:03"),
    ],
)
def test_standing_after_two_lessons(marks, standing, since, seen):
    day = day_of(*(lesson(clock, mark) for clock, mark in zip(("09:00", "10:00"), marks, strict=False)))
    assert (day.standing, day.since, day.seen_at) == (Standing(standing), at(since), at(seen) if seen else None)


def test_a_lesson_to_come_says_nothing():
    assert student_days([lesson("12:00", A)], [], at=at("11:00")) == {}
    assert day_of(lesson("09:00", P), lesson("12:00", A)).standing is Standing.HERE


def test_an_absence_by_closing_says_nothing_once_the_register_is_open_again():
    assert day_of(lesson("09:00", A, source=Source.CLOSE)).standing is Standing.ABSENT
    assert day_of(lesson("09:00", A, source=Source.CLOSE, is_open=True)).standing is Standing.UNKNOWN


def test_a_mark_made_after_the_lesson_counts_as_seen_at_its_beginning():
    assert day_of(lesson("09:00", P, seen="10:40")).seen_at == at("09:00")


class TestDesk:
    def test_an_arrival_between_lessons_is_here_until_a_register_says_otherwise(self):
        word = DeskWord(PAT, "late", at("10:55"))
        assert day_of(lesson("09:00", A), lesson("10:00", A), words=[word]).standing is Standing.HERE
        later = day_of(lesson("10:00", A), lesson("11:00", A), words=[word], now="11:30")
        assert (later.standing, later.seen_at) == (Standing.ABSENT, at("10:55"))

    def test_who_left_for_a_time_is_missing_when_it_is_over(self):
        word = DeskWord(PAT, "left", at("09:30"), until=at("10:30"), reason="dentist")
        lessons = [lesson("09:00", P), lesson("10:00", A)]
        assert day_of(*lessons, words=[word], now="10:10").standing is Standing.LEFT
        back = day_of(*lessons, lesson("11:00", A), words=[word], now="11:20")
        assert (back.standing, back.since) == (Standing.ABSENT, at("10:00"))


def test_who_was_here_last_comes_first():
    days = [
        day_of(lesson("09:00", A)),
        day_of(lesson("09:00", P), lesson("10:00", A)),
        day_of(lesson("09:00", P, seen="09:40"), lesson("10:00", A)),
        day_of(lesson("08:00", A)),
    ]
    assert sorted(days, key=urgency) == [days[2], days[1], days[3], days[0]]


def wanted(kind, clock, status=None, *, until=None, source=Source.HAND, is_open=True):
    """The mark that an entry at this time asks for in a lesson from 10:00 to 10:50, with ten minutes of grace."""
    each = lesson("10:00", status, source=source)
    return mark_wanted(
        DeskWord(PAT, kind, at(clock), at(until) if until else None),
        starts_at=each.starts_at, ends_at=each.ends_at, grace_minutes=10, is_open=is_open, mark=each.marks[PAT],
    )  # fmt: skip


def asking(*entry, **more):
    """The question, for later: a function that is called while tests are collected is changed by no mutant."""
    return partial(wanted, *entry, **more)


@pytest.mark.parametrize(
    ("word", "mark"),
    [
        (asking("late", "10:26"), WantedMark(L, 26)),
        (asking("late", "10:26", A), WantedMark(L, 26)),
        (asking("late", "10:08", A), WantedMark(P)),
        (asking("late", "10:26", P), None),
        (asking("late", "10:00"), WantedMark(P)),
        (asking("late", "10:50"), None),
        (asking("late", "09:59"), None),
        (asking("left", "10:20", P), WantedMark(D, left_at=at("10:20"))),
        (asking("left", "10:20"), WantedMark(D, left_at=at("10:20"))),
        (asking("left", "10:20", A), None),
        (asking("left", "10:20", D), None),
        (asking("left", "09:30", A), WantedMark(E)),
        (asking("left", "09:30", A, until="10:00"), None),
        (asking("left", "09:30"), None),
        (asking("left", "09:30", P), None),
        (asking("left", "09:30", A, source=Source.CLOSE), None),
        (asking("left", "09:30", A, source=Source.CLOSE, is_open=False), WantedMark(E)),
    ],
)
def test_the_mark_that_an_entry_asks_for(word, mark):
    assert word() == mark


def said(kind, clock, until=None):
    return DeskWord(PAT, kind, at(clock), at(until) if until else None, reason="dentist")


LEFT_AT_NINE_TWENTY = said("left", "09:20")
SHORTLY = said("left", "09:20", "09:40")


@pytest.mark.parametrize(
    ("marks", "words", "now", "standing"),
    [
        ([D], [LEFT_AT_NINE_TWENTY], "09:30", "left"),
        ([D], [LEFT_AT_NINE_TWENTY, said("late", "09:40")], "09:41", "here"),
        ([D], [SHORTLY], "09:30", "left"),
        ([D], [SHORTLY], "09:41", "unknown"),  # nobody has seen them, and they may be in the building
        ([D], [SHORTLY, said("late", "09:45")], "09:46", "here"),
        ([D], [said("late", "09:10"), SHORTLY], "09:41", "unknown"),  # that arrival was before they left
        ([P, E], [said("left", "09:50", "10:30")], "10:20", "left"),
        ([P, E], [said("left", "09:50", "10:30")], "10:31", "unknown"),
        ([P, A], [said("left", "09:50", "10:30")], "10:31", "unknown"),
        ([P, E], [said("left", "09:50", "10:30"), said("late", "10:25")], "10:26", "here"),
        ([P, P], [said("left", "09:50", "10:00")], "10:31", "here"),
        ([P, A], [said("left", "09:20"), said("late", "09:40")], "10:31", "absent"),  # back, and gone again
    ],
)
def test_those_who_left_come_back(marks, words, now, standing):
    lessons = [lesson(clock, mark) for clock, mark in zip(("09:00", "10:00"), marks, strict=False)]
    assert day_of(*lessons, words=words, now=now).standing == Standing(standing)


def test_an_arrival_ends_the_leaving_before_it_and_no_other():
    assert LEFT_AT_NINE_TWENTY.until_they_came([at("09:10"), at("11:00"), at("10:00")]).until == at("10:00")
    assert SHORTLY.until_they_came([at("10:00")]).until == at("09:40")
    assert LEFT_AT_NINE_TWENTY.until_they_came([]).until is None
    assert said("late", "09:00").until_they_came([at("10:00")]).until is None


def test_who_is_to_leave_in_a_moment_is_still_here():
    """The mark is written at once, with the time of leaving; until then nobody may be missing them elsewhere."""
    now = lesson("09:00", D)
    (pat,) = now.marks
    marks = {pat: replace(now.marks[pat], left_at=at("09:40"))}
    assert day_of(replace(now, marks=marks), words=[said("left", "09:40")], now="09:30").standing is Standing.HERE
    assert day_of(replace(now, marks=marks), words=[said("left", "09:40")], now="09:40").standing is Standing.LEFT
