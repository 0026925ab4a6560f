"""Absences known beforehand: what a row of an open register suggests, and to whom it says how much."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import Status
from attendance.models import Excuse
from attendance.register.expected import expected_words
from attendance.register.page import read_register
from tests.attendance.byhand import mark_set


@pytest.fixture
def excused(register, riverside, sam):
    """Enter a reason for Sam's absence from today."""

    def enter(*, state=Excuse.State.ACCEPTED, kind=Excuse.Kind.APPOINTMENT, **more):
        day = register.local_date
        return Excuse.objects.create(
            institution=riverside, student=sam, state=state, kind=kind, note="The dentist",
            **({"first_day": day, "last_day": day} | more),
        )  # fmt: skip

    return enter


def expected(session):
    return {row.student.name: row.expected for row in read_register(session).rows if row.expected}


def page(client, session):
    return " ".join(client.get(reverse("session", args=["riverside", session.pk])).content.decode().split())


def test_a_row_says_the_reason_and_its_letter_and_is_no_mark(sign_in, tess, register, excused):
    excuse = excused()
    assert expected(register) == {"Sam Field": excuse}
    html = page(sign_in(tess), register)
    assert "Excused: appointment" in html
    assert html.count("likely") == 1
    row = next(row for row in read_register(register).rows if row.expected)
    assert row.status is Status.NONE


def test_the_family_s_own_words_are_not_the_teacher_s_to_read(sign_in, tess, register, excused):
    excused()
    assert "dentist" not in page(sign_in(tess), register)


def test_who_came_all_the_same_has_no_suggestion(register, excused, sam, tess):
    excused()
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    assert expected(register) == {}


def test_who_is_marked_absent_keeps_it(register, excused, sam, tess):
    excused()
    mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
    assert list(expected(register)) == ["Sam Field"]


@pytest.mark.parametrize("state", [Excuse.State.REFUSED, Excuse.State.WITHDRAWN])
def test_what_was_refused_or_taken_back_is_not_shown(register, excused, state):
    excused(state=state)
    assert expected(register) == {}


def test_another_day_another_hour_and_another_school_are_not_shown(register, excused, hilltop):
    day = register.local_date
    excused(first_day=day - timedelta(days=3), last_day=day - timedelta(days=1))
    begins = timezone.localtime(register.starts_at, register.institution.zone)
    if begins.time() > time(0, 10):
        excused(ends=(begins - timedelta(minutes=5)).time())
    Excuse.objects.filter(pk=excused().pk).update(institution=hilltop)
    assert expected(register) == {}


def test_before_it_is_opened_and_once_it_is_closed_nothing_is_suggested(register, excused):
    excused()
    for state in ("scheduled", "closed"):
        register.state = state
        assert expected(register) == {}


@pytest.mark.parametrize(
    ("state", "begins", "ends", "words"),
    [
        ("accepted", None, None, "Excused: illness"),
        ("accepted", None, time(11), "Excused until 11:00: illness"),
        ("accepted", time(10, 30), None, "Excused from 10:30: illness"),
        ("accepted", time(10), time(11), "Excused 10:00–11:00: illness"),
        ("waiting", None, None, "Asked to be excused: illness"),
        ("waiting", None, time(11), "Asked to be excused until 11:00: illness"),
    ],
)
def test_in_words(state, begins, ends, words):
    assert expected_words(Excuse(state=state, begins=begins, ends=ends, kind="illness")) == words
