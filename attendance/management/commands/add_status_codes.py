"""manage.py add_status_codes: a country's status codes for a school, those that it has already left as they are."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Institution
from attendance.domain.england import CODES
from attendance.domain.rates import Counting
from attendance.models import StatusCode


class Command(BaseCommand):
    help = "Adds England's attendance codes to a school's status codes. Codes that the school has stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("country", choices=["england"])
        parser.add_argument("school", metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["school"]).first()
        if school is None:
            raise CommandError(f"There is no school “{options['school']}”.")
        added = 0
        for position, known in enumerate(CODES, 1):
            _row, created = StatusCode.objects.get_or_create(
                institution=school,
                code=known.code,
                defaults={
                    "label": known.label,
                    "kind": known.kind,
                    "counts_as_attended": known.counting is Counting.ATTENDED,
                    "is_counted": known.counting is not Counting.OUT,
                    "position": position,
                },
            )
            added += created
        self.stdout.write(f"{added} status codes added, {len(CODES) - added} were there already.")
