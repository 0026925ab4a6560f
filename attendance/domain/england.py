"""England's attendance codes from 19 August 2024 (Department for Education, Working together to improve attendance).

The portal's own letters keep their meaning, so three codes have others: SP for P (sport), EX for E (excluded), DR for D
(dual registered). Present (/ and \\) is the portal's P, late before the register closes its L.
"""

from typing import NamedTuple

from attendance.domain.rates import Counting
from attendance.domain.statuses import Status


class NationalCode(NamedTuple):
    """A code with its label, the kind that the register shows it as, and its part in rates."""

    code: str
    label: str
    kind: Status
    counting: Counting


_ATTENDED = {
    "K": "Provision by the local authority",
    "V": "Educational visit",
    "SP": "Sporting activity",
    "W": "Work experience",
    "B": "Other approved activity off site",
}
_AUTHORISED = {
    "C1": "Regulated performance or employment",
    "M": "Medical or dental appointment",
    "J1": "Interview",
    "S": "Study leave",
    "C2": "Part-time timetable",
    "C": "Exceptional circumstances",
    "T": "Parent travelling for work",
    "R": "Religious observance",
    "I": "Illness",
    "EX": "Suspended or excluded",
}
_UNAUTHORISED = {
    "G": "Holiday not granted",
    "N": "No reason given yet",
    "O": "Absent in other circumstances",
    "U": "Arrived after the register closed",
}
_NOT_POSSIBLE = {
    "DR": "Dual registered, at the other school",
    "X": "Not of compulsory school age",
    "Q": "No access arrangements",
    "Y1": "Transport not available",
    "Y2": "Disruption to travel",
    "Y3": "Part of the school closed",
    "Y4": "School closed",
    "Y5": "In criminal justice detention",
    "Y6": "Public health guidance",
    "Y7": "Other unavoidable cause",
    "Z": "Not yet on roll",
}

CODES = (
    *(NationalCode(code, label, Status.PRESENT, Counting.ATTENDED) for code, label in _ATTENDED.items()),
    *(NationalCode(code, label, Status.EXCUSED, Counting.MISSED) for code, label in _AUTHORISED.items()),
    *(NationalCode(code, label, Status.ABSENT, Counting.MISSED) for code, label in _UNAUTHORISED.items()),
    *(NationalCode(code, label, Status.EXCUSED, Counting.OUT) for code, label in _NOT_POSSIBLE.items()),
)
