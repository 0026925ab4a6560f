"""A day of Riverside: the lesson that runs, and one before it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.models import ClassSession


@pytest.fixture(autouse=True)
def set_up(riverside):
    """A school whose day does not end while the test runs: it is noon there."""
    riverside.time_zone = f"Etc/GMT{timezone.now().hour - 12:+d}"  # the sign of these zones is the other way round
    riverside.setup_done_at = timezone.now()
    riverside.save()


@pytest.fixture
def earlier(physics, set_up):
    """The lesson before: begun two hours ago, over."""
    starts = timezone.now() - timedelta(hours=2)
    return ClassSession.objects.create(
        institution=physics.institution, course=physics, starts_at=starts, ends_at=starts + timedelta(minutes=50)
    )


@pytest.fixture
def go():
    """An address of Riverside's office."""
    return lambda name, *args: reverse(name, args=["riverside", *args])
