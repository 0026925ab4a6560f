"""Work for real worker processes, and what came of it: `python -m tests.aws.work COMMAND …`, answers as JSON.

Real settings, from the environment. The workers know the kinds of jobs of the tests besides.
"""

import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django


def jobs(count: str, parameters: str) -> list[str]:
    """Start so many jobs that count; their ids. They belong to two schools in turn."""
    from accounts.jobs import job_start

    schools = [_school(slug) for slug in ("riverside", "hilltop")]
    return [
        str(job_start(institution=schools[n % 2], kind="counting", by=None, parameters=json.loads(parameters)).pk)
        for n in range(int(count))
    ]


def captures(count: str) -> None:
    """So many photos that wait and are due, in a register of each of two schools in turn."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from attendance.models import Capture, ClassSession
    from enrollment.models import Course
    from tests.attendance.api.client import jpeg

    now, sessions = timezone.now(), []
    for slug in ("riverside", "hilltop"):
        school = _school(slug)
        course, _is_new = Course.objects.get_or_create(institution=school, code="C", defaults={"name": "Course"})
        times = {"starts_at": now, "ends_at": now + timedelta(minutes=50)}
        sessions.append(ClassSession.objects.create(institution=school, course=course, state="open", **times))
    for n in range(int(count)):
        session = sessions[n % 2]
        capture = Capture(
            institution=session.institution, session=session, nonce=uuid4(), kind="photo", width=320, height=240,
            state=Capture.State.WAITING,
        )  # fmt: skip
        capture.picture.save("picture.jpg", ContentFile(jpeg()), save=False)
        capture.save(force_insert=True)


def _school(slug: str) -> Any:
    from accounts.models import Institution

    return Institution.objects.get_or_create(slug=slug, defaults={"name": slug, "faces_enabled": True})[0]


def worker() -> None:
    from django.core.management import call_command

    call_command("worker")


def skip() -> dict[str, bool]:
    """Rows that one transaction is taking are skipped by another, which neither waits nor takes them too."""
    from django.db import connection, transaction

    from accounts.jobs.queue import job_claim_next, jobs_due
    from accounts.leases import unlocked
    from accounts.models import Job
    from attendance.captures.state import captures_due, claim_oldest
    from attendance.models import Capture

    jobs("2", "{}")
    captures("2")
    locked, may_end = threading.Event(), threading.Event()
    first = {"capture": captures_due().order_by("taken_at"), "job": jobs_due().order_by("due_at")}
    taken: dict[str, Any] = {}

    def take() -> None:
        with transaction.atomic():
            taken.update({name: unlocked(rows).first() for name, rows in first.items()})
            locked.set()
            may_end.wait(60)
        connection.close()

    other = threading.Thread(target=take)
    other.start()
    locked.wait(60)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    got = {"capture": (claim_oldest(captures_due()) or [None])[0], "job": job_claim_next()}
    may_end.set()
    other.join()
    for rows in (Capture.objects, Job.objects):
        rows.all().delete()
    return {name: got[name] is not None and got[name] != taken[name] for name in got}


COMMANDS: dict[str, Callable[..., Any]] = {
    "jobs": jobs,
    "captures": captures,
    "worker": worker,
    "skip": skip,
}

if __name__ == "__main__":
    django.setup()
    from tests.accounts.jobs import kinds  # noqa: F401

    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))  # noqa: T201
