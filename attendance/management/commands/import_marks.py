"""Command that imports attendance marks of another system, for moving to the portal and for nightly runs."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import Institution
from attendance.mark_imports.entries import COURSE_KEY
from attendance.mark_imports.kind import KIND
from attendance.mark_imports.planning import ADD, CONTRADICTIONS, LESSONS, REPLACE, ROSTERS
from enrollment.management.commands import import_file
from enrollment.models import Course


class Command(import_file.Command):
    help = (
        "Shows which attendance marks a file would bring to a school; with --apply, imports them. Ends with 0 if all "
        "went well, 1 if the file cannot be imported, 2 if rows were left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("school", help="the school's short name in addresses")
        self.add_file_arguments(parser)
        parser.add_argument("--course", default="", help="code of the course, for a file that names none")
        parser.add_argument("--replace", action="store_true", help="use the file's marks where the register differs")
        parser.add_argument("--add-lessons", action="store_true", help="add lessons that are not in the timetable")
        parser.add_argument(
            "--left-students", action="store_true", help="import marks of students who are on the roster no longer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options, kind=KIND, remove_absent=None, org="")

    def answers(self, school: Institution, options: dict[str, Any]) -> dict[str, str]:
        """Answers by the keys of the plan's decisions. Raises CommandError for a course that there is not."""
        given = {}
        if code := options["course"]:
            course = Course.objects.for_institution(school).filter(code=code).first()
            if course is None:
                raise CommandError(f"There is no course with the code {code}.")
            given[COURSE_KEY] = str(course.pk)
        if options["replace"]:
            given[CONTRADICTIONS] = REPLACE
        if options["add_lessons"]:
            given[LESSONS] = ADD
        if options["left_students"]:
            given[ROSTERS] = ADD
        return given
