"""Command that ends a school: everything stored of it is erased."""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution
from attendance.erasing.receipts import receipt_text
from attendance.erasing.school import school_contents, school_erase
from attendance.repositories.base import RegisterError
from enrollment.errors import ErasureUnfinished
from enrollment.models import SchoolErasureReceipt


class Command(BaseCommand):
    help = "Erases everything stored of a school, for good. May be stopped and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--receipt", metavar="FILE", help="write the signed receipt there instead of showing it")
        parser.add_argument("--yes", action="store_true", help="do not ask for the school's short name")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["slug"]).first()
        if school is None:
            raise CommandError(f"There is no school of the name {options['slug']}. It may have been erased already.")
        found = school_contents(school)
        self.stdout.write(
            f"{school}: {found.students} students, {found.photos} enrolment photos, {found.captures} class photos, "
            f"{found.sessions} lessons with all their marks, faces in {found.places} places, and {found.accounts} "
            "accounts that belong to no other school will be erased. Nothing of it can be had back but from a backup."
        )
        if not options["yes"] and input("Type the school's short name to erase it: ").strip() != school.slug:
            raise CommandError("Not the school's short name: nothing was erased.")
        subject = school.pk
        try:
            for step in school_erase(institution=school, by=_operator()):
                self.stdout.write(f"  {step}: erased")
        except (ErasureUnfinished, RegisterError) as error:
            raise CommandError(f"Unfinished: {error} ({error.code}). Run the command again.") from error
        self.stdout.write("Done. Empty collections and tables stay: they hold nothing of the school.")
        self._tell(SchoolErasureReceipt.objects.filter(subject=subject).latest("asked_at"), options["receipt"])

    def _tell(self, receipt: SchoolErasureReceipt, path: str | None) -> None:
        """Say where the receipt is, and until when backups hold the school."""
        until = receipt.document["backups"]["until"]
        held = f"may hold it until {until}" if until else "may hold it; BACKUP_RETENTION_DAYS would say until when"
        self.stdout.write(f"Backups from before {held}.")
        if path:
            Path(path).write_text(receipt_text(receipt), encoding="utf-8")
            self.stdout.write(f"The signed receipt is in {path}; verify_receipt checks it.")
        else:
            self.stdout.write(f"The signed receipt:\n{receipt_text(receipt)}")


def _operator() -> str:
    """The name under which the command runs, as the receipt states it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
