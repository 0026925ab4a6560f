"""The portal's own steps in processes that die at one of them, for `test_kill.py`: `python -m tests.aws.kill …`.

Real settings, from the environment. A process kills itself with SIGKILL, which cannot be caught: nothing is written,
closed or rolled back by Python any more. Everything is done from here; the portal itself knows nothing of dying.
Each command prints its answer as JSON.
"""

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import django

PRESENT = (1, 2, 3, 4, 5)  # persons of the AT&T/ORL set who are in the photo
ABSENT = 6  # enrolled and on the roster, not in the photo
STRANGER = 33


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Die when `owner.name` is called."""
    setattr(owner, name, die)


def after(owner: Any, name: str, *, calls: int = 1) -> None:
    """Die when `owner.name` has done its work for the `calls`-th time, before anybody learns of it."""
    real, left = getattr(owner, name), [calls]

    def dying(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        left[0] -= 1
        return die() if left[0] <= 0 else result

    setattr(owner, name, dying)


def half_stored(storage: type[Any]) -> None:
    """Die with half of a picture on the disk."""
    real = storage.save

    def dying(self: Any, name: str, content: Any, **kwargs: Any) -> None:
        data = content.read()
        real(self, name, io.BytesIO(data[: len(data) // 2]))
        die()

    storage.save = dying


def die_at(point: str) -> None:
    """Arrange for this process to die at one of the points between upload and mark."""
    from django.conf import settings

    from attendance.captures import recognition, taking

    points: dict[str, Callable[[], None]] = {
        "row": lambda: before(taking, "store_picture"),
        "row, sent again at once": lambda: before(taking, "store_picture"),
        "stored": lambda: after(taking, "store_picture"),
        "claimed": lambda: after(recognition, "claim"),
        "recognised": lambda: before(recognition, "decide_jointly"),
        "marked": lambda: before(recognition, "_finish"),
        "finishing": lambda: before(recognition.DetectedFace.objects, "bulk_create"),
        "finished": lambda: after(recognition, "_finish"),
    }
    is_aws = "rekognition" in settings.FACE_ENGINE["BACKEND"]
    points |= _aws_points() if is_aws else _local_points()
    points[point]()


def _local_points() -> dict[str, Callable[[], None]]:
    from django.core.files.storage import FileSystemStorage

    from attendance.repositories.orm import OrmAttendanceRepository
    from enrollment.faces.local.engine import LocalModel

    return {
        "half stored": lambda: half_stored(FileSystemStorage),
        "recognising": lambda: after(LocalModel, "analyse"),
        "half marked": lambda: after(OrmAttendanceRepository, "_insert"),
    }


def _aws_points() -> dict[str, Callable[[], None]]:
    from attendance.repositories.dynamodb_writes import Writer
    from enrollment.faces.rekognition import calls as rekognition_calls

    return {
        "recognising": lambda: after(rekognition_calls, "_outcome", calls=3),
        "half marked": lambda: after(Writer, "_first", calls=3),
    }


# -- What a process is asked to do -------------------------------------------------------------------------------------


@cache
def photo() -> bytes:
    """The class photo: five students and a stranger. The same bytes each time."""
    from attendance.demo.pictures import Tile, compose
    from enrollment.pictures import encode_jpeg

    return encode_jpeg(compose([Tile(person, 7) for person in (*PRESENT, STRANGER)], per_row=3, factor=1.6))


def seed(sessions: Sequence[str]) -> None:
    """A school with six enrolled students, and open registers of theirs with these ids."""
    from django.utils import timezone

    from accounts.models import Institution, Membership, Role, User
    from attendance.models import ClassSession
    from attendance.register.sessions import session_open
    from enrollment.models import Course, Enrollment, Student

    school = Institution.objects.create(slug="school", name="School", time_zone="UTC", faces_enabled=True)
    teacher = User.objects.create_user("teacher@example.org", "a long password", name="Teacher")
    Membership.objects.create(institution=school, user=teacher, role=Role.TEACHER)
    course = Course.objects.create(institution=school, code="C", name="Course")
    for person in (*PRESENT, ABSENT):
        student = Student.objects.create(institution=school, name=f"Pupil {person}", roll_number=str(person))
        Enrollment.objects.create(institution=school, course=course, student=student)
        enrol(student, person)
    now = timezone.now()
    times = {"starts_at": now - timedelta(minutes=2), "ends_at": now + timedelta(minutes=48)}
    for session in sessions:
        lesson = ClassSession.objects.create(pk=UUID(session), institution=school, course=course, **times)
        session_open(session=lesson, by=teacher)


def enrol(student: Any, person: int) -> None:
    from attendance.demo.orl import orl_photo
    from enrollment.pictures import encode_jpeg
    from enrollment.services.consents import consent_record
    from enrollment.services.photos import face_photo_add

    consent_record(student=student, given_by="A parent", wording="1", recorded_by=None)
    for number in (1, 2):
        kept = face_photo_add(student=student, upload=io.BytesIO(encode_jpeg(orl_photo(person, number))), added_by=None)
        assert kept.state == "enrolled", (person, number, kept.state, kept.refusal)


def take(session_id: str, nonce: str) -> dict[str, Any]:
    """The class photo, sent into a register. What the sender is answered."""
    from accounts.models import User
    from attendance.captures.taking import capture_take
    from attendance.models import Capture, ClassSession

    session = ClassSession.objects.select_related("institution", "course").get(pk=session_id)
    taken = capture_take(
        session=session,
        upload=io.BytesIO(photo()),
        nonce=UUID(nonce),
        kind=Capture.Kind.PHOTO,
        by=User.objects.get(),
    )
    return {
        "capture": str(taken.capture.pk),
        "state": taken.capture.state,
        "faces": len(taken.detected_faces),
        "marks": sorted([str(mark.student_id), mark.version, mark.status] for mark in taken.marks),
    }


def report() -> dict[str, Any]:
    """Everything that is known of every register, and every picture that is kept."""
    from django.core.files.storage import default_storage

    from attendance.models import Capture, ClassSession

    sessions = ClassSession.objects.select_related("institution")
    pictures = {capture.picture.name for capture in Capture.objects.all()}
    folder = f"captures/{sessions[0].institution_id}"
    try:
        files = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    except FileNotFoundError:
        files = set()
    return {
        "sessions": {str(session.pk): register(session) for session in sessions},
        "orphans": sorted(files - pictures),
        "missing": sorted(pictures - files),
    }


def register(session: Any) -> dict[str, Any]:
    from attendance.models import Capture
    from attendance.repositories import marks_for
    from enrollment.models import Student

    store = marks_for(session.institution)
    names = dict(Student.objects.values_list("pk", "roll_number"))
    captures = Capture.objects.filter(session=session)
    return {
        "captures": [[c.state, c.reason, c.picture.name, c.attempts] for c in captures],
        "marks": {
            names[pk]: [
                mark.status,
                mark.version,
                mark.evidence and [str(mark.evidence.capture_id), mark.evidence.face],
            ]
            for pk, mark in store.for_session(session.pk).items()
        },
        "audit": {name: [mark.version for mark in store.audit(session.pk, pk)] for pk, name in names.items()},
        "faces": [
            [str(c.pk), face.number, names.get(face.student_id), face.outcome]
            for c in captures
            for face in c.detected_faces.order_by("number")
        ],
    }


# -- Commands ----------------------------------------------------------------------------------------------------------


def prepare(waiting: str, *sessions: str) -> dict[str, Any]:
    """The school, and in one lesson a photo that waits for an unavailable engine. `waiting`: <session>/<nonce>."""
    from attendance.captures import recognition
    from enrollment.domain.faces import EngineUnavailable

    def unavailable(*args: Any) -> None:
        raise EngineUnavailable("unreachable", "told to be unavailable")

    seed([waiting.split("/")[0], *sessions])
    recognition._recognise = unavailable
    return take(*waiting.split("/"))


def deaths(*photos: str) -> dict[str, Any]:
    """Send each photo (<session>/<nonce>/<point>) from a process of its own that dies there, two at a time.

    How each ended, and what lies there then.
    """
    import_what_a_photo_needs()
    running: dict[int, str] = {}
    dead: dict[str, int] = {}
    for photo in [*photos, "", ""]:  # the last two only wait
        if len(running) == 2 or (running and not photo):
            pid, status = os.wait()
            dead[running.pop(pid).split("/")[2]] = os.waitstatus_to_exitcode(status)
        if photo:
            running[_forked(photo)] = photo
    return {"dead": dead, "left": report()}


def import_what_a_photo_needs() -> None:
    """Once for all: modules alone, no network, connection or thread."""
    import openvino.preprocess  # noqa: F401
    import scipy.optimize  # noqa: F401
    from django.conf import settings
    from django.utils.module_loading import import_string

    for adapter in (settings.FACE_ENGINE, settings.FACE_ID_REPOSITORY, settings.ATTENDANCE_REPOSITORY):
        import_string(adapter["BACKEND"])
    photo()


def _forked(photo: str) -> int:
    """A process that sends one photo: forked rather than started, which leaves the imports out and nothing else."""
    session, nonce, point = photo.split("/")
    pid = os.fork()
    if pid == 0:
        try:
            die_at(point)
            take(session, nonce)
        finally:
            os._exit(1)
    return pid


def dying_worker(point: str) -> None:
    from django.core.management import call_command

    die_at(point)
    call_command("worker")


def again(*photos: str) -> dict[str, Any]:
    """The stored state; the answers to each photo sent again, and once more; the stored state after that."""
    found = report()
    rounds = [[take(*photo.split("/")) for photo in photos] for _ in range(2)]
    return {"found": found, "answers": rounds, "after": report()}


COMMANDS: dict[str, Callable[..., Any]] = {
    "prepare": prepare,
    "deaths": deaths,
    "dying-worker": dying_worker,
    "take": take,
    "again": again,
}

if __name__ == "__main__":
    django.setup()
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))  # noqa: T201
