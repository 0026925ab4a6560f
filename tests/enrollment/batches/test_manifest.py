"""Lists of files and roll numbers, as spreadsheets write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.batches import manifest
from enrollment.batches.manifest import read_manifest
from enrollment.errors import EnrollmentError


@pytest.mark.parametrize(
    "data",
    [
        b"file,roll number\na.jpg,R-1\nb.jpg,R-2\n",
        b"Roll Number;Name;File\nR-1;Anna;a.jpg\nR-2;Ben;b.jpg\n",
        "\ufeffDatei;Schülernummer\na.jpg;R-1\nb.jpg;R-2\n".encode(),
        "Datei\tSchülernummer\na.jpg\tR-1\nb.jpg\tR-2\n".encode("utf-16"),
        "Datei;Schülernummer\na.jpg;R-1\nb.jpg;R-2".encode("cp1252"),
        b"a.jpg,R-1\n\n,\nb.jpg,R-2\nc.jpg,\n",
        b'"A.JPG","R-1"\r\n"b.jpg","R-2"\r\n',
    ],
)
def test_files_and_numbers_are_found(data):
    assert read_manifest(data) == {"a.jpg": "R-1", "b.jpg": "R-2"}


def refused(code, data):
    with pytest.raises(EnrollmentError) as caught:
        read_manifest(data)
    assert (caught.value.code, bool(str(caught.value))) == (code, True)


def test_what_is_no_list_is_said(monkeypatch):
    refused("manifest_empty", b"")
    refused("manifest_empty", b"only one column\nR-1\n")
    refused("manifest_twice", b"a.jpg,R-1\nA.jpg,R-2\n")
    monkeypatch.setattr(manifest, "MOST_BYTES", 3)
    refused("manifest_too_large", b"a.jpg,R-1\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data):
    with suppress(EnrollmentError):
        assert all(file and number for file, number in read_manifest(data).items())
