"""A term of physics: seven closed lessons, one cancelled, one that was never taken and one that is open."""

from datetime import datetime
from unittest import mock

import pytest
from django.utils import timezone

from attendance.models import ClassSession
from tests.attendance.held import lesson_held

State = ClassSession.State
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_fixed_timezone(0))  # a Tuesday


@pytest.fixture(autouse=True)
def now():
    with mock.patch("django.utils.timezone.now", return_value=NOW):
        yield NOW


@pytest.fixture
def hold(riverside, physics):
    """Make a lesson of so many days ago: marks as `{student: "P"}`, guests besides."""

    def make(ago, marks, *, course=physics, **how):
        return lesson_held(course, ago, marks, **how)

    return make


@pytest.fixture
def term(hold, sam, sita):
    """Sam: P L A P P A P. Sita joined with the third lesson: always present."""
    sessions = [
        hold(20 - 2 * n, {sam: letter} if n < 2 else {sam: letter, sita: "P"}) for n, letter in enumerate("PLAPPAP")
    ]
    hold(5, {}, state=State.CANCELLED)
    hold(4, {}, state=State.SCHEDULED)
    hold(0, {sam: "P"}, state=State.OPEN)
    return sessions
