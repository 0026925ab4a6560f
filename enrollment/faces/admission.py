"""Admission to the face networks: on one machine so many pictures at a time as there are runs, in a fair order.

Pictures that are all computed together are all answered late; in turns the first is answered at once and the last no
later. A picture by itself is computed on every core (`Network.run_parts`). Of those who wait kinds take turns, so that
a face at a tablet does not wait for twenty classes, within a kind schools, and within a school the first comes first.
Processes of one machine share the turns by locks on files, which end with the process that holds them.
"""

import itertools
import logging
import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from uuid import UUID

from PIL.Image import Image
from prometheus_client import Gauge, Histogram

from accounts.tracing import traced

try:
    import fcntl
except ImportError:  # Windows: its processes do not wait for each other
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
WAITED = Histogram("portal_faces_wait_seconds", "Seconds that a picture waited for its turn.", ["line", "kind"])
WAITING = Gauge("portal_faces_waiting", "Pictures of this process that wait for their turn.", ["line", "kind"])
GLANCE_PIXELS = 500_000  # a tablet at a door sends 0.3 million, with one face; a class is on a million or more
LONGEST = 30.0  # seconds for another process, which may hang; then the picture is computed beside the other's
_NAP = 0.001  # seconds between two tries of a lock that another process holds: one thread a process tries


class Kind(IntEnum):
    """Purpose of a picture."""

    GLANCE = 0  # somebody at a tablet, a frame
    CLASS = 1
    ENROLMENT = 2

    @classmethod
    def of(cls, image: Image) -> "Kind":
        """The kind of a picture that is compared with a gallery, by its size."""
        return cls.GLANCE if image.width * image.height <= GLANCE_PIXELS else cls.CLASS


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody who waits. number: of the order in which they came."""

    number: int
    kind: Kind
    school: UUID


@dataclass
class Order:
    """Order of service: of kinds that wait the one served longest ago, of its schools likewise, of theirs the first."""

    _kinds: dict[Kind, int] = field(default_factory=dict)
    _schools: dict[tuple[Kind, UUID], int] = field(default_factory=dict)
    _turn: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def first(self, waiting: Collection[Ticket]) -> Ticket | None:
        """The one whose turn it is."""
        return min(waiting, key=self._rank, default=None)

    def serve(self, ticket: Ticket) -> None:
        """Note that it was this one's turn."""
        turn = next(self._turn)
        self._kinds[ticket.kind] = self._schools[ticket.kind, ticket.school] = turn

    def _rank(self, ticket: Ticket) -> tuple[int, int, int, int]:
        school = self._schools.get((ticket.kind, ticket.school), 0)
        return self._kinds.get(ticket.kind, 0), ticket.kind, school, ticket.number


class Admission:
    """The turns of one process. folder: of the machine's locks, None for none; places: pictures at a time; line: its
    name among the figures."""

    def __init__(self, folder: Path | None, places: int = 1, line: str = "networks") -> None:
        self._line = line
        self._locks = MachineLocks(folder, places) if folder and fcntl else None
        self._free = places
        self._order, self._waiting = Order(), set[Ticket]()
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, kind: Kind, school: UUID, patience: float | None = None) -> Iterator[bool]:
        """Wait for a turn, and have it until the block ends: true. False if there was none within `patience` seconds:
        then the block is without one."""
        with ExitStack() as having:
            named = (self._line, kind.name.lower())
            with (
                WAITED.labels(*named).time(),
                WAITING.labels(*named).track_inprogress(),
                traced(f"wait for {self._line}"),
            ):
                is_in = self._enter(kind, school, patience)
                if is_in:
                    having.callback(self._leave)
                    if self._locks:
                        having.enter_context(self._locks.held())
            yield is_in

    @property
    def waiting(self) -> int:
        """Number of those who wait in this process."""
        return len(self._waiting)

    def _leave(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def _enter(self, kind: Kind, school: UUID, patience: float | None) -> bool:
        with self._changed:
            ticket = Ticket(next(self._numbers), kind, school)
            self._waiting.add(ticket)
            try:
                if not self._changed.wait_for(lambda: self._is_next(ticket), patience):
                    return False
                self._free -= 1
                self._order.serve(ticket)
                return True
            finally:
                self._waiting.discard(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: Ticket) -> bool:
        return self._free > 0 and self._order.first(self._waiting) is ticket


class MachineLocks:
    """Places that the processes of a machine share: a file each, and one before them for the one who is next.

    Without that one a process which gives its place back would have it again before another's next try.
    """

    def __init__(self, folder: Path, places: int) -> None:
        self._next, self._places = folder / "next.lock", [folder / f"place-{n}.lock" for n in range(places)]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a place until the block ends. Where no file can be locked, or after `LONGEST`, nothing is held."""
        with ExitStack() as holding:
            until = time.monotonic() + LONGEST
            with ExitStack() as being_next:
                if _locked(being_next, [self._next], until):
                    _locked(holding, self._places, until)
            yield


def _locked(stack: ExitStack, files: list[Path], until: float) -> bool:
    """Lock one of the files, until the stack ends. False after the time `until`."""
    try:
        opened = [_opened(stack, path) for path in files]
        while not any(_try(handle) for handle in opened):
            if time.monotonic() > until:
                logger.warning("A place at the face networks was not free within %d seconds", LONGEST)
                return False
            time.sleep(_NAP)
    except OSError as error:  # no file can be written there, or locked: some network drives know no locks
        logger.warning("Photos do not wait for those of other processes: %s", error)
        return False
    return True


def _opened(stack: ExitStack, path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, handle)
    return handle


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_made: dict[tuple[int, Path | None, int], Admission] = {}


def admission_for(folder: Path | None, places: int) -> Admission:
    """The admission of this process to the networks whose files are kept in `folder`."""
    key = (os.getpid(), folder, places)  # a child's threads are its own
    return _made.get(key) or _made.setdefault(key, Admission(folder, places))
