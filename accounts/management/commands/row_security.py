"""manage.py row_security on|off|check: the fourth wall between schools, in PostgreSQL itself."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from accounts.row_security import is_above_walls, policies_put, policies_remove, school_tables, walled_tables


class Command(BaseCommand):
    help = (
        "Puts policies on every table of a school, by which PostgreSQL itself shows a request its own school's rows "
        "alone; removes them; or checks. Set ROW_SECURITY=true and restart before `on`; after an update `on` again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["on", "off", "check"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Row-level security is PostgreSQL's; this database is another one.")
        if what == "off":
            with transaction.atomic():
                self.stdout.write(f"{len(policies_remove())} tables are without a policy.")
            return
        self._require_that_it_holds()
        if what == "on":
            with transaction.atomic():
                policies_put()
        self._check()

    def _require_that_it_holds(self) -> None:
        if not settings.ROW_SECURITY:
            raise CommandError("Set ROW_SECURITY=true and restart webs and workers first: else they would see no row.")
        if is_above_walls():
            raise CommandError(
                "The portal's role is a superuser's or has BYPASSRLS, and ignores every policy. "
                "Let it own the tables, and be neither."
            )

    def _check(self) -> None:
        """Say which tables are behind the wall. Raises CommandError where one is not."""
        tables, walled = set(school_tables()), walled_tables()
        if missing := sorted(tables - walled):
            raise CommandError(f"{len(missing)} tables are not behind the wall: {', '.join(missing)}.")
        self.stdout.write(f"{len(tables)} tables are behind the wall.")
