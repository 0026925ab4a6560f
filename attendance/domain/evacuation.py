"""People of an evacuation's list, who is to be found, and which times of devices are believed: pure rules."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from attendance.domain.day import Standing

OLDEST_START = timedelta(hours=12)  # a list that was begun without a network and is sent later


class Person(NamedTuple):  # made by the ten thousand, quicker than a dataclass
    """Somebody on an evacuation's list.

    kind: "student", "staff" or "visitor"; subject: of the student, the account, or the visitor. place: room, empty if
    nobody knows; teacher: of the lesson there. is_expected: to be found; standing: what the registers say.
    """

    subject: UUID
    kind: str
    name: str
    place: str = ""
    teacher: str = ""
    group: str = ""
    is_expected: bool = True
    standing: str = ""


def is_expected(standing: Standing | None) -> bool:
    """True for those who may be in the building: here, or not known; not who is absent, left, or had no lesson yet."""
    return standing in (Standing.HERE, Standing.UNKNOWN)


def credible_start(claimed: datetime | None, now: datetime) -> datetime:
    """The beginning that a device claims; now, where that is not credible."""
    return claimed if claimed is not None and now - OLDEST_START <= claimed <= now else now
