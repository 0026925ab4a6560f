"""Quiet hours: where they begin and end to the minute, and the end of those that a moment lies in."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from attendance.domain.telling import QuietHours, after_quiet, digest_time

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT, NOON, NONE = QuietHours(time(20), time(7)), QuietHours(time(12), time(14)), QuietHours(time(20), time(20))


def at(text):
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("quiet", "clock", "covered"),
    [
        (NIGHT, "19:59", False), (NIGHT, "20:00", True), (NIGHT, "06:59", True), (NIGHT, "07:00", False),
        (NOON, "11:59", False), (NOON, "12:00", True), (NOON, "13:59", True), (NOON, "14:00", False),
        (NONE, "19:59", False), (NONE, "20:00", False), (NONE, "03:00", False),
    ],
)  # fmt: skip
def test_their_first_minute_and_the_first_after_them(quiet, clock, covered):
    assert quiet.covers(time.fromisoformat(clock)) == covered


@pytest.mark.parametrize(
    ("quiet", "moment", "expected"),
    [
        (NIGHT, "25T19:59", "25T19:59"), (NIGHT, "25T20:00", "26T07:00"), (NIGHT, "26T06:59", "26T07:00"),
        (NIGHT, "26T07:00", "26T07:00"), (NOON, "25T12:00", "25T14:00"), (NOON, "25T14:00", "25T14:00"),
        (NONE, "25T20:00", "25T20:00"),
    ],
)  # fmt: skip
def test_a_moment_within_them_becomes_their_end(quiet, moment, expected):
    found = after_quiet(at(moment), quiet)
    assert (found, found.tzinfo) == (at(expected), BERLIN)


@pytest.mark.parametrize(("moment", "expected"), [("25T10:00", "25T16:00"), ("25T17:30", "25T17:30")])
def test_a_digest_waits_for_its_hour_or_goes_at_once(moment, expected):
    found = digest_time(at(moment), time(16), NIGHT)
    assert (found, found.tzinfo) == (at(expected), BERLIN)


def test_a_digest_of_the_evening_waits_for_the_morning():
    assert digest_time(at("25T21:00"), time(16), NIGHT) == at("26T07:00")
