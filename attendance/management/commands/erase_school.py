"""Command that ends a school: everything stored of it is erased."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution
from attendance.erasing.school import school_contents, school_erase
from attendance.repositories.base import RegisterError
from enrollment.errors import ErasureUnfinished


class Command(BaseCommand):
    help = "Erases everything stored of a school, for good. May be stopped and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--yes", action="store_true", help="do not ask for the school's short name")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["slug"]).first()
        if school is None:
            raise CommandError(f"There is no school of the name {options['slug']}. It may have been erased already.")
        found = school_contents(school)
        self.stdout.write(
            f"{school}: {found.students} students, {found.photos} enrolment photos, {found.captures} class photos, "
            f"{found.sessions} lessons with all their marks, faces in {found.places} places, and {found.accounts} "
            "accounts that belong to no other school will be erased. Nothing of it can be had back but from a backup."
        )
        if not options["yes"] and input("Type the school's short name to erase it: ").strip() != school.slug:
            raise CommandError("Not the school's short name: nothing was erased.")
        try:
            for step in school_erase(institution=school):
                self.stdout.write(f"  {step}: erased")
        except (ErasureUnfinished, RegisterError) as error:
            raise CommandError(f"Unfinished: {error} ({error.code}). Run the command again.") from error
        self.stdout.write("Done. Empty collections and tables stay: they hold nothing of the school.")
