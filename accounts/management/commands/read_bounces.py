"""Command that reads a mail server's report of a mail that came back."""

import sys
from email import message_from_bytes
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError

from accounts.bounces.reading import bounce_in
from accounts.bounces.recording import bounce_record

MOST_BYTES = 5_000_000  # a report may carry the whole mail
TRY_LATER = 75  # by which a mail server keeps the report and tries again


class Command(BaseCommand):
    """Reads one message from standard input, as mail servers hand them to a program."""

    help = "Read one delivery report (RFC 3464) from standard input and show in the office which mail came back."

    def handle(self, *args: Any, **options: Any) -> None:
        bounce = bounce_in(message_from_bytes(sys.stdin.buffer.read(MOST_BYTES)))
        if bounce is None:
            self.stdout.write("Not a report of a mail that this portal sent and that came back: left alone.")
            return
        try:
            row = bounce_record(bounce)
        except OperationalError:
            self.stderr.write("The database cannot be reached. The report should be handed over again.")
            sys.exit(TRY_LATER)
        if row is None:
            self.stdout.write("The mail that came back is not known, or was sent again since: left alone.")
        else:
            self.stdout.write(f"Noted on {row._meta.verbose_name} {row.pk}: {bounce.status or 'no status'}.")
