"""Judging a liveness check by turns of the head: measured looks in, one finding out.

Pure: no pictures, no clock, no settings. The thresholds come from `python bench/liveness.py` (docs/liveness.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from enrollment.domain.liveness import Outcome, Pose, Reason, Step
from enrollment.liveness.geometry import LEFT_EYE, RIGHT_EYE, Array, Turn, sideways, turn_of

# In distances between the eyes: least displacement of the nose out of the face's plane, on average over the requested
# turns to the right and to the left, so that a slight turn of the view from the front cancels out. A head reaches it
# at 30 to 35 degrees.
TURNED = 0.2
LEAST = 0.1  # and in each of them
# Largest distance of the nose from the plane's middle line when looking straight, at first and again.
STRAIGHT = 0.15
# Height of the nose over the plane of eyes and mouth, given the turn that the plane itself shows. On a generic head the
# detector finds 0.35 to 0.5, on a flat picture 0.3 in one look of twenty and 0.15 on average.
DEPTH = 0.28
NARROWED = 0.4  # the tangent of a turn of 22 degrees: a plane that turned this far without its nose is a picture
# The cosine of a look and the look from the front (SFace, not centred). Of 19,900 pairs of different people (LFW) 0.9 %
# are as similar; a face on a generic head that turned by 40 degrees stays at 0.39 at least.
SAME = 0.3
STILL = 0.02  # in distances between the eyes: the detector's own jitter
REACTION = 350  # milliseconds until a person reacts; a look before that counts for no step
LINGER = 250  # milliseconds for which the previous step may still be seen


@dataclass(frozen=True, slots=True)
class Look:
    """The main face of a frame. at: milliseconds since the first step. landmarks: (5, 2), pixels; vector: of length 1.

    others: number of other faces in the frame that are nearly as large.
    """

    at: int
    landmarks: Array
    vector: Array
    others: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict without its picture. front: the index of the look from the front, if there is one."""

    outcome: Outcome
    reason: Reason
    evidence: Mapping[str, float] = field(default_factory=dict)
    front: int | None = None


def find(steps: Sequence[Step], looks: Sequence[Look | None]) -> Finding:
    """The finding on the looks, in the order taken. None among them: no face in the frame.

    The first step is to look straight. LIVE only if every step was followed by one and the same face that is not flat;
    the first condition that fails is the reason.
    """
    windows = _windows(steps, looks)
    if any(len(window) < 2 for window in windows):
        return Finding(Outcome.UNDECIDED, Reason.NO_FACE)
    front = min(windows[0], key=lambda index: _aside_alone(looks[index]))
    start = looks[front]
    seen = [look for look in looks if look is not None]
    if start is None or any(look.others for look in seen):
        return Finding(Outcome.UNDECIDED, Reason.MANY_FACES, front=front)
    similarity = min(float(look.vector @ start.vector) for look in seen)
    moved = max(_moved(start.landmarks, look.landmarks) for look in seen)
    evidence = {"frames": float(len(seen)), "similarity": similarity, "moved": moved, "front": _aside_alone(start)}
    if moved < STILL:
        return Finding(Outcome.NOT_LIVE, Reason.STATIC, evidence, front)
    if similarity < SAME:
        return Finding(Outcome.NOT_LIVE, Reason.OTHER_PERSON, evidence, front)
    if _aside_alone(start) > STRAIGHT:
        return Finding(Outcome.UNDECIDED, Reason.NOT_FRONT, evidence, front)
    return _followed(steps, [_turns(start, window, looks) for window in windows], evidence, front)


def _followed(
    steps: Sequence[Step], turns: Sequence[Sequence[Turn]], evidence: dict[str, float], front: int
) -> Finding:
    """The finding from the turns of each step's looks."""
    reached = [_reached(step.pose, window) for step, window in zip(steps, turns, strict=True)]
    asked = [one for step, one in zip(steps, reached, strict=True) if step.pose is not Pose.FRONT]
    back = [one for step, one in zip(steps, reached, strict=True) if step.pose is Pose.FRONT]
    for number, (step, one) in enumerate(zip(steps, reached, strict=True)):
        evidence[f"{number}_{step.pose}"] = one.aside
    swing = float(np.mean([one.aside for one in asked])) if asked else 0.0
    narrowed = float(np.mean([one.foreshortened for one in asked])) if asked else 0.0
    evidence |= {"swing": swing, "narrowed": narrowed}
    is_deep = swing >= DEPTH * narrowed
    is_turned = swing >= TURNED and all(one.aside >= LEAST for one in asked)
    if is_turned and is_deep and all(abs(one.aside) <= STRAIGHT for one in back):
        return Finding(Outcome.LIVE, Reason.FOLLOWED, evidence, front)
    if narrowed >= NARROWED and not is_deep and swing > -LEAST:
        return Finding(Outcome.NOT_LIVE, Reason.FLAT, evidence, front)
    if any(one.aside <= -LEAST for one in asked):
        return Finding(Outcome.NOT_LIVE, Reason.WRONG_TURN, evidence, front)
    return Finding(Outcome.UNDECIDED, Reason.NO_TURN, evidence, front)


_SIGN = {Pose.LEFT: 1.0, Pose.RIGHT: -1.0, Pose.FRONT: 1.0}


def _reached(pose: Pose, window: Sequence[Turn]) -> Turn:
    """The second best look of a step, with `aside` counted in the requested direction: one alone may be an outlier."""
    turns = [Turn(_SIGN[pose] * turn.aside, turn.up, turn.foreshortened) for turn in window]
    if len(turns) < 2:
        return Turn(-1.0, 0.0, 0.0)
    best = sorted(turns, key=lambda turn: abs(turn.aside) if pose is Pose.FRONT else -turn.aside)
    return best[1]


def _windows(steps: Sequence[Step], looks: Sequence[Look | None]) -> list[list[int]]:
    """For each step the indices of the looks that were taken during it."""
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
    """Mean movement of the landmarks between two looks, in distances between the eyes of the first."""
    eyes = float(np.linalg.norm(one[LEFT_EYE] - one[RIGHT_EYE])) or 1.0
    return float(np.linalg.norm(other - one, axis=1).mean()) / eyes
