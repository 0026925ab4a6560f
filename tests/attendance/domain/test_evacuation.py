"""The names to be found in an evacuation, and the times of devices that are believed."""

from datetime import UTC, datetime, timedelta

import pytest

from attendance.domain.day import Standing
from attendance.domain.evacuation import credible_start, is_expected

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("standing", [None, *Standing])
def test_who_may_be_in_the_building(standing):
    assert is_expected(standing) is (standing in ("here", "unknown"))


@pytest.mark.parametrize(
    ("ago", "believed"),
    [
        (timedelta(0), True), (SECOND, True), (-SECOND, False), (timedelta(hours=12), True),
        (timedelta(hours=12) + SECOND, False),
    ],
)  # fmt: skip
def test_a_beginning_of_the_last_twelve_hours_is_believed(ago, believed):
    assert credible_start(NOW - ago, NOW) == (NOW - ago if believed else NOW)
    assert credible_start(None, NOW) == NOW
