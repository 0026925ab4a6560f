"""Rules of consents: ages, days, places."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.consents import (
    LETTERS,
    State,
    age_on,
    ends_soon,
    is_adult,
    last_day,
    leaver_days,
    rules_of,
)


def test_no_letter_is_one_of_a_mark():
    assert set(LETTERS) == set(State)
    assert len(set(LETTERS.values())) == len(State)
    assert not set(LETTERS.values()) & set("PLAE")


@pytest.mark.parametrize(
    ("born", "today", "adult"),
    [
        (date(2008, 11, 30), date(2026, 11, 29), False),
        (date(2008, 11, 30), date(2026, 11, 30), True),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (None, date(2026, 3, 1), False),
    ],
)
def test_a_student_is_adult_from_the_eighteenth_birthday_on(born, today, adult):
    assert is_adult(born, today) is adult


def test_an_age_is_in_completed_years():
    assert age_on(date(2010, 6, 1), date(2026, 5, 31)) == 15


@pytest.mark.parametrize(
    ("given_on", "months", "until"),
    [
        (date(2026, 9, 1), 12, date(2027, 9, 1)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 9, 1), None, None),
    ],
)
def test_the_last_day_of_a_consent(given_on, months, until):
    assert last_day(given_on, months) == until


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_a_month_later_is_in_the_right_month(given_on, months):
    until = last_day(given_on, months)
    assert (until.year * 12 + until.month) - (given_on.year * 12 + given_on.month) == months
    assert until.day <= given_on.day


def test_a_consent_ends_soon_in_its_last_month_and_not_after_it():
    today = date(2026, 9, 1)
    days = [date(2026, 8, 31), today, date(2026, 10, 1), date(2026, 10, 2), None]
    assert [ends_soon(day, today) for day in days] == [False, True, True, False, False]


def test_places_have_stricter_rules():
    assert rules_of("england").every_parent
    assert rules_of("illinois").most_leaver_days == 30
    assert not rules_of("").parent_needed


@pytest.mark.parametrize(("law", "chosen", "days"), [("illinois", 365, 30), ("illinois", 7, 7), ("", 365, 365)])
def test_a_law_limits_the_days_after_leaving(law, chosen, days):
    assert leaver_days(law, chosen) == days
