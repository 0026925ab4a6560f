"""Takes up work that waits, until it is stopped: `python manage.py worker`, as many of them as there is work for."""

import logging
import signal
import sys
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from attendance.demo.seed import demo_keep_going
from attendance.management.commands.upkeep import in_words
from attendance.upkeep import sweep

logger = logging.getLogger(__name__)
NAP = 0.5  # seconds between two looks at an empty queue, and until a signal is noticed


class Command(BaseCommand):
    help = "Recognises photos that wait, and does every minute what is due. Stop it with SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sweep-every", type=float, default=60.0, metavar="SECONDS", help="how often to look for what is due (60)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("django_tasks_db").setLevel(logging.WARNING)  # it tells of each look at the queue
        worker = SweepingWorker(options["sweep_every"])
        worker.configure_signals()
        worker.run_until_stopped()


class SweepingWorker(Worker):
    """django-tasks-db's worker, which between two tasks does what is due though no task says so.

    Its own `run` is used in batches of one task, so that a long queue holds no sweep up. What it leaves to the process
    is caught here: a locked database ends its loop, and a signal between two tasks its process, amidst a sweep.
    """

    def __init__(self, sweep_every: float) -> None:
        super().__init__(
            queue_names=["*"],
            interval=NAP,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=1,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        self.running: bool = True
        self.sweep_every = sweep_every
        self.was_busy = False

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """The first signal lets what is in hand be finished, the second one does not."""
        if not self.running:
            self.reset_signals()
            sys.exit(1)
        logger.info("%s: finishing what is in hand", signal.strsignal(signum))
        self.running = False

    def run_until_stopped(self) -> None:
        """Sweep at once and then every `sweep_every` seconds; in between, one task after the other."""
        swept = -self.sweep_every
        while self.running:
            if time.monotonic() - swept >= self.sweep_every:
                swept = time.monotonic()
                self._guarded(self._sweep)
            self.was_busy = False
            self._guarded(self.run)
            self._run_tasks = 0  # `max_tasks` is for each batch
            if self.running and not self.was_busy:
                time.sleep(NAP)

    def run_task(self, db_task_result: DBTaskResult) -> None:
        self.was_busy = True
        super().run_task(db_task_result)

    def _guarded(self, work: Any) -> None:
        """A database that is locked or away is waited for: what was in hand is found again by its lease."""
        close_old_connections()
        try:
            work()
        except Error:
            logger.exception("The database did not answer; trying again")
            time.sleep(NAP)
        finally:
            close_old_connections()

    def _sweep(self) -> None:
        done = sweep(is_stopping=lambda: not self.running)
        if settings.DEMO and self.running:
            demo_keep_going()
        if words := in_words(done):
            logger.info("%s", words)
