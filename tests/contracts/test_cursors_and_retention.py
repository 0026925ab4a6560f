"""Cursors of a student's pages and the option for retention, which all stores share."""

import time
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.repositories.base import BadCursor
from attendance.repositories.cursors import cursor_of, read_cursor
from attendance.repositories.retention import checked_retention, shortest

SESSION = UUID(int=7)
KOLKATA = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture
def far_away(monkeypatch):
    """A server whose own clock is set to another zone."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_cursor_is_the_beginning_in_utc_and_the_session(far_away):
    held_at = datetime(2026, 3, 2, 14, 30, tzinfo=KOLKATA)
    mark = Mark(SESSION, UUID(int=8), UUID(int=9), held_at, Status.PRESENT, Source.HAND, held_at)
    assert cursor_of(mark) == f"2026-03-02T09:00:00~{SESSION}"
    assert read_cursor(cursor_of(mark)) == (held_at, SESSION)
    assert read_cursor(cursor_of(mark))[0].tzinfo == UTC


@pytest.mark.parametrize("cursor", ["", "x~y", f"2026-03-02T09:00:00+00:00~{SESSION}", "2026-03-02T09:00:00~7"])
def test_a_bad_cursor_is_named(cursor):
    with pytest.raises(BadCursor) as refused:
        read_cursor(cursor)
    assert refused.value.args == (cursor,)


@pytest.mark.parametrize("days", [None, 1, 2, 730])
def test_a_retention_is_a_day_or_more(days):
    assert checked_retention(days) == days


@pytest.mark.parametrize("days", [0, -1, True, 1.5, "30"])
def test_what_is_no_retention(days):
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        checked_retention(days)


@pytest.mark.parametrize(("own", "option", "expected"), [(None, None, None), (5, None, 5), (None, 7, 7), (5, 7, 5)])
def test_the_shorter_one_counts(own, option, expected):
    assert shortest(own, option) == shortest(option, own) == expected
