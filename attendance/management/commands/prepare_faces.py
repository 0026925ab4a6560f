"""`manage.py prepare_faces`: what a process would otherwise do before its first photo."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance.captures.recognition import recognition_warm_up
from enrollment.faces.trouble import engine_trouble


class Command(BaseCommand):
    """Folds the face networks into FACE_MODEL_CACHE, so that the first process of an image or a machine finds them."""

    help = (
        "Prepares the face networks for this kind of machine and keeps them in FACE_MODEL_CACHE. Processes do it by "
        "themselves when they start; an image has it done once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, and says why, if the networks cannot be used."""
        if trouble := engine_trouble():
            raise CommandError(trouble)
        recognition_warm_up()
        self.stdout.write("The face networks are ready.")
