"""The move of a school's files, from the former storage of pictures to the current one: class photos, enrolment
photos, documents and whatever else is kept beside the database."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.jobs import JobFailed, JobHandle, JobPostponed, job_kind
from accounts.models import Institution
from accounts.moving import Move, Pile, move_run, pile_of
from accounts.moving.storage import MovingStorage
from accounts.stored import files_below
from attendance.erasing.school import FOLDERS

KIND = "pictures_move"


@job_kind(KIND, title=gettext_noop("Move of photos"), roles=[])
def pictures_move(job: JobHandle) -> dict[str, Any]:
    """Move the files from the former storage to the current one, as the settings name them."""
    if not (both := moving_storage()):
        raise JobFailed(_("The settings name no former place of the photos, so there is nothing to move."))
    return move_run(job, PicturesMove(job.institution, source=both.former, target=both.current))


def moving_storage() -> MovingStorage | None:
    """The storage of pictures, if the settings name a former one."""
    return default_storage if isinstance(default_storage, MovingStorage) else None


class PicturesMove(Move):
    """A `Move` of files; a piece is a file, its key its name."""

    def __init__(self, institution: Institution, *, source: Storage, target: Storage) -> None:
        self.institution, self.source, self.target = institution, source, target

    def total(self) -> int:
        return sum(1 for _key in self.keys(""))

    def keys(self, after: str) -> Iterator[str]:
        with _postponed_if_unavailable():
            names = sorted(
                name
                for folder in FOLDERS
                for name in files_below(f"{folder}/{self.institution.pk}", storage=self.source)
            )
        yield from (name for name in names if name > after)

    def copy(self, key: str) -> int:
        with _postponed_if_unavailable():
            data = _read(self.source, key)
            if data is None or _read(self.target, key) == data:
                return 0
            self.target.delete(key)  # what differs was cut short
            saved = self.target.save(key, ContentFile(data))
            if saved != key:  # somebody copies the same file at this moment
                self.target.delete(saved)
            if not self.source.exists(key):  # it was erased meanwhile
                self.target.delete(key)
                return 0
            return int(saved == key)

    def compare(self, key: str) -> tuple[Pile, Pile]:
        with _postponed_if_unavailable():
            source = _pile(key, _read(self.source, key))
            # One that was erased in between is in neither.
            return source, _pile(key, _read(self.target, key)) if source.things else source

    def empty(self, key: str) -> int:
        with _postponed_if_unavailable():
            if not self.target.exists(key):  # a process with the settings of before stored it after the comparison
                return 0
            self.source.delete(key)
            _drop_folders(self.source, key.rpartition("/")[0])
        return 1


def _read(storage: Storage, name: str) -> bytes | None:
    try:
        with storage.open(name, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def _pile(name: str, data: bytes | None) -> Pile:
    return pile_of([name.encode() + b"\x00" + data]) if data is not None else Pile()


def _drop_folders(storage: Storage, folder: str) -> None:
    """Delete an empty folder, and those above it that it leaves empty; a bucket has none."""
    with suppress(OSError):  # another school's move empties the same one, or somebody just stores something there
        while folder and isinstance(storage, FileSystemStorage) and storage.listdir(folder) == ([], []):
            storage.delete(folder)
            folder = folder.rpartition("/")[0]


@contextmanager
def _postponed_if_unavailable() -> Iterator[None]:
    try:
        yield
    except (ConnectionError, PermissionError) as error:
        raise JobPostponed(_("The store of photos could not be reached. It will be tried again.")) from error
