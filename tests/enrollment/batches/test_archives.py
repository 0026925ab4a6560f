"""ZIP files from anywhere: what is read, what is skipped, what is refused, each with a sentence."""

import contextlib
import io
import os
import struct
import zipfile

import pytest

from enrollment.batches import archives
from enrollment.batches.archives import Archive, is_hidden
from enrollment.batches.outcomes import _REASONS
from enrollment.errors import EnrollmentError
from tests.damage import damaged
from tests.enrollment.batches.conftest import zipped


def refused(code, file):
    with pytest.raises(EnrollmentError) as caught:
        Archive(file)
    assert (caught.value.code, bool(str(caught.value))) == (code, True)


def test_photos_are_read_and_what_systems_add_is_skipped():
    archive = Archive(zipped([
        ("10A/R-1.jpg", b"one"), ("__MACOSX/10A/._R-1.jpg", b""), (".DS_Store", b""), ("10A/Thumbs.db", b""),
        ("10A/", b""), ("R-2.jpg", b"two"), ("._R-2.jpg", b""),
    ]))  # fmt: skip
    assert [(entry.name, archive.read(entry)) for entry in archive] == [("10A/R-1.jpg", b"one"), ("R-2.jpg", b"two")]
    assert (archive.skipped, len(archive)) == (4, 2)


@pytest.mark.parametrize("path", ["", "/", ".", "a/.b/c.jpg", "__MACOSX/a.jpg", "x/DESKTOP.INI", "..\\.x"])
def test_hidden(path):
    assert is_hidden(path)


@pytest.mark.parametrize("path", ["a.jpg", "a.b/c.jpg", "../a.jpg", "a..b.jpg"])
def test_not_hidden(path):
    assert not is_hidden(path)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../etc/passwd.jpg", "unsafe_path"),
        ("/etc/a.jpg", "unsafe_path"),
        ("a\\..\\..\\b.jpg", "unsafe_path"),
        ("C:/Windows/a.jpg", "unsafe_path"),
        ("inner.zip", "nested_archive"),
        ("photos.tar.gz", "nested_archive"),
    ],
)
def test_path_tricks_and_nested_archives_are_refused_one_by_one(name, code):
    archive = Archive(zipped([(name, b"x"), ("good.jpg", b"y")]))
    assert [entry.refusal for entry in archive] == [code, ""]
    assert code in _REASONS


def test_a_link_is_no_photo():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert [entry.refusal for entry in Archive(out)] == ["not_a_picture"]


def test_names_in_cp437_and_in_utf8_that_nobody_flagged():
    def named(raw):
        file = zipped([("X" * len(raw), b"x")])
        return io.BytesIO(file.getvalue().replace(b"X" * len(raw), raw))

    assert [entry.name for entry in Archive(named("Jörg Müller.jpg".encode("cp437")))] == ["Jörg Müller.jpg"]
    assert [entry.name for entry in Archive(named("Jörg Müller.jpg".encode()))] == ["Jörg Müller.jpg"]
    assert [entry.name for entry in Archive(zipped([("عبد.jpg", b"x")]))] == ["عبد.jpg"]


def test_bombs_are_not_opened(monkeypatch):
    refused("archive_bomb", zipped([("a.jpg", bytes(5_000_000))], compression=zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(archives, "MOST_UNPACKED", 10)
    refused("archive_bomb", zipped([("a.jpg", bytes(11))]))
    monkeypatch.setattr(archives, "MOST_ENTRIES", 1)
    refused("archive_too_many", zipped([("a.jpg", b""), ("b.jpg", b"")]))


def test_one_entry_that_swells_is_refused_by_itself(settings):
    photo = os.urandom(500_000)
    archive = Archive(zipped([("bomb.jpg", bytes(4_000_000)), ("good.jpg", photo)], compression=zipfile.ZIP_DEFLATED))
    assert [entry.refusal for entry in archive] == ["bomb", ""]
    settings.PICTURE_MAX_BYTES = 400_000
    assert [entry.refusal for entry in Archive(zipped([("good.jpg", photo)]))] == ["too_large"]


def test_what_an_entry_says_of_its_size_is_not_believed():
    """No more is read than it says, and then it is a damaged entry."""
    file = zipped([("a.jpg", bytes(5000))], compression=zipfile.ZIP_DEFLATED).getvalue()
    lying = file.replace(struct.pack("<I", 5000), struct.pack("<I", 50))
    archive = Archive(io.BytesIO(lying))
    [entry] = archive
    with pytest.raises(EnrollmentError, match="damaged"):  # fifty bytes are read, and their sum is wrong
        archive.read(entry)


def test_overlapping_entries_are_a_bomb():
    """Each claims the same bytes: together more than the file has."""
    file = zipped([("a.jpg", b"x" * 3000)]).getvalue()
    start = file.index(b"PK\x01\x02")
    entry, end = file[start : file.index(b"PK\x05\x06")], file[file.index(b"PK\x05\x06") :]
    n = 4
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, n, n, len(entry) * n, start, 0)
    assert len(end) == len(tail)
    refused("archive_bomb", io.BytesIO(file[:start] + entry * n + tail))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + bytes(17)])
def test_what_is_no_zip_is_said(data):
    refused("not_an_archive", io.BytesIO(data))


def test_empty_and_encrypted():
    refused("archive_empty", zipped([("folder/", b"")]))
    data = bytearray(zipped([("a.jpg", b"x")]).getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert [entry.refusal for entry in Archive(io.BytesIO(bytes(data)))] == ["encrypted"]


def test_a_damaged_entry_is_said():
    data = zipped([("a.jpg", b"photo " * 100)]).getvalue().replace(b"photo photo", b"phoxo photo", 1)
    archive = Archive(io.BytesIO(data))
    with pytest.raises(EnrollmentError, match="damaged"):
        archive.read(archive.entries[0])


class TestDamaged:
    def test_of_a_thousand_archives_each_is_read_or_refused_in_one_sentence(self):
        sound = zipped([("a.jpg", b"one" * 30), ("list.csv", b"file,number\n")], compression=zipfile.ZIP_DEFLATED)
        for data in damaged(sound.getvalue(), 1_000):
            with contextlib.suppress(EnrollmentError):
                archive = Archive(io.BytesIO(data))
                for entry in archive:
                    with contextlib.suppress(EnrollmentError):
                        archive.read(entry)

    def test_a_part_without_a_name_is_skipped(self):
        data = zipped([("X", b"x"), ("good.jpg", b"y")]).getvalue()
        nameless = io.BytesIO(data.replace(b"X", b"\0"))
        assert [entry.name for entry in Archive(nameless)] == ["good.jpg"]

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_part_packed_as_no_photo_is_is_not_read(self, method):
        """The latter takes the memory that the file asks for."""
        archive = Archive(zipped([("a.jpg", b"x" * 100)], compression=method))
        assert [entry.refusal for entry in archive] == ["entry_broken"]
