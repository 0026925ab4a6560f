"""Recognition thresholds in force for an institution."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from accounts.models import Institution
from attendance.domain.decision import Policy
from enrollment.domain.faces import Calibration, FaceObservation
from enrollment.selectors import look_alike_pairs, students_with_consent


def policy_for(institution: Institution, calibration: Calibration) -> Policy:
    """The engine's calibration, with the thresholds that the institution has set for this very model."""
    accept_threshold, review_threshold = thresholds_of(institution, calibration)
    return Policy(
        accept_threshold=accept_threshold,
        review_threshold=review_threshold,
        margin=calibration.margin,
        look_alikes=look_alike_pairs(institution),
        covered_mark=calibration.covered_mark,
        covered_ask=calibration.covered_ask,
    )


def thresholds_of(institution: Institution, calibration: Calibration) -> tuple[float, float]:
    """The accept and the review threshold in force here, in the engine's unit, the second never above the first."""
    accept_threshold, review_threshold = calibration.accept_threshold, calibration.review_threshold
    if institution.thresholds_model == calibration.model:
        if institution.accept_threshold is not None:
            accept_threshold = institution.accept_threshold
        if institution.review_threshold is not None:
            review_threshold = institution.review_threshold
    return accept_threshold, min(review_threshold, accept_threshold)


def without_unsearchable(institution: Institution, observations: Sequence[FaceObservation]) -> list[FaceObservation]:
    """The same faces, silent about students besides the candidates who may not be searched for.

    Somebody's face can still be in an engine's gallery for a moment after their consent was withdrawn.
    """
    named = {seen.elsewhere.student_id for seen in observations if seen.elsewhere}
    allowed = candidates_among(institution, named) if named else set()
    return [
        seen if seen.elsewhere is None or seen.elsewhere.student_id in allowed else replace(seen, elsewhere=None)
        for seen in observations
    ]


def candidates_among(institution: Institution, roster: set[UUID]) -> set[UUID]:
    """Those on the roster who may be searched for: nobody without a valid consent, and nobody where faces are off."""
    if not institution.faces_enabled:
        return set()
    return set(students_with_consent(institution, roster).values_list("pk", flat=True))
