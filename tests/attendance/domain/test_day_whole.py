"""All that a student's day says, and the minute at which each of its rules begins and ends."""

from datetime import timedelta

import pytest

from attendance.domain.day import Standing, StudentDay, student_days, urgency
from tests.attendance.domain.test_day import PAT, A, D, E, P, at, day_of, lesson, said


@pytest.mark.parametrize(
    ("marks", "words", "now", "expected"),
    [
        ([P, A], [], "11:00", ("absent", "10:00", "09:03", "")),
        ([P, E], [], "11:00", ("explained", "10:00", "09:03", "ill")),
        ([P, D], [], "10:03", ("left", "10:03", "10:03", "ill")),
        ([P], [], "09:00", ("here", "09:00", "09:03", "")),
        ([None], [], "09:30", ("unknown", "09:00", None, "")),
        ([None], [said("late", "08:50")], "09:30", ("here", "09:00", "08:50", "")),
        ([None], [said("late", "09:30")], "09:30", ("here", "09:00", "09:30", "")),
        ([None], [said("late", "09:31")], "09:30", ("unknown", "09:00", None, "")),
        ([None], [said("left", "08:30", "12:00")], "09:30", ("explained", "09:00", "08:30", "dentist")),
        ([None], [said("left", "08:30"), said("late", "08:40")], "09:30", ("here", "09:00", "08:40", "")),
        ([P], [said("left", "09:20")], "09:30", ("left", "09:20", "09:20", "dentist")),
        ([P], [said("left", "09:30")], "09:30", ("left", "09:30", "09:30", "dentist")),
        ([P], [said("left", "12:00")], "11:00", ("here", "09:00", "09:03", "")),
        ([P, E], [said("left", "09:50", "10:30")], "10:29", ("left", "09:50", "09:50", "dentist")),
        ([P, E], [said("left", "09:50", "10:30")], "10:30", ("unknown", "10:00", "09:50", "")),
        ([P, A], [said("left", "09:50", "10:00")], "11:00", ("absent", "10:00", "09:50", "")),
        ([P, D], [said("left", "10:00", "10:00")], "11:00", ("left", "10:03", "10:03", "ill")),
        ([A], [said("left", "09:10", "09:40")], "10:00", ("absent", "09:00", "09:10", "")),
        # Came and left within the same minute: the absence after it has its reason.
        ([P, A], [said("late", "09:20"), said("left", "09:20")], "11:00", ("explained", "10:00", "09:20", "dentist")),
        ([D], [said("late", "09:40")], "10:00", ("here", "09:00", "09:40", "")),
        ([D], [said("late", "09:03")], "10:00", ("left", "09:03", "09:03", "ill")),
        ([D], [said("late", "09:40"), said("left", "09:40")], "10:00", ("here", "09:00", "09:40", "")),
        ([D, None], [said("late", "10:00")], "10:05", ("here", "10:00", "10:00", "")),
        ([D, None], [said("late", "09:59")], "10:05", ("unknown", "10:00", "09:59", "")),
        ([A], [said("late", "09:00")], "10:00", ("here", "09:00", "09:00", "")),
        ([A, None], [said("late", "10:00")], "10:05", ("here", "10:00", "10:00", "")),
        ([A, None], [said("late", "09:59")], "10:05", ("unknown", "10:00", "09:59", "")),
    ],
)
def test_standing_since_when_last_seen_and_why(marks, words, now, expected):
    clocks = ("09:00", "10:00")
    lessons = [lesson(clock, mark, note="ill") for clock, mark in zip(clocks, marks, strict=False)]
    standing, since, seen, reason = expected
    assert day_of(*lessons, words=words, now=now) == StudentDay(
        PAT, Standing(standing), lessons[-1].session_id, at(since), at(seen) if seen else None, reason
    )


@pytest.mark.parametrize(("marked", "seen"), [("08:59", "09:00"), ("09:50", "09:50"), ("09:51", "09:00")])
def test_a_mark_within_its_lesson_says_when_they_were_seen(marked, seen):
    assert day_of(lesson("09:00", P, seen=marked)).seen_at == at(seen)


def test_a_lesson_has_begun_at_its_first_minute():
    first = lesson("09:00", P)
    assert list(student_days([first], [], at=first.starts_at)) == [PAT]
    assert student_days([first], [], at=first.starts_at - timedelta(seconds=1)) == {}


def test_the_key_by_which_one_asks_after_people():
    gone, here = day_of(lesson("09:00", P), lesson("10:00", A)), day_of(lesson("09:00", P))
    assert urgency(gone) == (False, -at("09:03").timestamp())
    assert urgency(here) == (True, at("09:00").timestamp())
    assert urgency(StudentDay(PAT, Standing.UNKNOWN, here.lesson)) == (True, 0.0)
