"""Command that enrols kept photos again with the current face engine, at once instead of a few a minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Institution
from enrollment.domain.faces import FaceError
from enrollment.errors import ErasureUnfinished
from enrollment.services.renewal import Renewal, faces_renew, photos_outdated

ROUND = 50  # photos between two lines of progress


class Command(BaseCommand):
    help = "Enrols the kept photographs of faces that an earlier face model computed anew. May be stopped and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institution", metavar="SLUG", help="one school; otherwise all where faces are on")

    def handle(self, *args: Any, **options: Any) -> None:
        schools = Institution.objects.filter(faces_enabled=True)
        if slug := options["institution"]:
            schools = schools.filter(slug=slug)
            if not schools:
                raise CommandError(f"No school of the name {slug} takes attendance by face.")
        for school in schools:
            try:
                self._renew(school)
            except (ErasureUnfinished, FaceError) as error:
                raise CommandError(f"{school}: the face engine cannot do it now ({error.code}). Try again.") from error

    def _renew(self, school: Institution) -> None:
        done = Renewal(left=photos_outdated(school).count())
        self.stdout.write(f"{school}: {done.left} photographs to enrol anew")
        while done.left:
            before = done.left
            done = faces_renew(institution=school, most=ROUND)
            self.stdout.write(f"  {done.enrolled} enrolled, {done.refused} to be looked at, {done.left} left")
            if done.left == before:
                raise CommandError(f"{school}: {done.left} photographs cannot be enrolled now; the log says why.")
