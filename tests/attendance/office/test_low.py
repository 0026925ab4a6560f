"""Low attendance and absences in a row beside the office's day."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django.utils.html import strip_tags

from attendance.models import ClassSession, MarkRow, SessionSummary
from attendance.office.low import read_low

pytestmark = pytest.mark.django_db


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


@pytest.fixture
def term(physics, sam, sita):
    """Ten lessons on ten days: Sam missed the last three, Sita none."""
    cache.clear()
    for days in range(10, 0, -1):
        starts = timezone.now() - timedelta(days=days)
        session = ClassSession.objects.create(
            institution=physics.institution, course=physics, starts_at=starts, ends_at=starts + timedelta(minutes=45),
            state="closed", closed_at=starts,
        )  # fmt: skip
        for student, status in ((sam, "A" if days <= 3 else "P"), (sita, "P")):
            MarkRow.objects.create(
                institution=physics.institution, session=session, student=student, status=status, source="hand",
                marked_at=starts,
            )  # fmt: skip
        SessionSummary.objects.create(
            institution=physics.institution, session=session, day=session.local_date, closed_at=starts
        )
    return physics.institution


def test_below_the_threshold_and_in_a_row(term, sam):
    found = read_low(term)
    assert [(line.student, line.rate.percent, line.rate.missed) for line in found.low] == [(sam, 70, 3)]
    assert [(line.student, line.figures.streak) for line in found.in_a_row] == [(sam, 3)]


def test_exactly_the_threshold_is_not_low(term):
    term.attendance_threshold = 70
    term.save()
    assert read_low(term).low == ()


def test_the_school_says_how_many_days_in_a_row_are_many(term, sam, sign_in, ada, go):
    term.streak_days = 4
    term.save()
    assert read_low(term).in_a_row == ()
    term.streak_days = 2
    term.save()
    assert [line.student for line in read_low(term).in_a_row] == [sam]
    part = sign_in(ada).get(go("office_low"), headers={"HX-Request": "true"})
    assert "1 student absent for 2 days in a row or longer" in words(part)


def test_the_part_of_the_office_s_page_and_the_page_with_everybody(term, sign_in, ada, go):
    client = sign_in(ada)
    assert go("office_low") in client.get(go("office")).content.decode()
    part = client.get(go("office_low"), headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert "1 below 90 % Sam Field 70 %" in words(part)
    assert "1 student absent for 3 days in a row or longer" in words(part)
    assert "For 1 student below 90 %" in words(client.get(go("office_low")))
