"""Command that erases a student's marks, or with --expired those whose retention is over."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Institution
from attendance.erasing.marks import student_erase_marks
from attendance.models import ClassSession
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from enrollment.models import Student

_AT_ONCE = 100  # sessions of one call of the store


class Command(BaseCommand):
    help = (
        "Erases all marks of one student, or with --expired all marks that are older than the store's retention_days: "
        "DynamoDB deletes by itself only those written after the option was set."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the school's short name")
        parser.add_argument("roll_number", nargs="?", help="the student's")
        parser.add_argument("--expired", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["slug"]).first()
        if school is None:
            raise CommandError(f"There is no school of the name {options['slug']}.")
        if bool(options["roll_number"]) == options["expired"]:
            raise CommandError("State a roll number or --expired.")
        try:
            self.stdout.write(self._expired(school) if options["expired"] else self._of(school, options["roll_number"]))
        except RegisterError as error:
            raise CommandError(f"Unfinished: {error} ({error.code}). Run the command again.") from error

    def _of(self, school: Institution, roll_number: str) -> str:
        student = Student.objects.for_institution(school).filter(roll_number=roll_number).first()
        if student is None:
            raise CommandError(f"{school} has no student with the roll number {roll_number}.")
        erased = student_erase_marks(student=student)
        return f"{student}: {erased.marks} marks erased, {erased.faces} faces of class photos without a name now."

    def _expired(self, school: Institution) -> str:
        store = marks_for(school)
        if store.retention_days is None:
            raise CommandError("ATTENDANCE_REPOSITORY has no option retention_days: marks are kept until erased.")
        since = timezone.now() - timedelta(days=store.retention_days)
        old = ClassSession.objects.for_institution(school).filter(starts_at__lt=since)
        sessions = list(old.order_by("starts_at").values_list("pk", flat=True))
        parts = [sessions[at : at + _AT_ONCE] for at in range(0, len(sessions), _AT_ONCE)]
        return f"{school}: {sum(store.purge_sessions(part) for part in parts)} marks past their time erased."
