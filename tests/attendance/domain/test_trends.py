"""Figures of a school: shares that weigh each lesson the same, nobody named, gaps, days missed in a row."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from attendance.domain.marks import BriefMark
from attendance.domain.rates import RatePolicy
from attendance.domain.statuses import Status
from attendance.domain.trends import FEW, Share, TrendLesson, natural, trends_of

MONDAY = date(2026, 9, 7)
NINE, TEN = time(9), time(10)
PHYSICS, ART = uuid4(), uuid4()
CLASS = [uuid4() for _n in range(12)]


def lesson(marks, *, day=MONDAY, starts=NINE, course=PHYSICS, students=CLASS):
    """A lesson; marks: a letter for each student, "." for none."""
    found = {pk: BriefMark(Status(letter)) for pk, letter in zip(students, marks, strict=False) if letter != "."}
    return TrendLesson(course, day, starts, found)


def figures(*lessons, groups=None, **policy):
    return trends_of(lessons, groups or {}, RatePolicy(**policy))


def test_each_lesson_weighs_the_same():
    found = figures(lesson("P" * 12), lesson("AAAAAA......", starts=TEN))
    assert found.total == Share(12, 18, 12)
    assert found.total.percent == pytest.approx(66.67, abs=0.01)
    assert (found.cells[0, NINE].missing, found.cells[0, TEN].missing) == (0, None)


@pytest.mark.parametrize(
    ("policy", "percent"), [({}, 91.667), ({"late_is_attended": False}, 66.667), ({"excused_counts": False}, 100)]
)
def test_the_school_s_own_choices_hold(policy, percent):
    assert figures(lesson("PPPPPPPPLLLE"), **policy).total.percent == pytest.approx(percent, abs=0.01)


def test_weeks_begin_on_monday_and_one_without_lessons_is_no_week():
    found = figures(
        lesson("P" * 12, day=MONDAY + timedelta(4)), lesson("A" * 12, day=MONDAY + timedelta(14), course=ART)
    )
    assert list(found.weeks) == [MONDAY, MONDAY + timedelta(14)]
    assert [share.percent for share in found.weeks.values()] == [100, 0]
    assert (found.courses[PHYSICS].percent, found.courses[ART].percent) == (100, 0)


def test_nothing_is_shown_of_fewer_than_ten():
    nine = figures(lesson("P" * 9))
    assert (nine.total.percent, nine.weeks[MONDAY].percent, nine.courses[PHYSICS].percent) == (None, None, None)
    assert figures(lesson("P" * 10)).total.percent == 100


def test_small_groups_are_together_or_left_out():
    groups = dict.fromkeys(CLASS[:6], "Year 7") | dict.fromkeys(CLASS[6:], "Year 8")
    assert figures(lesson("P" * 6 + "A" * 6), groups=groups).groups == {FEW: Share(6, 12, 12)}
    one = dict.fromkeys(CLASS[:6], "Year 7")
    assert figures(lesson("P" * 12), groups=one).groups == {}
    big = dict.fromkeys(CLASS, "Year 7")
    assert list(figures(lesson("P" * 12), groups=big).groups) == ["Year 7"]


def test_chronic_by_days_and_missed_in_a_row():
    days = [MONDAY + timedelta(n) for n in range(12)]
    lessons = [lesson("PA" if n >= 9 else "PP", day=day) for n, day in enumerate(days)]
    found = figures(*lessons)
    assert found.chronic == [CLASS[1]]
    assert (found.students[CLASS[0]].streak, found.students[CLASS[1]].streak) == (0, 3)
    assert (found.students[CLASS[1]].attended, found.students[CLASS[1]].counted) == (9, 12)


def test_a_day_with_one_lesson_attended_ends_the_row():
    found = figures(
        lesson("A", day=MONDAY), lesson("A", day=MONDAY + timedelta(1)),
        lesson("P", day=MONDAY + timedelta(1), starts=TEN), lesson("A", day=MONDAY + timedelta(2)),
    )  # fmt: skip
    assert found.students[CLASS[0]].streak == 1


def test_year_9_comes_before_year_10():
    assert sorted(["7²", "①"], key=natural)  # digits to Unicode, and no numbers
    assert sorted(["Year 10", "Year 9", "8C", "10B"], key=natural) == ["8C", "10B", "Year 9", "Year 10"]
