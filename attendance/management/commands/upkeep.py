"""Upkeep, once: for cron, where no worker runs."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from attendance.demo.seed import demo_keep_going
from attendance.upkeep import Upkeep, upkeep

DONE = {
    "captures": "class photos recognised: {}",
    "worked": "long jobs run: {}",
    "given_up": "class photos given up: {}",
    "frames": "late frames deleted: {}",
    "closings": "registers closed: {}",
    "summaries": "registers summed up again: {}",
    "deleted": "pictures deleted: {}",
    "planned": "lessons planned: {}",
    "photos": "enrolment photos examined: {}",
    "renewed": "enrolment photos enrolled again: {}",
    "learned": "confirmed faces enrolled: {}",
    "revoked": "confirmed faces taken back: {}",
    "erasures": "erasures finished: {}",
    "differences": "differences between stores of faces put right: {}",
    "withdrawn": "pictures of one person who withdrew deleted: {}",
    "refused": "files of refused enrolment photos deleted: {}",
    "batches": "uploaded photos that nobody settled deleted: {}",
    "left": "students who left erased: {}",
    "marks": "marks past their time deleted: {}",
    "leftovers": "old entries of the access log and downloads deleted: {}",
    "excuses": "excused marks finished: {}",
    "documents": "old documents and excuses of families deleted: {}",
    "check_ins": "traces of check-ins by code deleted: {}",
    "checks": "traces of checks at doors deleted: {}",
    "jobs": "long jobs of a month ago deleted: {}",
    "desk": "marks of entries at the office written: {}",
    "told": "registers looked at for absences to tell of: {}",
    "mails": "e-mails tried: {}",
    "mails_ended": "old or interrupted e-mails looked after: {}",
    "imports": "files and notes of imports of a month ago deleted: {}",
}


class Command(BaseCommand):
    help = "Takes up unfinished work, deletes pictures whose time is over, plans the coming lessons. Once; see worker."

    def handle(self, *args: Any, **options: Any) -> None:
        done = upkeep()
        if settings.DEMO:
            demo_keep_going()
        if words := in_words(done):
            self.stdout.write(words)
        if done.failed:
            raise CommandError(f"Some of it went wrong (see the log): {', '.join(done.failed)}")


def in_words(done: Upkeep) -> str:
    """The work that was done, in one line; empty if there was none."""
    counts = asdict(done)
    return ", ".join(words.format(counts[name]) for name, words in DONE.items() if counts[name])
