"""Rekognition Face Liveness as a `LivenessCheck`: a session is created here, and its result is read here.

In between the tablet's page streams a video to Amazon, which only Amplify's FaceLivenessDetector can do: the portal
does not ship that component. docs/liveness.md describes its installation.
"""

import io
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from accounts.models import Institution
from enrollment.domain.faces import FaceError
from enrollment.domain.liveness import Challenge, Frame, LivenessUnavailable, Outcome, Reason, Verdict
from enrollment.faces.rekognition.calls import RekognitionCalls
from enrollment.faces.rekognition.detectors import box_in
from enrollment.liveness.turns import alone

SESSION_SECONDS = 180  # AWS: a session expires three minutes after its creation
# Per cent. AWS's service card recommends 80 or 90 against prepared films and deep fakes. Not measured: no account.
CONFIDENCE = 90.0
CHALLENGES = ("FaceMovementAndLightChallenge", "FaceMovementChallenge")
_GONE = "SessionNotFoundException"


class RekognitionLiveness:
    """Implements `LivenessCheck`.

    confidence: per cent from which a person passes. challenge: Amazon's name of the challenge; the one with light
    flashes colours, which photosensitive people should be spared. max_wait: seconds that a call may wait for the
    account's quota.
    """

    def __init__(
        self,
        institution: Institution,
        *,
        confidence: float = CONFIDENCE,
        challenge: str = CHALLENGES[0],
        max_wait: float = 5.0,
    ) -> None:
        if challenge not in CHALLENGES:
            raise ImproperlyConfigured(f"LIVENESS_CHECK: challenge must be {' or '.join(CHALLENGES)}.")
        self.confidence = confidence
        self._challenge = challenge
        self._calls = RekognitionCalls(institution.pk, max_wait)

    def challenge(self) -> Challenge:
        settings = {"AuditImagesLimit": 0, "ChallengePreferences": [{"Type": self._challenge}]}
        answer = self._one("CreateFaceLivenessSession", Settings=settings, ClientRequestToken=str(uuid4()))
        return Challenge("rekognition", (), str((answer or {})["SessionId"]), SESSION_SECONDS)

    def judge(self, challenge: Challenge, frames: Sequence[Frame]) -> Verdict:
        answer = self._one("GetFaceLivenessSessionResults", expected={_GONE}, SessionId=challenge.reference)
        if answer is None or answer["Status"] != "SUCCEEDED":
            return Verdict(Outcome.UNDECIDED, Reason.NOT_DONE)
        evidence = {"confidence": float(answer.get("Confidence", 0.0))}
        picture = _picture(answer.get("ReferenceImage", {}))
        if picture is None:
            return Verdict(Outcome.UNDECIDED, Reason.NO_FACE, evidence)
        if evidence["confidence"] < self.confidence:
            return Verdict(Outcome.NOT_LIVE, Reason.CONFIDENCE, evidence, picture)
        return Verdict(Outcome.LIVE, Reason.FOLLOWED, evidence, picture)

    def _one(
        self, operation: str, *, expected: Sequence[str] | set[str] = (), **arguments: Any
    ) -> dict[str, Any] | None:
        try:
            return self._calls.one(operation, expected=expected, **arguments)
        except FaceError as error:
            raise LivenessUnavailable(str(error.code), str(error), retryable=error.retryable) from error


def _picture(reference: dict[str, Any]) -> Image.Image | None:
    """The reference picture, of the checked face alone; None if Amazon returned no bytes."""
    data = reference.get("Bytes")
    if not data:
        return None
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    box = reference.get("BoundingBox")
    return alone(image, box_in(box, image.size)) if box else image
