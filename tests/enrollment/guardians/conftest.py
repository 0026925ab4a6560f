"""Fay Field, Sam's mother, and Fred, his father; both have an address and no account."""

import pytest

from enrollment.models import Guardian, Guardianship


@pytest.fixture
def fay(riverside, sam):
    return _guardian(riverside, sam, "Fay Field", "fay@example.org")


@pytest.fixture
def fred(riverside, sam):
    return _guardian(riverside, sam, "Fred Field", "fred@example.org")


def _guardian(school, student, name, email):
    guardian = Guardian.objects.create(institution=school, name=name, email=email)
    Guardianship.objects.create(institution=school, guardian=guardian, student=student)
    return guardian


@pytest.fixture
def relation(fay, sam):
    return Guardianship.objects.get(guardian=fay, student=sam)
