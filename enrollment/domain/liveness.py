"""Interface of the liveness checks: the protocol, the values it returns and the errors it raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from PIL.Image import Image


class Outcome(StrEnum):
    """Result of a check. Only LIVE leads to a mark."""

    LIVE = "live"
    NOT_LIVE = "not_live"  # the frames contradict a living face
    UNDECIDED = "undecided"  # the frames do not suffice: the person stood still, left, or was not alone


class Reason(StrEnum):
    """Reason of a result: stored with the attempt, and put into words for the person at the tablet."""

    FOLLOWED = "followed"
    FLAT = "flat"  # turned like a flat picture: the nose stayed in the plane of eyes and mouth
    STATIC = "static"  # nothing moved
    WRONG_TURN = "wrong_turn"  # a head turned, but not in the requested direction
    OTHER_PERSON = "other_person"  # not the same face in every frame
    NO_TURN = "no_turn"
    NOT_FRONT = "not_front"  # there is no view from the front to compare with
    NO_FACE = "no_face"
    MANY_FACES = "many_faces"
    TIMING = "timing"  # frames that cannot have been taken while the challenge was shown
    CONFIDENCE = "confidence"  # the service is not confident enough
    NOT_DONE = "not_done"  # the challenge was not completed at the service


class Pose(StrEnum):
    """Requested pose of the head. Left and right are the person's own."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Step:
    """One requested pose and its duration in milliseconds."""

    pose: Pose
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """The task for the person in front of the camera.

    kind: the page's component that shows it ("turns": frames are sent to the portal; "rekognition": Amazon's component
    sends them to Amazon). steps: in order, from the first frame on. reference: the service's own id of it, or empty.
    seconds: time limit of the answer.
    """

    kind: str
    steps: tuple[Step, ...]
    reference: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright RGB picture and its time: milliseconds since the first step was shown."""

    image: Image
    at: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict of a check. evidence: the measurements by name, without any picture or vector.

    picture: the checked person alone, from the front, for recognition. None unless a face was seen.
    """

    outcome: Outcome
    reason: Reason
    evidence: Mapping[str, float] = field(default_factory=dict)
    picture: Image | None = None


class LivenessError(Exception):
    """Base of a check's errors. `code` is for machines; `retryable` is True if trying again may help."""

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

    It keeps nothing between the two calls: the caller stores the challenge, hands it out once, and lets it expire.
    """

    def challenge(self) -> Challenge:
        """A new, unpredictable challenge. Raises LivenessUnavailable."""
        ...

    def judge(self, challenge: Challenge, frames: Sequence[Frame]) -> Verdict:
        """The verdict on an answer. frames: in the order taken; empty if the service has its own.

        Raises LivenessUnavailable.
        """
        ...
