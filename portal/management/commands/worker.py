"""The worker that takes up waiting work until it is stopped: `python manage.py worker`, one process or many."""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections, connections

from accounts.jobs import job_take_up_next
from accounts.metering import calls_flush_due
from accounts.outbox import mail_send_next
from attendance.captures.backlog import capture_take_up_next
from attendance.demo.seed import demo_keep_going
from attendance.management.commands.upkeep import in_words
from attendance.upkeep import sweep
from portal.health_server import health_serve

logger = logging.getLogger(__name__)
NAP = 0.5  # seconds between two queries for due work, and until a signal is noticed
ASK = 10.0  # seconds between two questions whether a sweep is due: another worker may have been the last
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT]


class Command(BaseCommand):
    help = (
        "Recognises photos that wait, runs long jobs, sends mails, sweeps every minute. Stop it with SIGTERM or Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sweep-every", type=float, default=60.0, metavar="SECONDS", help="from one sweep to the next (60)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HEALTH_LISTEN:
            health_serve(settings.HEALTH_LISTEN)
        worker = Worker(options["sweep_every"])
        worker.configure_signals()
        worker.run_until_stopped()


class Worker:
    """A worker that takes up one capture after the other, and sweeps in between: a long queue delays no sweep.

    Long jobs are run one after the other in a thread of their own, and mails are sent in another: a photo of a class
    does not wait for an import, nor does a mail.
    A signal ends the worker after the capture that it is recognising and the step of the job that it is running.
    """

    def __init__(self, sweep_every: float) -> None:
        self.is_running = True
        self.sweep_every = sweep_every

    def configure_signals(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self.shutdown)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Stop: after the first signal the capture in progress is finished, after the second one it is not."""
        if not self.is_running:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            sys.exit(1)
        logger.info("%s: finishing what is in hand", signal.strsignal(signum))
        self.is_running = False

    def run_until_stopped(self) -> None:
        """Sweep at once, then `sweep_every` seconds after any worker's last sweep; in between, take up captures."""
        queues: dict[str, Callable[[], bool]] = {
            "jobs": lambda: job_take_up_next(is_stopping=lambda: not self.is_running),
            "mails": mail_send_next,
        }
        threads = [  # daemons: a second signal ends them too
            threading.Thread(target=self._run, args=[work], name=name, daemon=True) for name, work in queues.items()
        ]
        for thread in threads:
            thread.start()
        sweep_at = time.monotonic()
        while self.is_running:
            if time.monotonic() >= sweep_at:
                self._guarded(self._sweep)
                sweep_at = time.monotonic() + min(self.sweep_every, ASK)
            self._take_up(capture_take_up_next)
        for thread in threads:
            thread.join()

    def _run(self, work: Callable[[], bool]) -> None:
        while self.is_running:
            self._take_up(work)
        connections.close_all()

    def _take_up(self, work: Callable[[], bool]) -> None:
        """Do one piece of work, or nap where there is none."""
        is_busy = self.is_running and self._guarded(work)
        if self.is_running and not is_busy:
            time.sleep(NAP)

    def _guarded(self, work: Callable[[], Any]) -> Any:
        """The result of `work`; None if it went wrong, as it does while the database is locked or unavailable.

        Nothing ends the worker: what was in progress then is found again by its lease.
        """
        close_old_connections()
        try:
            return work()
        except Exception:
            logger.exception("Something went wrong; trying again")
            time.sleep(NAP)
        finally:
            calls_flush_due()
            close_old_connections()

    def _sweep(self) -> None:
        done = sweep(every=timedelta(seconds=self.sweep_every), is_stopping=lambda: not self.is_running)
        if done is None:
            return
        if settings.DEMO and self.is_running:
            demo_keep_going()
        if words := in_words(done):
            logger.info("%s", words)
