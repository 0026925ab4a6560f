"""Entries of the office about a student's days, and evacuations, in their complete data."""

from uuid import uuid4

import pytest
from django.utils import timezone

from attendance.disclosing.collecting import Collector
from attendance.evacuation.running import evacuation_start
from attendance.office.desk import arrival_enter

pytestmark = pytest.mark.django_db


def test_entries_at_the_desk_and_evacuations_are_in_it(riverside, sam, sita, ada):
    arrival_enter(student=sam, at=timezone.now(), reason="bus", by=ada.user)
    evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=ada.user)
    found = Collector(sam, own=True)
    assert [(row["kind"], row["reason"]) for row in found.desk()] == [("late", "bus")]
    assert [(row["is_drill"], row["seen_at"]) for row in found.evacuations()] == [(True, None)]
    assert Collector(sita, own=True).desk() == []
