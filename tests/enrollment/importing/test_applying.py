"""Writing, going on after a crash, removing, undoing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.jobs import jobs_resume
from accounts.models import Job
from enrollment.errors import EnrollmentError
from enrollment.importing import applying, runs
from enrollment.models import AccessRecord, Group, Guardian, ImportChange, ImportRun, Student
from tests.conftest import make_physics, make_student
from tests.enrollment.importing.conftest import counts
from tests.enrollment.importing.test_students import ADA, BEN, names, table


def many(number, first=0):
    return [f"R-{n};Given{n};Family{n};;10B;;;" for n in range(first, first + number)]


def test_each_change_is_noted(office):
    run = office.import_(table(ADA))
    notes = [(note.number, note.action, note.model) for note in run.changes.all()]
    assert notes == [
        (0, "add", "enrollment.Group"),
        (1, "add", "enrollment.Student"),
        (2, "add", "enrollment.Guardian"),
        (3, "add", "enrollment.GroupPlace"),
        (4, "add", "enrollment.Guardianship"),
    ]
    assert run.summary["written"] == 5


def test_writing_takes_no_query_for_each_row(office):
    def queries(run):
        with CaptureQueriesContext(connection) as caught:
            office.apply(run)
        return len(caught)

    few = queries(office.upload(table(*many(50))))
    assert queries(office.upload(table(*many(150, first=50)))) < few + 30


def test_a_job_that_dies_between_two_transactions_goes_on(office, monkeypatch):
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    write = applying._chunk_write
    calls = []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(applying, "_chunk_write", dies)
    run = runs.import_apply(run=office.upload(table(*many(25))), by=None)
    with pytest.raises(KeyboardInterrupt):
        jobs_resume()
    assert 0 < ImportChange.objects.count() < 51
    Job.objects.update(lease_until=timezone.now() - timedelta(minutes=1))  # its lease ends
    jobs_resume()
    run.refresh_from_db()
    assert (run.state, Student.objects.count(), run.changes.count()) == ("applied", 25, 51)
    assert Group.objects.get().students.count() == 25
    office.undo(run)
    assert (Student.objects.count(), Group.objects.count()) == (0, 0)


def test_a_change_and_its_note_are_written_together(office, monkeypatch):
    def breaks(rows):
        raise RuntimeError

    run = office.upload(table(ADA))
    monkeypatch.setattr(ImportChange.objects, "bulk_create", breaks)
    runs.import_apply(run=run, by=None)
    jobs_resume()
    run.refresh_from_db()
    assert (run.job or Job.objects.get()).state == "failed"
    assert (Student.objects.count(), ImportChange.objects.count()) == (0, 0)


def test_records_that_changed_since_the_preview_are_shown_again(office, riverside):
    run = office.upload(table(ADA))
    make_student(riverside, "Ada Obi", "R-1")
    run = runs.import_apply(run=run, by=None)
    jobs_resume()
    run = ImportRun.objects.select_related("job").get(pk=run.pk)
    assert (run.state, run.job.state, counts(run)) == ("previewed", "failed", (0, 1, 0, 0))
    assert "have changed" in run.job.error
    assert runs.import_apply(run=run, by=None).state == "applying"


def test_what_somebody_changes_meanwhile_is_left_alone(office):
    office.import_(table(ADA, BEN))
    run = office.upload(table(ADA.replace("Obi;14", "Obi-Ward;14"), BEN))
    plan = runs.run_check(run=run) and __import__("enrollment.importing.checking", fromlist=["x"]).run_read(run).plan
    ada = Student.objects.get(roll_number="R-1")
    ada.family_name = "Marsh"
    ada.save()
    writes = [(write, row.name) for row in plan.rows for write in row.writes]
    done = applying.writes_apply(run=run, writes=writes, order=["enrollment.Student"])
    assert (done.changes, done.skipped) == (0, ("Ada Obi-Ward",))
    assert names() == ["Ada Marsh", "Ben Cole"]


def test_the_access_log_names_the_import_and_its_undoing(office, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = office.undo(office.import_(table(ADA)))
    records = AccessRecord.objects.order_by("at")
    assert [(record.verb, record.actor, record.detail["changes"]) for record in records] == [
        ("imported", ada.user, 5),
        ("import_undone", ada.user, 5),
    ]
    assert {record.detail["run"] for record in records} == {str(run.pk)}


def test_pressed_twice(office):
    run = office.upload(table(ADA))
    first = runs.import_apply(run=run, by=None)
    assert runs.import_apply(run=run, by=None).job == first.job


def test_nothing_to_do(office):
    office.import_(table(ADA))
    with pytest.raises(EnrollmentError, match="already"):
        runs.import_apply(run=office.upload(table(ADA)), by=None)


class TestRemoving:
    def test_a_partial_file_removes_nobody(self, office):
        office.import_(table(ADA, BEN))
        run = office.upload(table(BEN))
        assert (counts(run), run.summary["absent"]) == ((0, 0, 1, 0), 1)
        assert Student.objects.filter(is_active=True).count() == 2

    def test_leavers_are_asked_for_and_never_deleted(self, office):
        office.import_(table(ADA, BEN))
        run = office.import_(table(BEN, "R-3;Cy;Dee;;;;;"))
        assert run.summary["absent"] == 1
        run = office.remove(run)
        assert (run.state, run.summary["removed"]) == ("applied", 1)
        assert sorted(Student.objects.filter(is_active=True).values_list("name", flat=True)) == ["Ben Cole", "Cy Dee"]
        office.undo(run)
        assert list(Student.objects.filter(is_active=True).values_list("name", flat=True)) == [
            "Ada Obi",
            "Ben Cole",
        ] or (Student.objects.get(name="Ada Obi").is_active)

    def test_a_row_with_an_error_is_still_in_the_file(self, office):
        office.import_(table(ADA, BEN))
        run = office.upload(table(BEN, "R-1;Ada;Obi;99.99.2011;;;;"))
        assert run.summary["absent"] == 0

    def test_many_are_warned_about(self, office):
        office.import_(table(*many(40)))
        assert office.upload(table(*many(10))).summary["many_absent"]
        assert not office.upload(table(*many(38))).summary["many_absent"]

    def test_not_before_the_file_is_imported(self, office):
        office.import_(table(ADA))
        with pytest.raises(EnrollmentError, match="first"):
            runs.import_remove(run=office.upload(table(BEN)), seen="", by=None)

    def test_a_list_that_has_changed_since_is_shown_again(self, office):
        office.import_(table(ADA, BEN))
        run = runs.import_remove(run=office.upload(table(BEN)), seen="something else", by=None)
        jobs_resume()
        run = ImportRun.objects.select_related("job").get(pk=run.pk)
        assert (run.state, run.job.state) == ("previewed", "failed")
        assert Student.objects.filter(is_active=True).count() == 2


class TestUndoing:
    def test_all_of_it(self, office):
        office.import_(table(BEN))
        run = office.import_(table(ADA, BEN.replace("Cole", "Cole-Ward")))
        run = office.undo(run)
        assert (run.state, run.summary["kept"], names()) == ("undone", [], ["Ben Cole"])
        assert (Guardian.objects.count(), Group.objects.count()) == (0, 1)

    def test_what_was_changed_since_is_kept_and_named(self, office):
        run = office.import_(table(ADA, BEN))
        Student.objects.filter(roll_number="R-1").update(email="ada@example.org")
        run = office.undo(run)
        assert {"name": "Ada Obi (R-1)", "why": "It has been changed since."} in run.summary["kept"]
        assert names() == ["Ada Obi"]

    def test_what_is_used_since_is_kept(self, office, riverside, tess):
        run = office.import_(table(ADA, BEN))
        make_physics(riverside, tess, Student.objects.get(roll_number="R-1"))
        run = office.undo(run)
        assert {"name": "Ada Obi (R-1)", "why": "It has been used since."} in run.summary["kept"]
        assert names() == ["Ada Obi"]

    def test_a_field_that_was_changed_since_stays_and_the_others_come_back(self, office):
        office.import_(table(ADA))
        run = office.import_(table(ADA.replace("Obi;14.03.2011", "Ward;14.03.2011").replace("R-1;Ada", "R-1;Ada Lou")))
        Student.objects.update(email="new@example.org")
        office.undo(run)
        student = Student.objects.get()
        assert (student.name, student.name_key, student.email) == ("Ada Obi", "obi ada", "new@example.org")

    def test_a_number_that_another_has_by_now(self, office, riverside):
        office.import_(table("R-1;Ada;Obi;;;;;X1"))
        run = office.import_(table("R-5;Ada;Obi;;;;;X1"))
        make_student(riverside, "Zed", "R-1")
        run = office.undo(run)
        assert [each["name"] for each in run.summary["kept"]] == ["Ada Obi (R-5)"]

    def test_once(self, office):
        run = office.undo(office.import_(table(ADA)))
        with pytest.raises(EnrollmentError, match="nothing to undo"):
            runs.import_undo(run=run, by=None)

    def test_not_after_a_month(self, office):
        run = office.import_(table(ADA))
        run.created_at = timezone.now() - runs.KEPT
        run.save()
        with pytest.raises(EnrollmentError, match="too long ago"):
            runs.import_undo(run=run, by=None)


def test_after_a_month_files_and_notes_go(office, files_of):
    run, open_ = office.import_(table(ADA)), office.upload(table(BEN))
    assert (runs.imports_expire(), len(files_of())) == (0, 2)
    ImportRun.objects.update(created_at=timezone.now() - runs.KEPT)
    assert (runs.imports_expire(), files_of()) == (2, [])
    assert not ImportRun.objects.filter(pk=open_.pk).exists()
    run.refresh_from_db()
    assert (run.changes.count(), run.summary, run.state) == (0, {"counts": run.summary["counts"]}, "applied")
    assert runs.imports_expire() == 0


def test_a_cancelled_one_leaves_nothing(office, files_of):
    run = office.upload(table(ADA))
    runs.import_discard(run=run)
    assert (ImportRun.objects.count(), files_of()) == (0, [])


def test_one_that_has_begun_is_not_cancelled(office):
    with pytest.raises(EnrollmentError, match="begun"):
        runs.import_discard(run=office.import_(table(ADA)))


def test_a_file_that_is_gone_is_said_so_whatever_is_chosen(office):
    run = office.upload("Roll number;Name\nR-1;Nina New\n")
    run.file.storage.delete(run.file.name)
    run = office.choose(run, encoding="utf-8")
    assert run.state == "failed"
    assert run.error == "The file is not kept any more. Choose it once more."
