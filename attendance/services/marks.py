"""Marks by people: setting one, taking it back, deciding a doubt."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.calendar_errors import LessonCancelled
from attendance.decision import Outcome, Reason
from attendance.errors import (
    FaceDecided,
    MarkConflict,
    NothingToUndo,
    NotOnRoster,
    SessionClosed,
    SessionNotOpen,
    UnknownStatus,
)
from attendance.models import ClassSession, Sighting, StatusCode
from attendance.moments import credible_moment
from attendance.repositories import marks_for
from attendance.repositories.base import Evidence, Mark, MarkChanged, StoreUnavailable
from attendance.selectors import on_roster
from attendance.services.verdicts import verdict_on_face, verdict_on_mark, verdict_retract
from attendance.statuses import Source, Status, arrival, minutes_after


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a student.

    code: the institution's own, empty for the kind's default. minutes_late: None is what the clock says. left_at: None
    is now. note: None keeps the mark's own where the status stays. made_at: when it was said on a device that had no
    connection; within bounds it counts from then (`credible_moment`), else from now.
    """

    status: Status
    code: str = ""
    minutes_late: int | None = None
    left_at: datetime | None = None
    note: str | None = None
    made_at: datetime | None = None

    @property
    def is_bare(self) -> bool:
        """Whether it was one tap: a status and nothing more."""
        return self.minutes_late is None and self.left_at is None and self.note is None


def mark_set(
    *, session: ClassSession, student_id: UUID, status: Status, by: User, expected_version: int, note: str | None = None
) -> Mark:
    """Mark a student by hand over the version that the person saw (0: no mark), with the kind's default code.

    As `mark_say`, in its simplest form.
    """
    return mark_say(
        session=session, student_id=student_id, word=Word(status, note=note), by=by, expected_version=expected_version
    )


def mark_say(*, session: ClassSession, student_id: UUID, word: Word, by: User, expected_version: int) -> Mark:
    """Mark a student by hand over the version that the person saw (0: no mark).

    Saying what the person's mark says already changes nothing; a bare status over the same one keeps its minutes and
    note. Raises SessionNotOpen, SessionClosed, NotOnRoster, UnknownStatus, MarkConflict.
    """
    require_open(session)
    _require_on_roster(session, student_id)
    claim_code(session, word)
    mark = _said(session, student_id, word, by)
    current = marks_for(session.institution).for_session(session.pk).get(student_id)
    if current and (_says_the_same(current, mark) or (word.is_bare and _same_status(current, mark))):
        return current
    return _judged(session, _correct(session, mark, expected_version))


def mark_undo(*, session: ClassSession, student_id: UUID, by: User, expected_version: int) -> Mark:
    """Take the mark of version `expected_version` back to what was there before, as a new version.

    A mark by a machine or by code that is taken back is a person's word, so it does not come again by itself; a
    person's own slip is as if it had never been. Undoing twice brings the mark back; a double click undoes once.
    Raises SessionNotOpen, SessionClosed, NotOnRoster, NothingToUndo, MarkConflict.
    """
    require_open(session)
    _require_on_roster(session, student_id)
    versions = marks_for(session.institution).audit(session.pk, student_id)
    if not versions:
        raise NothingToUndo
    current = versions[-1]
    if current.version == expected_version:
        return _judged(session, _correct(session, taken_back(versions, by), expected_version))
    if current.version == expected_version + 1 and _says_the_same(current, taken_back(versions[:-1], by)):
        return current  # a double click
    raise MarkConflict(current)


def sighting_decide(*, sighting: Sighting, student_id: UUID | None, by: User) -> Mark | None:
    """Decide who a face is: the student is marked by it, or it is nobody on the roster (None).

    The mark counts from when the picture was taken. Somebody who is marked as attending keeps that mark. Where the
    machine had marked somebody else by this face, that mark is taken back. Deciding the same twice changes nothing;
    deciding otherwise takes `sighting_undecide` first. Raises SessionNotOpen, SessionClosed, NotOnRoster,
    MarkConflict, FaceDecided.
    """
    session = sighting.capture.session
    require_open(session)
    if student_id is not None:
        _require_on_roster(session, student_id)
    is_first = _claim_decision(sighting, student_id, by)
    try:
        _take_back_others(sighting, student_id, by)
        mark = _confirm(sighting, student_id, by) if student_id else None
    except (MarkConflict, StoreUnavailable):
        if is_first:
            with suppress(MarkConflict, StoreUnavailable):
                _bring_back(sighting, by)
            _forget_decision(sighting)
        raise
    verdict_on_face(sighting=sighting, student_id=student_id)
    return mark


def sighting_undecide(*, sighting: Sighting, by: User) -> None:
    """Take a decision back, with the mark that it made if that is still the student's mark.

    The mark of the machine's that the decision had taken back holds again, unless somebody changed it since.

    Raises SessionNotOpen, SessionClosed, MarkConflict.
    """
    session = sighting.capture.session
    require_open(session)
    student_id = sighting.decided_student_id
    if student_id is not None:
        mark = marks_for(session.institution).for_session(session.pk).get(student_id)
        if mark and mark.source is Source.CONFIRMED and mark.evidence and _is_of(mark.evidence, sighting):
            mark_undo(session=session, student_id=student_id, by=by, expected_version=mark.version)
    _bring_back(sighting, by)
    _forget_decision(sighting)
    verdict_retract(sighting=sighting)


def new_mark(
    session: ClassSession,
    student_id: UUID,
    *,
    status: Status,
    source: Source,
    at: datetime,
    actor_id: UUID | None = None,
    minutes_late: int = 0,
    evidence: Evidence | None = None,
) -> Mark:
    """A mark of this session, not stored yet."""
    return Mark(
        session_id=session.pk,
        course_id=session.course_id,
        student_id=student_id,
        held_at=session.starts_at,
        status=status,
        source=source,
        marked_at=at,
        actor_id=actor_id,
        minutes_late=minutes_late,
        evidence=evidence,
    )


def evidence_of(sighting: Sighting, similarity: float) -> Evidence:
    """A face in a capture as the reason of a mark."""
    capture = sighting.capture
    return Evidence(
        capture_id=capture.pk,
        face=sighting.number,
        similarity=similarity,
        bar=capture.bar_mark or 0.0,
        engine=capture.engine,
        model=capture.model,
    )


def require_open(session: ClassSession) -> None:
    """Raises SessionNotOpen, SessionClosed or LessonCancelled unless the register is open in the database now."""
    state = ClassSession.objects.values_list("state", flat=True).get(pk=session.pk)
    if state == ClassSession.State.CANCELLED:
        raise LessonCancelled
    if state == ClassSession.State.SCHEDULED:
        raise SessionNotOpen
    if state != ClassSession.State.OPEN:
        raise SessionClosed


def _said(session: ClassSession, student_id: UUID, word: Word, by: User) -> Mark:
    """A person's word as a mark of now. Minutes belong to late and a time to left early, whatever was sent besides."""
    arrived = timezone.now()
    now = credible_moment(word.made_at, session=session, now=arrived) or arrived
    late = minutes_after(seen_at=now, starts_at=session.starts_at) if word.minutes_late is None else word.minutes_late
    mark = new_mark(session, student_id, status=word.status, source=Source.HAND, at=now, actor_id=by.pk)
    return replace(
        mark,
        code=word.code,
        note=word.note or "",
        minutes_late=late if word.status is Status.LATE else 0,
        left_at=(word.left_at or now) if word.status is Status.LEFT_EARLY else None,
    )


def claim_code(session: ClassSession, word: Word) -> None:
    """Make sure that the code is offered with this kind, and that from now on nobody deletes it."""
    if not word.code:
        return
    rows = StatusCode.objects.for_institution(session.institution).filter(
        code=word.code, kind=word.status, is_active=True
    )
    if not rows.update(has_marks=True):
        raise UnknownStatus


def _judged(session: ClassSession, mark: Mark) -> Mark:
    """The same mark, once what it says of the engine is kept."""
    verdict_on_mark(session=session, mark=mark)
    return mark


def _require_on_roster(session: ClassSession, student_id: UUID) -> None:
    if not on_roster(session, student_id):
        raise NotOnRoster


def _correct(session: ClassSession, mark: Mark, expected_version: int) -> Mark:
    try:
        return marks_for(session.institution).correct(mark, expected_version=expected_version)
    except MarkChanged as error:
        if error.current and _says_the_same(error.current, mark):
            return error.current  # a double click
        raise MarkConflict(error.current) from error


def _says_the_same(one: Mark, other: Mark) -> bool:
    """Whether two marks differ in nothing but when they were made."""
    details = (one.note, one.minutes_late, one.left_at) == (other.note, other.minutes_late, other.left_at)
    return details and _same_status(one, other)


def _same_status(one: Mark, other: Mark) -> bool:
    """Whether two marks say the same by the same person, their minutes and notes apart."""
    return _status(one) == _status(other)


def _status(mark: Mark) -> tuple[object, ...]:
    return mark.status, mark.code, mark.source, mark.actor_id


def taken_back(versions: Sequence[Mark], by: User) -> Mark:
    """What stands where the last of these versions is taken back."""
    current = versions[-1]
    if len(versions) > 1 and not current.source.is_unattended:
        before = versions[-2]
        return replace(before, actor_id=by.pk if before.source.is_person else before.actor_id)
    return replace(
        current,
        status=Status.NONE,
        source=Source.HAND if current.source.is_unattended else Source.UNDO,
        marked_at=timezone.now(),
        actor_id=by.pk,
        minutes_late=0,
        note="",
        code="",
        left_at=None,
        evidence=None,
    )


def _claim_decision(sighting: Sighting, student_id: UUID | None, by: User) -> bool:
    """Write who the face is, unless that was decided. Returns whether it is new. Raises FaceDecided."""
    now = timezone.now()
    undecided = Sighting.objects.filter(pk=sighting.pk, decided_at=None)
    is_first = bool(undecided.update(decided_student_id=student_id, decided_by=by, decided_at=now))
    if is_first:
        same = _same_faces(sighting).filter(decided_at=None)
        same.update(decided_student_id=student_id, decided_by=by, decided_at=now)
    sighting.refresh_from_db(fields=["decided_student", "decided_by", "decided_at"])
    if sighting.decided_student_id != student_id:
        raise FaceDecided
    return is_first


def _same_faces(sighting: Sighting) -> QuerySet[Sighting]:
    """The faces of the lesson's other photos that are this person's: what a person says of one holds for all."""
    same = Q(same_as=sighting) | Q(pk=sighting.same_as_id) if sighting.same_as_id else Q(same_as=sighting)
    return Sighting.objects.for_institution(sighting.institution).filter(same)


def _forget_decision(sighting: Sighting) -> None:
    said_at_once = _same_faces(sighting).filter(decided_at=sighting.decided_at)
    said_at_once.update(decided_student=None, decided_by=None, decided_at=None)
    sighting.decided_student = sighting.decided_by = sighting.decided_at = None
    sighting.save(update_fields=["decided_student", "decided_by", "decided_at"])


def _take_back_others(sighting: Sighting, student_id: UUID | None, by: User) -> None:
    """Take back the mark that the machine made by this face, if it is somebody else's and still holds."""
    session, wrong = sighting.capture.session, sighting.student_id
    if wrong is None or wrong == student_id:
        return
    mark = marks_for(session.institution).for_session(session.pk).get(wrong)
    if mark and mark.source.is_machine and mark.evidence and _is_of(mark.evidence, sighting):
        mark_undo(session=session, student_id=wrong, by=by, expected_version=mark.version)


def _bring_back(sighting: Sighting, by: User) -> None:
    """Let the mark that the machine made by this face hold again, if the decision took it back and that still holds."""
    session, named, decided_at = sighting.capture.session, sighting.student_id, sighting.decided_at
    questions_a_mark = sighting.outcome == Outcome.MARK or sighting.reason == Reason.OTHER_PICTURE
    if named is None or decided_at is None or not questions_a_mark:
        return
    versions = marks_for(session.institution).audit(session.pk, named)
    if len(versions) < 2 or versions[-1].status is not Status.NONE or versions[-1].marked_at < decided_at:
        return  # nothing was taken back, or a person had done that before
    before = versions[-2]
    if before.source.is_machine and before.evidence and _is_of(before.evidence, sighting):
        mark_undo(session=session, student_id=named, by=by, expected_version=versions[-1].version)


def _confirm(sighting: Sighting, student_id: UUID, by: User) -> Mark:
    session, seen_at = sighting.capture.session, sighting.capture.shows_at
    current = marks_for(session.institution).for_session(session.pk).get(student_id)
    if current and current.status.attended:
        return current
    status, late = arrival(seen_at=seen_at, starts_at=session.starts_at, grace_minutes=session.grace_minutes)
    similarity = {UUID(pk): score for pk, score in sighting.candidates}.get(student_id, 0.0)
    mark = new_mark(
        session,
        student_id,
        status=status,
        source=Source.CONFIRMED,
        at=seen_at,
        actor_id=by.pk,
        minutes_late=late,
        evidence=evidence_of(sighting, similarity),
    )
    return _correct(session, mark, current.version if current else 0)


def _is_of(evidence: Evidence, sighting: Sighting) -> bool:
    """Whether a mark was made by this face, or by the same one in an earlier photo."""
    other = sighting.same_as
    if other and (evidence.capture_id, evidence.face) == (other.capture_id, other.number):
        return True
    return evidence.capture_id == sighting.capture_id and evidence.face == sighting.number
