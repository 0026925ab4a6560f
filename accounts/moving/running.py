"""The running of a move: its pieces in order, step by step, with a checkpoint of where it is."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.adapters import is_same_store, parts_of
from accounts.jobs import JobFailed, JobHandle, JobPostponed

EVERY = 0.5  # seconds between two checkpoints: what was done since is done again after a crash
SHOWN = 20  # pieces that differ, named in the result
_WHOLE = 1 << 128
_PAGE = 500  # keys of one question
_FOLLOWING = 0.2  # seconds in which a write is in one store and not yet in the other, or not yet in its index


class Step(StrEnum):
    """A step of a move, in this order."""

    COPY = "copy"  # make the target's piece as the source's is
    COMPARE = "compare"  # count and hash what both hold
    EMPTY = "empty"  # delete from the source; only after a comparison in which nothing differed


@dataclass(frozen=True, slots=True)
class Pile:
    """Some things: how many, and the sum of their hashes (128 bits), in whatever order they were counted."""

    things: int = 0
    digest: int = 0

    def __add__(self, other: "Pile") -> "Pile":
        return Pile(self.things + other.things, (self.digest + other.digest) % _WHOLE)


def pile_of(texts: Iterable[str | bytes]) -> Pile:
    """The pile of things that are told by these texts."""
    pile = Pile()
    for text in texts:
        raw = text.encode() if isinstance(text, str) else text
        pile += Pile(1, int.from_bytes(blake2b(raw, digest_size=16).digest()))
    return pile


class Move(Protocol):
    """The pieces of one school in two stores. Each call is safe to repeat, and may raise JobPostponed or JobFailed."""

    def total(self) -> int:
        """The number of pieces, for the progress."""
        ...

    def keys(self, after: str) -> Iterator[str]:
        """The pieces' keys in an order that never changes, those after `after` ("": all)."""
        ...

    def copy(self, key: str) -> int:
        """Make the target's piece as the source's is at this moment; the number of things written."""
        ...

    def compare(self, key: str) -> tuple[Pile, Pile]:
        """The piece as the source and as the target holds it."""
        ...

    def empty(self, key: str) -> int:
        """Delete the piece from the source; the number of things deleted."""
        ...


def move_run(job: JobHandle, move: Move) -> dict[str, Any]:
    """Do the job's steps (`parameters["steps"]`) from its checkpoint on; what it found, for `job.result`."""
    run = _Run(job, move)
    for step in map(Step, job.parameters["steps"]):
        if step in run.state["done"]:
            continue
        if step is Step.EMPTY and run.state["different"]:
            break
        if not run.do(step):
            return {}
    return run.state


def refuse_the_read(job: JobHandle, setting: str) -> None:
    """Raise JobFailed where the settings meanwhile name the target as the store that is read: a copy would take what is
    new in it for erased."""
    is_read = is_same_store(job.parameters["target"], parts_of(getattr(settings, setting))[0])
    if is_read and Step.COPY in job.parameters["steps"]:
        raise JobFailed(_("The portal works with the target of this move by now. Compare the two, and do not copy."))


class _Run:
    """A move under way. state: the checkpoint, and at the end the result."""

    def __init__(self, job: JobHandle, move: Move) -> None:
        self.job, self.move = job, move
        self.state: dict[str, Any] = {
            "done": [], "after": "", "pieces": 0, "written": 0, "deleted": 0,
            "source": [0, "0"], "target": [0, "0"], "different": 0, "differing": [],
        } | dict(job.state)  # fmt: skip
        self._kept = time.monotonic()

    def do(self, step: Step) -> bool:
        """One step over all pieces; False if the job is to stop here."""
        deeds: Mapping[Step, Callable[[str], None]] = {
            Step.COPY: self._copy, Step.COMPARE: self._compare, Step.EMPTY: self._empty
        }  # fmt: skip
        total = self.move.total()
        for key in self.move.keys(self.state["after"]):
            if self.job.should_stop:
                self.job.checkpoint(self.state)
                return False
            deeds[step](key)
            self.state |= {"after": key, "pieces": self.state["pieces"] + 1}
            self._keep()
            self.job.progress(min(self.state["pieces"], total), total, step.value)
        self.state |= {"done": [*self.state["done"], step.value], "after": "", "pieces": 0}
        self.job.checkpoint(self.state)
        return True

    def _copy(self, key: str) -> None:
        self.state["written"] += self.move.copy(key)

    def _compare(self, key: str) -> None:
        source, target = self.move.compare(key)
        self.state |= {"source": _added(self.state["source"], source), "target": _added(self.state["target"], target)}
        if source != target:
            self.state["different"] += 1
            self.state["differing"] = [*self.state["differing"], key][:SHOWN]

    def _empty(self, key: str) -> None:
        self.state["deleted"] += self.move.empty(key)

    def _keep(self) -> None:
        if time.monotonic() - self._kept >= EVERY:
            self.job.checkpoint(self.state)
            self._kept = time.monotonic()


def _added(told: list[Any], pile: Pile) -> list[Any]:
    """A pile as a checkpoint keeps it (the number, the hash as text), with another added to it."""
    whole = Pile(told[0], int(told[1], 16)) + pile
    return [whole.things, f"{whole.digest:032x}"]


def keys_of(rows: QuerySet[Any], after: str) -> Iterator[str]:
    """Keys of pieces that are rows with a UUID: their ids in order, those after `after` ("": all), read in pages."""
    rows, last = rows.order_by("pk"), UUID(after) if after else None
    while page := list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:_PAGE]):
        yield from map(str, page)
        last = page[-1]


def piles_of_both(read: Callable[[], tuple[Pile, Pile]]) -> tuple[Pile, Pile]:
    """The piece as `read` finds it in both stores, read again where they differ: one may be about to follow."""
    found = read()
    if found[0] != found[1]:
        time.sleep(_FOLLOWING)
        found = read()
    return found


@contextmanager
def postponed_on(unavailable: type[Exception]) -> Iterator[None]:
    """Raise JobPostponed, with the error's own sentence, where a store is unavailable."""
    try:
        yield
    except unavailable as error:
        raise JobPostponed(str(error)) from error
