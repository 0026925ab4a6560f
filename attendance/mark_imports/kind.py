"""The kind of import for marks, and the question that it may ask about a whole file."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Institution
from attendance.mark_imports.entries import COURSE_KEY, Courses
from attendance.mark_imports.fields import COURSE, FIELDS, NEEDS
from attendance.mark_imports.planning import MARK, SESSION, marks_plan, marks_state
from attendance.mark_imports.shaping import marks_score, marks_shape
from attendance.mark_imports.undoing import marks_undo
from attendance.mark_imports.writing import marks_write
from enrollment.importing.kinds import ImportKind, Question, kind_register
from enrollment.importing.records import Choice, Options
from enrollment.importing.table_kind import TableCheck
from enrollment.importing.tables import Table
from enrollment.models import Course

KIND = "marks"


def course_question(
    institution: Institution, table: Table, columns: Mapping[int, str], options: Options
) -> tuple[Question, ...]:
    """Question which course a file is about, where it names none, or only one that the school does not have."""
    column = next((each for each, name in columns.items() if name == COURSE.name), None)
    texts = {line.cells[column] for line in table.lines} if column is not None else {""}
    if len(texts) != 1 or options.answers.get(COURSE_KEY):
        return ()
    rows = Course.objects.for_institution(institution).order_by("name_key", "code")
    found = [{**row, "id": str(row["id"])} for row in rows.values("id", "code", "name", "external_id", "is_active")]
    [text] = texts
    if Courses(found).find(text)[0]:
        return ()
    said = _("Which course is “%(name)s”?") % {"name": text} if text else _("Which course are these marks from?")
    choices = tuple(Choice(str(row["id"]), f"{row['name']} ({row['code']})") for row in found if row["is_active"])
    return (Question(f"answer:{COURSE_KEY}", said, choices),)


kind_register(
    ImportKind(
        name=KIND,
        title=gettext_lazy("Attendance marks"),
        check=TableCheck(
            FIELDS, marks_plan, NEEDS, marks_state, score=marks_score, shape=marks_shape, ask=course_question
        ),
        models=(SESSION, MARK),
        hint=gettext_lazy(
            "Student, course, date and status, one row for each mark; or a table with one column for each lesson, as "
            "Moodle exports it."
        ),
        fields=FIELDS,
        write=marks_write,
        undo=marks_undo,
        promises=(
            gettext_lazy("Marks that are in the register already stay as they are, unless you choose otherwise here."),
            gettext_lazy("Nobody is marked absent because they are not in the file."),
            gettext_lazy("Families are not told of imported absences."),
        ),
    )
)
