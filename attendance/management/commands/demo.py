"""The main job on the demo's class photos, without a server: `make demo` gives it a database of its own."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from attendance.demo.pictures import demo_class_photos
from attendance.demo.school import RIVERSIDE
from attendance.demo.seed import demo_seed

ABOUT = """
The first photo shows 30 students and two people who are nobody's students, the second one latecomer, blurred.
On the register are 32: these 31 and one without consent, who is never searched for.
"""


class Command(BaseCommand):
    help = "Enrols the demo school's students, takes attendance from its class photos and prints the register."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Set DEMO=true, or run: make demo")
        try:
            lesson = demo_seed(with_history=False, say=self.stdout.write)
            files = [_written(label, data) for label, data in demo_class_photos()]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(ABOUT)
        call_command("take_attendance", *files, institution=RIVERSIDE.slug, session=str(lesson.pk), stdout=self.stdout)


def _written(label: str, data: bytes) -> str:
    """The path of a class photo, written as a file for a person to look at."""
    path = Path(settings.DATA_DIR, label.lower().replace(" ", "-")).with_suffix(".jpg")
    path.write_bytes(data)
    return str(path)
