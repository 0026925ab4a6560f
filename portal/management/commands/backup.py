"""manage.py backup FOLDER: the database and all files, as one backup."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup import BackupRefused, backup_make, backups_expire


class Command(BaseCommand):
    help = (
        "Makes a backup of database, files and the journal of erasures in a new folder; deletes those that are too old."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="in which each backup gets a folder of its own")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            made = backup_make(folder)
        except (BackupRefused, OSError) as error:
            raise CommandError(f"No backup was made: {error}") from error
        self.stdout.write(f"{made.folder}: the database and {made.files} files.")
        if days := settings.BACKUP_RETENTION_DAYS:
            self.stdout.write(f"{backups_expire(folder, days)} backups older than {days} days were deleted.")
