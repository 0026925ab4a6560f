"""Whether a face that was asked to turn is a living head: measured looks in, one verdict out.

Pure: no pictures, no clock, no settings. Where the bars come from: `python bench/liveness.py`, docs/liveness.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from enrollment.liveness.base import Outcome, Pose, Reason, Step
from enrollment.liveness.geometry import LEFT_EYE, RIGHT_EYE, Array, Turn, sideways, turn_of

# In distances between the eyes: how far out of the face's plane the nose must go. A head does that at some 30 degrees.
TURNED = 0.25
# So near to it the nose is when one looks straight again, or at first.
STRAIGHT = 0.15
# How far the nose stands before the plane of eyes and mouth, at least, for the turn that the plane itself shows: a head
# has some 0.4, a flat picture 0, one bent like a pipe as wide as a head 0.1 to 0.2.
DEPTH = 0.22
NARROWED = 0.45  # the tangent of a turn of 24 degrees: from there on a plane that turned without its nose is a picture
# The cosine of a look and the look from the front (SFace, not centred). Another person's is 0.2 at most in 99 %.
SAME = 0.25
STILL = 0.02  # in distances between the eyes: what the detector's own trembling comes to
REACTION = 350  # milliseconds until somebody does what is asked; a look before that counts for no step
LINGER = 250  # so long the step before may still be seen


@dataclass(frozen=True, slots=True)
class Look:
    """The one face of a frame. at: milliseconds since the first step. landmarks: (5, 2), pixels; vector: of length 1.

    others: how many other faces of the frame are nearly as large.
    """

    at: int
    landmarks: Array
    vector: Array
    others: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict without its picture. front: the index of the look from the front, where there is one."""

    outcome: Outcome
    reason: Reason
    evidence: Mapping[str, float] = field(default_factory=dict)
    front: int | None = None


def find(steps: Sequence[Step], looks: Sequence[Look | None]) -> Finding:
    """Whether the looks, in the order taken, are of a head that did the steps. None among them: no face in the frame.

    The first step is to look straight. LIVE only where every step was followed by one and the same face that is not
    flat; what is missing for that is the reason.
    """
    windows = _windows(steps, looks)
    if any(len(window) < 2 for window in windows):
        return Finding(Outcome.UNDECIDED, Reason.NO_FACE)
    front = min(windows[0], key=lambda index: _aside_alone(looks[index]))
    start = looks[front]
    seen = [look for look in looks if look is not None]
    if start is None or any(look.others for look in seen):
        return Finding(Outcome.UNDECIDED, Reason.MANY_FACES, front=front)
    likeness = min(float(look.vector @ start.vector) for look in seen)
    moved = max(_moved(start.landmarks, look.landmarks) for look in seen)
    evidence = {"frames": float(len(seen)), "likeness": likeness, "moved": moved, "front": _aside_alone(start)}
    if moved < STILL:
        return Finding(Outcome.NOT_LIVE, Reason.STATIC, evidence, front)
    if likeness < SAME:
        return Finding(Outcome.NOT_LIVE, Reason.OTHER_PERSON, evidence, front)
    if _aside_alone(start) > STRAIGHT:
        return Finding(Outcome.UNDECIDED, Reason.NOT_FRONT, evidence, front)
    return _followed(steps, [_turns(start, window, looks) for window in windows], evidence, front)


def _followed(
    steps: Sequence[Step], turns: Sequence[Sequence[Turn]], evidence: dict[str, float], front: int
) -> Finding:
    """The finding by the turns of each step's looks."""
    for number, (step, window) in enumerate(zip(steps, turns, strict=True)):
        evidence[f"{number}_{step.pose}"] = _reached(step.pose, window)
    evidence["narrowed"] = max((turn.foreshortened for window in turns for turn in window), default=0.0)
    if all(_is_followed(step.pose, window) for step, window in zip(steps, turns, strict=True)):
        return Finding(Outcome.LIVE, Reason.FOLLOWED, evidence, front)
    if any(_is_flat(turn) for window in turns for turn in window):
        return Finding(Outcome.NOT_LIVE, Reason.FLAT, evidence, front)
    if any(_is_opposite(step.pose, window) for step, window in zip(steps, turns, strict=True)):
        return Finding(Outcome.NOT_LIVE, Reason.WRONG_TURN, evidence, front)
    return Finding(Outcome.UNDECIDED, Reason.NO_TURN, evidence, front)


_SIGN = {Pose.LEFT: 1.0, Pose.RIGHT: -1.0, Pose.FRONT: 0.0}
_OPPOSITE = {Pose.LEFT: Pose.RIGHT, Pose.RIGHT: Pose.LEFT}


def _reached(pose: Pose, window: Sequence[Turn]) -> float:
    """How far the nose went the way that was asked, in the second best look: one alone may be the detector's slip.

    For FRONT it is how straight the face looked again: 1 less its distance.
    """
    if pose is Pose.FRONT:
        values = sorted((1 - abs(turn.aside) for turn in window), reverse=True)
    else:
        values = sorted((_SIGN[pose] * turn.aside for turn in window), reverse=True)
    return values[1] if len(values) > 1 else -1.0


def _is_followed(pose: Pose, window: Sequence[Turn]) -> bool:
    if pose is Pose.FRONT:
        return _reached(pose, window) >= 1 - STRAIGHT
    deep = [turn for turn in window if abs(turn.aside) >= DEPTH * turn.foreshortened]
    return _reached(pose, deep) >= TURNED


def _is_opposite(pose: Pose, window: Sequence[Turn]) -> bool:
    return pose in _OPPOSITE and _reached(_OPPOSITE[pose], window) >= TURNED


def _is_flat(turn: Turn) -> bool:
    return turn.foreshortened >= NARROWED and abs(turn.aside) < DEPTH * turn.foreshortened


def _windows(steps: Sequence[Step], looks: Sequence[Look | None]) -> list[list[int]]:
    """For each step the indices of the looks that were taken while it was to be followed."""
    windows, begins = [], 0
    for number, step in enumerate(steps):
        ends = begins + step.milliseconds
        earliest = begins + (REACTION if number else 0)
        taken = (index for index, look in enumerate(looks) if look is not None and earliest <= look.at <= ends + LINGER)
        windows.append(list(taken))
        begins = ends
    return windows


def _turns(start: Look, window: Sequence[int], looks: Sequence[Look | None]) -> list[Turn]:
    found = [turn_of(start.landmarks, look.landmarks) for index in window if (look := looks[index]) is not None]
    return [turn for turn in found if turn is not None]


def _aside_alone(look: Look | None) -> float:
    aside = abs(sideways(look.landmarks)) if look is not None else float("nan")
    return aside if np.isfinite(aside) else 9.0


def _moved(one: Array, other: Array) -> float:
    """How far the landmarks moved between two looks, on average, in distances between the eyes of the first."""
    eyes = float(np.linalg.norm(one[LEFT_EYE] - one[RIGHT_EYE])) or 1.0
    return float(np.linalg.norm(other - one, axis=1).mean()) / eyes
