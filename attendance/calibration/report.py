"""A school's own measurement of its face engine, read from people's verdicts and the registers they closed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, F
from django.db.models.functions import Floor

from accounts.models import Institution
from attendance.calibration.policy import thresholds_of
from attendance.calibration.rates import (
    STEPS,
    Between,
    Judged,
    Judgement,
    Point,
    Proposal,
    Rate,
    Sample,
    curve,
    false_matches,
    misses,
    propose,
)
from attendance.domain.decision import Outcome
from attendance.models import ClassSession, DetectedFace, Verdict
from enrollment.domain.faces import Calibration
from enrollment.faces.door import door_for

WISH = 0.01  # target rate of the page until another one is chosen


@dataclass(frozen=True)
class Report:
    """A school's measurement of its engine, as the page shows it. wish: the target false-match rate of the proposal.

    calibration: the engine's own. accept_threshold, review_threshold: those in force; `is_own`: set by the school.
    """

    calibration: Calibration
    accept_threshold: float
    review_threshold: float
    is_own: bool
    sample: Sample
    wish: float

    @cached_property
    def false_matches(self) -> Between:
        return false_matches(self.sample)

    @cached_property
    def misses(self) -> Between:
        return misses(self.sample)

    @cached_property
    def proposal(self) -> Proposal:
        return propose(self.sample, self.wish, self.calibration.most)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        thresholds = [
            self.accept_threshold,
            *([self.proposal.threshold] if self.proposal.threshold is not None else []),
        ]
        return curve(self.sample, thresholds, self.calibration.most)

    @property
    def by_hand(self) -> int:
        """Marks by the engine that were contradicted on the register, without a decision about the face."""
        return sum(each.by_hand for each in self.sample.judged)

    @property
    def not_named(self) -> int:
        """Students marked present by hand after a photo had been taken: perhaps they were not in it."""
        return self.sample.count([""], Judgement.MISSED)

    def asked_instead(self, threshold: float) -> Rate:
        """Rate of the marks so far that would have been a question at this threshold."""
        held = Counter(self.sample.unchallenged)
        held.update(each.similarity or 0.0 for each in self.sample.judged if each.said == Outcome.MARK)
        return Rate(sum(n for score, n in held.items() if score < threshold), held.total())


def read_report(institution: Institution, *, wish: float = WISH) -> Report:
    """The school's measurement of the engine and model that it uses now. Two queries, whatever the number of verdicts.

    Similarities of another engine or model cannot be compared, so their verdicts are not in it. Raises FaceError if the
    engine does not tell its model.
    """
    calibration = door_for(institution).calibration
    accept_threshold, review_threshold = thresholds_of(institution, calibration)
    sample = _sample(institution, calibration, review_threshold)
    is_own = (accept_threshold, review_threshold) != (
        calibration.accept_threshold,
        min(calibration.review_threshold, calibration.accept_threshold),
    )
    return Report(calibration, accept_threshold, review_threshold, is_own, sample, wish)


def _sample(institution: Institution, calibration: Calibration, review_threshold: float) -> Sample:
    verdicts = _verdicts(institution, calibration)
    step = calibration.most / STEPS
    unchallenged, open_questions = _untouched(institution, calibration, step)
    asked_from = [
        row["review_threshold"] for row in verdicts if row["detected_face"] and row["review_threshold"] is not None
    ]
    return Sample(
        judged=tuple(map(_judged, verdicts)),
        unchallenged=unchallenged,
        open=open_questions,
        lessons=len({row["capture__session"] for row in verdicts}),
        lowest=max(asked_from, default=review_threshold),
        step=step,
    )


def _verdicts(institution: Institution, calibration: Calibration) -> Sequence[dict[str, Any]]:
    rows = Verdict.objects.for_institution(institution).filter(engine=calibration.engine, model=calibration.model)
    fields = rows.order_by().values(
            "said", "kind", "similarity", "review_threshold", "detected_face", "detected_face__reason",
            "detected_face__decided_at", "detected_face__decided_student", "detected_face__candidates",
            "capture__session",
    )  # fmt: skip
    return cast(list[dict[str, Any]], list(fields))


def _judged(row: dict[str, Any]) -> Judged:
    return Judged(
        said=row["said"],
        judgement=Judgement(row["kind"]),
        similarity=row["similarity"],
        reason=row["detected_face__reason"] or "",
        is_findable=_was_candidate(row["detected_face__decided_student"], row["detected_face__candidates"]),
        by_hand=row["detected_face"] is not None and row["detected_face__decided_at"] is None,
    )


def _was_candidate(student_id: UUID | None, candidates: list[list[Any]] | None) -> bool:
    """True if the engine compared the face with this student: then they were enrolled, with a consent."""
    return student_id is not None and str(student_id) in {pk for pk, _similarity in candidates or []}


def _untouched(institution: Institution, calibration: Calibration, step: float) -> tuple[dict[float, int], int]:
    """Faces in closed registers without a verdict: numbers of those marked, by similarity, and of those asked about."""
    faces = DetectedFace.objects.for_institution(institution).filter(
        outcome__in=(Outcome.MARK, Outcome.ASK),
        decided_at=None,
        verdict=None,
        similarity__isnull=False,
        capture__engine=calibration.engine,
        capture__model=calibration.model,
        capture__session__state=ClassSession.State.CLOSED,
    )
    # A hair is added, since 0.7 / 0.001 is 699.99…
    steps = faces.order_by().annotate(steps=Floor(F("similarity") / step + 1e-6)).values_list("outcome", "steps")
    counts = [(outcome, round(int(at) * step, 6), n) for outcome, at, n in steps.annotate(n=Count("pk"))]
    marked = {similarity: n for outcome, similarity, n in counts if outcome == Outcome.MARK}
    return marked, sum(n for outcome, _similarity, n in counts if outcome == Outcome.ASK)
