"""Backups of the database and of all files together, and their restoring: `manage.py backup`, `manage.py restore`.

A backup is a folder: the database's dump, the files under their names, the journal of erasures, and a manifest with the
SHA-256 of each. It is written beside its name and renamed at the end, so that one that was cut short has another name.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from accounts.models import Institution
from accounts.row_security import EVERY
from accounts.stored import files_below

MANIFEST, JOURNAL, FILES = "manifest.json", "erasures.jsonl", "files"
_DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class BackupRefused(Exception):
    """The backup cannot be made or restored. The message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup. taken_at: when its making began; what was erased from then on is not erased in it."""

    folder: Path
    taken_at: datetime
    files: int


# -- Making ------------------------------------------------------------------------------------------------------------


def backup_make(root: Path) -> Backup:
    """Make a backup in a new folder below `root`. The database first: a file without a row harms nobody.

    Raises BackupRefused, OSError.
    """
    now = timezone.now()
    folder = root / f"{now:%Y-%m-%dT%H%M%SZ}"
    part = folder.with_suffix(".part")
    part.mkdir(parents=True, mode=0o700)
    _dump(part / _dump_name())
    number = sum(1 for name in files_below("") if _copy_out(name, part / FILES / name))
    journal = Path(settings.ERASURE_JOURNAL)
    (part / JOURNAL).write_bytes(journal.read_bytes() if journal.exists() else b"")
    hashes = {path.relative_to(part).as_posix(): _hash(path) for path in sorted(part.rglob("*")) if path.is_file()}
    manifest = {"taken_at": now.isoformat(), "database": connection.vendor, "walled": _is_walled(), "sha256": hashes}
    (part / MANIFEST).write_text(json.dumps(manifest, indent=1))
    part.rename(folder)
    return Backup(folder, now, number)


def backups_expire(root: Path, days: int) -> int:
    """Delete backups that are older than so many days, also those that were cut short; how many."""
    old = timezone.now().timestamp() - days * 86_400
    gone = [each for each in root.iterdir() if each.is_dir() and _is_backup(each) and each.stat().st_mtime < old]
    for folder in gone:
        shutil.rmtree(folder)
    return len(gone)


def _is_backup(folder: Path) -> bool:
    return (folder / MANIFEST).exists() or folder.suffix == ".part"


def _is_walled() -> bool:
    return bool(settings.ROW_SECURITY) and connection.vendor == "postgresql"


def _dump_name() -> str:
    try:
        return _DUMPS[connection.vendor]
    except KeyError:
        raise BackupRefused(f"The database is {connection.vendor}; backups are of SQLite and PostgreSQL.") from None


def _dump(path: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(path) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)  # one consistent state, while others write
        copy.close()
        return
    # Behind the fourth wall the portal's role is shown the rows that it asks for, and otherwise none: pg_dump refuses.
    walled = ["--enable-row-security"] if _is_walled() else []
    _run("pg_dump", "--format=custom", "--no-owner", *walled, f"--file={path}")


def _run(program: str, *arguments: str) -> None:
    """A program of PostgreSQL's on the portal's database. Raises BackupRefused."""
    command = [program, f"--dbname={connection.settings_dict['NAME']}", *arguments]
    environment = {**os.environ, **_connecting(connection.settings_dict)}
    try:
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    except FileNotFoundError as error:
        raise BackupRefused(f"{program} is not installed: Debian's package is postgresql-client.") from error
    if ran.returncode:
        raise BackupRefused(f"{program}: {ran.stderr.strip()[-400:]}")


def _connecting(of: dict[str, Any]) -> dict[str, str]:
    """Names and values by which PostgreSQL's programs connect as the portal does."""
    told = {"PGHOST": of["HOST"], "PGPORT": of["PORT"], "PGUSER": of["USER"], "PGPASSWORD": of["PASSWORD"]}
    told |= {f"PG{name.upper()}": of["OPTIONS"].get(name) for name in ("sslmode", "sslrootcert")}
    if _is_walled():
        told["PGOPTIONS"] = f"-c app.institution={EVERY}"
    return {name: str(value) for name, value in told.items() if value}


def _copy_out(name: str, path: Path) -> bool:
    """Copy a file; False for one that was deleted meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with default_storage.open(name, "rb") as file:
            path.write_bytes(file.read())
    except FileNotFoundError:
        return False
    return True


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- Restoring ---------------------------------------------------------------------------------------------------------


def backup_read(folder: Path) -> Backup:
    """The backup in a folder, each file's hash checked. Raises BackupRefused."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise BackupRefused(f"{folder} is no whole backup: {MANIFEST} cannot be read.") from error
    if manifest["database"] != connection.vendor:
        raise BackupRefused(f"The backup is of {manifest['database']}, the portal's database is {connection.vendor}.")
    if manifest.get("walled") and not _is_walled():
        # Nobody would be found who was erased since, and with the setting they would be back.
        raise BackupRefused("The backup is of a database with row-level security: set ROW_SECURITY=true first.")
    for name, wanted in manifest["sha256"].items():
        path = folder / name
        if not path.is_file() or _hash(path) != wanted:
            raise BackupRefused(f"{name} of the backup is missing or damaged.")
    files = [name for name in manifest["sha256"] if name.startswith(f"{FILES}/")]
    return Backup(folder, datetime.fromisoformat(manifest["taken_at"]), len(files))


def backup_restore(backup: Backup) -> None:
    """Put database and files back into a portal without a school, and bring the tables up to this version.

    Raises BackupRefused where there are schools, since their rows would be gone.
    """
    _require_no_school()
    dump = backup.folder / _dump_name()
    if connection.vendor == "sqlite":
        _restore_sqlite(dump)
    else:
        connections.close_all()
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(dump))
    call_command("migrate", interactive=False, verbosity=0)
    root = backup.folder / FILES
    for path in sorted(root.rglob("*")):
        if path.is_file():
            _put_back(path, path.relative_to(root).as_posix())


def _put_back(path: Path, name: str) -> None:
    """Store a file, unless it is there. One that is shorter was cut short, by a crash or by an earlier restoring."""
    if default_storage.exists(name):
        if default_storage.size(name) == path.stat().st_size:
            return
        default_storage.delete(name)
    default_storage.save(name, ContentFile(path.read_bytes()))


def _require_no_school() -> None:
    tables = connection.introspection.table_names()
    if Institution._meta.db_table in tables and Institution.objects.exists():
        raise BackupRefused("There are schools in this database. Name an empty one by DATABASE_URL.")


def _restore_sqlite(dump: Path) -> None:
    """Write the dump's pages over the file's, as one transaction of SQLite's own."""
    with sqlite3.connect(f"file:{dump}?mode=ro", uri=True) as copy:
        connection.ensure_connection()
        copy.backup(connection.connection)
    copy.close()
    connections.close_all()
