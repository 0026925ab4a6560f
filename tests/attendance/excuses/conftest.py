"""Fixtures of the tests of excuses: reasons that Sam gives, for today unless it is said otherwise."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.excuses.giving import Reason, excuse_give
from attendance.models import Excuse
from attendance.register.sessions import session_close


@pytest.fixture
def today(riverside):
    return timezone.localdate(timezone.now(), riverside.zone)


@pytest.fixture
def reason(lesson):
    """A reason for the day of the lesson, or for days counted from it."""

    def of(first=0, last=0, kind=Excuse.Kind.ILLNESS, **fields):
        day = lesson.local_date
        return Reason(kind, day + timedelta(days=first), day + timedelta(days=last), **fields)

    return of


@pytest.fixture
def give(sam, reason):
    """Sam gives a reason."""

    def of(*days, student=sam, **fields):
        return excuse_give(student=student, reason=reason(*days, **fields), by=sam.user)

    return of


@pytest.fixture
def closed(register, tess):
    """The register, closed: Sam and Sita were not seen."""
    return session_close(session=register, by=tess.user)
