"""The office's way from a file of marks to the register and back; who may, and the command."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.jobs import jobs_resume
from attendance.models import ClassSession
from enrollment.models import AccessRecord, ImportRun
from tests.attendance.mark_imports.conftest import HEAD, MONDAY, held, marks_of
from tests.enrollment.importing.test_pages import at, text

ROWS = HEAD + "R-001;PHY-10B;2026-03-02;;P;;\nR-002;PHY-10B;2026-03-02;;Zz;;\nR-002;PHY-10B;2026-03-04;;A;;\n"


def sent(page, data, name="marks.csv"):
    file = SimpleUploadedFile(name, data.encode())
    return page.post(at("imports"), {"kind": "marks", "file": file}, follow=True)


def test_from_a_file_to_the_register_and_back(sign_in, ada, tess, physics, django_capture_on_commit_callbacks):
    session, page = held(physics, MONDAY, tess.user), sign_in(ada)
    assert "Attendance marks" in text(page.get(at("imports")))
    shown = text(sent(page, ROWS))
    for words in (
        "1 mark in the register differs from this file.", "1 lesson in this file is not in the timetable.",
        "Families are not told of imported absences.", "Choose…", "Add them, with a closed register",
    ):  # fmt: skip
        assert words in shown
    run = ImportRun.objects.get()
    for key, answer in (("contradictions", "replace"), ("lessons", "add"), ("status:zz", "E")):
        shown = text(page.post(at("import_decide", run), {"key": key, "answer": answer}, follow=True))
    assert "Import 3 rows" in shown
    assert "absent → present" in text(page.get(at("import_rows", run, "changed")))
    with django_capture_on_commit_callbacks(execute=True):
        page.post(at("import_apply", run))
        jobs_resume()
    assert marks_of(session) == {"R-001": ("P", 0, ""), "R-002": ("E", 0, "")}
    history = reverse("mark_history", args=["riverside", session.pk, physics.students.get(roll_number="R-001").pk])
    assert "Imported from marks.csv on" in text(page.get(history))
    with django_capture_on_commit_callbacks(execute=True):
        page.post(at("import_undo", run))
        jobs_resume()
    assert "Everything is as it was before the import." in text(page.get(at("import", run)))
    assert marks_of(session) == {"R-001": ("A", 0, ""), "R-002": ("A", 0, "")}
    assert ClassSession.objects.get() == session
    assert set(AccessRecord.objects.values_list("verb", flat=True)) >= {"imported", "import_undone"}


def test_left_out_rows_are_downloaded(sign_in, ada, monday):
    page = sign_in(ada)
    sent(page, ROWS)
    lines = page.get(at("import_left_out", ImportRun.objects.get())).getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,Name,Reason,In the file"
    assert "Sita Rao · Physics 10B · Wed 4 Mar 2026" in lines[2]


def test_the_course_is_chosen_among_many(sign_in, ada, monday, riverside):
    from enrollment.models import Course

    Course.objects.bulk_create(
        Course(institution=riverside, code=f"C{n}", name=f"Course {n}", name_key=f"course {n}") for n in range(9)
    )
    page = sign_in(ada)
    shown = sent(page, "Course: Alchemy\nName;02.03.2026\nSam Field;P\n")
    assert "Which course is “Alchemy”?" in text(shown)
    assert '<select class="f mb-3" id="question-1" name="answer">' in shown.content.decode()
    posted = {"option": "answer:course", "answer": str(monday.course_id)}
    assert "Import 1 row" in text(page.post(at("import_decide", ImportRun.objects.get()), posted, follow=True))


def test_teachers_do_not_import(sign_in, tess, office, monday):
    run = office.upload(ROWS, "marks")
    page = sign_in(tess)
    assert page.get(at("import", run)).status_code == 403
    assert page.post(at("import_apply", run)).status_code == 403
    assert not ClassSession.objects.exists()


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path, riverside, capsys):
        def run_(data, *options):
            file = tmp_path / "marks.csv"
            file.write_text(data)
            code = 0
            try:
                call_command("import_marks", "riverside", str(file), *options)
            except CommandError as error:
                code = error.returncode
                print(error)  # noqa: T201
            return code, capsys.readouterr().out

        return run_

    def test_shown_and_applied(self, run, monday):
        code, said = run(ROWS)
        assert (code, "1 new, 0 changed, 0 unchanged, 2 left out" in said) == (2, True)
        assert not ClassSession.objects.exists()
        assert "0 unchanged, 1 left out" in run(ROWS, "--apply", "--add-lessons")[1]
        assert ClassSession.objects.filter(state="closed").count() == 2

    def test_replacing_and_the_course(self, run, physics, tess):
        session = held(physics, MONDAY, tess.user)
        data = "Name;02.03.2026\nSam Field;P\n"
        assert "Which course are these marks from?" in run(data, "--apply")[1]
        assert run(data, "--apply", "--course", "NO")[0] == 1
        assert run(data, "--apply", "--course", "PHY-10B", "--replace")[0] == 0
        assert marks_of(session)["R-001"] == ("P", 0, "")
