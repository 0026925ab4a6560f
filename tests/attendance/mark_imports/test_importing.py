"""Marks from a file: the lessons found, the registers closed, the history, the same file again, the undoing."""

from datetime import date, timedelta

import pytest

from accounts.jobs import JobFailed, jobs_resume
from attendance.erasing.student import student_erase
from attendance.history.story import mark_history_of
from attendance.mark_imports.planning import ADD, ROSTERS
from attendance.models import ClassSession, RegisterEvent, RosterEntry, ToldRegister
from attendance.rates.periods import Period
from attendance.reports.courses import course_matrix
from attendance.repositories import marks_for
from enrollment.importing.runs import import_apply
from enrollment.models import ErasureScope, ImportRun, Student
from tests.attendance.mark_imports.conftest import HEAD, MONDAY, held, lesson_at, marks_of
from tests.enrollment.importing.conftest import counts, left_out

TWO = HEAD + "R-001;PHY-10B;02.03.2026;;P;;\nR-002;PHY-10B;02.03.2026;;L;5;Bus\n"


def test_a_lesson_of_the_timetable_gets_a_closed_register(office, monday, sam, ada):
    run = office.upload(TWO, "marks", "other.csv")
    assert counts(run) == (2, 0, 0, 0)
    assert not ClassSession.objects.exists()
    assert run.summary["notes"] == ["1 lesson of the timetable gets a closed register."]
    office.apply(run)
    session = ClassSession.objects.get()
    assert (session.state, session.slot, session.local_date) == ("closed", monday, MONDAY)
    assert marks_of(session) == {"R-001": ("P", 0, ""), "R-002": ("L", 5, "Bus")}
    assert ToldRegister.objects.get().closed_at == session.closed_at  # nobody is told of it
    register = marks_for(session.institution).registers_of_courses([session.course_id], first=MONDAY, last=MONDAY)
    assert [len(each.marks) for each in register] == [2]
    story = mark_history_of(session, sam.pk)
    assert [(step.actor, step.file or step.event.reason) for step in story.steps] == 2 * [("Ada", "other.csv")]


def test_the_same_file_again_changes_nothing(office, monday):
    office.import_(TWO, "marks")
    again = office.upload(TWO, "marks")
    assert (counts(again), again.summary["changes"]) == ((0, 0, 2, 0), 0)


def test_undone_a_planned_lesson_is_planned_again(office, monday, physics):
    lesson = lesson_at(physics, MONDAY, slot=monday)
    run = office.undo(office.import_(TWO, "marks"))
    lesson.refresh_from_db()
    assert (lesson.state, lesson.closed_at, run.summary["kept"]) == ("scheduled", None, [])
    assert set(marks_of(lesson).values()) == {("N", 0, "")}
    assert not RosterEntry.objects.exists()
    assert list(RegisterEvent.objects.values_list("kind", flat=True)) == ["imported", "undone"]


def test_undone_a_lesson_that_was_added_is_gone(office, monday):
    office.undo(office.import_(TWO, "marks"))
    assert not ClassSession.objects.exists()
    assert counts(office.upload(TWO, "marks")) == (2, 0, 0, 0)


class TestARegisterThatIsThere:
    @pytest.fixture
    def session(self, physics, tess):
        return held(physics, MONDAY, tess.user)

    def test_its_marks_stay_unless_the_office_says_otherwise(self, office, session):
        run = office.upload(TWO, "marks")
        assert counts(run) == (0, 0, 0, 2)
        assert left_out(run)[3] == "The register has “absent”, the file “late, 5 min · Bus”. The register's mark stays."
        assert run.summary["decisions"][0]["answer"] == "keep"
        run = office.choose(run, answers={"contradictions": "replace"})
        assert counts(run) == (0, 2, 0, 0)
        done = office.apply(run)
        assert marks_of(session) == {"R-001": ("P", 0, ""), "R-002": ("L", 5, "Bus")}
        assert done.summary["skipped"] == []
        office.undo(done)
        assert marks_of(session) == {"R-001": ("A", 0, ""), "R-002": ("A", 0, "")}
        session.refresh_from_db()
        assert (session.state, session.summary_due) == ("closed", None)
        assert marks_for(session.institution).day_tally(MONDAY).counts == {"A": 2}

    def test_a_mark_that_was_changed_since_stays_and_is_named(self, office, session, sam, ada):
        run = office.apply(office.choose(office.upload(TWO, "marks"), answers={"contradictions": "replace"}))
        from attendance.register.corrections import Correction, mark_correct

        mark_correct(
            session=session, student_id=sam.pk, correction=Correction("E", "Doctor"), by=ada.user, expected_version=2
        )
        kept = office.undo(run).summary["kept"]
        assert kept == [
            {"name": "Sam Field · Physics 10B · 2 Mar 2026", "why": "It has been changed since."},
        ]
        assert marks_of(session) == {"R-001": ("E", 0, "Doctor"), "R-002": ("A", 0, "")}

    def test_what_the_file_leaves_open_does_not_differ(self, office, session):
        run = office.choose(office.upload(TWO, "marks"), answers={"contradictions": "replace"})
        office.apply(run)
        again = office.upload(HEAD + "R-002;Physics 10B;2026-03-02;9:10;Late;;\n", "marks")
        assert counts(again) == (0, 0, 1, 0)

    def test_records_that_changed_since_the_preview_are_shown_again(self, office, session, sam, ada):
        from accounts.jobs import jobs_resume
        from attendance.register.corrections import Correction, mark_correct
        from enrollment.importing import runs

        run = office.choose(office.upload(TWO, "marks"), answers={"contradictions": "replace"})
        mark_correct(
            session=session, student_id=sam.pk, correction=Correction("E", "Doctor"), by=ada.user, expected_version=1
        )
        runs.import_apply(run=run, by=ada.user)
        jobs_resume()
        run = ImportRun.objects.select_related("job").get()
        assert "The records have changed since you looked." in run.job.error
        assert marks_of(session)["R-001"] == ("E", 0, "Doctor")


def test_lessons_outside_the_timetable_are_added_if_the_office_says_so(office, physics):
    rows = "R-001;PHY-10B;03.03.2026;10:00-11:30;A;;\nR-002;PHY-10B;04.03.2026;;E;;\n"
    run = office.upload(HEAD + rows, "marks")
    assert left_out(run) == {
        2: "Physics 10B has no lesson on Tue 3 Mar 2026 at 10:00.",
        3: "Physics 10B has no lesson on Wed 4 Mar 2026.",
    }
    run = office.apply(office.choose(run, answers={"lessons": "add"}))
    sessions = ClassSession.objects.order_by("starts_at")
    assert [(s.starts_at.hour, s.ends_at - s.starts_at) for s in sessions] == [
        (10, timedelta(minutes=90)),
        (8, timedelta(minutes=50)),
    ]
    assert counts(office.upload(HEAD + rows, "marks")) == (0, 0, 2, 0)
    office.undo(run)
    assert not sessions.all()


def test_more_lessons_and_marks_ask_no_more_queries(office, monday):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(weeks):
        days = [MONDAY + timedelta(weeks=week) for week in range(weeks)]
        rows = "".join(f"{number};PHY-10B;{day};;P;;\n" for day in days for number in ("R-001", "R-002"))
        with CaptureQueriesContext(connection) as counted:
            assert counts(office.upload(HEAD + rows, "marks"))[0] == 2 * weeks
        return len(counted)

    assert queries(12) == queries(2)


def test_erasing_a_student_takes_them_out_of_the_import_s_notes(office, monday, sam, sita, ada):
    run = office.import_(TWO, "marks")
    student_erase(student=sam, scope=ErasureScope.EVERYTHING, reason="asked", by=ada.user)
    jobs_resume()
    assert [each.row_id[32:] for each in run.changes.filter(model="attendance.MarkRow")] == [sita.pk.hex]
    run.refresh_from_db()
    assert (run.file.name, "Sam Field" in str(run.summary)) == ("", False)
    undone = office.undo(run)
    assert (undone.summary["kept"], ClassSession.objects.count()) == ([], 0)


def test_an_import_that_was_stopped_halfway_is_taken_back(office, monday, monkeypatch):
    run = office.upload(TWO, "marks")
    with monkeypatch.context() as patch:
        patch.setattr("attendance.mark_imports.writing._close", stopped)
        import_apply(run=run, by=office.by)
        jobs_resume()
    run.refresh_from_db()
    assert (run.state, run.job.state) == ("applying", "failed")
    assert set(marks_of(ClassSession.objects.get(state="scheduled")).values()) == {("P", 0, ""), ("L", 5, "Bus")}
    office.undo(run)
    assert not ClassSession.objects.exists()


def stopped(*args):
    raise JobFailed("Something is wrong.")


class TestStudentsWhoHaveLeftTheCourse:
    FILE = f"{HEAD}R-001;PHY-10B;2026-03-02;;P;;\nR-003;PHY-10B;2026-03-02;;A;;Ill\n"

    @pytest.fixture
    def nina(self, riverside):
        """She was in the course until spring, and has left the school."""
        return Student.objects.create(institution=riverside, name="Nina Roy", roll_number="R-003", is_active=False)

    def test_their_marks_are_left_out_unless_the_office_says_otherwise(self, office, monday, nina, physics, ada):
        run = office.upload(self.FILE, "marks")
        assert left_out(run) == {3: "Nina Roy is not on the roster of Physics 10B."}
        [decision] = run.summary["decisions"]
        assert decision["sentence"] == "1 mark is of a student who is not on the course's roster now."
        run = office.apply(office.choose(run, answers={ROSTERS: ADD}))
        session = ClassSession.objects.get()
        assert marks_of(session)["R-003"] == ("A", 0, "Ill")
        assert nina.pk in {
            row.student.pk for row in course_matrix(physics, Period("m", "March", MONDAY, date(2026, 3, 31))).rows
        }
        assert not physics.enrollments.filter(student=nina).exists()
        again = office.choose(office.upload(self.FILE, "marks"), answers={ROSTERS: ADD})
        assert counts(again) == (0, 0, 2, 0)
        office.undo(run)
        assert not ClassSession.objects.filter(state="closed").exists()

    def test_a_register_that_was_imported_takes_them_later(self, office, monday, nina):
        office.import_(f"{HEAD}R-001;PHY-10B;2026-03-02;;P;;\n", "marks")
        office.apply(office.choose(office.upload(self.FILE, "marks"), answers={ROSTERS: ADD}))
        assert marks_of(ClassSession.objects.get())["R-003"] == ("A", 0, "Ill")

    def test_a_register_that_was_taken_says_itself_who_was_on_it(self, office, physics, tess, nina):
        held(physics, MONDAY, tess.user)
        run = office.choose(office.upload(self.FILE, "marks"), answers={ROSTERS: ADD})
        assert left_out(run)[3] == "Nina Roy was not on the register of Physics 10B on Mon 2 Mar 2026."
        assert [each["key"] for each in run.summary["decisions"]] == ["contradictions"]
