"""Joint decisions about the pictures of one lesson: a face that was seen before is not judged alone again.

Each further photo is one more chance to take a stranger for a student: of 354 people of LFW, each tried as a stranger
with two photos in 40 classes of 40, 0.12 % are marked by one photo or the other (bench/accuracy.py). So faces of one
person are first brought together, by the engine, and compared with the class as one; `decide` then gives out the marks
of the new picture, and what follows for the earlier ones is decided here. Together 0.04 % are marked, and no fewer
students.

A mark is never taken back by a machine: where the pictures disagree the teacher is asked. A clear mark stands: a later
face of the same person that shows nobody, because it is blurred for one, is shown as that one and no stranger. What a
person decided about a face holds for the same face in a later picture. Pure: no database, no settings, no clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from attendance.domain.decision import NOBODY, Decision, Outcome, Policy, Reason
from enrollment.domain.faces import Match


@dataclass(frozen=True, slots=True)
class EarlierFace:
    """A face of an earlier picture as it stands: the machine's outcome and student, and a person's decision on it.

    decided_student_id: the student that a person chose, None for nobody on the roster; it counts where `is_decided`.
    is_weak: true for a mark that a later picture may speak against: see `is_weak`.
    """

    outcome: Outcome
    student_id: UUID | None
    is_decided: bool = False
    decided_student_id: UUID | None = None
    is_weak: bool = True


@dataclass(frozen=True, slots=True)
class JointDecision:
    """The decision about a face of the new picture, and its relation to earlier faces (by their index).

    same_as: the earlier face that is shown for both, or with whose mark this one disagrees (OTHER_PICTURE).
    stands_for: earlier faces that this one is shown for from now on.
    """

    decision: Decision
    same_as: int | None = None
    stands_for: tuple[int, ...] = ()


def is_weak(similarity: float | None, policy: Policy) -> bool:
    """True if a mark was so near the threshold that a later picture may speak against it: no further above the accept
    threshold than the review threshold is below it."""
    return similarity is not None and similarity < 2 * policy.accept_threshold - policy.review_threshold


def join(
    decisions: Sequence[Decision], links: Sequence[Sequence[int]], before: Sequence[EarlierFace]
) -> list[JointDecision]:
    """One answer for each decision about a face of the new picture.

    links: for each of them the earlier faces of the same person, the most similar first.
    """
    return [_joined(decision, [(n, before[n]) for n in own]) for decision, own in zip(decisions, links, strict=True)]


def joined_with(face: UUID, links: Iterable[tuple[UUID, UUID]]) -> set[UUID]:
    """A face and all that are linked with it (each link a pair of faces), directly or through others."""
    neighbours: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in links:
        neighbours[one].add(other)
        neighbours[other].add(one)
    found, reached = {face}, [face]
    while reached:
        new = neighbours[reached.pop()] - found
        found |= new
        reached += new
    return found


def _joined(decision: Decision, earlier: Sequence[tuple[int, EarlierFace]]) -> JointDecision:
    if settled := next(((n, face) for n, face in earlier if face.is_decided), None):
        return JointDecision(_as_decided(decision, settled[1]), same_as=settled[0], stands_for=_open(earlier))
    if against := next(((n, face) for n, face in earlier if _speaks_against(decision, face)), None):
        return JointDecision(_asked(decision, against[1]), same_as=against[0], stands_for=_open(earlier))
    if decision.outcome in NOBODY and (marked := [n for n, face in earlier if face.outcome == Outcome.MARK]):
        return JointDecision(decision, same_as=marked[0], stands_for=_open(earlier))
    if decision.outcome in NOBODY and (open_ := _open(earlier)):
        return JointDecision(decision, same_as=open_[0], stands_for=open_[1:])
    return JointDecision(decision, stands_for=_open(earlier))


def _open(earlier: Sequence[tuple[int, EarlierFace]]) -> tuple[int, ...]:
    """Doubts and strangers that nobody has decided: the new picture knows more."""
    return tuple(n for n, face in earlier if face.outcome != Outcome.MARK and not face.is_decided)


def _speaks_against(decision: Decision, face: EarlierFace) -> bool:
    """True if the same person was marked as somebody whom the pictures together do not show clearly enough."""
    is_confirmed = decision.outcome == Outcome.MARK and decision.student_id == face.student_id
    return face.outcome == Outcome.MARK and face.is_weak and not is_confirmed


def _as_decided(decision: Decision, face: EarlierFace) -> Decision:
    """The decision that a person made about the same face: nobody is marked or asked about it again."""
    if face.decided_student_id is None:
        return Decision(Outcome.UNKNOWN, Reason.NOBODY, None, None, ())
    similarity = _similarity(decision, face.decided_student_id)
    return Decision(Outcome.ASK, Reason.BELOW_THRESHOLD, face.decided_student_id, similarity, decision.candidates)


def _asked(decision: Decision, face: EarlierFace) -> Decision:
    """The question whether the earlier mark is right, with anyone else whom the pictures together may show."""
    student = face.student_id
    assert student is not None  # a mark is somebody's
    named = [match.student_id for match in decision.candidates]
    similarity = _similarity(decision, student)
    candidates = decision.candidates if student in named else (*decision.candidates, Match(student, similarity))
    return replace(
        decision,
        outcome=Outcome.ASK,
        reason=Reason.OTHER_PICTURE,
        student_id=student,
        similarity=similarity,
        candidates=tuple(candidates),
    )


def _similarity(decision: Decision, student: UUID) -> float:
    """Similarity of the faces together to a student; 0 where that is below the review threshold."""
    return next((match.similarity for match in decision.candidates if match.student_id == student), 0.0)
