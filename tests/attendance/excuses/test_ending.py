"""Excuses and objections end: with the student, with the school's retention; until then they are in the bundle."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from attendance.disclosing.collecting import Collector, statements_of
from attendance.disputes.disputing import dispute_send
from attendance.erasing.parts import parts_of, subject_of
from attendance.excuses.deleting import DOCUMENT_DAYS
from attendance.excuses.documents import read_document
from attendance.models import ClassSession, Dispute, Excuse
from attendance.retaining.rules import RULES
from enrollment.models import ErasureScope
from tests.attendance.api.client import jpeg


def a_document():
    return read_document(io.BytesIO(jpeg()), "letter.jpg")


@pytest.fixture
def sent(closed, give, sam):
    """A reason and an objection of Sam's, each with a document."""
    excuse = give(document=a_document(), note="A cold")
    dispute = dispute_send(student=sam, session=closed, note="I was there", by=sam.user, document=a_document())
    return [excuse, dispute]


def stored(statements):
    return [default_storage.exists(str(each.document.name)) for each in statements]


@pytest.mark.parametrize(
    ("scope", "is_left"),
    [
        (ErasureScope.FACES, True),
        (ErasureScope.MARKS, False),
        (ErasureScope.ANONYMOUS, False),
        (ErasureScope.EVERYTHING, False),
    ],
)
def test_erasure_deletes_rows_and_files(sent, riverside, sam, scope, is_left):
    subject = subject_of(riverside, sam.pk, files=[], face_ids=[])
    for part in parts_of(scope):
        part.erase(subject)
        assert part.left(subject) == 0
    assert [Excuse.objects.exists(), Dispute.objects.exists()] == [is_left, is_left]
    assert stored(sent) == [is_left, is_left]


def apply(code, school):
    rule = next(rule for rule in RULES if rule.code == code)
    return rule.apply(rule.due_at(school))


def test_documents_end_some_time_after_the_decision(sent, riverside):
    assert apply("excuse_documents", riverside) == apply("dispute_documents", riverside) == 0
    long_ago = timezone.now() - timedelta(days=DOCUMENT_DAYS + 1)
    for model in (Excuse, Dispute):
        model.objects.update(created_at=long_ago)
    Dispute.objects.update(decided_at=timezone.now())
    assert (apply("excuse_documents", riverside), apply("dispute_documents", riverside)) == (1, 0)
    assert stored(sent) == [False, True]
    assert (Excuse.objects.get().document.name, Excuse.objects.get().note) == ("", "A cold")


def test_both_end_with_the_marks(sent, closed, riverside):
    riverside.mark_retention_days = 30
    riverside.save()
    assert apply("marks", riverside) == apply("excuses", riverside) == 0
    ago = timezone.now() - timedelta(days=31)
    ClassSession.objects.update(starts_at=ago, ends_at=ago + timedelta(minutes=50))
    Excuse.objects.update(first_day=ago.date(), last_day=ago.date() - timedelta(days=1) + timedelta(days=1))
    Excuse.objects.update(last_day=timezone.localdate() - timedelta(days=31))
    assert apply("marks", riverside) == apply("excuses", riverside) == 1
    assert not Excuse.objects.exists()
    assert not Dispute.objects.exists()
    assert stored(sent) == [False, False]


@pytest.mark.parametrize("own", [True, False])
def test_the_bundle_has_them(sent, sam, own):
    data = json.loads(json.dumps(Collector(sam, own=own).everything(), default=str))
    (excuse,), (dispute,) = data["excuses"], data["disputes"]
    assert (excuse["kind"], excuse["note"], excuse["state"]) == ("illness", "A cold", "waiting")
    assert excuse["file"] == f"documents/{sent[0].pk}.jpg"
    assert (dispute["note"], dispute["status"], "given_by" in dispute) == ("I was there", "A", not own)
    assert [each.pk for each in statements_of(sam)] == [each.pk for each in sent]
    assert zipfile  # the files themselves: tests/attendance/disclosing
