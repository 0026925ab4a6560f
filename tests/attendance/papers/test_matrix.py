"""A matrix as CSV, XLSX and PDF: the letters, the sums, the key; large ones by a job, for one person and a day."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import openpyxl
import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone, translation

from accounts.jobs import jobs_resume
from accounts.models import Job
from attendance.disclosing.exports import matrix_files
from attendance.domain.rates import Rate, RatePolicy
from attendance.domain.statuses import Status
from attendance.models import ClassSession, StatusCode
from attendance.papers import exporting
from attendance.papers.matrix_paper import evenly, matrix_paper
from attendance.papers.typesetting import pdf_of
from attendance.papers.wanted import WantedMatrix, matrix_read, period_of, size_of
from attendance.papers.workbook import workbook_write
from attendance.rates.periods import Period
from enrollment.models import AccessRecord, Group, GroupPlace, Student, Teaching
from tests.attendance.papers.reading import pages_of
from tests.attendance.reports.conftest import hold, now, term  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def fetch(client, tess, physics, term):  # noqa: F811
    def get(form, who=tess, query=""):
        client.force_login(who.user)
        return client.get(reverse("course_file", args=["riverside", physics.pk, form]) + query)

    return get


def sent(answer):
    assert answer.streaming
    return b"".join(answer.streaming_content)


def lines_of(answer, separator=","):
    return [line.split(separator) for line in sent(answer).decode("utf-8-sig").splitlines()]


def test_csv_has_a_line_a_student_and_the_key(fetch):
    answer = fetch("csv")
    assert answer["Content-Disposition"] == 'attachment; filename="physics-10b.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    heads, sam, sita, *rest = lines_of(answer)
    assert heads[:3] == ["Roll number", "Name", "2026-11-04 09:00"]
    assert heads[-7:] == ["present", "late", "absent", "excused", "Lessons", "Attended", "Attended (%)"]
    assert sam[1:9] == ["Sam Field", "P", "L", "A", "P", "P", "A", "P"]
    assert sam[-7:] == ["4", "1", "2", "0", "7", "5", "71"]
    assert sita[2:5] == ["", "", "P"]
    assert ["A", "absent"] in rest
    assert ["–", "lesson cancelled"] in rest


def test_csv_leaves_the_rate_of_few_lessons_empty(fetch, hold, riverside):  # noqa: F811
    zoe = Student.objects.create(institution=riverside, name="Zoe Young", roll_number="Z-1")
    hold(3, {zoe: "P"})
    line = next(line for line in lines_of(fetch("csv")) if "Zoe Young" in line)
    assert line[-3:] == ["1", "1", ""]


def test_csv_has_the_separator_of_the_reader_s_spreadsheet(fetch, tess):
    tess.user.language = "de"
    tess.user.save()
    assert lines_of(fetch("csv"), ";")[0][1] == "Name"


@pytest.mark.parametrize(("wish", "sign"), [("semicolon", ";"), ("comma", ","), ("pipe", ";")])
def test_csv_has_the_separator_that_is_wished_for(fetch, tess, wish, sign):
    """The computer's country decides what Excel expects, and not the language of the portal's pages."""
    tess.user.language = "de" if wish != "semicolon" else "en"
    tess.user.save()
    assert lines_of(fetch("csv", query=f"?separator={wish}&paper=letter"), sign)[0][1] == "Name"


def test_no_name_is_a_formula_in_either_form(fetch, sam):
    sam.name = "=1+1"
    sam.save()
    assert "'=1+1" in sent(fetch("csv")).decode()
    sheet = openpyxl.load_workbook(BytesIO(sent(fetch("xlsx")))).worksheets[0]
    cell = next(row[1] for row in sheet.iter_rows(min_row=4) if row[1].value == "=1+1")
    assert cell.data_type == "s"


def test_the_workbook_is_formatted_and_has_its_key(fetch, riverside):
    StatusCode.objects.create(
        institution=riverside, code="L", label="tardy", kind="L", colour="plum", counts_as_attended=True
    )
    book = openpyxl.load_workbook(BytesIO(sent(fetch("xlsx"))))
    sheet, key = book.worksheets
    assert sheet.freeze_panes == "C4"
    assert sheet.page_setup.orientation == "landscape"
    late, absent, present = sheet["D4"], sheet["E4"], sheet["C4"]
    assert (late.value, absent.value, present.value) == ("L", "A", "P")
    assert late.fill.fgColor.rgb != absent.fill.fgColor.rgb
    assert present.fill.fill_type is None
    last = sheet.max_column
    assert (sheet.cell(4, last).value, sheet.cell(4, last).number_format) == (0.71, "0%")
    assert ("L", "tardy") in [(row[0].value, row[1].value) for row in key.iter_rows()]


def test_names_in_the_workbook_are_whole_and_in_their_own_direction(fetch, sam, physics):
    sam.name, physics.name = "محمد " * 12 + "سليم", "فيزياء 10B"
    sam.save()
    physics.save()
    sheet = openpyxl.load_workbook(BytesIO(sent(fetch("xlsx")))).worksheets[0]
    names = {row[1].value: row[1].alignment for row in sheet.iter_rows(min_row=4)}
    arabic, latin, head = names[sam.name], names["Sita Rao"], sheet["A1"].alignment
    assert (arabic.readingOrder, arabic.wrap_text, arabic.horizontal) == (2, True, "left")
    assert (latin.readingOrder, head.readingOrder) == (1, 2)
    heights = {sheet.cell(line, 2).value: sheet.row_dimensions[line].height for line in (4, 5)}
    assert heights == {sam.name: 30, "Sita Rao": None}
    assert sheet.column_dimensions["B"].width == pytest.approx(44, abs=1)


def test_the_pdf_has_the_names_the_sums_and_what_they_mean(fetch):
    answer = fetch("pdf")
    assert answer["Content-Disposition"].startswith("inline")
    [page] = pages_of(sent(answer))
    for words in ("Attendance · Physics 10B", "Sam Field", "Sita Rao", "71", "A absent", "Late counts as attended"):
        assert words in page


def test_a_long_term_is_on_several_sheets_with_the_names_on_each(term, riverside, physics):  # noqa: F811
    wanted = WantedMatrix("course", physics.pk, physics.name, "", "pdf")
    matrix = matrix_read(riverside, wanted, period_of(riverside, wanted))
    many = 8
    columns = list(matrix.columns) * many
    rows = [type(row)(student=row.student, cells=list(row.cells) * many, rate=row.rate) for row in matrix.rows]
    wide = type(matrix)(matrix.period, columns, rows, matrix.rate, matrix.policy, matrix.statuses)
    pages = pages_of(pdf_of("matrix", matrix_paper(riverside, wanted, wide)))
    assert len(pages) == 3
    assert all("Sam Field" in page for page in pages)


@pytest.mark.parametrize(
    ("columns", "sizes"),
    [(0, []), (10, [10]), (26, [26]), (27, [14, 13]), (60, [34, 26]), (61, [21, 20, 20]), (94, [34, 34, 26])],
)
def test_columns_are_spread_evenly(columns, sizes):
    assert evenly(columns, most=34, last=26) == sizes


def test_a_group_s_days_say_how_many_marks_are_alike():
    from attendance.papers.table import cell_words
    from attendance.register.status_codes import ShownStatus
    from attendance.reports.matrix import Cell

    said = ShownStatus(Status.ABSENT, "", "absent", False)
    assert [cell_words(Cell(said, more=more)) for more in (0, 2)] == ["A", "A ×3"]


def test_the_workbook_of_an_empty_term(riverside, physics):
    from attendance.rates.periods import periods_of
    from attendance.reports.matrix import Matrix

    matrix = Matrix(periods_of(riverside)[0], [], [], Rate(), RatePolicy(), [])
    workbook_write(BytesIO(), riverside, WantedMatrix("course", physics.pk, "", "", "xlsx"), matrix)


def test_a_form_that_there_is_not(fetch):
    assert fetch("docx").status_code == 404


def test_an_export_is_in_the_access_log(fetch, physics, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        fetch("csv")
    assert AccessRecord.objects.get(verb="exported").detail == {"course": str(physics.pk), "format": "csv"}


# -- In the background -------------------------------------------------------------------------------------------------


@pytest.fixture
def job(fetch, client, tess, physics, monkeypatch):
    """A job that made a CSV file for Tess, since all are large."""
    monkeypatch.setattr(exporting, "AT_ONCE", dict.fromkeys(exporting.AT_ONCE, -1))
    page = fetch("csv")
    assert "This file is large" in page.content.decode()
    answer = client.post(reverse("course_file", args=["riverside", physics.pk, "csv"]))
    made = Job.objects.get()
    assert answer.url == reverse("export", args=["riverside", made.pk])
    assert "Download" not in client.get(answer.url).content.decode()
    jobs_resume()
    made.refresh_from_db()
    assert made.state == Job.State.DONE
    return made


def file_url(job):
    return reverse("export_file", args=["riverside", job.pk])


def test_a_large_one_is_made_by_a_job_and_downloaded_from_its_page(job, client):
    page = client.get(reverse("export", args=["riverside", job.pk])).content.decode()
    assert file_url(job) in page
    answer = client.get(file_url(job))
    assert answer["Content-Disposition"] == 'attachment; filename="physics-10b.csv"'
    assert b"Sam Field" in b"".join(answer.streaming_content)


def test_what_is_too_much_for_paper_is_said_and_begins_nothing(fetch, client, physics, monkeypatch):
    monkeypatch.setattr(exporting, "ON_PAPER", 1)
    answer = fetch("pdf")
    posted = client.post(reverse("course_file", args=["riverside", physics.pk, "pdf"]))
    for refused in (answer, posted):
        assert refused.status_code == 400
        assert "too much for paper" in refused.content.decode()
        assert "Make the file" not in refused.content.decode()
    assert not Job.objects.exists()
    assert fetch("xlsx").status_code == 200


def test_a_group_has_a_column_a_day_however_many_lessons(riverside, physics, term, sam):  # noqa: F811
    group = Group.objects.create(institution=riverside, name="10B")
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    wanted = WantedMatrix("group", group.pk, group.name, "", "pdf")
    day = Period("", "", term[0].local_date, term[0].local_date)
    ClassSession.objects.filter(pk__in=[one.pk for one in term[1:3]]).update(local_date=day.first)
    assert size_of(riverside, wanted, day) == (3, 1)
    assert size_of(riverside, replace(wanted, of="course", pk=physics.pk), day) == (6, 6)


def test_it_is_for_the_person_alone_and_only_while_they_teach_the_course(job, client, ada, tess):
    client.force_login(ada.user)
    assert client.get(file_url(job)).status_code == 404
    client.force_login(tess.user)
    Teaching.objects.all().delete()
    assert client.get(file_url(job)).status_code == 404


def test_it_is_deleted_after_a_day(job, client):
    assert matrix_files.delete_old() == 0
    Job.objects.update(ended_at=timezone.now() - timedelta(days=1, minutes=1))
    assert matrix_files.delete_old() == 1
    assert not default_storage.exists(matrix_files.path(job))
    assert client.get(file_url(job)).status_code == 404
    assert "has been deleted" in client.get(reverse("export", args=["riverside", job.pk])).content.decode()


def test_a_course_that_is_gone_meanwhile(client, tess, fetch, physics, monkeypatch):
    client.force_login(tess.user)
    client.post(reverse("course_file", args=["riverside", physics.pk, "pdf"]))
    monkeypatch.setattr(exporting, "wanted_again", lambda institution, kept: None)
    jobs_resume()
    assert "no longer on record" in Job.objects.get().error


def test_the_page_links_to_the_files(client, tess, physics, term):  # noqa: F811
    client.force_login(tess.user)
    page = client.get(reverse("course_attendance", args=["riverside", physics.pk])).content.decode()
    for form in ("csv", "xlsx", "pdf"):
        assert reverse("course_file", args=["riverside", physics.pk, form]) + "?period=" in page
    assert "separator=semicolon" in page
    assert "separator=comma" not in page


def test_the_names_in_its_head_keep_their_direction_and_are_plain_in_the_file_s_title(riverside, physics, term):  # noqa: F811
    physics.name = "فيزياء 10B"
    wanted = WantedMatrix("course", physics.pk, physics.name, "", "pdf")
    paper = matrix_paper(riverside, wanted, matrix_read(riverside, wanted, period_of(riverside, wanted)))
    assert paper["title"] == "Attendance · \u2068فيزياء 10B\u2069"
    assert pypdfium2.PdfDocument(pdf_of("matrix", paper)).get_metadata_value("Title") == "Attendance · فيزياء 10B"


def test_german_files(riverside, physics, term):  # noqa: F811
    assert Student.objects.exists()
    with translation.override("de"):
        wanted = WantedMatrix("course", physics.pk, physics.name, "", "pdf")
        paper = matrix_paper(riverside, wanted, matrix_read(riverside, wanted, period_of(riverside, wanted)))
    assert "A abwesend" in paper["key"]
    assert paper["title"].startswith("Anwesenheit")
