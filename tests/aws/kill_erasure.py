"""An erasure in processes that die amidst it, for `test_kill_erasure.py`: `python -m tests.aws.kill_erasure …`.

Real settings, from the environment, and the same deaths as in `tests.aws.kill`. Each command prints its answer as JSON.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django


def die_at(point: str) -> None:
    """Arrange for this process to die at one of the points of an erasure."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    from attendance.erasing import record, student
    from enrollment.services import erasure
    from tests.aws.kill import after, before

    mapping = import_string(settings.FACE_ID_REPOSITORY["BACKEND"])
    marks = import_string(settings.ATTENDANCE_REPOSITORY["BACKEND"])
    points: dict[str, Callable[[], None]] = {
        "vectors gone, mapping left": lambda: before(mapping, "remove"),
        "vectors gone, photos left": lambda: before(erasure, "_delete_photos"),
        "marks gone": lambda: after(marks, "purge_student"),
        "record half gone": lambda: before(record, "_account_leave"),
        "all gone, not signed": lambda: before(student, "receipt_sign"),
    }
    points[point]()


def prepare() -> dict[str, Any]:
    """A school whose students are enrolled and were marked by a photo."""
    from tests.aws import kill

    session = str(uuid4())
    kill.seed([session])
    return kill.take(session, str(uuid4()))


def erase(roll_number: str, point: str) -> None:
    """Ask for a student's erasure, work on it, and die."""
    from accounts.jobs import jobs_resume
    from accounts.models import User
    from attendance.erasing.student import student_erase
    from enrollment.models import ErasureScope, Student

    found = Student.objects.select_related("institution").get(roll_number=roll_number)
    student_erase(student=found, scope=ErasureScope.EVERYTHING, reason="", by=User.objects.get())
    die_at(point)
    jobs_resume()


def finish() -> dict[str, Any]:
    """Let the leases end, and work as a worker does. What is found of each subject then, and the receipts."""
    from django.utils import timezone

    from accounts.jobs import jobs_resume
    from accounts.models import Job
    from attendance.erasing.receipts import is_genuine
    from enrollment.models import ErasureReceipt

    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1), due_at=timezone.now())
    jobs_resume()
    return {
        receipt.label.partition("(")[2].rstrip(")"): {
            "state": receipt.state,
            "genuine": is_genuine(receipt.document, receipt.signature),
            "steps": {step["part"]: [step["found"], step.get("left")] for step in receipt.steps},
            "found": found_of(str(receipt.subject)),
        }
        for receipt in ErasureReceipt.objects.all()
    }


def found_of(subject: str) -> list[str]:
    """Rows, items and faces of any store that hold the id."""
    from django.conf import settings

    from tests.attendance.erasing.world import rows_with

    found = rows_with(subject, subject.replace("-", ""))
    if "dynamodb" in settings.ATTENDANCE_REPOSITORY["BACKEND"]:
        from portal.aws.clients import client

        for name in ("faces", "marks"):
            items = client("dynamodb").scan(TableName=f"{settings.AWS_PREFIX}-{name}")["Items"]
            found += [f"item of {name}" for item in items if subject in json.dumps(item)]
        for collection in client("rekognition").list_collections()["CollectionIds"]:
            faces = client("rekognition").list_faces(CollectionId=collection)["Faces"]
            found += ["face" for face in faces if subject in json.dumps(face)]
    return found


def left() -> dict[str, int]:
    """Numbers of vectors and of photo files, of anybody."""
    from django.core.files.storage import default_storage

    from accounts.models import Institution
    from enrollment.faces.places import keeper_at, places_of

    school = Institution.objects.get()
    folders = default_storage.listdir(f"faces/{school.pk}")[0]
    return {"vectors": sum(len(keeper_at(place).faces()) for place in places_of(school)), "photos": len(folders)}


if __name__ == "__main__":
    django.setup()
    commands: dict[str, Callable[..., Any]] = {"prepare": prepare, "erase": erase, "finish": finish, "left": left}
    sys.stdout.write(json.dumps(commands[sys.argv[1]](*sys.argv[2:])) + "\n")
