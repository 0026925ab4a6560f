"""Answers that come at the same time, from several families and while a face is being enrolled or recognised.

On PostgreSQL (`make test-postgresql`) rows are locked; SQLite lets one write at a time.
"""

import time
from threading import Event

import pytest
from django.db import transaction

from enrollment.faces.consent import require_enrollable, searchable, searchable_held
from enrollment.models import Consent
from enrollment.services import consents
from enrollment.services.consents import AnswerInput, consent_answer, consent_withdraw
from tests.contracts.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)
GRANTED, REFUSED = Consent.Answer.GRANTED, Consent.Answer.REFUSED


def answering(student, answer, by="Parent One"):
    given = AnswerInput(answer=answer, given_by=by, wording="Face consent 2026-09")
    return lambda: consent_answer(student=student, given=given, recorded_by=None)


def standing(student):
    return sorted(Consent.objects.standing().filter(student=student).values_list("given_by", "answer"))


def failures(results):
    return [result for result in results if isinstance(result, Exception)]


def test_a_double_click_is_one_answer(sita):
    Consent.objects.all().delete()
    assert failures(at_once(*[answering(sita, GRANTED)] * 4)) == []
    assert standing(sita) == [("Parent One", GRANTED)]
    assert Consent.objects.count() == 1


def test_one_person_who_agrees_and_refuses_at_once_has_one_answer(sita):
    Consent.objects.all().delete()
    results = at_once(*[answering(sita, answer) for answer in (GRANTED, REFUSED, GRANTED, REFUSED)])
    assert failures(results) == []
    assert len(standing(sita)) == 1


def test_two_parents_at_once_are_two_answers_and_a_refusal_holds(riverside, sita):
    Consent.objects.all().delete()
    results = at_once(answering(sita, GRANTED, "Parent One"), answering(sita, REFUSED, "Parent Two"))
    assert failures(results) == []
    assert [by for by, _answer in standing(sita)] == ["Parent One", "Parent Two"]
    assert searchable(riverside, {sita.pk}) == set()


@pytest.mark.parametrize("ends", ["refused", "withdrawn"])
def test_a_face_that_is_written_and_a_consent_that_ends_wait_for_each_other(riverside, sita, monkeypatch, ends):
    """Neither fails: both lock in one order."""
    given_by = Consent.objects.get(student=sita).given_by
    real = consents._standing
    locked = Event()

    def slowly(student, given):
        locked.set()  # the answer holds the student by now
        time.sleep(0.3)
        return real(student, given)

    monkeypatch.setattr(consents, "_standing", slowly)

    def write():
        if ends == "refused":
            locked.wait(10)
        with transaction.atomic():
            return searchable_held(riverside, {sita.pk})

    end = answering(sita, REFUSED, given_by) if ends == "refused" else lambda: consent_withdraw(student=sita, by=None)
    results = at_once(end, write, write)
    assert failures(results) == []
    assert searchable(riverside, {sita.pk}) == set()


def test_a_consent_does_not_end_while_a_face_is_written(riverside, sita):
    """The writer was permitted, and what it wrote is there before the withdrawal erases: nothing is missed."""
    order, asked = [], Event()

    def write():
        with transaction.atomic():
            require_enrollable(sita)
            asked.set()
            time.sleep(0.3)
            order.append("written")

    def end():
        asked.wait(10)
        consent_withdraw(student=sita, by=None)
        order.append("ended")

    assert failures(at_once(write, end)) == []
    assert order == ["written", "ended"]
