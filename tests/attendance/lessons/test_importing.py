"""Imports of weekly lessons."""

from datetime import date, time

import pytest

from attendance.models import TimetableSlot
from enrollment.importing.checking import run_read
from enrollment.models import Course, CourseGroup, Group, Teaching
from tests.enrollment.importing.conftest import counts, left_out, office  # noqa: F401

HEAD = "Course;Day;Begins;Ends;Room;First day;Last day\n"


def slots():
    return list(TimetableSlot.objects.values_list("weekday", "starts", "ends", "room"))


def test_lessons_are_added_changed_and_taken_back(office, physics):  # noqa: F811
    run = office.import_(HEAD + "PHY-10B;Monday;9:00;9:50;12;01.09.2026;\n", "timetable")
    assert counts(run) == (1, 0, 0, 0)
    assert slots() == [(0, time(9), time(9, 50), "12")]
    assert TimetableSlot.objects.get().first_day == date(2026, 9, 1)
    again = office.upload(HEAD + "phy-10b;Mo;09:00;09:50;12;01.09.2026;\n", "timetable")
    assert counts(again) == (0, 0, 1, 0)
    changed = office.import_(HEAD + "PHY-10B;Montag;9.00;10.30;12;;\n", "timetable")
    assert (counts(changed), slots()) == ((0, 1, 0, 0), [(0, time(9), time(10, 30), "12")])
    office.undo(changed)
    office.undo(run)
    assert slots() == []


def test_two_terms_at_one_hour(office, physics):  # noqa: F811
    rows = "PHY-10B;Mo;9:00;9:50;;{};{}\n"
    data = HEAD + rows.format("01.09.2026", "18.12.2026") + rows.format("04.01.2027", "26.03.2027")
    assert counts(office.import_(data, "timetable")) == (2, 0, 0, 0)
    assert counts(office.upload(data, "timetable")) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("NO;Mo;9:00;9:50;;;", "There is no course with the code NO."),
        ("PHY-10B;Someday;9:00;9:50;;;", "“Someday” is not a day of the week."),
        ("PHY-10B;Mo;9:00;;;;", "“Ends” is empty."),
        ("PHY-10B;Mo;9:00;8:00;;;", "The lesson must end after it begins, within twelve hours."),
        ("PHY-10B;Mo;9:00;9:50;;02.09.2026;01.09.2026", "The last day is before the first."),
    ],
)
def test_problems(office, physics, row, said):  # noqa: F811
    assert left_out(office.upload(HEAD + row + "\n", "timetable")) == {2: said}


def notes(run):
    """Notes of the rows of a preview, by row number."""
    return {row.number: list(row.notes) for row in run_read(run).plan.rows if row.notes}


class TestClashes:
    @pytest.fixture
    def chemistry(self, riverside, tess):
        course = Course.objects.create(institution=riverside, code="CHE", name="Chemistry", room="Lab")
        Teaching.objects.create(institution=riverside, course=course, teacher=tess)
        return course

    def test_of_a_teacher_are_said_before_importing(self, office, physics, chemistry):  # noqa: F811
        run = office.upload(HEAD + "PHY-10B;Monday;9:00;9:50;12;;\nCHE;Monday;9:30;10:20;7;;\n", "timetable")
        assert notes(run) == {3: ["Tess teaches Physics 10B at the same time, 09:00–09:50."]}
        assert counts(run) == (2, 0, 0, 0)  # said, and not refused: schools have their reasons

    def test_of_a_room_and_with_a_lesson_on_record(self, office, physics, chemistry):  # noqa: F811
        Teaching.objects.all().delete()
        office.import_(HEAD + "PHY-10B;Monday;9:00;9:50;lab;;\n", "timetable")
        run = office.upload(HEAD + "CHE;Monday;9:49;10:20;;;\n", "timetable")  # its course's own room
        assert notes(run) == {2: ["Room Lab is used by Physics 10B too, 09:00–09:50."]}

    def test_of_a_group(self, office, riverside, physics, chemistry):  # noqa: F811
        Teaching.objects.all().delete()
        group = Group.objects.create(institution=riverside, name="10B")
        for course in (physics, chemistry):
            CourseGroup.objects.create(institution=riverside, course=course, group=group)
        run = office.upload(HEAD + "PHY-10B;Monday;9:00;9:50;1;;\nCHE;Monday;9:00;9:50;2;;\n", "timetable")
        assert notes(run) == {3: ["10B has Physics 10B at the same time, 09:00–09:50."]}

    @pytest.mark.parametrize(
        "second",
        [
            "CHE;Monday;9:50;10:40;7;;",  # one after the other
            "CHE;Tuesday;9:00;9:50;7;;",
            "CHE;Monday;9:00;9:50;7;01.09.2027;30.09.2027",  # in another year
        ],
    )
    def test_are_none_at_another_time(self, office, physics, chemistry, second):  # noqa: F811
        first = "PHY-10B;Monday;9:00;9:50;12;01.09.2026;30.06.2027"
        assert notes(office.upload(f"{HEAD}{first}\n{second}\n", "timetable")) == {}

    def test_with_a_course_that_has_ended_are_none(self, office, physics, chemistry):  # noqa: F811
        office.import_(HEAD + "PHY-10B;Monday;9:00;9:50;12;;\n", "timetable")
        Course.objects.filter(pk=physics.pk).update(is_active=False)
        assert notes(office.upload(HEAD + "CHE;Monday;9:00;9:50;12;;\n", "timetable")) == {}
