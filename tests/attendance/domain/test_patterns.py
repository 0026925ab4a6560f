"""Runs of lessons and patterns by weekday and hour."""

from datetime import date, datetime, time, timedelta

import pytest

from attendance.domain.patterns import Attended, Pattern, Runs, pattern_of, runs_of

MONDAY = datetime(2026, 9, 7, 9, 0)


def lessons(text, *, hours=(9,)):
    """School days from a Monday on; on each, a letter an hour: `A` absent, `.` there."""
    letters, found, day = list(text), [], 0
    while letters:
        if (MONDAY + timedelta(days=day)).weekday() < 5:
            for hour in hours:
                starts_at = MONDAY.replace(hour=hour) + timedelta(days=day)
                found.append(Attended(starts_at, letters.pop(0) == "A"))
        day += 1
    return found


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", Runs()),
        (".....", Runs(5, date(2026, 9, 11), 5, 0)),
        ("A", Runs(0, None, 0, 1)),
        ("...A..", Runs(3, date(2026, 9, 9), 2, 0)),
        ("..AAA", Runs(2, date(2026, 9, 8), 0, 3)),
    ],
)
def test_runs(text, runs):
    assert runs_of(lessons(text)) == runs


def test_fridays_stand_out():
    found = pattern_of(lessons("....A" * 4 + "A...."))
    assert (found.weekday, found.morning, found.on(4), found.total) == (4, True, 4, 5)
    assert found.hours == [time(9)]
    assert found.absences == {(4, time(9)): 4, (0, time(9)): 1}


def test_afternoons_of_a_weekday():
    found = pattern_of(lessons(("." * 8 + ".A") * 4, hours=(9, 14)))
    assert (found.weekday, found.morning) == (4, False)


def test_both_halves_of_a_weekday():
    found = pattern_of(lessons(("." * 8 + "AA") * 2, hours=(9, 14)))
    assert (found.weekday, found.morning) == (4, None)


@pytest.mark.parametrize(
    "text",
    [
        "....A....A....A",  # three are too few
        "AAAAA" * 3,  # each weekday alike
        "A.....A.....A.....A.....A",  # spread over the week
    ],
)
def test_nothing_stands_out(text):
    assert pattern_of(lessons(text)).weekday is None


def test_a_weekday_with_more_lessons_may_have_more_absences():
    """All lessons are on Mondays and so are all absences: that says nothing."""
    mondays = [Attended(MONDAY + timedelta(weeks=n), n % 2 == 0) for n in range(10)]
    assert pattern_of(mondays).weekday is None


def test_no_lesson():
    assert pattern_of([]) == Pattern(hours=[], weekdays=[], absences={}, lessons={})
