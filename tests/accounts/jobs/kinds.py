"""Kinds of jobs that tests start. Each is told by its parameters what to do."""

import os
import time
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from accounts.jobs import JobHandle, job_kind
from accounts.models import Role


@job_kind("counting", title=_("Courses"), roles=[Role.ADMIN, Role.TEACHER])
def counting(job: JobHandle) -> dict:
    """Writes the numbers below `to` into `file`, a line each, and keeps a checkpoint after each.

    pause: seconds after each. sign: a file that has to be there before it begins.
    """
    to = job.parameters["to"]
    while (sign := job.parameters.get("sign")) and not Path(sign).exists() and not job.should_stop:
        time.sleep(0.05)
    for number in range(job.state.get("next", 0), to):
        if job.should_stop:
            return {}
        note(job, number)
        job.checkpoint({"next": number + 1})
        job.progress(number + 1, to, f"Number {number}")
        time.sleep(job.parameters.get("pause", 0))
    return {"counted": to}


def note(job: JobHandle, line: object) -> None:
    """Add a line to the job's file: whole lines, even if several processes write."""
    out = os.open(job.parameters["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(out, f"{line}\n".encode())
    os.close(out)


def noted(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


# What the one test that is running wants of a job of this kind.
SCRIPT: dict[str, object] = {}


@job_kind(
    "scripted",
    title=_("Courses"),
    roles=[Role.ADMIN],
    result_page=lambda job: f"/result/{job.pk}/",
    forget=lambda job: SCRIPT["forget"](job),
)
def scripted(job: JobHandle) -> dict:
    return SCRIPT["work"](job)
