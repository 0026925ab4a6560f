"""Imports, timed: 1,200 students as CSV and as a spreadsheet, a OneRoster bundle of the same size, and 2,000 marks.

    python bench/importing.py

Each is read, planned, written by its job, planned again (nothing may be left) and undone, in a database of its own: an
SQLite file, or the one that BENCH_DATABASE_URL names. For each: seconds, seconds of a core (other work on the machine
does not count), and numbers of queries. `import.students_1200_seconds`: from the CSV file to the last written row.
"""

import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUDENTS = 1_200
HEADERS = ["Roll number", "First name", "Last name", "Date of birth", "Form", "Parent 1", "Parent 1 e-mail", "Phone"]


def rows(number):
    for n in range(number):
        yield [f"{n:05}", f"Given{n}", f"Family{n}", f"{n % 28 + 1:02}.03.2011", f"{n // 30 + 1}A", f"Parent {n}",
               f"parent{n}@example.org", "0123"]  # fmt: skip


def as_csv(number):
    lines = [";".join(HEADERS), *(";".join(row) for row in rows(number))]
    return "\n".join(lines).encode()


def as_xlsx(number):
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Students")
    for row in [HEADERS, *rows(number)]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_oneroster(number):
    from tests.enrollment.importing.oneroster import bundle, large

    return bundle(large(number))


def marks_of_a_course(lessons, students):
    """A file of marks, after the course, its students and its timetable were made."""
    from datetime import date, timedelta
    from datetime import time as clock

    from accounts.models import Institution
    from attendance.models import TimetableSlot
    from enrollment.models import Course, Enrollment, Student

    school = Institution.objects.get(slug="bench")
    course = Course.objects.create(institution=school, code="BENCH", name="Bench")
    first, days = date(2026, 1, 5), [week * 7 + day for week in range(lessons) for day in range(5)][:lessons]
    for weekday in range(5):
        TimetableSlot.objects.create(
            institution=school, course=course, weekday=weekday, starts=clock(8), ends=clock(9), first_day=first
        )
    for n in range(students):
        student = Student.objects.create(institution=school, name=f"Bench {n}", roll_number=f"B-{n}")
        Enrollment.objects.create(institution=school, course=course, student=student)
    rows = [
        f"B-{n};BENCH;{first + timedelta(days=day)};{'PPPPLA'[(n + day) % 6]}" for day in days for n in range(students)
    ]
    return "\n".join(["Roll number;Course;Date;Status", *rows]).encode()


def measured(what, work, figures):
    """The result of some work; its seconds and its queries are added to the figures."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        begun, used = time.perf_counter(), time.process_time()
        result = work()
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    figures[what] = {"seconds": round(seconds, 2), "core_seconds": round(used, 2), "queries": len(queries)}
    return result


def done(run):
    """The run after the jobs that are due."""
    from accounts.jobs import jobs_resume
    from enrollment.models import ImportRun

    jobs_resume()
    run = ImportRun.objects.select_related("institution", "job").get(pk=run.pk)
    assert not run.job.error, run.job.error
    return run


def timed(title, kind, data):
    """Figures of one import, by its steps."""
    from accounts.models import Institution
    from enrollment.importing import runs
    from enrollment.importing.checking import run_read

    school, _new = Institution.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    figures = {"kilobytes": round(len(data) / 1000)}
    runs.AT_ONCE_BYTES = 10**9  # planned here, not by a job
    upload = {"institution": school, "kind": kind, "name": title, "data": data, "by": None}
    run = measured("planned", lambda: runs.import_create(**upload), figures)
    run = measured("applied", lambda: done(runs.import_apply(run=run, by=None)), figures)
    figures["written"] = run.summary["written"]
    again = measured("planned_again", lambda: run_read(run), figures)
    assert again.plan.changes == 0
    run = measured("undone", lambda: done(runs.import_undo(run=run, by=None)), figures)
    assert not run.summary["kept"]
    return figures


def main():
    with tempfile.TemporaryDirectory() as folder:
        database = os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ |= {
            "SECRET_KEY": "only-for-the-bench",
            "DEBUG": "true",
            "DATA_DIR": folder,
            "DATABASE_URL": database,
        }
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        sys.path.insert(0, str(ROOT))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        figures = {
            "students_csv": timed("students.csv", "students", as_csv(STUDENTS)),
            "students_xlsx": timed("students.xlsx", "students", as_xlsx(STUDENTS)),
            "oneroster": timed("oneroster.zip", "oneroster", as_oneroster(STUDENTS)),
            "marks": timed("marks.csv", "marks", marks_of_a_course(lessons=50, students=40)),
        }
        csv = figures["students_csv"]
        whole = {"import.students_1200_seconds": csv["planned"]["seconds"] + csv["applied"]["seconds"]}
        print(json.dumps({**figures, **whole, "data_sets": [f"{STUDENTS} invented students"]}))


if __name__ == "__main__":
    main()
