"""The office's line of the day: registers taken and not taken, and what the closed ones say."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.register.sessions import session_close, session_open
from attendance.repositories.base import StoreUnavailable
from attendance.repositories.orm import OrmAttendanceRepository
from attendance.today.office import Day, read_day
from tests.attendance.byhand import mark_set

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-11-25T12:00:00+00:00")


@pytest.fixture
def at(riverside, physics):
    """A lesson of Riverside so many hours after noon."""

    def lesson(hours, state="scheduled"):
        starts = NOON + timedelta(hours=hours)
        return ClassSession.objects.create(
            institution=riverside, course=physics, starts_at=starts, ends_at=starts + timedelta(minutes=50), state=state
        )

    return lesson


def test_registers_by_how_far_they_are(riverside, at):
    for hours, state in (
        (-3, "closed"),
        (-2, "scheduled"),
        (-1, "closing"),
        (0, "open"),
        (1, "scheduled"),
        (2, "scheduled"),
    ):
        at(hours, state)
    day = read_day(riverside, at=NOON + timedelta(minutes=5))
    assert (day.taken, day.missed, day.open, day.to_come, day.total) == (1, 1, 2, 2, 6)
    assert day.headline == "1 of 6 registers taken · 2 open · 1 not taken · 2 to come"


def test_the_day_is_the_schools_own(hilltop, riverside, at):
    """At eight in the evening UTC it is the next day in India."""
    at(0)
    evening = NOON + timedelta(hours=8)
    assert read_day(riverside, at=evening).total == 1
    assert read_day(riverside, at=evening + timedelta(hours=5)).total == 0
    assert read_day(hilltop, at=NOON).total == 0


def test_what_closed_registers_say(riverside, lesson, tess, sam, sita):
    session = session_open(session=lesson, by=tess.user)
    mark_set(session=session, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert read_day(riverside).counts == ()
    session_close(session=session, by=tess.user)
    day = read_day(riverside)
    assert day.counts == ((Status.PRESENT, 1), (Status.ABSENT, 1))
    assert day.says == "1 present · 1 absent"
    assert day.headline == "1 of 1 register taken"


def test_a_store_that_is_unavailable(riverside, lesson, monkeypatch):
    def away(self, day):
        raise StoreUnavailable("throttled", "scripted")

    monkeypatch.setattr(OrmAttendanceRepository, "day_tally", away)
    day = read_day(riverside)
    assert (day.counts, day.says, day.missed) == (None, "The marks cannot be read now.", 1)


def test_a_day_without_lessons(riverside):
    assert read_day(riverside) == Day(taken=0, open=0, missed=0, to_come=0, counts=())


def test_the_index_shows_it(sign_in, ada, riverside, lesson):
    shown = sign_in(ada).get(reverse("admin:index")).content.decode()
    assert "Today: 0 of 1 register taken · 1 not taken" in shown
    assert 'href="/riverside/today/"' in shown


def test_the_index_of_another_school_does_not(sign_in, hanna, lesson):
    assert "register taken" not in sign_in(hanna).get(reverse("admin:index")).content.decode()
