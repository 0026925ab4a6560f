"""The move of a school's marks: session by session, every version of every mark, and the summaries."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from accounts.adapters import adapter_of
from accounts.jobs import JobHandle, job_kind
from accounts.models import Institution
from accounts.moving import Move, Pile, keys_of, move_run, pile_of, piles_of_both, postponed_on, refuse_the_read
from attendance.models import ClassSession
from attendance.repositories.base import AttendanceRepository, MarkChanged, StoreUnavailable
from attendance.repositories.histories import Histories, closing_text, mark_texts

KIND = "marks_move"
_ROUNDS = 8  # readings of a session in which somebody marks at the same time


@job_kind(KIND, title=gettext_noop("Move of marks"), roles=[])
def marks_move(job: JobHandle) -> dict[str, Any]:
    """Move the marks from `source` to `target`, both as settings describe a store."""
    refuse_the_read(job, "ATTENDANCE_REPOSITORY")
    places = [
        adapter_of(job.parameters[name], job.institution, setting="ATTENDANCE_REPOSITORY")
        for name in ("source", "target")
    ]
    return move_run(job, MarksMove(job.institution, *places))


class MarksMove(Move):
    """A `Move` of marks; a piece is a session."""

    def __init__(self, institution: Institution, source: AttendanceRepository, target: AttendanceRepository) -> None:
        self.institution, self.source, self.target = institution, source, target

    def total(self) -> int:
        return ClassSession.objects.for_institution(self.institution).count()

    def keys(self, after: str) -> Iterator[str]:
        return keys_of(ClassSession.objects.for_institution(self.institution), after)

    def copy(self, key: str) -> int:
        session_id, changed = UUID(key), 0
        with postponed_on(StoreUnavailable):
            for _round in range(_ROUNDS):
                # The target first: a mark that comes meanwhile is in the source before it follows in the target.
                held, wanted = self.target.histories(session_id), self.source.histories(session_id)
                if _told(wanted) == _told(held):
                    break
                # What the source no longer has was erased there, or taken up with another session: it goes here too.
                gone = {student: () for student in held if student not in wanted}
                try:
                    changed += self.target.keep_histories(session_id, {**wanted, **gone})
                except MarkChanged:
                    continue  # it is read again
            self._copy_summary(session_id)
        return changed

    def compare(self, key: str) -> tuple[Pile, Pile]:
        session_id = UUID(key)
        with postponed_on(StoreUnavailable):
            return piles_of_both(lambda: (_pile(self.source, session_id), _pile(self.target, session_id)))

    def empty(self, key: str) -> int:
        session_id = UUID(key)
        with postponed_on(StoreUnavailable):
            # The day first: after a crash in between the session's own summary still tells which day it is.
            if closing := self.source.closing(session_id):
                self.source.purge_summaries([], [closing.day])
            return self.source.purge_sessions([session_id])

    def _copy_summary(self, session_id: UUID) -> None:
        wanted, held = self.source.closing(session_id), self.target.closing(session_id)
        if wanted and (held is None or closing_text(held) != closing_text(wanted)):
            self.target.close_session(wanted)


def _pile(store: AttendanceRepository, session_id: UUID) -> Pile:
    """Every version of a session's marks, and its summary, which counts as no thing."""
    closing = store.closing(session_id)
    summary = pile_of([closing_text(closing)]) if closing else Pile()
    return pile_of(_told(store.histories(session_id))) + Pile(0, summary.digest)


def _told(histories: Histories) -> list[str]:
    return sorted(text for history in histories.values() for text in mark_texts(history))
