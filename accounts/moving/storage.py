"""Pictures in two storages at once, while they are moved from a former one to the current one."""

from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.utils.deconstruct import deconstructible


@deconstructible
class MovingStorage(Storage):
    """Writes to the current storage; reads what is not there yet from the former one; deletes from both.

    current, former: as an entry of the setting STORAGES. Files are never changed once they are written, so the two
    cannot disagree about one.
    """

    def __init__(self, *, current: Mapping[str, Any], former: Mapping[str, Any]) -> None:
        self.current: Storage = storages.create_storage(dict(current))
        self.former: Storage = storages.create_storage(dict(former))

    @property
    def parts(self) -> tuple[Storage, Storage]:
        """Both storages, the current one first."""
        return self.current, self.former

    def holder_of(self, name: str) -> Storage:
        """The storage that has the file; the current one where neither has."""
        return self.former if not self.current.exists(name) and self.former.exists(name) else self.current

    def open(self, name: str, mode: str = "rb") -> File:
        for storage in (self.current, self.former):
            try:
                return storage.open(name, mode)
            except FileNotFoundError:
                continue
        return self.current.open(name, mode)  # moved between the two questions, or missing in both

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        return self.current.save(name, content, max_length=max_length)

    def delete(self, name: str) -> None:
        """From the former storage first: a move that copies the file just now looks there again afterwards."""
        self.former.delete(name)
        self.current.delete(name)

    def exists(self, name: str) -> bool:
        return self.current.exists(name) or self.former.exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files of both, each once. Raises FileNotFoundError where neither has the folder."""
        found: list[tuple[list[str], list[str]]] = []
        for storage in self.parts:
            try:
                found.append(storage.listdir(path))
            except FileNotFoundError:
                continue
        if not found:
            raise FileNotFoundError(path)
        folders, files = (sorted({name for each in found for name in each[at]}) for at in (0, 1))
        return folders, files

    def size(self, name: str) -> int:
        return self.holder_of(name).size(name)

    def url(self, name: str | None) -> str:
        return self.holder_of(name or "").url(name)
