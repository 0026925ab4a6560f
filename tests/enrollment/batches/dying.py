"""Processes of `test_killed.py`: one prepares a batch, one enrols and is killed amidst it.

python -m tests.enrollment.batches.dying prepare N
python -m tests.enrollment.batches.dying enrol K WHERE   dies by SIGKILL at the K-th block of photos: when their rows
                                                         are written (files), when the engine has kept their faces
                                                         (faces), or when it is written so too (settle)
"""

import os
import signal
import sys

import django

BLOCK = 2  # photos that are enrolled together here


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
    from enrollment.services import photos_together

    steps = {
        "files": (photos_together, "_files_kept"),
        "faces": (photos_together, "_enrolled_written"),
        "settle": (enrolling, "_settle_together"),
    }
    module, name = steps[sys.argv[3]]
    real, begun = getattr(module, name), []

    def step(*given: object) -> object:
        begun.append(given)
        if len(begun) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given)

    setattr(module, name, step)
    enrolling.BLOCK = BLOCK
    job_take_up_next()


if __name__ == "__main__":
    main()
