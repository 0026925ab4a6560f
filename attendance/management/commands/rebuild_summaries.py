"""manage.py rebuild_summaries: write the summaries of closed registers again from their marks."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Institution
from attendance.models import ClassSession
from attendance.register.sessions import session_sum_up
from attendance.repositories.base import RegisterError


class Command(BaseCommand):
    help = (
        "Writes the summary of each closed register again from its marks: reports and the sums of days read these. "
        "Needed after a table was restored, or marks were changed outside the portal. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--school", metavar="SLUG", help="one school; without it all of them")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="lessons from this day on")

    def handle(self, *args: Any, **options: Any) -> None:
        schools = Institution.objects.all()
        if options["school"]:
            schools = schools.filter(slug=options["school"])
            if not schools:
                raise CommandError(f"There is no school “{options['school']}”.")
        for school in schools:
            self.stdout.write(f"{school.slug}: {_rebuilt(school, options['since'])} registers summed up")


def _rebuilt(school: Institution, since: date | None) -> int:
    rows = ClassSession.objects.for_institution(school).filter(state=ClassSession.State.CLOSED)
    if since:
        rows = rows.filter(local_date__gte=since)
    done = 0
    for session in rows.order_by("starts_at").iterator():
        session.institution = school
        try:
            session_sum_up(session=session)
        except RegisterError as error:
            raise CommandError(f"{school.slug}: {error} {done} registers are done; run the command again.") from error
        done += 1
    return done
