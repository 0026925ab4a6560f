"""A journal of erasures beside the database: a restored backup is told by it what was erased since.

A line an erasure, written when it is asked for: ids and a time, nobody's name. It lies in ERASURE_JOURNAL, on another
disk than the database if possible, since it has to outlive it.
"""

import errno
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)
FACES, STUDENT, SCHOOL = "faces", "student", "school"


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure that was asked for. kind: FACES or STUDENT, of the student `subject`; SCHOOL, of the whole school.

    scope: an erasure's extent, as the receipt has it.
    """

    at: datetime
    kind: str
    school: UUID
    subject: UUID
    scope: str = ""


def erasure_note(kind: str, *, school: UUID, subject: UUID, scope: str = "") -> None:
    """Write an erasure into the journal, and on the disk, before it begins. Raises OSError."""
    try:
        _append([Erased(timezone.now(), kind, school, subject, str(scope))])
    except OSError as error:
        logger.error("The journal of erasures cannot be written: %s", error)
        raise


def erasures_take_over(paths: Iterable[Path]) -> None:
    """Write into the portal's journal what these journals know and it does not, such as those of a machine that is
    gone: an older backup may be restored one day. Raises OSError, ValueError."""
    own = Path(settings.ERASURE_JOURNAL)
    known = set(_entries(own)) if own.exists() else set()
    if fresh := {entry for path in paths for entry in _entries(path)} - known:
        _append(sorted(fresh, key=_moment))


def _append(entries: Iterable[Erased]) -> None:
    lines = [json.dumps({name: str(value) for name, value in asdict(entry).items()}) + "\n" for entry in entries]
    data = "".join(lines).encode()
    file = os.open(settings.ERASURE_JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.write(file, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    finally:
        os.close(file)


def erasures_since(since: datetime, *, paths: Iterable[Path]) -> list[Erased]:
    """Erasures of these journals from `since` on, oldest first. Raises OSError, ValueError.

    Each once, as it was noted last: when it was asked for and again before it was done, it is one all the same.
    """
    found = sorted((entry for path in paths for entry in _entries(path) if entry.at >= since), key=_moment)
    latest = {(entry.kind, entry.school, entry.subject, entry.scope): entry for entry in found}
    return sorted(latest.values(), key=_moment)


def _moment(entry: Erased) -> datetime:
    return entry.at


def _entries(path: Path) -> Iterator[Erased]:
    for line in path.read_text("utf-8").splitlines():
        told = json.loads(line)
        yield Erased(
            datetime.fromisoformat(told["at"]), told["kind"], UUID(told["school"]), UUID(told["subject"]), told["scope"]
        )
