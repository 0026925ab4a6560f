"""The pure rules of marks."""

from datetime import UTC, datetime, timedelta

import pytest

from attendance.domain.statuses import Source, Status, arrival, may_replace, minutes_after

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MACHINES = [Source.PHOTO, Source.WEBCAM, Source.KIOSK]
UNATTENDED = [*MACHINES, Source.CODE]
PEOPLE = [Source.HAND, Source.CONFIRMED]


@pytest.mark.parametrize(
    ("seconds", "grace", "expected"),
    [
        (-300, 10, (Status.PRESENT, 0)),
        (0, 0, (Status.PRESENT, 0)),
        (1, 0, (Status.LATE, 0)),
        (600, 10, (Status.PRESENT, 0)),
        (601, 10, (Status.LATE, 10)),
        (659, 10, (Status.LATE, 10)),
        (660, 10, (Status.LATE, 11)),
    ],
)
def test_late_begins_when_the_grace_is_over(seconds, grace, expected):
    assert arrival(seen_at=NINE + timedelta(seconds=seconds), starts_at=NINE, grace_minutes=grace) == expected


def test_minutes_are_never_negative():
    assert minutes_after(seen_at=NINE - timedelta(minutes=5), starts_at=NINE) == 0


@pytest.mark.parametrize("by", PEOPLE)
@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("status", list(Status))
def test_a_person_may_replace_anything(status, source, by):
    assert may_replace(status=status, source=source, by=by)


@pytest.mark.parametrize("by", UNATTENDED)
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("source", list(Source))
def test_a_machine_and_a_code_replace_only_closing_and_undoing(status, source, by):
    assert may_replace(status=status, source=source, by=by) == (source in (Source.CLOSE, Source.UNDO))


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("status", list(Status))
def test_closing_fills_only_what_is_empty(status, source):
    assert may_replace(status=status, source=source, by=Source.CLOSE) == (status is Status.NONE)


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("status", list(Status))
def test_the_rest_fills_what_is_empty_and_what_closing_filled(status, source):
    expected = status is Status.NONE or source is Source.CLOSE
    assert may_replace(status=status, source=source, by=Source.REST) == expected


def test_who_has_a_hand_in_it():
    assert [source for source in Source if source.is_unattended] == UNATTENDED
    assert [source for source in Source if source.is_machine] == MACHINES
    assert {source for source in Source if source.is_person} == {*PEOPLE, Source.REST}


def test_who_attended():
    assert [status for status in Status if status.attended] == [Status.PRESENT, Status.LATE, Status.LEFT_EARLY]
