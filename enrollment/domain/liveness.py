"""What every check for a living face offers, whoever does it: the values that it returns and the errors it raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from PIL.Image import Image


class Outcome(StrEnum):
    """What a check came to. Only LIVE marks anybody."""

    LIVE = "live"
    NOT_LIVE = "not_live"  # what was shown speaks against a living face
    UNDECIDED = "undecided"  # nothing was shown from which to tell: who stood still, left, or came as two


class Reason(StrEnum):
    """Why: stored with the attempt, and put into words for whoever stands there."""

    FOLLOWED = "followed"
    FLAT = "flat"  # it turned as a flat picture does: the nose stayed in the plane of eyes and mouth
    STATIC = "static"  # nothing moved at all
    WRONG_TURN = "wrong_turn"  # a head turned, but not where it was asked to
    OTHER_PERSON = "other_person"  # not the same face in every frame
    NO_TURN = "no_turn"
    NOT_FRONT = "not_front"  # there is no view from the front to compare with
    NO_FACE = "no_face"
    MANY_FACES = "many_faces"
    TIMING = "timing"  # frames that cannot have been taken while the challenge was shown
    CONFIDENCE = "confidence"  # the service is not confident enough
    NOT_DONE = "not_done"  # the service never saw the challenge through


class Pose(StrEnum):
    """How one is asked to hold the head. Left and right are the person's own."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing asked for, and for how long, in milliseconds."""

    pose: Pose
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """What somebody before the camera is asked to do.

    kind: which page's part shows it ("turns": frames are sent to the portal; "rekognition": Amazon's component sends
    them to Amazon). steps: one after the other from the first frame on. reference: the service's own name of it, or
    empty. seconds: how long it may be answered.
    """

    kind: str
    steps: tuple[Step, ...]
    reference: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright RGB picture, and when it was taken: milliseconds since the first step was shown."""

    image: Image
    at: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. evidence: what was measured, by name; no picture and no vector is in it.

    picture: the person who was checked and nobody else, from the front: by this one they are recognised. None unless
    a face was seen.
    """

    outcome: Outcome
    reason: Reason
    evidence: Mapping[str, float] = field(default_factory=dict)
    picture: Image | None = None


class LivenessError(Exception):
    """Base of what a check raises. `code` is for machines; `retryable` says whether trying again may help."""

    code = "liveness_error"
    retryable = False


class LivenessUnavailable(LivenessError):
    """The check cannot be done now: its service is throttled, unreachable, or refuses the portal."""

    def __init__(self, code: str, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class LivenessCheck(Protocol):
    """A check for a living face, bound to one institution when it is obtained (`liveness_for(institution)`).

    It keeps nothing between the two calls: who calls stores the challenge, hands it out once, and lets it expire.
    """

    def challenge(self) -> Challenge:
        """A new challenge, which nobody can foresee. Raises LivenessUnavailable."""
        ...

    def judge(self, challenge: Challenge, frames: Sequence[Frame]) -> Verdict:
        """What came of it. frames: in the order taken; empty where the service has its own.

        Raises LivenessUnavailable.
        """
        ...
