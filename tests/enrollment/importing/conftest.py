"""A school's imports, as tests use them."""

import io

import pytest
from openpyxl import Workbook

from accounts.jobs import jobs_resume
from enrollment.importing import runs
from enrollment.models import ImportRun


@pytest.fixture(autouse=True)
def files_apart(own_media):
    """Each test keeps its files in its own folder."""


def workbook(rows, *, formats=None, sheet="Sheet", more=()):
    """A spreadsheet's bytes. formats: number formats by (row, column), both from 1; more: titles of empty sheets."""
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    for (row, column), shown_as in (formats or {}).items():
        book.active.cell(row, column).number_format = shown_as
    for title in more:
        book.create_sheet(title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Office:
    """Imports of a school, done from beginning to end."""

    def __init__(self, school, by):
        self.school, self.by = school, by

    def upload(self, data, kind="students", name="file.csv"):
        data = data if isinstance(data, bytes) else data.encode()
        return runs.import_create(institution=self.school, kind=kind, name=name, data=data, by=self.by)

    def choose(self, run, columns=None, **options):
        return runs.import_choose(run=run, columns=columns or {}, options=options, by=self.by)

    def apply(self, run):
        return self._done(runs.import_apply(run=run, by=self.by))

    def import_(self, data, kind="students"):
        """Upload and apply a file."""
        return self.apply(self.upload(data, kind))

    def remove(self, run):
        from enrollment.importing.checking import run_read

        seen = run_read(run).plan.absent_fingerprint
        return self._done(runs.import_remove(run=run, seen=seen, by=self.by))

    def undo(self, run):
        return self._done(runs.import_undo(run=run, by=self.by))

    def _done(self, run):
        jobs_resume()
        run = ImportRun.objects.select_related("institution", "job").get(pk=run.pk)
        assert run.job.error == ""
        return run


@pytest.fixture
def office(riverside, ada):
    return Office(riverside, ada.user)


def left_out(run):
    """The reasons of rows left out, by row number."""
    return {row["number"]: row["problem"]["sentence"] for row in run.summary["left_out"]}


def counts(run):
    """Numbers of rows: new, changed, unchanged, left out."""
    return tuple(run.summary["counts"][step] for step in ("new", "change", "same", "left_out"))
