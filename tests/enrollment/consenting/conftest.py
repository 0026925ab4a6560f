"""Guardians and a consent form of Riverside."""

from datetime import timedelta

import pytest

from enrollment.consenting import asking
from enrollment.consenting.wording import consent_form_save
from enrollment.models import Group, GroupPlace, Guardian, Guardianship, Student


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Mails leave at once: the pause in which they can be taken back has a test of its own."""
    monkeypatch.setattr(asking, "UNDO_FOR", timedelta(0))


def make_guardian(student, name, email="", **relation):
    guardian = Guardian.objects.create(institution=student.institution, name=name, email=email)
    Guardianship.objects.create(institution=student.institution, guardian=guardian, student=student, **relation)
    return guardian


@pytest.fixture
def nina(riverside):
    """A student about whom nobody has answered, with two guardians: Mira and Omar."""
    student = Student.objects.create(institution=riverside, name="Nina Novak", roll_number="R-010")
    make_guardian(student, "Mira Novak", "mira@example.org")
    make_guardian(student, "Omar Novak", "omar@example.org")
    return student


@pytest.fixture
def mira(nina):
    return Guardian.objects.get(name="Mira Novak")


@pytest.fixture
def omar(nina):
    return Guardian.objects.get(name="Omar Novak")


@pytest.fixture
def consent_form(riverside, ada):
    return consent_form_save(
        institution=riverside,
        version="Form 1",
        valid_months=12,
        texts={"en": "May we?", "de": "Dürfen wir?"},
        by=ada.user,
    )


@pytest.fixture
def group(riverside, nina, sam):
    group = Group.objects.create(institution=riverside, name="10B")
    for student in (nina, sam):
        GroupPlace.objects.create(institution=riverside, group=group, student=student)
    return group


def link_in(message):
    """The link in a mail's text."""
    return next(line for line in message.body.splitlines() if line.startswith("http"))
