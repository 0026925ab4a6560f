"""Duties: one process at a time, and a rest that counts from the end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.leases import duty_take
from accounts.models import Duty
from tests.contracts.conftest import at_once

TERM, REST = timedelta(minutes=5), timedelta(minutes=1)


def take():
    return duty_take("sweep", term=TERM, rest=REST)


def let_pass(**times):
    """As if so much time had passed since `until` or `ended_at` was written."""
    for field, ago in times.items():
        Duty.objects.update(**{field: getattr(Duty.objects.get(), field) - ago})


def test_one_at_a_time_and_then_a_rest_from_its_end(db):
    first = take()
    assert take() is None
    first.end()
    assert take() is None
    let_pass(ended_at=REST)
    assert take() is not None


def test_a_rest_is_up_to_the_caller(db):
    take().end()
    assert duty_take("sweep", term=TERM) is not None


def test_what_is_given_back_is_free_at_once(db):
    take().give_back()
    assert take() is not None


def test_the_duty_of_a_process_that_died_is_free_after_its_term(db):
    dead = take()
    let_pass(until=TERM + timedelta(seconds=1))
    second = take()
    assert second is not None
    assert not dead.extend()
    dead.end()
    assert Duty.objects.get().holder == second.holder
    assert second.extend()


def test_it_is_kept_by_extending_it(db):
    duty = take()
    let_pass(until=TERM)
    assert duty.extend()
    assert Duty.objects.get().until > timezone.now() + TERM / 2


def test_other_duties_are_others(db):
    take()
    assert duty_take("something else", term=TERM, rest=REST) is not None


def test_a_clock_that_was_set_back_stops_nobody(db):
    take().end()
    Duty.objects.update(ended_at=timezone.now() + timedelta(hours=1))
    assert take() is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_it():
    assert sum(duty is not None for duty in at_once(*[take] * 4)) == 1
    connection.close()
