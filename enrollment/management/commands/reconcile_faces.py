"""Command that compares what is stored of faces: vectors, mapping, photos, files and consents."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution
from enrollment.errors import ErasureUnfinished
from enrollment.services.reconciliation import IN_WORDS, SETTLING, faces_compare, faces_reconcile


class Command(BaseCommand):
    help = (
        "Compares the engine's vectors, the mapping of face ids, photos, files and consents of each school, and says "
        "in words what differs. Exit code 1 if something does, or with --fix if something remains."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="one school; otherwise all")
        parser.add_argument("--fix", action="store_true", help="put right what can be; erases what nothing stands for")
        parser.add_argument("--settling", type=float, default=SETTLING, help="seconds between the two readings")

    def handle(self, *args: Any, **options: Any) -> None:
        schools = Institution.objects.all()
        if slug := options["institution"]:
            schools = schools.filter(slug=slug)
            if not schools:
                raise CommandError(f"There is no school of the name {slug}.")
        left = sum(self._compare(school, **options) for school in schools)
        if left:
            raise CommandError(f"{left} differences remain.")

    def _compare(self, school: Institution, *, fix: bool, settling: float, verbosity: int, **_other: Any) -> int:
        """Compare one school; returns the number of differences that remain."""
        try:
            if fix:
                found, left = faces_reconcile(institution=school, settling=settling)
            else:
                found = faces_compare(institution=school, settling=settling)
                left = len(found)
        except ErasureUnfinished as error:
            raise CommandError(f"{school}: {error} ({error.code})") from error
        self.stdout.write(f"{school}: " + ("differs" if found else "nothing differs"))
        for sort, number in Counter(difference.sort for difference in found).items():
            self.stdout.write(f"  {IN_WORDS[sort]}: {number}")
        if verbosity > 1:
            for difference in found:
                self.stdout.write(f"    {difference.sort} {difference.what}")
        if fix and found:
            self.stdout.write(f"  put right: {len(found) - left}, remaining: {left}")
        return left
