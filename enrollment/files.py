"""Deletion of photo files, including those that a crash left without a row."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.errors import ErasureUnfinished
from enrollment.models import FacePhoto

logger = logging.getLogger(__name__)
_SWEEP = timedelta(hours=1)  # between two searches for files without a row: in a bucket each search is paid for
_SEARCHED = "orphaned-files"  # key of the cache


def files_delete(names: Iterable[str]) -> None:
    """Delete as many of the files as possible. Raises ErasureUnfinished if some remain, for the sweep to delete."""
    kept = [name for name in names if not _is_deleted(name)]
    if kept:
        raise _files_remain()


def _is_deleted(name: str) -> bool:
    try:
        default_storage.delete(name)
        _delete_empty_folder(name.rpartition("/")[0])
    except OSError:
        logger.exception("The file %s could not be deleted", name)
        return False
    return True


def _files_remain() -> ErasureUnfinished:
    sentence = _("The store of photos could not be reached, so files are still to be deleted. It will be tried again.")
    return ErasureUnfinished("files_waiting", sentence, retryable=True)


def _delete_empty_folder(folder: str) -> None:
    """Delete a photo's folder, where a storage has folders; there are two while pictures are moved."""
    for storage in getattr(default_storage, "parts", (default_storage,)):
        if not isinstance(storage, FileSystemStorage):
            continue
        with suppress(FileNotFoundError):
            if storage.listdir(folder) == ([], []):
                storage.delete(folder)


def is_search_due() -> bool:
    """True if photo files without a row are to be searched for in every school now: once an hour."""
    return cache.add(_SEARCHED, True, timeout=_SWEEP.total_seconds())


def search_again() -> None:
    """Let the search be due again: a school's storage was unavailable."""
    cache.delete(_SEARCHED)


def orphaned_files_delete(institution: Institution) -> None:
    """Delete photo files without a row, left by a crash between the two. Searches once an hour.

    Raises ErasureUnfinished if the storage is unavailable; the next call searches again.
    """
    looked = f"orphaned-files:{institution.pk}"
    if not cache.add(looked, True, timeout=0.9 * _SWEEP.total_seconds()):  # over when the next search is due
        return
    try:
        files_delete(orphaned_files(institution))
    except (OSError, ErasureUnfinished) as error:
        cache.delete(looked)
        raise _files_remain() from error


def orphaned_files(institution: Institution) -> list[str]:
    """Names of the school's photo files without a row. Raises OSError."""
    root = f"faces/{institution.pk}"
    folders = _listed(root)[0]  # before the rows: a new one is in both
    known = {str(pk) for pk in FacePhoto.objects.for_institution(institution).values_list("pk", flat=True)}
    orphaned = [f"{root}/{folder}" for folder in folders if folder not in known]
    return [f"{folder}/{name}" for folder in orphaned for name in _listed(folder)[1]]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
