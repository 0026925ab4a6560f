"""Handle that a running job is given, and the exceptions by which it ends early."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from accounts.jobs.leasing import LEASE, held
from accounts.models import Institution, Job, User

EVERY = 1.0  # second, at least, between two writes of progress and between two looks whether to stop
SLICE = 30.0  # seconds that a job may run while others wait


class JobFailed(Exception):
    """The job cannot be done. The message is one sentence for people: what is wrong, and what to do next."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))


class JobPostponed(Exception):
    """The job cannot go on now and is to be resumed later. The message says why, in one sentence for people."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))


class JobLost(Exception):
    """The lease ended before the job said anything: another process has it now, and this one has to end."""


class JobHandle:
    """A running job, as its function sees it.

    institution, started_by (None: the portal itself, or a person who is gone) and parameters are as `job_start` was
    given them; `state` is the last checkpoint, {} at the beginning.
    """

    def __init__(
        self,
        job: Job,
        *,
        is_stopping: Callable[[], bool] = lambda: False,
        do_others_wait: Callable[[], bool] = lambda: False,
    ) -> None:
        self.job = job
        self.institution: Institution = job.institution
        self.started_by: User | None = job.started_by
        self.parameters: Mapping[str, Any] = job.parameters
        self.state: Mapping[str, Any] = job.checkpoint
        self.was_stopped = False  # whether the function was told so
        self._is_stopping, self._do_others_wait = is_stopping, do_others_wait
        self._begun = time.monotonic()
        self._written = self._looked = float("-inf")
        self._may_give_way = False

    def progress(self, done: int, total: int | None = None, words: str | Promise = "") -> None:
        """Say how far it has come: `done` of `total` steps (None: not known), and in words what it is doing.

        Cheap enough for each step: it is written once a second, and when all is done. Raises JobLost.
        """
        self.job.done, self.job.total, self.job.words = done, total, str(words)[:200]
        if done == total or time.monotonic() - self._written >= EVERY:
            self._write()

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        """Keep where it is (JSON): from here it is resumed, with this as `state`. Raises JobLost."""
        came_on = {"deaths": 0, "waits": 0} if state != self.state else {}
        self.state = state
        self._may_give_way = True
        self._write(checkpoint=state, **came_on)

    @property
    def should_stop(self) -> bool:
        """True if the job must keep a checkpoint and return. Read once a second at most. Raises JobLost."""
        if not self.was_stopped and time.monotonic() - self._looked >= EVERY:
            self._looked = time.monotonic()
            self.was_stopped = self._is_asked_to_stop() or self._is_to_give_way()
        self.was_stopped = self.was_stopped or self._is_stopping()
        return self.was_stopped

    def _write(self, **fields: Any) -> None:
        self._written = time.monotonic()
        job, until = self.job, timezone.now() + LEASE
        if not held(job).update(done=job.done, total=job.total, words=job.words, lease_until=until, **fields):
            raise JobLost
        job.waits = fields.get("waits", job.waits)

    def _is_asked_to_stop(self) -> bool:
        asked = held(self.job).values_list("stop_asked_at", flat=True)
        if not asked:
            raise JobLost
        return asked[0] is not None

    def _is_to_give_way(self) -> bool:
        return self._may_give_way and time.monotonic() - self._begun >= SLICE and self._do_others_wait()
