"""Pages of imports, as the office goes through them. Who may see them: tests/test_walls.py."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.jobs import jobs_resume
from enrollment.models import ImportRun, Student
from tests.enrollment.importing.test_students import ADA, BEN, table


@pytest.fixture
def page(sign_in, ada):
    return sign_in(ada)


def at(name, run=None, *more):
    return reverse(name, args=["riverside", *([run.pk] if run else []), *more])


def sent(page, data, kind="students", name="students.csv"):
    data = data if isinstance(data, bytes) else data.encode()
    return page.post(at("imports"), {"kind": kind, "file": SimpleUploadedFile(name, data)}, follow=True)


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode().partition("<main")[2]))


def test_from_a_file_to_students_and_back(page, files_of):
    shown = text(sent(page, table(ADA, BEN)))
    for words in ("Check before importing", "students.csv", "Import 2 rows", "Nobody is removed.", "Read as day"):
        assert words in shown
    run = ImportRun.objects.get()
    shown = text(page.post(at("import_apply", run), follow=True))
    assert "Waiting to start" in shown
    jobs_resume()
    shown = text(page.get(at("import", run)))
    assert "Imported" in shown
    assert "Take back 7 changes" in shown
    page.post(at("import_undo", run))
    jobs_resume()
    assert "Everything is as it was before the import." in text(page.get(at("import", run)))
    assert not Student.objects.exists()


def test_the_same_file_again_says_so(page, office):
    office.import_(table(ADA))
    shown = text(sent(page, table(ADA)))
    assert "Everything in this file is in the records already." in shown
    assert "Import 0" not in shown


def test_a_question_is_answered_by_a_button(page):
    sent(page, table(ADA.replace("14.03.2011", "03/04/2011")))
    run = ImportRun.objects.get()
    assert "4 March 2011" in text(page.get(at("import", run)))
    page.post(at("import_decide", run), {"option": "order:birth_date", "answer": "mdy"})
    assert "Read as month, day, year" in text(page.get(at("import", run)))


def test_columns_and_cells_are_corrected(page):
    sent(page, "Roll number,First name,Whatever\nR-1,,Obi\n")
    run = ImportRun.objects.get()
    fields = {"column-0": "roll_number", "column-1": "given_name", "column-2": "family_name"}
    assert "Chosen by you" in text(page.post(at("import_decide", run), fields, follow=True))
    run.refresh_from_db()
    assert run.columns == {"2": "family_name"}
    page.post(at("import_decide", run), {"row": "2", "field": "given_name", "text": "Ada"})
    assert "Ada Obi" in text(page.get(at("import_rows", run, "new")))


@pytest.mark.parametrize(
    "posted",
    [
        {"column-0": "no_such_field"},
        {"column-99": "name"},
        {"row": "x", "field": "name", "text": "A"},
        {"option": "order:birth_date", "answer": "ydm"},
        {"option": "columns", "answer": "x"},
        {},
    ],
)
def test_what_no_form_sends_is_ignored(page, office, posted):
    run = office.upload(table(ADA))
    page.post(at("import_decide", run), posted)
    run.refresh_from_db()
    assert (run.columns, run.options) == ({}, {})


def test_rows_left_out_as_a_spreadsheet_without_formulas(page, office):
    run = office.upload(table(BEN, "R-2;=HYPERLINK(1);X;;;;;"))
    answer = page.get(at("import_left_out", run))
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,Name,Reason,In the file"
    assert lines[1].startswith("3,'=HYPERLINK(1) X,")


def test_leavers_are_shown_with_a_warning_and_removed(page, office):
    office.import_(table(*(f"R-{n};Given{n};F;;;;;" for n in range(20))))
    run = office.upload(table("R-0;Given0;F;;;;;"))
    shown = page.get(at("import_absent", run))
    assert "19 of 20 are not in this file." in text(shown)
    assert "Given7 F (R-7)" in text(shown)
    seen = re.search(r'name="seen" value="(\w+)"', shown.content.decode())[1]
    page.post(at("import_remove", run), {"seen": seen})
    jobs_resume()
    assert Student.objects.filter(is_active=True).count() == 1
    assert "19 entries were removed." in text(page.get(at("import", run)))


def test_a_bad_file_says_what_to_do(page):
    shown = text(sent(page, b"\xd0\xcf\x11\xe0", name="old.xls"))
    assert "Save it as XLSX" in shown
    assert "Choose another file" in shown


@pytest.mark.parametrize("data", [{}, {"kind": "students"}, {"kind": "nothing"}])
def test_a_form_with_something_missing(page, data):
    answer = page.post(at("imports"), data)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_refusals_become_messages(page, office):
    run = office.import_(table(ADA))
    for name in ("import_apply", "import_discard", "import_remove"):
        assert page.post(at(name, run), follow=True).status_code == 200
    jobs_resume()
    assert Student.objects.get().is_active


def test_a_stopped_import_goes_on(page, office):
    run = office.upload(table(ADA))
    page.post(at("import_apply", run))
    run.refresh_from_db()
    page.post(reverse("job_stop", args=["riverside", run.job_id]))
    assert "Stopped halfway" in text(page.get(at("import", run)))
    page.post(at("import_apply", run))
    jobs_resume()
    assert Student.objects.count() == 1


def test_a_large_file_is_checked_by_a_job(page, monkeypatch):
    monkeypatch.setattr("enrollment.importing.runs.AT_ONCE_BYTES", 10)
    assert "Check of a file" in text(sent(page, table(ADA)))
    jobs_resume()
    assert "Import 1 row" in text(page.get(at("import", ImportRun.objects.get())))


def test_an_empty_table_has_the_headers_that_are_known(page):
    answer = page.get(reverse("import_template", args=["riverside", "students"]))
    header = answer.content.decode("utf-8-sig").strip()
    assert header.startswith("Roll number,First name,Last name")
    assert page.get(reverse("import_template", args=["riverside", "nothing"])).status_code == 404
    shown = text(sent(page, header + "\nR-1,Ada,Obi\n"))
    assert "Do not import" in shown
    assert "Import 1 row" in shown


def test_a_run_of_another_school_is_not_there(sign_in, hanna, office):
    run = office.upload(table(ADA))
    client = sign_in(hanna)
    assert client.get(at("import", run)).status_code == 404
    assert client.get(reverse("import", args=["hilltop", run.pk])).status_code == 404


def test_every_word_of_the_form_is_in_the_readers_language(page):
    shown = text(page.get(at("imports"), headers={"accept-language": "de"}))
    assert "höchstens 20 MB" in shown
    assert "at most" not in shown
