"""Faults that SQLite forgives: long texts, large numbers, locks on joined rows; and tests that change others."""

import re
from pathlib import Path

import pytest
from django.db import DataError, IntegrityError

from accounts.models import Institution
from enrollment.models import BatchPhoto, PhotoBatch

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("fields", [{"name": "x" * 1000}, {"grace_minutes": 40_000}], ids=["text", "number"])
def test_what_is_too_long_or_too_large_is_refused(riverside, fields):
    with pytest.raises((IntegrityError, DataError)):
        Institution.objects.filter(pk=riverside.pk).update(**fields)


def test_the_path_of_a_photo_in_a_batch_has_room_for_another_name(riverside):
    batch = PhotoBatch.objects.create(institution=riverside, name="A")
    item = BatchPhoto(institution=riverside, batch=batch, file_name="a.jpg", file_size=1, file_hash="0" * 64)
    path = item._meta.get_field("picture").generate_filename(item, "a.jpg")
    assert len(path) + len("_1234567") <= item._meta.get_field("picture").max_length


def test_a_storage_is_patched_by_its_class():
    """On an object monkeypatch "restores" a method as an attribute, which hides what a later test does to the class."""
    patched = re.compile(r"setattr\(\s*(default_storage|storages\b|\w+\.storage)\s*,")
    tests = (ROOT / "tests").rglob("*.py")
    assert [path.name for path in tests if patched.search(path.read_text("utf-8"))] == []


def test_rows_that_are_locked_are_named():
    """Without `of` PostgreSQL locks what is joined too, all writers of a school with it, and refuses an outer join."""
    locking = re.compile(r"select_for_update\(\)[^\n]*\.select_related|select_related\([^\n]*select_for_update\(\)")
    code = [path for app in ("accounts", "enrollment", "attendance") for path in (ROOT / app).rglob("*.py")]
    assert [path.name for path in code if locking.search(path.read_text("utf-8"))] == []
