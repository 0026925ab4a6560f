"""Does what is due: `python manage.py upkeep`, or `--every 60` as a service."""

import logging
import signal
import threading
import time
from dataclasses import asdict
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections

from attendance.demo.seed import demo_keep_going
from attendance.services.upkeep import upkeep

logger = logging.getLogger(__name__)
NAP = 0.5  # seconds until a signal is noticed
DONE = {
    "captures": "class photos recognised: {}",
    "closings": "registers closed: {}",
    "deleted": "pictures deleted: {}",
    "planned": "lessons planned: {}",
    "photos": "enrolment photographs examined: {}",
    "erasures": "erasures finished: {}",
}


class Command(BaseCommand):
    help = "Takes up unfinished work, deletes pictures whose time is over, plans the coming lessons. Once, or for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="repeat until stopped (SIGTERM or Ctrl-C)")

    def handle(self, *args: Any, **options: Any) -> None:
        every = options["every"]
        if every is None:
            self._say_what_was_done()
            return
        if every <= 0:
            raise CommandError("--every wants a number of seconds above 0.")
        stop = Stop()
        while not stop.asked:
            self._one_round()
            stop.wait(every)

    def _one_round(self) -> None:
        """A round that fails is reported and does not end the service: the next one finds the same work."""
        close_old_connections()
        try:
            self._say_what_was_done()
        except (Error, OSError):
            logger.exception("Upkeep failed; it is tried again")
        finally:
            close_old_connections()

    def _say_what_was_done(self) -> None:
        done = upkeep()
        if settings.DEMO:
            demo_keep_going()
        words = [DONE[name].format(count) for name, count in asdict(done).items() if count]
        if words:
            self.stdout.write(", ".join(words))
            self.stdout.flush()


class Stop:
    """Asked for by SIGTERM and SIGINT. A round that has begun is finished first.

    A plain flag and short naps: a handler may interrupt another one, where a lock, as in an Event, waits for itself.
    """

    def __init__(self) -> None:
        self.asked = False
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._ask)

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, NAP))

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
