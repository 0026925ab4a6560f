"""Runs of lessons and patterns by weekday and hour."""

from datetime import UTC, date, datetime, time, timedelta

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


def weeks(missed, *, number=6):
    """Six weeks with a lesson each weekday at nine; missed: how many of a weekday's."""
    days = [(week, day) for week in range(number) for day in range(5)]
    return [Attended(MONDAY + timedelta(weeks=week, days=day), week < missed.get(day, 0)) for week, day in days]


@pytest.mark.parametrize(
    ("missed", "weekday"),
    [
        ({4: 3, 0: 2, 1: 2, 2: 2, 3: 1}, 4),  # exactly one and a half times its share
        ({4: 3, 0: 2, 1: 2, 2: 2, 3: 2}, None),
        ({4: 2, 0: 1, 1: 1}, None),
        ({0: 5, 4: 4}, 0),
        ({0: 4, 4: 5}, 4),
    ],
)
def test_the_weekday_that_stands_out(missed, weekday):
    assert pattern_of(weeks(missed)).weekday == weekday


@pytest.mark.parametrize(
    ("hours", "morning"),
    [((9, 9, 9, 14), True), ((9, 9, 14, 14), None), ((9, 14, 14, 14), False), ((12, 12, 12, 12), False)],
)
def test_three_of_four_are_mostly_and_noon_is_no_morning(hours, morning):
    fridays = [Attended((MONDAY + timedelta(weeks=n, days=4)).replace(hour=hour), True) for n, hour in enumerate(hours)]
    found = pattern_of([*fridays, *weeks({})])
    assert (found.weekday, found.morning) == (4, morning)


def test_lessons_are_counted_by_weekday_and_minute():
    found = pattern_of(weeks({}, number=2))
    assert found.lessons == {(day, time(9)): 2 for day in range(5)}
    saturday = Attended(datetime(2026, 9, 12, 9, 30, 59, 999, tzinfo=UTC), False)
    found = pattern_of([saturday])
    assert (found.hours, found.weekdays) == ([time(9, 30)], [0, 1, 2, 3, 4, 5])
    assert found.hours[0].tzinfo is None
    assert pattern_of([Attended(MONDAY, True)]).weekdays == [0, 1, 2, 3, 4]
