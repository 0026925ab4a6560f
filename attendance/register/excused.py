"""Accepted reasons for absences in a register: who is excused when it closes, and the marks that say so.

An excuse writes a student's mark of a lesson once. What a person says of the student afterwards stands.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from attendance.domain.excuses import reason_for
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.lessons.hours import lesson_time
from attendance.models import ClassSession, Excuse, ExcusedMark
from attendance.register.marks import new_mark
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged


@dataclass(frozen=True, slots=True)
class ExcusedAtClosing:
    """The accepted excuses of the students on a register, without those that have written their mark before."""

    session: ClassSession
    by_student: Mapping[UUID, Excuse]

    def mark(self, student_id: UUID, *, at: datetime, actor_id: UUID | None) -> Mark:
        """The mark that closing gives a student of whom nothing is known: excused, or absent."""
        excuse = self.by_student.get(student_id)
        status = Status.EXCUSED if excuse else Status.ABSENT
        mark = new_mark(self.session, student_id, status=status, source=Source.CLOSE, at=at, actor_id=actor_id)
        return replace(mark, note=excuse_note(excuse)) if excuse else mark

    def note(self, students: Collection[UUID], held: Mapping[UUID, Mark]) -> None:
        """Note the versions that the excuses of these students are about to write. held: the marks as they are."""
        rows = [
            ExcusedMark(
                institution=self.session.institution,
                excuse=self.by_student[pk],
                session=self.session,
                version=held[pk].version + 1 if pk in held else 1,
            )
            for pk in students
            if pk in self.by_student
        ]
        if rows:
            ExcusedMark.objects.bulk_create(
                rows,
                update_conflicts=True,
                update_fields=["version"],
                unique_fields=["institution", "excuse", "session"],
            )

    def correct_absent(self, held: Mapping[UUID, Mark], *, actor_id: UUID | None) -> int:
        """Excuse those who are marked absent, by hand or by an earlier closing; returns their number.

        Somebody whose mark is changed at the same moment keeps that one.
        """
        absent = [pk for pk, mark in held.items() if mark.status is Status.ABSENT and pk in self.by_student]
        self.note(absent, held)
        store, written = marks_for(self.session.institution), 0
        for pk in absent:
            excuse = self.by_student[pk]
            mark = new_mark(
                self.session, pk, status=Status.EXCUSED, source=Source.HAND, at=timezone.now(),
                actor_id=excuse.decided_by_id or actor_id,
            )  # fmt: skip
            with suppress(MarkChanged):
                store.correct(replace(mark, note=excuse_note(excuse)), expected_version=held[pk].version)
                written += 1
        return written


def excuse_note(excuse: Excuse) -> str:
    """The note on a mark that an excuse wrote, in the school's language: its kind, never its words."""
    with translation.override(excuse.institution.language):
        return str(_("Excused: %(kind)s") % {"kind": excuse.get_kind_display()})


def excused_at_closing(
    session: ClassSession, students: Collection[UUID], held: Mapping[UUID, Mark]
) -> ExcusedAtClosing:
    """The accepted excuses for this lesson. students: those on the register. Two queries."""
    accepted = Excuse.objects.for_institution(session.institution).filter(
        state=Excuse.State.ACCEPTED, first_day__lte=session.local_date, last_day__gte=session.local_date,
        student__in=students,
    )  # fmt: skip
    lesson, by_student = lesson_time(session), dict[UUID, list[Excuse]]()
    for excuse in accepted.select_related("institution"):
        by_student.setdefault(excuse.student_id, []).append(excuse)
    found = {pk: reason_for(by_student.get(pk, ()), lesson) for pk in students}
    covering = {pk: excuse for pk, excuse in found.items() if excuse}
    done = _done(session, covering.values()) if covering else {}
    return ExcusedAtClosing(
        session,
        {pk: excuse for pk, excuse in covering.items() if not _is_written(done.get(excuse.pk), held.get(pk))},
    )


def _done(session: ClassSession, excuses: Collection[Excuse]) -> dict[UUID, int]:
    rows = ExcusedMark.objects.for_institution(session.institution).filter(session=session, excuse__in=excuses)
    return dict(rows.values_list("excuse_id", "version"))


def _is_written(version: int | None, mark: Mark | None) -> bool:
    """True if the version that was noted has been written: it had been noted before."""
    return version is not None and mark is not None and mark.version >= version
