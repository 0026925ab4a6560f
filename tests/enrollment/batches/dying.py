"""Processes of `test_killed.py`: one prepares a batch, one enrols and is killed amidst it.

python -m tests.enrollment.batches.dying prepare N
python -m tests.enrollment.batches.dying enrol K         dies by SIGKILL at the K-th photo, after the engine kept it
"""

import os
import signal
import sys

import django


def main() -> None:
    django.setup()
    what, number = sys.argv[1], int(sys.argv[2])
    {"prepare": prepare, "enrol": enrol_and_die}[what](number)


def prepare(number: int) -> None:
    from accounts.models import Institution
    from enrollment.batches.directory import directory_of
    from enrollment.batches.enrolling import photo_batch_enrol
    from enrollment.batches.receiving import Incoming, batch_photo_receive, photo_batch_create
    from tests.conftest import make_student
    from tests.enrollment.orl import as_bytes, face

    school = Institution.objects.create(slug="riverside", name="Riverside", faces_enabled=True)
    for n in range(1, number + 1):
        make_student(school, f"Student {n}", f"R-{n}")
    batch = photo_batch_create(institution=school, by=None)
    directory = directory_of(school)
    for n in range(1, number + 1):
        batch_photo_receive(batch=batch, incoming=Incoming(f"R-{n}.jpg", as_bytes(face(n))), directory=directory)
    photo_batch_enrol(batch=batch, by=None)


def enrol_and_die(at: int) -> None:
    from accounts.jobs import job_take_up_next
    from enrollment.batches import enrolling

    real, settled = enrolling._settle, []

    def settle(*outcome: object) -> None:
        settled.append(outcome)
        if len(settled) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*outcome)

    enrolling._settle = settle
    job_take_up_next()


if __name__ == "__main__":
    main()
