"""manage.py move_database --to URL: everything that is in the database, to an empty PostgreSQL."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.moving_database import MovedTable, MoveRefused, database_move


class Command(BaseCommand):
    help = (
        "Copies every table to an empty PostgreSQL in one transaction, and compares each by count and hash. While webs "
        "and workers are stopped. Killed, it has copied nothing. See docs/growing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="URL", help="postgres://user:password@host/name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moved = database_move(options["to"], tell=self._tell)
        except MoveRefused as error:
            raise CommandError(str(error)) from error
        rows = sum(table.pile.things for table in moved)
        self.stdout.write(f"{rows} rows in {len(moved)} tables are the same in both. Now set DATABASE_URL.")

    def _tell(self, table: MovedTable) -> None:
        if table.pile.things:
            self.stdout.write(f"{table.name}: {table.pile.things} rows, hash {table.pile.digest:032x}")
