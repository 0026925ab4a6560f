"""Processes of `test_killed.py`: one prepares an import, one writes it and is killed amidst it.

python -m tests.enrollment.importing.dying prepare N
python -m tests.enrollment.importing.dying apply K WHERE  dies by SIGKILL at the K-th transaction: before its notes are
                                                          written (inside), or when it is through (after)
python -m tests.enrollment.importing.dying undo K WHERE   the same for taking the import back
"""

import os
import signal
import sys

import django

AT_ONCE = 6  # writes of one transaction here


def main() -> None:
    django.setup()
    {"prepare": prepare, "apply": apply_and_die, "undo": undo_and_die}[sys.argv[1]](int(sys.argv[2]))


def prepare(number: int) -> None:
    from accounts.models import Institution
    from enrollment.importing.runs import import_apply, import_create

    school = Institution.objects.create(slug="riverside", name="Riverside")
    head = "Roll number;First name;Last name;Form;Parent 1;Parent 1 e-mail"
    rows = [f"R-{n};Given{n};Family{n};8a;Parent {n};p{n}@example.org" for n in range(number)]
    data = "\n".join([head, *rows]).encode()
    run = import_create(institution=school, kind="students", name="students.csv", data=data, by=None)
    import_apply(run=run, by=None)


def apply_and_die(at: int) -> None:
    from enrollment.importing import applying

    applying.AT_ONCE = AT_ONCE
    _die_at(at, applying, "_chunk_write")


def undo_and_die(at: int) -> None:
    from enrollment.importing import jobs, undoing
    from enrollment.importing.runs import import_undo
    from enrollment.models import ImportRun

    undoing.AT_ONCE = AT_ONCE
    import_undo(run=ImportRun.objects.select_related("institution", "job").get(), by=None)
    _die_at(at, jobs, "changes_undo")


def _die_at(at: int, module: object, name: str) -> None:
    from django.db import transaction

    from accounts.jobs import job_take_up_next

    real, begun = getattr(module, name), []

    def step(*given: object, **named: object) -> object:
        begun.append(given)
        if len(begun) < at:
            return real(*given, **named)
        with transaction.atomic():  # as the step's own: what it wrote goes with it, if it dies inside
            done = real(*given, **named)
            if sys.argv[3] == "inside":
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(module, name, step)
    job_take_up_next()


if __name__ == "__main__":
    main()
