"""Processes of `test_killed.py`: one prepares an import of marks, one writes it and is killed amidst it.

python -m tests.attendance.mark_imports.dying prepare N
python -m tests.attendance.mark_imports.dying apply K WHERE  dies by SIGKILL in the K-th lesson: noted and not written
                                                             (before), or written and its register not closed (inside)
python -m tests.attendance.mark_imports.dying undo K WHERE   in the K-th lesson that is taken back: before its marks, or
                                                             between them and its lesson
"""

import os
import signal
import sys
from datetime import date, time, timedelta

import django

FIRST = date(2026, 3, 2)


def main() -> None:
    django.setup()
    {"prepare": prepare, "apply": apply_and_die, "undo": undo_and_die}[sys.argv[1]](int(sys.argv[2]))


def prepare(lessons: int) -> None:
    from accounts.models import Institution
    from attendance.models import TimetableSlot
    from enrollment.importing.runs import import_apply, import_create
    from enrollment.models import Course, Enrollment, Student

    school = Institution.objects.create(slug="riverside", name="Riverside", time_zone="Europe/London")
    course = Course.objects.create(institution=school, code="PHY", name="Physics")
    TimetableSlot.objects.create(
        institution=school, course=course, weekday=0, starts=time(9), ends=time(10), first_day=FIRST
    )
    for number in range(3):
        student = Student.objects.create(institution=school, name=f"Student {number}", roll_number=f"R-{number}")
        Enrollment.objects.create(institution=school, course=course, student=student)
    days = [FIRST + timedelta(weeks=week) for week in range(lessons)]
    rows = [f"R-{number};PHY;{day};{letter}" for day in days for number, letter in enumerate("PLA")]
    data = "\n".join(["Roll number;Course;Date;Status", *rows]).encode()
    run = import_create(institution=school, kind="marks", name="marks.csv", data=data, by=None)
    import_apply(run=run, by=None)


def apply_and_die(at: int) -> None:
    from attendance.mark_imports import writing

    _die_at(at, writing, {"before": "_marks_write", "inside": "_close"}[sys.argv[3]])


def undo_and_die(at: int) -> None:
    from attendance.mark_imports import undoing
    from attendance.models import ClassSession
    from enrollment.importing.runs import import_undo
    from enrollment.models import ImportRun

    import_undo(run=ImportRun.objects.select_related("institution", "job").get(), by=None)
    _die_at(at, *{"before": (undoing, "_drop"), "inside": (ClassSession, "delete")}[sys.argv[3]])


def _die_at(at: int, module: object, name: str) -> None:
    from accounts.jobs import job_take_up_next

    real, begun = getattr(module, name), []

    def step(*given: object, **named: object) -> object:
        begun.append(given)
        if len(begun) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    setattr(module, name, step)
    job_take_up_next()


if __name__ == "__main__":
    main()
