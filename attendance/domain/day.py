"""A student's school day, read from the marks of its lessons so far: here, absent and since when, or not known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attendance.domain.marks import MarkOfDay, is_unknown
from attendance.domain.statuses import Status


class Standing(StrEnum):
    """A student's standing at a moment of the day. UNKNOWN: nobody took the register that would tell."""

    HERE = "here"
    ABSENT = "absent"
    EXPLAINED = "explained"
    LEFT = "left"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DayLesson:
    """A lesson of the day. marks: of everybody on its roster, None where there is none yet. Times are UTC."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    is_open: bool
    marks: Mapping[UUID, MarkOfDay | None]


@dataclass(frozen=True, slots=True)
class DeskWord:
    """An entry at the office's desk. kind: "late" or "left"; until: None for the rest of the day."""

    student_id: UUID
    kind: str
    at: datetime
    until: datetime | None = None
    reason: str = ""

    def explains(self, moment: datetime) -> bool:
        """True if an absence from a lesson that began at this moment has its reason in the entry."""
        return self.kind == "left" and self.at <= moment and (self.until is None or moment < self.until)

    def until_they_came(self, arrivals: Iterable[datetime]) -> "DeskWord":
        """The entry, ended by the first of the arrivals after it: who has come back is excused no longer."""
        back = min((at for at in arrivals if at > self.at), default=None)
        is_sooner = self.kind == "left" and back is not None and (self.until is None or back < self.until)
        return replace(self, until=back) if is_sooner else self


@dataclass(frozen=True, slots=True)
class StudentDay:
    """A student's day so far.

    since: beginning of the first lesson of the absence, or of the lesson nobody knows of. seen_at: when they were last
    seen, None if not today. lesson: the last one that they are on the roster of. reason: said at the desk or in a mark.
    """

    student_id: UUID
    standing: Standing
    lesson: UUID
    since: datetime | None = None
    seen_at: datetime | None = None
    reason: str = ""

    @property
    def was_here(self) -> bool:
        """True for those who were seen today and are missing now."""
        return self.seen_at is not None and self.standing is Standing.ABSENT


def student_days(lessons: Iterable[DayLesson], words: Iterable[DeskWord], *, at: datetime) -> dict[UUID, StudentDay]:
    """The standing of everybody who is on the roster of a lesson that has begun at `at`, by student.

    Nothing known in the latest lesson: who was absent before stays absent, who was there is not known.
    """
    begun = sorted((lesson for lesson in lessons if lesson.starts_at <= at), key=lambda lesson: lesson.starts_at)
    by_student: dict[UUID, list[tuple[DayLesson, MarkOfDay | None]]] = {}
    for lesson in begun:
        for student_id, mark in lesson.marks.items():
            known = None if is_unknown(mark, is_open=lesson.is_open) else mark
            by_student.setdefault(student_id, []).append((lesson, known))
    said: dict[UUID, list[DeskWord]] = {}
    for word in words:
        said.setdefault(word.student_id, []).append(word)
    for pk, own in said.items():
        arrivals = [word.at for word in own if word.kind == "late"]
        said[pk] = [word.until_they_came(arrivals) for word in own]
    return {pk: _day(pk, entries, said.get(pk, []), at) for pk, entries in by_student.items()}


def _day(
    pk: UUID, entries: Sequence[tuple[DayLesson, MarkOfDay | None]], words: Sequence[DeskWord], at: datetime
) -> StudentDay:
    last = entries[-1][0]
    known = [(lesson, mark) for lesson, mark in entries if mark is not None]
    seen_at = _seen_at(known, words, at)
    arrival = max((word.at for word in words if word.kind == "late" and word.at <= at), default=None)
    if not known:
        standing = Standing.HERE if arrival else Standing.UNKNOWN
        told = _explained(last.starts_at, words)
        if told and not arrival:
            return StudentDay(pk, Standing.EXPLAINED, last.session_id, last.starts_at, seen_at, told.reason)
        return StudentDay(pk, standing, last.session_id, last.starts_at, seen_at)
    lesson, mark = known[-1]
    left = next((word for word in words if word.kind == "left" and word.at <= at and word.explains(at)), None)
    if left and (arrival is None or arrival < left.at):
        return StudentDay(pk, Standing.LEFT, last.session_id, left.at, seen_at, left.reason)
    if _is_back(lesson, mark, words, at, arrival):
        gone_at = max((word.at for word in words if word.kind == "left"), default=last.starts_at)
        is_seen = arrival is not None and arrival >= last.starts_at and arrival >= gone_at
        standing = Standing.HERE if is_seen else Standing.UNKNOWN
        return StudentDay(pk, standing, last.session_id, last.starts_at, seen_at)
    if mark.status is Status.LEFT_EARLY and (gone_at := mark.left_at or mark.marked_at) <= at:
        return StudentDay(pk, Standing.LEFT, last.session_id, gone_at, seen_at, mark.note)
    if mark.status.attended or (arrival and arrival >= lesson.starts_at):
        is_told = lesson is last or (arrival is not None and arrival >= last.starts_at)
        standing = Standing.HERE if is_told else Standing.UNKNOWN
        return StudentDay(pk, standing, last.session_id, last.starts_at, seen_at)
    return _absence(pk, known, last.session_id, words, seen_at)


def _is_back(
    lesson: DayLesson, mark: MarkOfDay, words: Sequence[DeskWord], at: datetime, arrival: datetime | None
) -> bool:
    """True if they came back, or were to be back by now, from what the last known mark says of them.

    Nobody has seen those who were only to be back: they are not known, and may be in the building.
    """
    if mark.status is Status.LEFT_EARLY and arrival and arrival > (mark.left_at or mark.marked_at):
        return True
    has_left = mark.status is Status.LEFT_EARLY
    return (has_left or not mark.status.attended) and any(
        word.until is not None
        and lesson.starts_at < word.until <= at
        and (word.explains(lesson.starts_at) or (has_left and word.at >= lesson.starts_at))
        for word in words
        if word.kind == "left"
    )


def _absence(
    pk: UUID,
    known: Sequence[tuple[DayLesson, MarkOfDay]],
    last: UUID,
    words: Sequence[DeskWord],
    seen_at: datetime | None,
) -> StudentDay:
    """The absence at the end of the known marks, with its beginning and its reason."""
    run: list[tuple[DayLesson, MarkOfDay]] = []
    for lesson, mark in reversed(known):
        if mark.status.attended:
            break
        run.append((lesson, mark))
    lesson, mark = run[0]
    since = run[-1][0].starts_at
    if mark.status is Status.EXCUSED:
        return StudentDay(pk, Standing.EXPLAINED, last, since, seen_at, mark.note)
    if told := _explained(lesson.starts_at, words):
        return StudentDay(pk, Standing.EXPLAINED, last, since, seen_at, told.reason)
    return StudentDay(pk, Standing.ABSENT, last, since, seen_at)


def _explained(moment: datetime, words: Sequence[DeskWord]) -> DeskWord | None:
    return next((word for word in words if word.explains(moment)), None)


def _seen_at(known: Sequence[tuple[DayLesson, MarkOfDay]], words: Sequence[DeskWord], at: datetime) -> datetime | None:
    """The latest moment at which somebody saw them: a mark made within its lesson, else that lesson's beginning."""
    seen = [word.at for word in words if word.kind in ("late", "left") and word.at <= at]
    for lesson, mark in known:
        if mark.status.attended:
            is_in_lesson = lesson.starts_at <= mark.marked_at <= lesson.ends_at
            seen.append(mark.marked_at if is_in_lesson else lesson.starts_at)
    return max(seen, default=None)


def urgency(day: StudentDay) -> tuple[bool, float]:
    """Key by which lists of those to ask after are sorted."""
    if day.was_here and day.seen_at:
        return False, -day.seen_at.timestamp()
    return True, day.since.timestamp() if day.since else 0.0
