"""manage.py move_pictures: copy all files from their former place to the current one, and compare the two."""

from typing import Any

from django.core.management.base import CommandError

from accounts.moving.commands import MoveCommand
from attendance.moving.pictures import KIND, moving_storage


class Command(MoveCommand):
    help = (
        "Copies pictures and documents from their former place (PICTURES_FORMER) to the current one while the portal "
        "runs, and compares both. Killed, it goes on where it was. See docs/growing.md."
    )
    kind = KIND
    things = "files"

    def places(self, options: dict[str, Any]) -> dict[str, Any]:
        if moving_storage() is None:
            raise CommandError("Say by PICTURES_FORMER where the pictures were before: files, or a bucket's name.")
        return {"source": "former", "target": "current"}

    def is_in_use(self, store: Any) -> bool:
        return False  # whatever the current place has is read from there
