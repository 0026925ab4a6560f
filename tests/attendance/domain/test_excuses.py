"""The time that a reason covers, to the minute and the day, and which of several is taken."""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

import pytest

from attendance.domain.excuses import LessonTime, Span, reason_for

ONE, OTHER = UUID(int=1), UUID(int=2)
TEN = LessonTime(ONE, date(2026, 11, 24), time(10), time(10, 50))
NIGHT = LessonTime(ONE, date(2026, 11, 24), time(23), time(0, 30))


@dataclass(frozen=True)
class Given:
    span: Span
    is_accepted: bool = False


def span(first=24, last=24, begins=None, ends=None, session_id=None):
    hours = [time.fromisoformat(each) if each else None for each in (begins, ends)]
    return Span(date(2026, 11, first), date(2026, 11, last), *hours, session_id)


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        (span(), True), (span(23, 24), True), (span(24, 25), True), (span(22, 23), False), (span(25, 26), False),
        (span(begins="10:49"), True), (span(begins="10:50"), False), (span(begins="08:00"), True),
        (span(ends="10:01"), True), (span(ends="10:00"), False), (span(ends="12:00"), True),
        (span(begins="10:10", ends="10:20"), True), (span(begins="08:00", ends="09:00"), False),
        (span(session_id=ONE), True), (span(session_id=OTHER), False), (span(1, 2, session_id=ONE), True),
    ],
)  # fmt: skip
def test_some_of_the_lesson_lies_within(given, covered):
    assert given.covers(TEN) is covered


@pytest.mark.parametrize(
    ("given", "covered"),
    [(span(begins="23:30"), True), (span(ends="23:00"), False), (span(ends="23:01"), True), (span(25, 25), False)],
)
def test_a_lesson_over_midnight_is_of_its_first_day(given, covered):
    assert given.covers(NIGHT) is covered


def test_one_that_ends_when_it_begins_ends_with_the_day():
    assert span(begins="23:59").covers(LessonTime(ONE, date(2026, 11, 24), time(10), time(10)))


def test_an_accepted_one_comes_before_one_that_waits():
    elsewhere, waits, accepted, later = (
        Given(span(25, 25), is_accepted=True), Given(span()), Given(span(), is_accepted=True), Given(span(), True),
    )  # fmt: skip
    assert reason_for([elsewhere, waits, accepted, later], TEN) is accepted
    assert reason_for([elsewhere, waits, Given(span())], TEN) is waits
    assert reason_for([elsewhere], TEN) is None
    assert reason_for([], TEN) is None
