"""Steps of a school's set-up: the state of each by what the school has entered so far."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """State of a step. WAITING: others have to answer; SKIPPED: the administrators put it aside."""

    DONE = "done"
    WAITING = "waiting"
    TODO = "todo"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class SchoolCounts:
    """Numbers of the rows that a school has entered so far.

    holidays: days off of the whole school that are not over. refused: students about whom there is a refusal.
    asked: students about whom a request for consent waits. with_photo: consenting students with an enrolled photo.
    """

    year: str = ""
    terms: int = 0
    holidays: int = 0
    takes_faces: bool = False
    is_barred: bool = False
    students: int = 0
    staff: int = 0
    invited: int = 0
    courses: int = 0
    groups: int = 0
    with_lessons: int = 0
    consenting: int = 0
    refused: int = 0
    asked: int = 0
    with_photo: int = 0
    registers: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the set-up. minutes: how long it takes a person; share: how much of it is done, 0 to 1."""

    key: str
    state: StepState
    minutes: int
    share: float = 0.0

    @property
    def is_settled(self) -> bool:
        return self.state in (StepState.DONE, StepState.SKIPPED)


MINUTES = {
    "year": 5, "holidays": 5, "faces": 5, "people": 10, "courses": 15, "timetable": 20, "consents": 20, "photos": 30,
    "lesson": 5,
}  # fmt: skip
OF_FACES = frozenset({"consents", "photos"})


def steps_of(counts: SchoolCounts, skipped: Collection[str]) -> list[Step]:
    """The steps in their order. Those of faces are left out where the school does not take faces."""
    shares = _shares(counts)
    keys = [key for key in MINUTES if counts.takes_faces or key not in OF_FACES]
    return [_step(key, shares[key], counts, skipped) for key in keys]


def _step(key: str, share: float, counts: SchoolCounts, skipped: Collection[str]) -> Step:
    state = StepState.TODO
    if share >= 1:
        state = StepState.DONE
    elif key in skipped:
        state = StepState.SKIPPED
    elif key in OF_FACES and _waits_for_families(key, counts):
        state = StepState.WAITING
    return Step(key, state, MINUTES[key], min(share, 1.0))


def _waits_for_families(key: str, counts: SchoolCounts) -> bool:
    """True while nothing is left to do for the school: all are asked, or all who consent have a photo."""
    open_questions = counts.students - counts.consenting - counts.refused
    if key == "consents":
        return bool(counts.students) and counts.asked >= open_questions
    return counts.asked > 0 and counts.with_photo >= counts.consenting


def _shares(counts: SchoolCounts) -> dict[str, float]:
    answered = counts.consenting + counts.refused
    return {
        "year": float(bool(counts.year)),
        "holidays": float(counts.holidays > 0),
        "faces": float(counts.takes_faces or counts.is_barred),
        "people": (bool(counts.students) + bool(counts.staff + counts.invited > 1)) / 2,
        "courses": float(counts.courses > 0),
        "timetable": _part(counts.with_lessons, counts.courses),
        "consents": _part(answered, counts.students),
        "photos": _part(counts.with_photo, counts.consenting) if counts.consenting else 0.0,
        "lesson": float(counts.registers > 0),
    }


def _part(done: int, of: int) -> float:
    return done / of if of else 0.0


def next_step(steps: list[Step]) -> Step | None:
    """The first step that the school can do something about; None: there is none."""
    return next((step for step in steps if step.state == StepState.TODO), None)


def minutes_left(steps: list[Step]) -> int:
    """Minutes of a person's time for what is neither done nor skipped."""
    return round(sum(step.minutes * (1 - step.share) for step in steps if not step.is_settled))
