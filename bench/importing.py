"""Imports, timed: 1,200 students as CSV and as a spreadsheet, and a OneRoster bundle of the same size.

    python bench/importing.py

Each is read, planned, written by its job, planned again (nothing may be left) and undone, in a database of its own: an
SQLite file, or the one that BENCH_DATABASE_URL names. Prints seconds, seconds of a core (other work on the
machine does not count), and numbers of queries.
"""

import io
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


def measured(what, work):
    """The result of some work; prints its seconds and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        begun, used = time.perf_counter(), time.process_time()
        result = work()
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    print(f"  {what:<28}{seconds:7.2f} s {used:7.2f} s of a core {len(queries):6} queries", flush=True)
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
    from accounts.models import Institution
    from enrollment.importing import runs
    from enrollment.importing.checking import run_read

    school, _new = Institution.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    print(f"{title}, {len(data) / 1000:.0f} kB")
    runs.AT_ONCE_BYTES = 10**9  # planned here, not by a job
    upload = {"institution": school, "kind": kind, "name": title, "data": data, "by": None}
    run = measured("uploaded, read, planned", lambda: runs.import_create(**upload))
    print(f"  {run.summary['counts']}")
    run = measured("applied", lambda: done(runs.import_apply(run=run, by=None)))
    print(f"  {run.summary['written']} records written, {run.summary['written'] and run.changes.count()} noted")
    again = measured("read and planned again", lambda: run_read(run))
    assert again.plan.changes == 0
    run = measured("undone", lambda: done(runs.import_undo(run=run, by=None)))
    assert not run.summary["kept"]


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
        timed("students.csv", "students", as_csv(STUDENTS))
        timed("students.xlsx", "students", as_xlsx(STUDENTS))
        timed("oneroster.zip", "oneroster", as_oneroster(STUDENTS))


if __name__ == "__main__":
    main()
