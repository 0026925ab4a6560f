"""manage.py move_face_ids: copy the mapping of faces to students from one store to another, and compare the two."""

from typing import ClassVar

from accounts.moving.commands import StoreMoveCommand
from enrollment.moving.face_ids import KIND


class Command(StoreMoveCommand):
    help = (
        "Copies whose each face is from one store to another while the portal runs, and compares both. Killed, it goes "
        "on where it was. See docs/growing.md."
    )
    kind = KIND
    things = "face ids"
    setting = "FACE_ID_REPOSITORY"
    short: ClassVar[dict[str, str]] = {
        "database": "enrollment.repositories.orm.OrmFaceIdRepository",
        "dynamodb": "enrollment.repositories.dynamodb.DynamoFaceIdRepository",
    }
