"""Seeding of the demo school: `python manage.py seed_demo`. Running it again changes nothing."""

import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.demo.school import LOGINS, PASSWORD
from attendance.demo.seed import demo_seed


class Command(BaseCommand):
    help = "Puts the demo school in place, with a lesson that is running now. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the portal will be, to be printed")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo school has logins with a well-known password: it is only put in place where DEMO=true is set."
            )
        started = time.perf_counter()
        try:
            demo_seed(with_history=True, say=self._say)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self._say(f"Ready after {time.perf_counter() - started:.0f} s.")
        self._say(f"Sign in at {options['url']} with the password {PASSWORD} as")
        for login in LOGINS:
            self._say(f"  {login.email:<30} {login.role.label}, {login.school.title()} School")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
