"""Decisions about the faces of one picture: similarities in, one decision a face out. Pure: no database, no clock.

The faces of one picture are decided together, since nobody is in it twice: an optimal one-to-one assignment of faces to
students (Kuhn 1955, "The Hungarian method for the assignment problem"; computed as Crouse 2016, "On implementing 2D
rectangular assignment algorithms", which is what scipy.optimize.linear_sum_assignment does), in which every face may
also stay nobody's at the price of the threshold.

Two assignments, one after the other: the first gives out marks, to pairs at or above the accept threshold; the second
asks about the faces and students that are left, at or above the review threshold. The conditions for marking at all
(the margin, look-alikes, somebody more similar who is not on the roster) do not depend on the thresholds. So a higher
threshold never marks anybody whom a lower one would not: the best assignments of ever fewer pairs use ever fewer of the
same students.

A covered face (`Quality.cover`) has thresholds of its own: a higher similarity is needed to mark it, a lower one to ask
about it. Both are stated as distances from the thresholds, so a covered face is one whose similarities are that much
smaller or larger, and the paragraph above holds for it too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

import numpy as np

from enrollment.domain.faces import Calibration, FaceObservation, Match

# Far below any difference that means something, far above the rounding of float64 sums.
TIE = 1e-9


class Outcome(StrEnum):
    """Action for a face: mark, ask the teacher, or neither because it belongs to nobody on the roster."""

    MARK = "mark"
    ASK = "ask"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"  # enrolled in the institution, not on this roster


NOBODY = (Outcome.UNKNOWN, Outcome.ELSEWHERE)  # nobody of this roster


class Reason(StrEnum):
    """Reason for an outcome: stored with the face, and put into words for the teacher."""

    CLEAR = "clear"
    BELOW_THRESHOLD = "below_threshold"
    CLOSE_SECOND = "close_second"
    LOOK_ALIKE = "look_alike"
    COVERED = "covered"
    TWICE_IN_PICTURE = "twice_in_picture"
    OTHER_PICTURE = "other_picture"  # given out by `joint`: the pictures of the lesson disagree
    NOT_ON_ROSTER = "not_on_roster"
    NOBODY = "nobody"
    NOT_LIVE = "not_live"  # recognised, but it did not show itself to be a living face


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of an institution, in the unit of its engine's similarities, and pairs who are known to look alike.

    margin: least lead of the most similar student over the second. covered_accept, covered_review: how much higher the
    accept threshold, and how much lower the review threshold, is for a covered face. Raises ValueError if the review
    threshold is above the accept threshold, or one of these two is negative.
    """

    accept_threshold: float
    review_threshold: float
    margin: float = 0.0
    look_alikes: frozenset[frozenset[UUID]] = frozenset()
    covered_accept: float = 0.0
    covered_review: float = 0.0

    def __post_init__(self) -> None:
        if self.review_threshold > self.accept_threshold:
            raise ValueError("The review threshold cannot be above the accept threshold.")
        if min(self.covered_accept, self.covered_review) < 0:
            raise ValueError(
                "A covered face is never marked below the accept threshold, and asked about from the review threshold."
            )

    @classmethod
    def of(cls, own: Calibration) -> Self:
        """The thresholds that ship with an engine, as a policy without a school's own."""
        return cls(
            own.accept_threshold,
            own.review_threshold,
            own.margin,
            covered_accept=own.covered_accept,
            covered_review=own.covered_review,
        )

    def thresholds(self, *, covered: bool) -> tuple[float, float]:
        """The accept and the review threshold for a face, covered or not."""
        if not covered:
            return self.accept_threshold, self.review_threshold
        return self.accept_threshold + self.covered_accept, self.review_threshold - self.covered_review


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one face, with its reason.

    student_id, similarity: the one who is marked, suggested, or (ELSEWHERE) not on the roster; None for UNKNOWN.
    candidates: students on the roster at or above the review threshold, best first; empty for UNKNOWN and ELSEWHERE.
    """

    outcome: Outcome
    reason: Reason
    student_id: UUID | None
    similarity: float | None
    candidates: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class _Face:
    """A face with its matches on the roster, best first, ties by student."""

    matches: tuple[Match, ...]
    elsewhere: Match | None
    covered: bool

    def match(self, student: UUID) -> Match:
        return next(match for match in self.matches if match.student_id == student)


def decide(observations: Sequence[FaceObservation], roster: Collection[UUID], policy: Policy) -> list[Decision]:
    """One decision for each face of one picture, in the order of `observations`, which changes nothing else."""
    order = sorted(range(len(observations)), key=lambda i: _canonical(observations[i]))
    faces = [_face(observations[i], frozenset(roster)) for i in order]
    thresholds = [policy.thresholds(covered=face.covered) for face in faces]
    markable = [
        {m.student_id: m.similarity - mark for m in face.matches if not _doubt(face, m, policy)}
        for face, (mark, _ask) in zip(faces, thresholds, strict=True)
    ]
    marked = _assigned(markable)
    taken = set(marked.values())
    left = [
        {m.student_id: m.similarity - ask for m in face.matches if m.student_id not in taken} if i not in marked else {}
        for i, (face, (_mark, ask)) in enumerate(zip(faces, thresholds, strict=True))
    ]
    asked = _assigned(left)
    decided = {
        position: _decision(face, marked.get(i), asked.get(i), taken, policy)
        for i, (position, face) in enumerate(zip(order, faces, strict=True))
    }
    return [decided[i] for i in range(len(observations))]


def not_live(decisions: Sequence[Decision]) -> list[Decision]:
    """The same decisions with nobody marked: each MARK or ASK becomes an ASK, because the face failed to show life."""
    named = (Outcome.MARK, Outcome.ASK)
    return [
        replace(each, outcome=Outcome.ASK, reason=Reason.NOT_LIVE) if each.outcome in named else each
        for each in decisions
    ]


def _decision(
    face: _Face, marked: UUID | None, asked: UUID | None, taken: Collection[UUID], policy: Policy
) -> Decision:
    accept_threshold, review_threshold = policy.thresholds(covered=face.covered)
    candidates = tuple(match for match in face.matches if match.similarity >= review_threshold)
    if marked is not None:
        return Decision(Outcome.MARK, Reason.CLEAR, marked, face.match(marked).similarity, candidates)
    if asked is not None:
        match = face.match(asked)
        reason = _doubt(face, match, policy) if match.similarity >= accept_threshold else None
        unclear = Reason.COVERED if face.covered else Reason.BELOW_THRESHOLD
        return Decision(Outcome.ASK, reason or unclear, asked, match.similarity, candidates)
    if second := next((m for m in candidates if m.similarity >= accept_threshold or m.student_id not in taken), None):
        return Decision(Outcome.ASK, Reason.TWICE_IN_PICTURE, second.student_id, second.similarity, candidates)
    # A faint likeness to somebody who is marked by another face of the picture is no question: they are here.
    if face.elsewhere and face.elsewhere.similarity >= accept_threshold:
        elsewhere = face.elsewhere
        return Decision(Outcome.ELSEWHERE, Reason.NOT_ON_ROSTER, elsewhere.student_id, elsewhere.similarity, ())
    return Decision(Outcome.UNKNOWN, Reason.NOBODY, None, None, ())


def _doubt(face: _Face, match: Match, policy: Policy) -> Reason | None:
    """The reason never to mark this pair without asking, whatever the thresholds; None if it may be marked."""
    if any(match.student_id in pair for pair in policy.look_alikes):
        return Reason.LOOK_ALIKE
    if face.elsewhere and face.elsewhere.similarity + policy.margin > match.similarity:
        return Reason.NOT_ON_ROSTER
    if len(face.matches) > 1 and face.matches[0].similarity - face.matches[1].similarity < policy.margin:
        return Reason.CLOSE_SECOND
    return None


def _assigned(above: Sequence[Mapping[UUID, float]]) -> dict[int, UUID]:
    """Face index -> student: the pairs at or above the threshold, each face and student once at most, largest sum.

    above: for each face by how much each student's similarity exceeds that face's threshold.
    """
    students = sorted({student for row in above for student in row})
    if not any(value >= 0 for row in above for value in row.values()):
        return {}
    from scipy.optimize import linear_sum_assignment  # a third of a second, wanted only once faces are recognised

    # Columns: the students, then one "nobody" a face, which costs nothing. Noise far below any real difference, fixed
    # by position, makes the best assignment the only one: the same for the same picture under any threshold.
    gain = np.zeros((len(above), len(students) + len(above)))
    noise = np.random.default_rng(0).random((len(above), len(students))) * TIE
    for i, row in enumerate(above):
        for j, student in enumerate(students):
            value = row.get(student, -1.0)
            gain[i, j] = value + TIE + noise[i, j] if value >= 0 else -1.0
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return {int(i): students[j] for i, j in zip(rows, columns, strict=True) if j < len(students) and gain[i, j] > 0}


def _face(observation: FaceObservation, roster: frozenset[UUID]) -> _Face:
    matches = [match for match in observation.matches if match.student_id in roster]
    best_first = tuple(sorted(matches, key=lambda m: (-m.similarity, m.student_id)))
    return _Face(best_first, observation.elsewhere, observation.quality.cover is not None)


def _canonical(observation: FaceObservation) -> tuple[object, ...]:
    """A key by which faces can be put in the same order, whatever order they came in."""
    box = observation.box
    matches = tuple((-match.similarity, match.student_id) for match in observation.matches)
    elsewhere = observation.elsewhere
    return (box.top, box.left, box.width, box.height, matches, elsewhere.similarity if elsewhere else -1.0)
