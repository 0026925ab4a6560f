"""manage.py move_marks: copy all marks from one store to another, compare the two, empty the one that was left."""

from typing import ClassVar

from accounts.moving.commands import StoreMoveCommand
from attendance.moving.marks import KIND


class Command(StoreMoveCommand):
    help = (
        "Copies every version of every mark, and the summaries of registers, from one store to another while the "
        "portal runs, and compares both. Killed, it goes on where it was. See docs/growing.md."
    )
    kind = KIND
    things = "versions of marks"
    setting = "ATTENDANCE_REPOSITORY"
    short: ClassVar[dict[str, str]] = {
        "database": "attendance.repositories.orm.OrmAttendanceRepository",
        "dynamodb": "attendance.repositories.dynamodb.DynamoAttendanceRepository",
    }
