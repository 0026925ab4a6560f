"""Figures of a school: shares that weigh each lesson the same, nobody named, gaps, days missed in a row."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from attendance.domain.marks import BriefMark
from attendance.domain.rates import RatePolicy
from attendance.domain.statuses import Status
from attendance.domain.trends import (
    FEW,
    Share,
    TrendLesson,
    audience_of,
    courses_apart,
    natural,
    shown_beside,
    stands_apart,
    trends_of,
    withheld,
)

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
    assert (found.cells[0, NINE].missing, found.cells[0, TEN].missing) == (None, None)  # all less nine o'clock: six


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


# -- What would tell of a few by subtraction --


def test_all_that_is_not_shown_are_ten_or_nobody():
    cells = {"7A": set(CLASS), "7B": set(range(14)), "7C": set(range(20, 29))}
    assert shown_beside(cells) == {"7B"}  # 7C has nine: the school less 7A and 7B
    assert shown_beside(cells | {"7D": {40, 41}}) == {"7A", "7B"}  # eleven together
    assert shown_beside({"7A": set(CLASS)}) == {"7A"}
    assert shown_beside({"7A": set(CLASS)}, rest={1}) == set()
    assert shown_beside({}) == set()


def test_a_course_less_a_group_tells_of_no_nine():
    nine = [uuid4() for _n in range(9)]
    paths = dict.fromkeys(CLASS, ("Year 7", "7A")) | dict.fromkeys(nine, ("Year 7", "7B"))
    everybody = [*CLASS, *nine]
    assert not stands_apart(everybody, paths, ("Year 7", "7A"))
    assert stands_apart(everybody, paths, ("Year 7",))
    assert stands_apart(CLASS, paths, ("Year 7", "7A"))  # a course that only they take
    others = {uuid4(): ("Year 8", "8A") for _n in range(30)}
    assert not stands_apart([*everybody, *others], paths | others, ("Year 7", "7A"))  # Year 7 less 7A
    assert stands_apart([*everybody, *others], paths | others, ("Year 8", "8A"))


def test_a_small_course_is_not_the_school_less_the_others():
    lessons = [lesson("P" * 12), lesson("P" * 9, course=ART, starts=TEN, students=[uuid4() for _n in range(9)])]
    found = figures(*lessons)
    assert (found.total.percent, found.courses[PHYSICS].percent, found.cells[0, NINE].percent) == (100, None, None)
    assert courses_apart(lessons, RatePolicy())["total", None] == set()
    assert audience_of(lessons, RatePolicy())["course", PHYSICS] == set(CLASS)


def test_a_student_without_a_group_is_not_the_school_less_the_groups():
    eleven = dict.fromkeys(CLASS[:11], "Year 7")
    assert figures(lesson("P" * 12), groups=eleven).groups == {}


def test_what_is_withheld_has_no_figure():
    found = withheld(figures(lesson("P" * 12)), lambda figure: figure != ("week", MONDAY))
    assert (found.total.percent, found.weeks[MONDAY].percent, found.courses[PHYSICS].percent) == (100, None, 100)


@pytest.mark.parametrize(
    ("sizes", "without", "together"),
    [((5, 5), 0, 10), ((4, 5), 0, None), ((6, 6), 1, None), ((6, 6), 9, None), ((5, 5), 10, 10), ((11, 3), 0, 14)],
)
def test_small_groups_together_are_ten_and_so_are_those_without_a_group(sizes, without, together):
    groups = {uuid4(): f"Year {year}" for year, size in enumerate(sizes, 7) for _n in range(size)}
    students = [*groups, *(uuid4() for _n in range(without))]
    found = figures(lesson("P" * len(students), students=students), groups=groups).groups
    assert found == ({FEW: Share(together, together, together)} if together else {})


def test_groups_are_in_the_order_of_their_numbers():
    students = [uuid4() for _n in range(20)]
    groups = dict.fromkeys(students[:10], "Year 10") | dict.fromkeys(students[10:], "Year 9")
    assert list(figures(lesson("A" * 10 + "P" * 10, students=students), groups=groups).groups) == ["Year 9", "Year 10"]


def test_a_day_is_missed_if_every_lesson_of_it_was():
    later = MONDAY + timedelta(1)
    found = figures(lesson("A"), lesson("P", day=later), lesson("A", day=later, starts=TEN))
    assert found.students[CLASS[0]].streak == 0
    found = figures(lesson("A"), lesson("A", day=later), lesson("A", day=later, starts=TEN))
    assert found.students[CLASS[0]].streak == 2


def test_whose_lessons_do_not_count_is_in_no_figure_s_audience():
    lessons = [lesson("P" * 10 + "EE")]
    assert audience_of(lessons, RatePolicy(excused_counts=False))["course", PHYSICS] == set(CLASS[:10])
    assert audience_of(lessons, RatePolicy())["course", PHYSICS] == set(CLASS)


def test_a_figure_is_about_the_students_of_all_its_lessons():
    halves = [lesson("P" * 6, students=CLASS[:6]), lesson("P" * 6, students=CLASS[6:])]
    audience = audience_of(halves, RatePolicy())
    assert {frozenset(students) for students in audience.values()} == {frozenset(CLASS)}
    assert set(audience) == {("total", None), ("week", MONDAY), ("cell", (0, NINE)), ("course", PHYSICS)}
    assert courses_apart(halves, RatePolicy())["total", None] == {PHYSICS}


def test_ten_that_are_not_shown_hide_nobody_else():
    assert shown_beside({"7A": set(CLASS), "7B": set(range(5)), "7C": set(range(5, 10))}) == {"7A"}
    cells = {"7A": set(range(3)), "7B": set(range(10)), "7C": set(range(20, 40))}  # some are in two of them
    assert shown_beside(cells) == {"7C"}
