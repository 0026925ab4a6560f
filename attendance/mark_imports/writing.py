"""Writing of imported marks: lesson by lesson, through the store of marks, each noted before it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.jobs import JobPostponed
from accounts.models import Institution
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.mark_imports.planning import MARK, SESSION, mark_place
from attendance.models import ClassSession, RegisterEvent, RosterEntry, StatusCode, ToldRegister
from attendance.register.sessions import summary_kept
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged, RegisterError
from enrollment.importing.applying import After, Named, Written, plain
from enrollment.importing.plans import Action, Write
from enrollment.models import ImportChange, ImportRun

State = ClassSession.State
_WRITABLE = (State.SCHEDULED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a mark, as a plan and the import's notes keep it."""

    status: str
    code: str
    minutes_late: int
    note: str

    @classmethod
    def of(cls, values: Any) -> "Content":
        """The content among some values."""
        return cls(values["status"], values["code"], values["minutes_late"], values["note"])

    def mark(self, session: ClassSession, student: UUID, *, at: datetime, by: UUID | None) -> Mark:
        """The imported mark, not stored yet. by: the person who imported it."""
        return Mark(
            session_id=session.pk, course_id=session.course_id, student_id=student, held_at=session.starts_at,
            status=Status(self.status), source=Source.IMPORT, marked_at=at, actor_id=by, code=self.code,
            minutes_late=self.minutes_late, note=self.note,
        )  # fmt: skip

    def is_of(self, mark: Mark | None) -> bool:
        """True if the mark says just this."""
        return mark is not None and self == Content(mark.status.value, mark.code, mark.minutes_late, mark.note)


def marks_write(*, run: ImportRun, writes: Sequence[Named], order: Sequence[str], after: After) -> Written:
    """Write the marks of a plan, lesson by lesson; `after` is called after each. See `writes_apply`.

    Killed in between, the same call with a new plan goes on: what is noted is not noted again, and a mark that is
    written already is left as it is. Raises JobPostponed where the store does not answer.
    """
    _codes_claim(run, writes)
    done, skipped = 0, []
    try:
        for session, some in _by_lesson(writes):
            skipped += lesson_write(run, session, some)
            done += len(some)
            after(done)
    except RegisterError as error:
        raise JobPostponed(str(error)) from error
    return Written(done - len(skipped), tuple(skipped))


def lesson_write(run: ImportRun, session_id: UUID, writes: Sequence[Named]) -> list[str]:
    """Write the marks of one lesson and close its register; returns the names of rows that were left alone."""
    names = {write.row: name for write, name in writes}
    marks = [write for write, _name in writes if write.model == MARK]
    session, at = _begin(run, session_id, [write for write, _name in writes])
    if session is None:
        return [name for write, name in writes if write.model == MARK]
    with summary_kept(session):
        left = _marks_write(run, session, marks, at)
        _close(run, session, at)
    return [names[row] for row in left]


def _by_lesson(writes: Sequence[Named]) -> Iterator[tuple[UUID, list[Named]]]:
    """The writes of each lesson, whichever rows of the file they come from."""
    places = [(_session_of(each[0]), number) for number, each in enumerate(writes)]
    for session, some in groupby(sorted(places), key=lambda each: each[0]):
        yield session, [writes[number] for _session, number in some]


def _session_of(write: Write) -> UUID:
    return UUID(write.row) if write.model == SESSION else mark_place(write.row)[0]


def _begin(run: ImportRun, session_id: UUID, writes: Sequence[Write]) -> tuple[ClassSession | None, datetime]:
    """Add the lesson where there is none, put the students on its register, and note all that will be written.

    Returns the lesson, None where its register was opened or the lesson cancelled meanwhile, and the time of its marks,
    which is the same however often this is repeated.
    """
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=run.institution_id)
        noted = run.changes.filter(model=SESSION, row_id=str(session_id)).first()
        session = _locked(run, session_id)
        before = {"state": session.state} if session else {}
        if session is None:
            session = _add(run, session_id, writes)
        if session is None or session.state not in _WRITABLE:
            return None, timezone.now()
        at = parse_datetime(noted.after["at"]) if noted else None
        notes = _Notes(run)
        if at is None:
            at = timezone.now()
            notes.add(SESSION, Action.CHANGE if before else Action.ADD, str(session_id), before, {"at": at.isoformat()})
            RegisterEvent.objects.create(
                institution=run.institution, session=session, kind=RegisterEvent.Kind.IMPORTED, by=run.started_by,
                at=at, reason=run.file_name,
            )  # fmt: skip
        joined = _join(run, session, [mark_place(write.row)[1] for write in writes if write.model == MARK])
        for write in writes:
            if write.model == MARK:
                more = {"joined": True} if mark_place(write.row)[1] in joined else {}
                notes.add(MARK, write.action, write.row, plain(write.before), plain(write.after) | more)
        notes.save()
    return session, at


class _Notes:
    """Notes of what an import writes, by which it is undone; a row has one, with what was there before the import."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.rows: list[ImportChange] = []

    def add(self, model: str, action: Action, row: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.rows.append(
            ImportChange(
                institution_id=self.run.institution_id, run=self.run, action=action.value, model=model, row_id=row,
                before=before, after=after,
            )
        )  # fmt: skip

    def save(self) -> None:
        """Number and store those that are not stored yet."""
        changes = self.run.changes
        known = set(changes.filter(row_id__in=[row.row_id for row in self.rows]).values_list("row_id", flat=True))
        last = changes.aggregate(last=Max("number"))["last"]
        fresh = [row for row in self.rows if row.row_id not in known]
        for number, row in enumerate(fresh, 0 if last is None else last + 1):
            row.number = number
        ImportChange.objects.bulk_create(fresh)


def _locked(run: ImportRun, session_id: UUID) -> ClassSession | None:
    rows = ClassSession.objects.for_institution(run.institution).select_related("institution", "course")
    return rows.select_for_update(of=("self",)).filter(pk=session_id).first()


def _add(run: ImportRun, session_id: UUID, writes: Sequence[Write]) -> ClassSession | None:
    """Add the lesson that a plan found in no register. None: another process planned that day meanwhile."""
    values = next((write.after for write in writes if write.model == SESSION and write.action is Action.ADD), None)
    if values is None:
        return None
    slot, day = values.get("slot_id"), values.get("slot_day")
    rows = ClassSession.objects.for_institution(run.institution)
    if slot and rows.filter(slot=slot, slot_day=day).exists():
        return None
    session = ClassSession(pk=session_id, institution=run.institution, **values)
    session.save(force_insert=True)
    return _locked(run, session_id)


def _join(run: ImportRun, session: ClassSession, students: Sequence[UUID]) -> set[UUID]:
    """Put students on the lesson's register; returns those who were not on it."""
    entries = RosterEntry.objects.for_institution(run.institution).filter(session=session, student__in=students)
    joined = set(students) - set(entries.values_list("student_id", flat=True))
    RosterEntry.objects.bulk_create(
        [RosterEntry(institution=run.institution, session=session, student_id=pk) for pk in joined],
        ignore_conflicts=True,
    )
    return joined


def _marks_write(run: ImportRun, session: ClassSession, writes: Sequence[Write], at: datetime) -> list[str]:
    """Write the marks; returns the keys of those that somebody else changed meanwhile."""
    store, by = marks_for(run.institution), run.started_by_id
    wanted = {write.row: Content.of(write.after) for write in writes}
    made = {row: content.mark(session, mark_place(row)[1], at=at, by=by) for row, content in wanted.items()}
    store.mark_many([made[write.row] for write in writes if write.action is Action.ADD])
    for write in writes:
        if write.action is Action.CHANGE:
            try:
                store.correct(made[write.row], expected_version=write.before["version"])
            except MarkChanged:
                continue  # found below, unless it was this import that changed it before it was killed
    held = store.for_session(session.pk)
    left = [row for row, content in wanted.items() if not content.is_of(held.get(mark_place(row)[1]))]
    if left:
        run.changes.filter(model=MARK, row_id__in=left).delete()
    return left


def _close(run: ImportRun, session: ClassSession, at: datetime) -> None:
    """Close the register of a lesson that was only planned. Families are not told of its absences."""
    with transaction.atomic():
        rows = ClassSession.objects.for_institution(run.institution).filter(pk=session.pk, state=State.SCHEDULED)
        by = run.started_by_id
        if rows.update(state=State.CLOSED, opened_by=by, opened_at=at, closed_by=by, closed_at=at):
            ToldRegister.objects.update_or_create(
                institution=run.institution, session=session, defaults={"closed_at": at}
            )
    session.refresh_from_db(fields=["state", "opened_at", "closed_at", "opened_by", "closed_by"])


def _codes_claim(run: ImportRun, writes: Sequence[Named]) -> None:
    """Keep the school's own codes from being deleted that the marks use."""
    codes = {write.after["code"] for write, _name in writes if write.model == MARK and write.after["code"]}
    StatusCode.objects.for_institution(run.institution).filter(code__in=codes).update(has_marks=True)
