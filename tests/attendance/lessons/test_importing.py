"""Imports of weekly lessons."""

from datetime import date, time

import pytest

from attendance.models import TimetableSlot
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
