"""Each number of a school's set-up: the state, the share and the minutes that follow from it."""

from dataclasses import replace

import pytest

from attendance.domain.setup import MINUTES, SchoolCounts, Step, StepState, minutes_left, next_step, steps_of

NEW = SchoolCounts(staff=1, takes_faces=True)
FULL = SchoolCounts(
    year="2026/27", terms=3, holidays=14, takes_faces=True, students=30, staff=3, courses=2, groups=1, with_lessons=2,
    consenting=28, refused=2, with_photo=28, registers=1,
)  # fmt: skip
DONE, TODO, WAITING, SKIPPED = StepState.DONE, StepState.TODO, StepState.WAITING, StepState.SKIPPED


def step(key, counts, skipped=()):
    return next(each for each in steps_of(counts, skipped) if each.key == key)


@pytest.mark.parametrize(
    ("key", "changes", "share"),
    [
        ("year", {"year": ""}, 0), ("year", {"year": "x"}, 1), ("holidays", {"holidays": 0}, 0),
        ("holidays", {"holidays": 1}, 1), ("courses", {"courses": 0}, 0), ("courses", {"courses": 1}, 1),
        ("lesson", {"registers": 0}, 0), ("lesson", {"registers": 1}, 1), ("people", {"students": 0, "staff": 1}, 0),
        ("people", {"students": 1, "staff": 1}, 0.5), ("people", {"students": 0, "staff": 1, "invited": 1}, 0.5),
        ("people", {"students": 1, "staff": 0, "invited": 2}, 1), ("timetable", {"with_lessons": 1}, 0.5),
        ("people", {"students": 0, "staff": 0, "invited": 1}, 0),
        ("timetable", {"courses": 0, "with_lessons": 0}, 0), ("timetable", {"with_lessons": 3}, 1),
        ("consents", {"consenting": 10, "refused": 5}, 0.5), ("consents", {"students": 0}, 0),
        ("photos", {"with_photo": 14}, 0.5), ("photos", {"consenting": 0, "with_photo": 0}, 0),
    ],
)  # fmt: skip
def test_the_share_that_is_done(key, changes, share):
    found = step(key, replace(FULL, **changes))
    assert (found.share, found.minutes, found.state is DONE) == (share, MINUTES[key], share == 1)


@pytest.mark.parametrize(
    ("faces", "barred", "state"), [(True, False, DONE), (False, True, DONE), (False, False, TODO), (True, True, DONE)]
)
def test_faces_are_decided_by_taking_them_or_by_a_place_that_bars_them(faces, barred, state):
    assert step("faces", replace(NEW, takes_faces=faces, is_barred=barred)).state is state


@pytest.mark.parametrize(
    ("key", "changes", "state"),
    [
        ("consents", {"students": 30, "consenting": 8, "refused": 2, "asked": 20}, WAITING),
        ("consents", {"students": 30, "consenting": 8, "refused": 2, "asked": 19}, TODO),
        ("consents", {"students": 0, "consenting": 0, "refused": 0, "asked": 0}, TODO),
        ("consents", {"students": 30, "consenting": 20, "refused": 10, "asked": 0}, DONE),
        ("photos", {"consenting": 0, "with_photo": 0, "asked": 1}, WAITING),
        ("photos", {"consenting": 0, "with_photo": 0, "asked": 0}, TODO),
        ("photos", {"consenting": 9, "with_photo": 8, "asked": 1}, TODO),
        ("photos", {"consenting": 9, "with_photo": 9, "asked": 1}, DONE),
        ("year", {"year": "", "asked": 30}, TODO),
    ],
)
def test_waiting_for_families(key, changes, state):
    assert step(key, replace(FULL, **changes)).state is state


def test_the_order_and_what_is_left_out():
    assert [each.key for each in steps_of(NEW, [])] == list(MINUTES)
    assert {"consents", "photos"}.isdisjoint(each.key for each in steps_of(replace(NEW, takes_faces=False), []))


def test_skipped_is_settled_and_what_waits_is_not():
    assert step("year", NEW, ["year"]).state is SKIPPED
    assert [Step("x", state, 5).is_settled for state in (DONE, SKIPPED, WAITING, TODO)] == [True, True, False, False]


def test_the_next_step_and_the_minutes_left():
    steps = [Step("a", DONE, 100, 1), Step("b", SKIPPED, 100), Step("c", WAITING, 10, 0.5), Step("d", TODO, 8, 0.25)]
    assert next_step(steps).key == "d"
    assert minutes_left(steps) == 11
    assert next_step(steps[:3]) is None
    assert Step("x", TODO, 5).share == 0
