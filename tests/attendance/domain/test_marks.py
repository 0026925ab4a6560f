"""Marks that say something, and those that say nothing."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from attendance.domain.marks import Mark, is_unknown
from attendance.domain.statuses import Source, Status

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def mark(status, source):
    return Mark(uuid4(), uuid4(), uuid4(), held_at=NINE, status=status, source=source, marked_at=NINE)


@pytest.mark.parametrize("is_open", [True, False])
def test_without_a_mark_or_with_one_taken_back_nothing_is_known(is_open):
    assert is_unknown(None, is_open=is_open)
    assert is_unknown(mark(Status.NONE, Source.UNDO), is_open=is_open)


@pytest.mark.parametrize("source", [source for source in Source if source is not Source.CLOSE])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_mark_says_something(source, is_open):
    assert not is_unknown(mark(Status.ABSENT, source), is_open=is_open)


def test_an_absence_of_closing_is_known_until_the_register_is_opened_again():
    absent = mark(Status.ABSENT, Source.CLOSE)
    assert not is_unknown(absent, is_open=False)
    assert is_unknown(absent, is_open=True)
