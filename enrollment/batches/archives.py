"""Reading of ZIP files with photos: nothing is unpacked to disk, and no more is read than a photo may have.

What an archive says of itself is not believed: each entry is read up to a bound.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from enrollment.errors import EnrollmentError
from enrollment.zips import DAMAGED, is_folder, is_packed_oddly

MOST_ENTRIES = 6_000
MOST_UNPACKED = 12_000_000_000  # bytes, of all entries together
MOST_RATIO = 60  # unpacked ÷ packed, of the archive and of an entry: photos shrink by a few per cent
_SMALL = 1_000_000  # bytes: below that an entry's ratio does no harm
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_UTF8 = 0x800  # flag of an entry: its name is UTF-8
_ENCRYPTED = 0x1
_LINK = 0o120000


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an archive. name: its path as text; refusal: a code where it is not to be read."""

    name: str
    info: zipfile.ZipInfo
    refusal: str = ""

    @property
    def size(self) -> int:
        return self.info.file_size


class Archive:
    """A ZIP file of photos. entries: in their order, without folders and hidden files; skipped: hidden files."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises EnrollmentError `not_an_archive`, `archive_empty`, `archive_too_many` or `archive_bomb`."""
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGED as error:
            raise EnrollmentError("not_an_archive", _("This is not a ZIP file that can be read.")) from error
        found = [(_name(info), info) for info in self._zip.infolist() if not is_folder(info)]
        shown = [(name, info) for name, info in found if not is_hidden(name)]
        self.skipped = len(found) - len(shown)
        _refuse_bombs([info for _name, info in found], size=file.seek(0, SEEK_END))
        if not shown:
            raise EnrollmentError("archive_empty", _("There are no files in this ZIP file."))
        self.entries = [Entry(name, info, _refusal(name, info)) for name, info in shown]

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes, one more than a photo may have at most. Raises EnrollmentError `entry_broken`."""
        try:
            with self._zip.open(entry.info) as file:
                return file.read(settings.PICTURE_MAX_BYTES + 1)
        except DAMAGED as error:
            raise EnrollmentError("entry_broken", _("This file in the ZIP is damaged.")) from error

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def is_hidden(path: str) -> bool:
    """True for files that systems add beside photos, such as __MACOSX/._a.jpg, .DS_Store or Thumbs.db."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts:
        return True
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1].lower() in (
        "thumbs.db",
        "desktop.ini",
    )


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's path. Without the flag for UTF-8 it was read as cp437; many programs write UTF-8 all the same."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _refusal(name: str, info: zipfile.ZipInfo) -> str:
    """The code of what speaks against reading an entry at all; empty if nothing does."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "unsafe_path"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if is_packed_oddly(info):
        return "entry_broken"
    if (info.external_attr >> 16) & 0o170000 == _LINK:
        return "not_a_picture"
    if name.lower().endswith(_ARCHIVES):
        return "nested_archive"
    if info.file_size > settings.PICTURE_MAX_BYTES:
        return "too_large"
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        return "bomb"
    return ""


def _refuse_bombs(infos: list[zipfile.ZipInfo], *, size: int) -> None:
    """size: bytes of the archive itself. Entries that overlap claim more than that together."""
    if len(infos) > MOST_ENTRIES:
        sentence = _("This ZIP file has %(n)d files; at most %(most)d are accepted. Split it into several.")
        raise EnrollmentError("archive_too_many", sentence % {"n": len(infos), "most": MOST_ENTRIES})
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    is_dense = unpacked > _SMALL and unpacked > MOST_RATIO * max(packed, 1)
    if unpacked > MOST_UNPACKED or is_dense or packed > size:
        sentence = _("This ZIP file would unpack to far more than photos need. It was not opened.")
        raise EnrollmentError("archive_bomb", sentence)
