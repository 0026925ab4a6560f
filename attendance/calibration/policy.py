"""Recognition thresholds in force for an institution."""

from dataclasses import replace

from accounts.models import Institution
from attendance.domain.decision import Policy
from enrollment.domain.faces import Calibration
from enrollment.selectors import look_alike_pairs


def policy_for(institution: Institution, calibration: Calibration) -> Policy:
    """The engine's calibration, with the thresholds that the institution has set for this very model."""
    accept_threshold, review_threshold = thresholds_of(institution, calibration)
    return replace(
        Policy.of(calibration),
        accept_threshold=accept_threshold,
        review_threshold=review_threshold,
        look_alikes=look_alike_pairs(institution),
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
