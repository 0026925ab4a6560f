"""A school's 100,000 marks and 5,000 face ids on the way to DynamoDB, each move killed twice and resumed.

    python bench/moving.py [LESSONS]          3,334 lessons of 30 students unless another number is said

The database is SQLite, DynamoDB is ministack, beside each other on this machine. A move's process kills itself with
SIGKILL after a third and after two thirds of its pieces, before anything is noted of the last one; then it is begun
again. At the end the items of the tables are counted by a scan, which the moves themselves never use.

    marks_seconds, face_ids_seconds      of all processes of a move together, their starts and the comparison included
    marks_there, versions_there, face_ids_there    counted in DynamoDB afterwards
    said_marks, said_face_ids            the commands' own last lines
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

STUDENTS, FACES = 1000, 5000


def main(lessons: int) -> None:
    import boto3

    from tests.attendance.moving.dying import MovingPortal
    from tests.aws.servers import CREDENTIALS, Ministack

    with tempfile.TemporaryDirectory(prefix="bench-moving-") as folder, Ministack.start() as server:
        portal = MovingPortal(Path(folder), server.url)
        portal.prepare(lessons, STUDENTS, FACES, 0)
        found: dict[str, Any] = {"marks_here": lessons * 30, "face_ids_here": FACES}
        for name, command, pieces in (("marks", "move_marks", lessons), ("face_ids", "move_face_ids", STUDENTS)):
            begun = time.monotonic()
            for third in (1, 1):  # a third of all, twice: each process counts its own
                portal.kill_amidst(command, pieces * third // 3)
            said = portal.finish(command)
            found |= {f"{name}_seconds": round(time.monotonic() - begun, 1), f"said_{name}": said.splitlines()[-1]}
        dynamodb = boto3.client(
            "dynamodb", endpoint_url=server.url, region_name="eu-west-1",
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        keys = [item["sk"]["S"] for item in scanned(dynamodb, "attendance-marks", "sk")]
        found["marks_there"] = sum(key.startswith("STU#") for key in keys)
        found["versions_there"] = sum(key.startswith("AUD#") for key in keys) + found["marks_there"]
        found["face_ids_there"] = len(scanned(dynamodb, "attendance-faces", "pk"))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def scanned(dynamodb: Any, table: str, key: str) -> list[dict[str, dict[str, str]]]:
    """The keys of every item of a table."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression=key)
    return [item for page in pages for item in page["Items"]]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3334)
