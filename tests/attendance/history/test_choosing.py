"""The student's page: a term, the missed lessons alone, and what the family has said of each."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.history.choosing import choice_of
from attendance.models import ClassSession, RosterEntry
from attendance.register.marks import new_mark
from attendance.repositories import marks_for
from enrollment.models import SchoolYear, Term


@pytest.fixture
def term(riverside):
    """A term of the last ten days, in a year that began before it."""
    today = timezone.localdate(timezone=riverside.zone)
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on=today - timedelta(days=60), ends_on=today + timedelta(days=200)
    )
    Term.objects.create(
        institution=riverside, year=year, name="First", starts_on=year.starts_on, ends_on=today - timedelta(days=45)
    )
    return Term.objects.create(
        institution=riverside, year=year, name="Autumn term", starts_on=today - timedelta(days=10), ends_on=today
    )


@pytest.fixture
def held(riverside, physics, sam):
    """Makes lessons of so many days ago, closed, with a mark of Sam's."""

    def lessons(*said):
        for days, status in said:
            then = timezone.now() - timedelta(days=days)
            session = ClassSession.objects.create(
                institution=riverside, course=physics, starts_at=then, ends_at=then + timedelta(minutes=50),
                state=ClassSession.State.CLOSED,
            )  # fmt: skip
            RosterEntry.objects.create(institution=riverside, session=session, student=sam)
            mark = new_mark(session, sam.pk, status=status, source=Source.REST, at=then)
            marks_for(riverside).mark_many([mark])

    return lessons


def lines(client, query=""):
    html = client.get(reverse("my_attendance", args=["riverside"]) + query).content.decode()
    return html.count('class="lesson"') - html.count("Earlier lessons")


def test_the_present_term_is_shown_first_and_any_other_can_be_chosen(sign_in, sam, held, term, riverside):
    held((1, Status.PRESENT), (5, Status.ABSENT), (30, Status.PRESENT), (90, Status.PRESENT))
    client = sign_in(sam)
    year = next(period for period in choice_of(riverside, {}).periods if not period.is_term)
    assert [lines(client), lines(client, f"?term={year.key}"), lines(client, "?term=all")] == [2, 3, 4]
    assert lines(client, "?term=nonsense") == 2


def test_only_missed_lessons(sign_in, sam, held):
    held((1, Status.PRESENT), (2, Status.ABSENT), (3, Status.LATE), (4, Status.EXCUSED))
    client = sign_in(sam)
    assert [lines(client), lines(client, "?missed=1")] == [4, 2]
    held((5, Status.PRESENT))
    assert lines(client, "?missed=1") == 2


def test_no_lesson_was_missed(sign_in, sam, held, term):
    held((1, Status.PRESENT))
    html = sign_in(sam).get(reverse("my_attendance", args=["riverside"]) + "?missed=1").content.decode()
    assert "No lesson was missed" in html


def test_a_choice_goes_on_page_by_page(sign_in, sam, held):
    held(*((days, Status.ABSENT) for days in range(1, 26)))
    client = sign_in(sam)
    assert lines(client, "?missed=1") == 20
    assert lines(client, "?missed=1&cursor=20") == 5


@pytest.mark.parametrize("cursor", ["-1", "x", "9" * 30, "²"])
def test_a_cursor_that_is_none_is_refused(sign_in, sam, held, cursor):
    held((1, Status.ABSENT))
    where = reverse("my_attendance", args=["riverside"]) + f"?missed=1&cursor={cursor}"
    assert sign_in(sam).get(where).status_code == 400
