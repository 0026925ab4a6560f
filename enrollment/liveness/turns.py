"""The embedded liveness check: a person is asked to turn their head, and the portal's own networks measure the turns.

Its limits are in docs/liveness.md.
"""

import secrets
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from PIL.Image import Image

from accounts.models import Institution
from enrollment.domain.faces import Box, FaceError
from enrollment.domain.liveness import Challenge, Frame, LivenessUnavailable, Outcome, Pose, Reason, Step, Verdict
from enrollment.faces.crops import face_area
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.engine import LocalModel
from enrollment.liveness.judging import Finding, Look, find

AT_FIRST = 900  # milliseconds in which to look straight
TURN_MS = (1500, 1900)  # milliseconds for each further step, drawn at random
ANSWER = 6  # seconds for the page to begin and for the frames to arrive, besides the steps
NEAR = 1.5  # the main face must be this many times as wide as any other
SMALLEST = 60  # pixels: the width of a face below which landmarks are too unsteady to be measured
AROUND = 0.5  # of the face's size: margin kept on each side of it
MOST_FRAMES = 24
_AFTER = {Pose.FRONT: (Pose.LEFT, Pose.RIGHT), Pose.LEFT: (Pose.RIGHT, Pose.FRONT), Pose.RIGHT: (Pose.LEFT, Pose.FRONT)}


class HeadTurns:
    """Implements `LivenessCheck`. steps: number of poses after looking straight, 2 to 5.

    threads: cores per run of the networks, 0 for all.
    """

    def __init__(self, institution: Institution, *, steps: int = 3, threads: int = 0) -> None:
        if not 2 <= steps <= 5:
            raise ImproperlyConfigured("LIVENESS_CHECK: steps must be 2 to 5.")
        self.steps = steps
        self.model = LocalModel.from_options(threads=threads)

    def challenge(self) -> Challenge:
        poses: list[Pose] = []
        while not {Pose.LEFT, Pose.RIGHT} <= set(poses):  # both: their difference is measured
            poses = [Pose.FRONT]
            while len(poses) <= self.steps:
                poses.append(secrets.choice(_AFTER[poses[-1]]))
        return challenge_of(poses)

    def judge(self, challenge: Challenge, frames: Sequence[Frame]) -> Verdict:
        if not _is_plausible(challenge, frames):
            return Verdict(Outcome.UNDECIDED, Reason.TIMING)
        try:
            faces = [self.model.analyse(frame.image) for frame in frames]
        except FaceError as error:
            raise LivenessUnavailable(str(error.code), str(error), retryable=error.retryable) from error
        looks = [look_of(frame, found) for frame, found in zip(frames, faces, strict=True)]
        finding = find(challenge.steps, looks)
        return self._verdict(finding, frames, faces)

    def _verdict(self, finding: Finding, frames: Sequence[Frame], faces: Sequence[list[AnalysedFace]]) -> Verdict:
        """The finding with the picture of the checked person; several people in the picture fail the check."""
        if finding.front is None:
            return Verdict(finding.outcome, finding.reason, finding.evidence)
        box = max(faces[finding.front], key=lambda face: face.box.width).box
        picture = alone(frames[finding.front].image, box)
        if finding.outcome is Outcome.LIVE and len(self.model.detect(picture)) != 1:
            return Verdict(Outcome.UNDECIDED, Reason.MANY_FACES, finding.evidence, picture)
        return Verdict(finding.outcome, finding.reason, finding.evidence, picture)


def challenge_of(poses: Sequence[Pose]) -> Challenge:
    """The challenge of these poses, the first of which is FRONT, each with a duration of its own."""
    low, high = TURN_MS
    steps = [Step(poses[0], AT_FIRST), *(Step(pose, low + secrets.randbelow(high - low)) for pose in poses[1:])]
    seconds = ANSWER + round(sum(step.milliseconds for step in steps) / 1000)
    return Challenge("turns", tuple(steps), "", seconds)


def alone(image: Image, box: Box) -> Image:
    """The part of a picture around one face: anyone beside it was not checked, and is neither marked nor kept."""
    return image.crop(face_area(box, AROUND, image.size))


def _is_plausible(challenge: Challenge, frames: Sequence[Frame]) -> bool:
    """True if the frames can have been taken one after the other while the steps were shown."""
    lasts = sum(step.milliseconds for step in challenge.steps)
    times = [frame.at for frame in frames]
    in_order = all(one < other for one, other in pairwise(times))
    return (
        in_order
        and 2 * len(challenge.steps) <= len(frames) <= MOST_FRAMES
        and times[0] >= 0
        and times[-1] <= lasts + 1000
    )


def look_of(frame: Frame, faces: Sequence[AnalysedFace]) -> Look | None:
    """The largest face of a frame as a look; None if there is none of sufficient size."""
    if not faces:
        return None
    largest, *others = sorted(faces, key=lambda face: face.box.width, reverse=True)
    if largest.box.width < SMALLEST:
        return None
    near = sum(other.box.width * NEAR > largest.box.width for other in others)
    return Look(frame.at, np.asarray(largest.landmarks, np.float64), largest.vector, near)
