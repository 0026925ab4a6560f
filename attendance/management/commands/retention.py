"""Command that says what is past its retention, and deletes it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from accounts.models import Institution
from attendance.retaining.rules import RULES, Rule
from enrollment.services.leavers import leavers_note


class Command(BaseCommand):
    help = "Deletes what schools keep no longer, and says what and how much. With --dry-run it only says so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="one school's short name; without it every school")
        parser.add_argument("--dry-run", action="store_true", help="delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        schools = Institution.objects.order_by("slug")
        if options["slug"]:
            schools = schools.filter(slug=options["slug"])
            if not schools:
                raise CommandError(f"There is no school of the name {options['slug']}.")
        if not options["dry_run"]:
            leavers_note()
        with translation.override("en"):
            unfinished = [left for school in schools for left in self._school(school, dry_run=options["dry_run"])]
        if unfinished:
            raise CommandError(f"Unfinished: {', '.join(unfinished)}. Run the command again.")

    def _school(self, school: Institution, *, dry_run: bool) -> list[str]:
        """Say and do everything for one school; returns what could not be finished."""
        self.stdout.write(f"{school.slug}:")
        return [rule.code for rule in RULES if self._rule(school, rule, dry_run=dry_run)]

    def _rule(self, school: Institution, rule: Rule, *, dry_run: bool) -> bool:
        days = rule.days(school)
        kept = "kept until erased by hand" if days is None else f"kept for {days} days"
        due = rule.due_at(school).count()
        if dry_run:
            self.stdout.write(f"  {rule.title} ({kept}): {due} to delete")
            return False
        done = rule.apply(rule.due_at(school)) if due else 0
        self.stdout.write(f"  {rule.title} ({kept}): {done} of {due} deleted")
        return done < due
