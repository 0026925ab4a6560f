"""Files of a storage, be it a folder or a bucket."""

from collections.abc import Iterator

from django.core.files.storage import Storage, default_storage


def files_below(folder: str, *, storage: Storage = default_storage) -> Iterator[str]:
    """Names of all files below a folder ("": the whole storage); none where it does not exist. Raises OSError."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    start = f"{folder}/" if folder else ""
    yield from (f"{start}{name}" for name in names)
    for each in folders:
        yield from files_below(f"{start}{each}", storage=storage)
