"""A portal whose moves are killed, for `test_killed.py` and `bench/moving.py`: real processes, DynamoDB and S3 beside.

python -m tests.attendance.moving.dying prepare LESSONS STUDENTS FACES FILES
python -m tests.attendance.moving.dying die COMMAND N STEP      runs a move, dies after `copy` or `compare` of piece N
python -m tests.attendance.moving.dying correct FILE            corrects marks until the file is gone; prints how many
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import django

from tests.aws.mode import ROOT, manage
from tests.aws.servers import settings_for
from tests.dying import DyingPortal

SCRIPT = "tests.attendance.moving.dying"
FIRST = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_STORES = {
    "ATTENDANCE_REPOSITORY": ("attendance.repositories", "mirrored.Mirrored", "AttendanceRepository"),
    "FACE_ID_REPOSITORY": ("enrollment.repositories", "mirrored.Mirrored", "FaceIdRepository"),
}


class MovingPortal(DyingPortal):
    """A portal that keeps database and DynamoDB alike, and whose pictures move from its folder to a bucket."""

    def __init__(self, folder: Path, ministack: str) -> None:
        super().__init__(folder, SCRIPT)
        self.env |= settings_for("http://127.0.0.1:9", ministack)
        self.env |= {"PICTURES_BUCKET": "moved-pictures", "PICTURES_FORMER": "files", "CACHE_URL": "dbcache://cache"}
        for setting, (room, module, name) in _STORES.items():
            parts = [f'{{"BACKEND": "{room}.{each}{name}"}}' for each in ("orm.Orm", "dynamodb.Dynamo")]
            self.env[setting] = f"{room}.{module}{name}"
            self.env[f"{setting}_OPTIONS"] = f'{{"first": {parts[0]}, "second": {parts[1]}}}'

    def prepare(self, *sizes: int) -> None:
        for command in (["migrate", "-v0"], ["createcachetable"], ["provision_aws"]):
            manage(self.env, *command, quiet=True)
        assert self.run("prepare", *map(str, sizes)).returncode == 0

    def start(self, *command: str) -> subprocess.Popen:
        """A process of the portal that goes on by itself."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.env, **output)

    def kill_amidst(self, move: str, at: int, step: str = "copy") -> None:
        """Let a process of the move kill itself with SIGKILL right after a step of its piece number `at`, before
        anything is noted of it, and let its lease be over."""
        ended = self.run("die", move, str(at), step)
        assert ended.returncode == -signal.SIGKILL, ended.stdout
        self.end_leases()

    def finish(self, move: str, *arguments: str) -> str:
        """Run the move to its end; what it said."""
        process = self.start("manage.py", move, *arguments)
        said = process.communicate()[0]
        assert process.returncode == 0, said
        return said


def main() -> None:
    django.setup()
    {"prepare": prepare, "correct": correct, "die": die}[sys.argv[1]](*sys.argv[2:])


def prepare(lessons: str, students: str, faces: str, files: str) -> None:
    from django.core.files.base import ContentFile

    from accounts.models import Institution
    from attendance.domain.statuses import Source, Status
    from attendance.models import ClassSession, MarkRow, MarkVersion, SessionSummary
    from enrollment.models import Course, FaceId, Student

    school = Institution.objects.create(slug="riverside", name="Riverside", time_zone="Europe/London")
    course = Course.objects.create(institution=school, code="PHY", name="Physics")
    enrolled = Student.objects.bulk_create(
        Student(institution=school, name=f"Student {n}", roll_number=f"R-{n}") for n in range(int(students))
    )
    times = [FIRST + timedelta(hours=n) for n in range(int(lessons))]
    sessions = ClassSession.objects.bulk_create(
        ClassSession(
            institution=school, course=course, starts_at=at, ends_at=at + timedelta(minutes=50),
            local_date=at.date(), state="closed",
        )
        for at in times
    )  # fmt: skip
    rows = [
        {
            "institution": school, "session": session, "student": student, "status": Status.PRESENT,
            "source": Source.PHOTO, "marked_at": session.starts_at + timedelta(minutes=2),
        }
        for session in sessions
        for student in enrolled[:30]
    ]  # fmt: skip
    MarkRow.objects.bulk_create([MarkRow(**row) for row in rows], batch_size=2000)
    MarkVersion.objects.bulk_create([MarkVersion(**row) for row in rows], batch_size=2000)
    SessionSummary.objects.bulk_create(
        SessionSummary(institution=school, session=each, day=each.starts_at.date(), closed_at=each.ends_at, present=30)
        for each in sessions
    )
    owners = [enrolled[n % len(enrolled)] for n in range(int(faces))]
    FaceId.objects.bulk_create(FaceId(institution=school, student=each, face_id=uuid4().hex) for each in owners)
    former = _storage().former
    for number in range(int(files)):
        former.save(f"captures/{school.pk}/{uuid4()}.jpg", ContentFile(f"{number} ".encode() * 9000))


def die(command: str, at: str, step: str) -> None:
    from django.core.management import call_command

    from attendance.moving.marks import MarksMove
    from attendance.moving.pictures import PicturesMove
    from enrollment.moving.face_ids import FaceIdsMove

    moves = {"move_marks": MarksMove, "move_pictures": PicturesMove, "move_face_ids": FaceIdsMove}
    kind, left = moves[command], [int(at)]
    real = getattr(kind, step)

    def dying(self: object, key: str) -> object:
        result = real(self, key)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(kind, step, dying)
    call_command(command)


def correct(until_gone: str) -> None:
    """Somebody marks by hand, all the while."""
    from dataclasses import replace

    from accounts.models import Institution
    from attendance.domain.statuses import Source, Status
    from attendance.models import ClassSession
    from attendance.repositories import marks_for

    store, ids = marks_for(Institution.objects.get()), list(ClassSession.objects.values_list("pk", flat=True))
    chance, done = random.Random(7), 0
    while Path(until_gone).exists():
        marks = store.for_session(chance.choice(ids))
        mark = chance.choice(list(marks.values()))
        changed = replace(mark, status=Status.LATE, source=Source.HAND, minutes_late=done % 60, evidence=None)
        store.correct(changed, expected_version=mark.version)
        done += 1
        time.sleep(0.02)
    sys.stdout.write(f"{done}\n")


def _storage():
    from django.core.files.storage import storages

    return storages["default"]


if __name__ == "__main__":
    main()
