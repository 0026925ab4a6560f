"""manage.py restore FOLDER: a backup's database and files, and everything that was erased since, erased again."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.erasure_journal import erasures_since, erasures_take_over
from accounts.models import User
from enrollment.domain.faces import FaceError
from enrollment.errors import ErasureUnfinished
from portal.backup import Backup, BackupRefused, backup_read, backup_restore
from portal.restoring import ReplayUnfinished, erasures_replay


class Command(BaseCommand):
    help = (
        "Restores a backup into a portal without schools, then erases again what was erased since it was made. "
        "With --erasures-only the second alone, as after an erasure that could not be finished."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="of one backup")
        parser.add_argument(
            "--journal", type=Path, action="append", default=[], help="a journal of erasures of another machine"
        )
        parser.add_argument("--without-journal", action="store_true", help="though nobody knows what was erased since")
        parser.add_argument("--erasures-only", action="store_true")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        journals = self._journals(options)
        try:
            backup = backup_read(folder)
            if not options["erasures_only"]:
                backup_restore(backup)
                self.stdout.write(f"The database and {backup.files} files are as on {backup.taken_at:%Y-%m-%d %H:%M}.")
        except (BackupRefused, OSError) as error:
            raise CommandError(str(error)) from error
        self._erase(backup, [*journals, folder / "erasures.jsonl"])

    def _journals(self, options: dict[str, Any]) -> list[Path]:
        """Journals that go beyond the backup's own. Raises CommandError where there is none."""
        own = Path(settings.ERASURE_JOURNAL)
        found = [*options["journal"], *([own] if own.exists() else [])]
        if not found and not options["without_journal"]:
            raise CommandError(
                f"There is no journal of erasures at {own}. Name one by --journal: without it, people who were erased "
                "since the backup come back. If there is none any more say --without-journal, and erase them by hand."
            )
        return found

    def _erase(self, backup: Backup, journals: list[Path]) -> None:
        try:
            erasures_take_over(journals)
            erasures = erasures_since(backup.taken_at, paths=journals)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"A journal of erasures cannot be read or written: {error}") from error
        if not erasures:
            self.stdout.write("Nothing was erased since.")
            return
        operator = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if operator is None:
            raise CommandError("Receipts name the operator, and there is none: createsuperuser, then --erasures-only.")
        try:
            done = erasures_replay(erasures, by=operator)
        except (ReplayUnfinished, ErasureUnfinished, FaceError) as error:
            raise CommandError(f"{error} (--erasures-only goes on)") from error
        self.stdout.write(f"Erased again: {', '.join(f'{number} {kind}' for kind, number in done.items())}.")
