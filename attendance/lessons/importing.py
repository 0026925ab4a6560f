"""Import of weekly lessons: a kind of import beside those of people and courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.days import BACKWARDS
from accounts.models import Institution
from attendance.domain.hours import LONGEST_LESSON, length_of
from attendance.lessons.import_clashes import Clashes
from attendance.models import TimetableSlot
from attendance.models.lessons import Weekday
from enrollment.importing.courses_kinds import CODE
from enrollment.importing.fields import Field, Reads
from enrollment.importing.kinds import ImportKind, kind_register
from enrollment.importing.naming import key_of
from enrollment.importing.plans import Draft, Plan, RowPlan, Step
from enrollment.importing.records import Options, Problem, Record
from enrollment.importing.state import Row, SchoolState, state_read
from enrollment.importing.table_kind import table_check

SLOT = "attendance.TimetableSlot"
FIELDS = (
    CODE,
    Field("weekday", gettext_lazy("Day"), Reads.WEEKDAY, ("weekday", "day", "tag", "wochentag", "jour", "día")),
    Field(
        "starts",
        gettext_lazy("Begins"),
        Reads.TIME,
        ("start", "from", "start time", "beginn", "von", "début", "inicio"),
    ),
    Field("ends", gettext_lazy("Ends"), Reads.TIME, ("end", "to", "end time", "ende", "bis", "fin")),
    Field("room", gettext_lazy("Room"), Reads.NAME, ("raum", "location", "salle", "aula", "sala"), 40),
    Field(
        "first_day", gettext_lazy("First day"), Reads.DATE, ("valid from", "first lesson", "gültig ab", "erster tag")
    ),
    Field(
        "last_day", gettext_lazy("Last day"), Reads.DATE, ("valid until", "last lesson", "gültig bis", "letzter tag")
    ),
)
LABELS: dict[str, Any] = {field.name: field.label for field in FIELDS}


@dataclass(frozen=True, slots=True)
class TimetableState:
    """A school's courses and weekly lessons."""

    school: SchoolState
    slots: list[Row]


def timetable_state(institution: Institution, namespace: UUID) -> TimetableState:
    """Read what the plan of a timetable compares with."""
    columns = ("id", "course_id", "weekday", "starts", "ends", "room", "first_day", "last_day")
    rows = TimetableSlot.objects.for_institution(institution).order_by("pk").values(*columns)
    slots = [{**row, "id": str(row["id"]), "course_id": str(row["course_id"])} for row in rows]
    return TimetableState(state_read(institution, namespace), slots)


def timetable_plan(state: TimetableState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the weekly lessons of a file. One at the same hour of the course is changed, any other is added."""
    courses = {key_of(row["code"]): row for row in state.school.courses}
    clashes = Clashes(state.school, state.slots)
    return Plan(tuple(_row(state, courses, clashes, record) for record in records))


def _row(state: TimetableState, courses: dict[str, Row], clashes: Clashes, record: Record) -> RowPlan:
    values = record.values
    course = courses.get(key_of(values.get("code", "")))
    name = course["name"] if course else values.get("code", "") or _("No name")
    if "weekday" in values and "starts" in values:
        name = f"{name} · {Weekday(values['weekday']).label} {values['starts']:%H:%M}"
    if (problem := _problem(record, course)) or course is None:
        return RowPlan(record.number, name, Step.LEFT_OUT, problem=problem)
    draft = Draft(state.school.namespace)
    row = _same(state.slots, course["id"], values, state.school.today)
    wanted = {each: values[each] for each in ("ends", "room", "first_day", "last_day") if each in values}
    if row:
        draft.change(SLOT, row, wanted, LABELS)
        step = Step.CHANGE if draft.writes else Step.SAME
        row.update(wanted)
        notes = clashes.of(row) if draft.writes else ()
        return RowPlan(record.number, name, step, tuple(draft.writes), tuple(draft.differences), notes=notes)
    columns = {"room": "", "first_day": state.school.today, "last_day": None, **wanted}
    columns |= {"course_id": course["id"], "weekday": values["weekday"], "starts": values["starts"]}
    key = f"{course['id']}:{values['weekday']}:{values['starts']}:{values.get('first_day', '')}"
    added = {"id": draft.add(SLOT, key, columns), **columns}
    state.slots.append(added)
    clashes.learn(added)
    return RowPlan(record.number, name, Step.NEW, tuple(draft.writes), notes=clashes.of(added))


def _problem(record: Record, course: Row | None) -> Problem | None:
    values = record.values
    if record.problems:
        return record.problems[0]
    if course is None:
        said = _("There is no course with the code %(code)s.") % {"code": values.get("code", "")}
        return Problem(said, "code", values.get("code", ""))
    if missing := next((each for each in ("weekday", "starts", "ends") if each not in values), ""):
        return Problem(_("“%(field)s” is empty.") % {"field": LABELS[missing]}, missing)
    if length_of(values["starts"], values["ends"]) > LONGEST_LESSON:
        return Problem(
            _("The lesson must end after it begins, within twelve hours."), "ends", f"{values['ends']:%H:%M}"
        )
    first, last = values.get("first_day"), values.get("last_day")
    if first and last and last < first:
        return Problem(str(BACKWARDS), "last_day", date_format(last, "j M Y"))
    return None


def _same(slots: Sequence[Row], course: str, values: Any, today: date) -> Row | None:
    """The course's lesson at this hour on some of the same days."""
    starts: time = values["starts"]
    first, last = values.get("first_day", today), values.get("last_day")
    return next(
        (
            row
            for row in slots
            if (row["course_id"], row["weekday"], row["starts"]) == (course, values["weekday"], starts)
            and (row["last_day"] is None or row["last_day"] >= first)
            and (last is None or row["first_day"] <= last)
        ),
        None,
    )


kind_register(
    ImportKind(
        name="timetable",
        title=gettext_lazy("Timetable"),
        check=table_check(
            FIELDS, timetable_plan, needs=[["code"], ["weekday"], ["starts"], ["ends"]], state=timetable_state
        ),
        models=(SLOT,),
        hint=gettext_lazy("The course’s code, day of the week, beginning and end; also room, first and last day."),
        fields=FIELDS,
    )
)
