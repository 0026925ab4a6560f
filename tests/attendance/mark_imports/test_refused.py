"""Rows that are left out, each with a sentence that says what to do."""

from datetime import date

import pytest

from attendance.models import ClassSession, DayOff
from attendance.register.sessions import session_open
from enrollment.models import Course, SchoolYear, Student
from tests.attendance.mark_imports.conftest import HEAD, MONDAY, held, lesson_at, student_at
from tests.enrollment.importing.conftest import counts, left_out


def said(office, *rows, head=HEAD):
    return list(left_out(office.upload(head + "\n".join(rows) + "\n", "marks")).values())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("X-9;PHY-10B;2026-03-02;;P;;", "There is no student with the number X-9."),
        (";PHY-10B;2026-03-02;;P;;", "The student is missing: neither a number nor a name is given."),
        ("R-001;CHE;2026-03-02;;P;;", "There is no course “CHE”."),
        ("R-001;;2026-03-02;;P;;", "The course is missing."),
        ("R-001;PHY-10B;;;P;;", "“Date” is empty."),
        ("R-001;PHY-10B;2026-03-02;;;;", "“Status” is empty."),
        ("R-001;PHY-10B;2026-02-30;;P;;", "The date 2026-02-30 does not exist."),
        ("R-001;PHY-10B;2026-03-02;;Zz;;",
         "The portal doesn't know the status “Zz”. Choose what it means in the list of statuses."),
        ("R-001;PHY-10B;2026-03-02;;L;soon;", "“soon” is not a number of minutes."),
        ("R-001;PHY-10B;2026-03-02;noon;P;;", "“noon” is not a time. Write it like 09:30."),
        ("R-001;PHY-10B;2026-03-02;11:00;P;;", "Physics 10B has no lesson on Mon 2 Mar 2026 at 11:00."),
        ("R-001;PHY-10B;2026-03-03;;P;;", "Physics 10B has no lesson on Tue 3 Mar 2026."),
        ("R-001;PHY-10B;2199-03-04;;P;;",
         "Mon 4 Mar 2199 is in the future. Only marks of lessons that were held are imported."),
        ("R-003;PHY-10B;2026-03-02;;P;;", "Nina Roy is not on the roster of Physics 10B."),
    ],
)  # fmt: skip
def test_a_row_with_something_wrong(office, monday, riverside, row, reason):
    Student.objects.create(institution=riverside, name="Nina Roy", roll_number="R-003")
    good = "R-002;PHY-10B;2026-03-02;;P;;"
    run = office.upload(f"{HEAD}{good}\n{row}\n", "marks")
    assert left_out(run) == {3: reason}
    assert counts(run) == (1, 0, 0, 1)


NAMES = "Name;Course;Date;Status\n"


def test_a_name_that_two_bear_is_told_apart_by_the_course_alone(office, monday, physics, riverside, sam):
    Student.objects.create(institution=riverside, name="Sam Field", roll_number="R-009")
    row = "Field, Sam;PHY-10B;2026-03-02;P"
    assert said(office, row, head=NAMES) == []
    student_at(physics, "Sam Field", "R-010")
    assert said(office, row, head=NAMES) == ["2 students are called Sam Field. Add the roll number to the file."]
    assert said(office, "Nobody;PHY-10B;2026-03-02;P", head=NAMES) == ["There is no student called Nobody."]


def test_two_numbers_that_contradict_each_other(office, monday, riverside, sam, sita):
    Student.objects.filter(pk=sita.pk).update(external_id="ext-2", email="sita@example.org")
    head = "Roll number;External id;Name;Course;Date;Status\n"
    assert said(office, "R-001;ext-2;;PHY-10B;2026-03-02;P", "R-001;;Tom Jones;PHY-10B;2026-03-02;P", head=head) == [
        "The numbers of this row belong to two students, Sita Rao and Sam Field.",
        "R-001 belongs to Sam Field, and the file names Tom Jones.",
    ]
    assert said(office, ";ext-2;Rao Sita;PHY-10B;2026-03-02;P", head=head) == []
    assert said(office, "SITA@example.org;PHY-10B;2026-03-02;P", head="E-mail;Course;Date;Status\n") == []


def test_courses_of_one_name(office, monday, riverside):
    Course.objects.create(institution=riverside, code="PHY-2", name="Physics 10B")
    assert said(office, "R-001;Physics 10B;2026-03-02;;P;;", "R-002;phy-10b;2026-03-02;;P;;") == [
        "2 courses are called “Physics 10B”. Write the course's code instead."
    ]


def test_days_off_cancelled_lessons_and_open_registers(office, monday, physics, riverside, tess):
    DayOff.objects.create(institution=riverside, name="Half term", first_day=date(2026, 2, 16), last_day=MONDAY)
    lesson_at(physics, date(2026, 3, 9), slot=monday, state=ClassSession.State.CANCELLED, reason="Flood")
    session_open(session=lesson_at(physics, date(2026, 3, 16), slot=monday), by=tess.user)
    assert said(office, *(f"R-001;PHY-10B;2026-03-{day};;P;;" for day in ("02", "09", "16"))) == [
        "Mon 2 Mar 2026 is a day off (Half term).",
        "The lesson of Physics 10B on Mon 9 Mar 2026 was cancelled (Flood).",
        "The register of Physics 10B on Mon 16 Mar 2026 is open. Close it first, then check this file again.",
    ]


def test_a_moved_lesson_is_not_made_again_on_its_old_day(office, monday, physics):
    lesson_at(physics, date(2026, 3, 3), slot=monday, slot_day=MONDAY)
    row = "R-001;PHY-10B;2026-03-02;;P;;"
    assert said(office, row) == ["Physics 10B has no lesson on Mon 2 Mar 2026."]
    assert said(office, row.replace("-02;", "-03;")) == []


def test_years_and_retention(office, monday, physics, riverside):
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on=date(2026, 9, 1), ends_on=date(2027, 7, 20)
    )
    row = "R-001;PHY-10B;2026-03-02;;P;;"
    nowhere = "Mon 2 Mar 2026 is in none of the school years. Check the date, or add the year first."
    assert said(office, row) == [nowhere]
    Course.objects.update(year=year)
    outside = "Mon 2 Mar 2026 is outside the school year 2026/27, in which Physics 10B is taught."
    assert said(office, row) == [outside]
    riverside.mark_retention_days = 30
    riverside.save()
    assert said(office, row) == ["The school keeps marks for 30 days, and Mon 2 Mar 2026 is longer ago."]


def test_two_lessons_a_day_want_a_time_or_their_order(office, physics, tess):
    for hour in (9, 11):
        held(physics, MONDAY, tess.user, hour)
    which = "Physics 10B has 2 lessons on Mon 2 Mar 2026: 09:00, 11:00. Add a column with the time."
    assert said(office, "R-001;PHY-10B;2026-03-02;;A;;") == [which]
    assert said(office, "R-001;PHY-10B;2026-03-02;3;A;;") == [
        "It is not clear which lesson of Physics 10B on Mon 2 Mar 2026 is number 3. Write its time instead."
    ]
    rows = [f"R-001;PHY-10B;2026-03-02;{period};A;;" for period in (2, 4)]
    assert counts(office.upload(HEAD + "\n".join(rows) + "\n", "marks")) == (0, 0, 2, 0)


def test_a_mark_twice_in_the_file_and_somebody_who_was_not_on_the_register(office, physics, tess, riverside):
    held(physics, MONDAY, tess.user)
    student_at(physics, "Late Comer", "R-020")
    row = "R-001;PHY-10B;2026-03-02;;A;;"
    assert said(office, row, row, "R-020;PHY-10B;2026-03-02;;P;;") == [
        "Row 2 has a mark for this student and lesson already.",
        "Late Comer was not on the register of Physics 10B on Mon 2 Mar 2026.",
    ]


def test_a_register_that_was_imported_takes_further_students(office, monday, physics):
    first = office.import_(HEAD + "R-001;PHY-10B;2026-03-02;;P;;\n", "marks")
    second = office.import_(HEAD + "R-002;PHY-10B;2026-03-02;;A;;\n", "marks")
    session = ClassSession.objects.get()
    assert session.roster.count() == 2
    office.undo(first)  # the other file's mark is still there
    session.refresh_from_db()
    assert (session.state, session.roster.count()) == ("closed", 1)
    office.undo(second)
    assert session.roster.count() == 0
