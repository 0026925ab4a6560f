"""The history of one mark: its versions, and the events of its register, oldest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, RegisterEvent
from attendance.register.page import names_of
from attendance.register.status_codes import ShownStatus, statuses_of
from attendance.repositories import marks_for


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A version of the mark (`mark`, with its status `before` and `after`), or an `event` of the register.

    file: the name of the file that an imported mark came from.
    """

    at: datetime
    actor: str
    before: ShownStatus | None = None
    after: ShownStatus | None = None
    mark: Mark | None = None
    event: RegisterEvent | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class MarkHistory:
    """The history of a student's mark in a session. `version`: the one that a correction replaces (0: no mark)."""

    steps: tuple[MarkChange, ...]
    said: ShownStatus
    mark: Mark | None

    @property
    def version(self) -> int:
        return self.mark.version if self.mark else 0


def mark_history_of(session: ClassSession, student_id: UUID) -> MarkHistory:
    """The versions and events in the order in which they happened."""
    versions = marks_for(session.institution).audit(session.pk, student_id)
    codes = statuses_of(session.institution)
    actors = names_of(mark.actor_id for mark in versions)
    said = [codes.of(Status.NONE), *(codes.of_mark(mark) for mark in versions)]
    events = _events(session)
    files = files_of(step.event for step in events if step.event)
    steps = [
        MarkChange(
            at=mark.marked_at,
            actor=actors.get(mark.actor_id, ""),
            before=said[number],
            after=said[number + 1],
            mark=mark,
            file=files.get(mark.marked_at, "") if mark.source is Source.IMPORT else "",
        )
        for number, mark in enumerate(versions)
    ]
    return MarkHistory(_merged(steps, events), said[-1], versions[-1] if versions else None)


def files_of(events: Iterable[RegisterEvent]) -> dict[datetime, str]:
    """Names of the files from which marks of a register were imported, by the time of these marks."""
    return {event.at: event.reason for event in events if event.kind == RegisterEvent.Kind.IMPORTED}


def _events(session: ClassSession) -> list[MarkChange]:
    events = RegisterEvent.objects.for_institution(session.institution).filter(session=session).select_related("by")
    return [MarkChange(at=event.at, actor=event.by.name if event.by else "", event=event) for event in events]


def _merged(versions: list[MarkChange], events: list[MarkChange]) -> tuple[MarkChange, ...]:
    """Both by time; versions stay in their own order, even if a photo's mark bears the earlier time of the photo."""
    steps: list[MarkChange] = []
    waiting = list(events)
    for step in versions:
        while waiting and waiting[0].at <= step.at:
            steps.append(waiting.pop(0))
        steps.append(step)
    return (*steps, *waiting)
