"""The states of the set-up's steps, by what a school has entered."""

from dataclasses import replace

import pytest

from attendance.domain.setup import SchoolCounts, StepState, minutes_left, next_step, steps_of

NEW = SchoolCounts(staff=1)
FULL = SchoolCounts(
    year="2026/27", terms=3, holidays=14, takes_faces=True, students=30, staff=3, courses=2, groups=1, with_lessons=2,
    consenting=28, refused=2, with_photo=28, registers=1,
)  # fmt: skip


def states(counts, skipped=()):
    return {step.key: step.state for step in steps_of(counts, skipped)}


def test_a_new_school_has_everything_to_do():
    assert set(states(NEW).values()) == {StepState.TODO}
    assert next_step(steps_of(NEW, [])).key == "year"
    assert minutes_left(steps_of(NEW, [])) > 50


def test_a_full_one_has_nothing():
    assert set(states(FULL).values()) == {StepState.DONE}
    assert next_step(steps_of(FULL, [])) is None
    assert minutes_left(steps_of(FULL, [])) == 0


def test_without_faces_nobody_is_asked_for_consents_and_photos():
    assert "photos" not in states(NEW)
    assert "consents" in states(replace(NEW, takes_faces=True))


def test_a_place_that_bars_faces_has_decided():
    assert states(replace(NEW, is_barred=True))["faces"] == StepState.DONE


def test_skipped_is_put_aside_but_done_is_done():
    assert states(NEW, ["year"])["year"] == StepState.SKIPPED
    assert states(FULL, ["year"])["year"] == StepState.DONE
    assert next_step(steps_of(NEW, ["year"])).key == "holidays"


@pytest.mark.parametrize(
    ("changes", "consents", "photos"),
    [
        ({"consenting": 0, "refused": 0, "with_photo": 0}, StepState.TODO, StepState.TODO),
        ({"consenting": 10, "refused": 0, "asked": 20, "with_photo": 10}, StepState.WAITING, StepState.DONE),
        ({"consenting": 0, "refused": 0, "asked": 30, "with_photo": 0}, StepState.WAITING, StepState.WAITING),
        ({"consenting": 10, "refused": 0, "asked": 5, "with_photo": 4}, StepState.TODO, StepState.TODO),
    ],
)
def test_waiting_is_the_families_turn(changes, consents, photos):
    found = states(replace(FULL, **changes))
    assert (found["consents"], found["photos"]) == (consents, photos)


def test_half_of_a_timetable_is_half_of_its_time():
    [whole, half] = (minutes_left(steps_of(replace(FULL, with_lessons=n), [])) for n in (0, 1))
    assert whole == 2 * half > 0
