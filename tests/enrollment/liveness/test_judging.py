"""Judging of living heads: one that turns as requested passes, a flat picture never, however it is held."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.liveness import Outcome, Pose, Reason, Step
from enrollment.liveness.geometry import sideways, turn_of
from enrollment.liveness.judging import find
from tests.heads import HEAD, SIDE, STEPS, flattened, looks, seen, vector

CLOSE = 1e-6
degrees = st.floats(-55, 55)
seeds = st.integers(0, 2**32 - 1)
later = st.lists(st.sampled_from(list(Pose)), max_size=3).flatmap(
    lambda more: st.permutations([Pose.LEFT, Pose.RIGHT, *more])
)


def faces(seed):
    """A head of its own measures: no two are alike."""
    random = np.random.default_rng(seed)
    return HEAD * random.uniform(0.9, 1.1, HEAD.shape) + random.normal(0, 0.01, HEAD.shape)


def turning(points, *, degrees=38.0, noise=0.0, seed=0):
    random = np.random.default_rng(seed)

    def view(pose, number):
        yaw = SIDE[pose] * degrees + random.normal(0, 1.5)
        return seen(points, yaw=yaw, pitch=random.normal(0, 3)) + random.normal(0, noise, (5, 2))

    return view


# -- A head ------------------------------------------------------------------------------------------------------------


@given(seed=seeds, poses=later)
def test_a_head_that_follows_is_live_even_if_the_detector_trembles(seed, poses):
    steps = [Step(Pose.FRONT, 900), *(Step(pose, 1600) for pose in poses)]
    found = find(steps, looks(steps, turning(faces(seed), noise=0.6, seed=seed)))
    assert (found.outcome, found.reason) == (Outcome.LIVE, Reason.FOLLOWED), found.evidence


@given(seed=seeds)
def test_a_head_that_turns_the_other_way_is_not(seed):
    view = turning(faces(seed))
    mirrored = {Pose.LEFT: Pose.RIGHT, Pose.RIGHT: Pose.LEFT, Pose.FRONT: Pose.FRONT}
    found = find(STEPS, looks(STEPS, lambda pose, number: view(mirrored[pose], number)))
    assert (found.outcome, found.reason) == (Outcome.NOT_LIVE, Reason.WRONG_TURN)


@given(seed=seeds, degrees=st.floats(8, 15))
def test_a_head_that_turns_too_little_is_undecided(seed, degrees):
    found = find(STEPS, looks(STEPS, turning(faces(seed), degrees=degrees)))
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, Reason.NO_TURN)


def test_the_nose_says_how_far_the_head_turned_and_where_to():
    front = seen(HEAD)
    left, right = (turn_of(front, seen(HEAD, yaw=yaw)) for yaw in (30, -30))
    assert left.aside > 0.2
    assert right.aside == pytest.approx(-left.aside, abs=1e-3)
    assert left.foreshortened == pytest.approx(np.tan(np.radians(30)), rel=0.15)
    assert abs(sideways(front)) < CLOSE


# -- A picture ---------------------------------------------------------------------------------------------------------


@given(seed=seeds, yaw=degrees, pitch=degrees, roll=degrees, distance=st.floats(3, 30))
def test_a_picture_that_is_tilted_and_brought_near_stays_flat(seed, yaw, pitch, roll, distance):
    picture = flattened(faces(seed))
    turn = turn_of(seen(picture), seen(picture, yaw=yaw, pitch=pitch, roll=roll, distance=distance))
    assert turn is None or (abs(turn.aside) < CLOSE and abs(turn.up) < CLOSE)


@given(seed=seeds, moves=st.lists(st.tuples(degrees, degrees, degrees), min_size=16, max_size=16))
def test_no_flat_picture_is_ever_live_whatever_is_done_with_it(seed, moves):
    picture = flattened(faces(seed))

    def view(pose, number):
        yaw, pitch, roll = moves[number]
        return seen(picture, yaw=yaw, pitch=pitch, roll=roll)

    assert find(STEPS, looks(STEPS, view)).outcome is not Outcome.LIVE


@given(seed=seeds, maps=st.lists(st.lists(st.floats(-1, 1), min_size=6, max_size=6), min_size=16, max_size=16))
def test_no_affine_map_of_a_face_is_ever_live(seed, maps):
    front = seen(faces(seed))

    def view(pose, number):
        a = np.array(maps[number])
        return (front - 300) @ (np.eye(2) + a[:4].reshape(2, 2)).T + 300 + 50 * a[4:]

    assert find(STEPS, looks(STEPS, view)).outcome is not Outcome.LIVE


def test_a_picture_that_is_turned_like_a_head_is_called_flat():
    picture = flattened(HEAD)
    found = find(STEPS, looks(STEPS, turning(picture, degrees=40)))
    assert (found.outcome, found.reason) == (Outcome.NOT_LIVE, Reason.FLAT)


def test_a_picture_bent_like_a_pipe_as_wide_as_a_head_is_called_flat():
    bent = flattened(HEAD)
    radius = 1.2
    angle = bent[:, 0] / radius
    bent = np.column_stack([radius * np.sin(angle), bent[:, 1], radius * (np.cos(angle) - 1)])
    found = find(STEPS, looks(STEPS, turning(bent, degrees=40)))
    assert (found.outcome, found.reason) == (Outcome.NOT_LIVE, Reason.FLAT)


def test_a_picture_that_does_not_move_is_static():
    found = find(STEPS, looks(STEPS, lambda pose, number: seen(flattened(HEAD))))
    assert (found.outcome, found.reason) == (Outcome.NOT_LIVE, Reason.STATIC)


# -- What is missing ---------------------------------------------------------------------------------------------------


def test_another_person_in_between_is_seen():
    found = find(STEPS, looks(STEPS, turning(HEAD), who=lambda number: vector(90 if number > 8 else 0)))
    assert (found.outcome, found.reason) == (Outcome.NOT_LIVE, Reason.OTHER_PERSON)


def test_two_people_are_no_check():
    two = [replace(look, others=1) if number == 5 else look for number, look in enumerate(looks(STEPS, turning(HEAD)))]
    assert find(STEPS, two).reason is Reason.MANY_FACES


@pytest.mark.parametrize("missing", [range(4), range(4, 8), range(16)])
def test_a_step_that_nobody_was_seen_at_is_no_check(missing):
    shown = [None if number in missing else look for number, look in enumerate(looks(STEPS, turning(HEAD)))]
    found = find(STEPS, shown)
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, Reason.NO_FACE)


def test_frames_of_one_step_count_for_no_other():
    """A film that shows everything at once, and stands still then."""
    shown = looks(STEPS, turning(HEAD))
    early = [replace(look, at=round(look.at * 0.3)) for look in shown]
    assert find(STEPS, early).outcome is not Outcome.LIVE


def test_who_begins_aside_is_asked_to_begin_again():
    found = find(STEPS, looks(STEPS, lambda pose, number: seen(HEAD, yaw=30 + 4 * (number % 3))))
    assert (found.outcome, found.reason) == (Outcome.UNDECIDED, Reason.NOT_FRONT)
