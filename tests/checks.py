"""A check for a living face whose verdicts a test writes down beforehand."""

from collections.abc import Sequence

from PIL import Image

from accounts.models import Institution
from enrollment.domain.liveness import Challenge, Frame, LivenessUnavailable, Outcome, Pose, Reason, Step, Verdict

STEPS = (Step(Pose.FRONT, 900), Step(Pose.LEFT, 1600), Step(Pose.RIGHT, 1600))
VERDICTS: list[Verdict | LivenessUnavailable] = []  # the last one repeats; empty: everyone passes
JUDGED: list[tuple[Challenge, list[Frame]]] = []


def passed() -> Verdict:
    return Verdict(Outcome.LIVE, Reason.FOLLOWED, {"1_left": 0.31}, Image.new("RGB", (300, 300), "#777"))


def failed(reason: Reason = Reason.FLAT) -> Verdict:
    return Verdict(Outcome.NOT_LIVE, reason, {"1_left": 0.02}, Image.new("RGB", (300, 300), "#777"))


class ScriptedCheck:
    """Implements `LivenessCheck`."""

    def __init__(self, institution: Institution) -> None:
        pass

    def challenge(self) -> Challenge:
        return Challenge("turns", STEPS, "", 12)

    def judge(self, challenge: Challenge, frames: Sequence[Frame]) -> Verdict:
        JUDGED.append((challenge, list(frames)))
        verdict = (VERDICTS.pop(0) if len(VERDICTS) > 1 else VERDICTS[0]) if VERDICTS else passed()
        if isinstance(verdict, LivenessUnavailable):
            raise verdict
        return verdict
