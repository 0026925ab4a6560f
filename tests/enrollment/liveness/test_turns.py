"""The embedded check: what it asks for, and what the real networks make of faces that turn and pictures that do."""

from itertools import pairwise

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from attendance.demo.orl import orl_photo
from enrollment.domain.liveness import Frame, Outcome, Pose, Reason
from enrollment.liveness.turns import HeadTurns, alone, challenge_of, look_of
from tests.surfaces import flat, head, photo_surface, seen_as

POSES = [Pose.FRONT, Pose.LEFT, Pose.RIGHT]
SIDE = {Pose.FRONT: 0, Pose.LEFT: 1, Pose.RIGHT: -1}


@pytest.fixture(scope="module")
def check():
    return HeadTurns(None)


@pytest.fixture(scope="module")
def photo(check):
    image = orl_photo(12, 1)
    [face] = check.model.analyse(image)
    return photo_surface(np.asarray(image), np.asarray(face.landmarks, np.float64))


def judged(check, shown, *, late=0):
    """The verdict about what is seen at each pose, three frames a step."""
    challenge, frames, begins = challenge_of(POSES), [], 0
    for step in challenge.steps:
        frames += [
            Frame(Image.fromarray(shown(step.pose, share)), late + begins + round(share * step.milliseconds))
            for share in (0.5, 0.7, 0.9)
        ]
        begins += step.milliseconds
    return check.judge(challenge, frames)


def test_each_challenge_begins_straight_and_asks_for_both_sides(check):
    seen = set()
    for _ in range(80):
        challenge = check.challenge()
        poses = [step.pose for step in challenge.steps]
        assert (challenge.kind, poses[0], len(poses)) == ("turns", Pose.FRONT, 4)
        assert {Pose.LEFT, Pose.RIGHT} <= set(poses)
        assert all(one is not other for one, other in pairwise(poses))
        seen.add(tuple(poses))
    assert len(seen) == 6  # all that there are
    assert len({step.milliseconds for step in challenge.steps[1:]}) > 1


@pytest.mark.parametrize("steps", [1, 6])
def test_too_few_and_too_many_steps_are_refused(steps):
    with pytest.raises(ImproperlyConfigured, match="2 to 5"):
        HeadTurns(None, steps=steps)


def test_a_head_that_turns_passes_and_its_picture_is_of_the_face_alone(check, photo):
    verdict = judged(check, lambda pose, share: seen_as(photo, head(), yaw=38 * SIDE[pose] + 3 * share))
    assert (verdict.outcome, verdict.reason) == (Outcome.LIVE, Reason.FOLLOWED), verdict.evidence
    assert len(check.model.analyse(verdict.picture)) == 1


def test_the_same_face_as_a_picture_does_not(check, photo):
    verdict = judged(check, lambda pose, share: seen_as(photo, flat, yaw=40 * SIDE[pose] + 3 * share))
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_LIVE, Reason.FLAT), verdict.evidence


def test_an_empty_room_is_undecided(check):
    verdict = judged(check, lambda pose, share: np.full((200, 200, 3), 128, np.uint8))
    assert (verdict.outcome, verdict.reason, verdict.picture) == (Outcome.UNDECIDED, Reason.NO_FACE, None)


@pytest.mark.parametrize("times", [[], [0] * 9, list(range(9, 0, -1)), [9_000 + n for n in range(9)]])
def test_frames_that_cannot_have_been_taken_so_are_not_even_looked_at(check, times):
    verdict = check.judge(challenge_of(POSES), [Frame(Image.new("RGB", (9, 9)), at) for at in times])
    assert (verdict.outcome, verdict.reason) == (Outcome.UNDECIDED, Reason.TIMING)


def test_who_stands_beside_is_neither_checked_nor_kept(check):
    room = Image.new("RGB", (1200, 500), "#777")
    near, behind = orl_photo(5, 1), orl_photo(12, 1).resize((198, 228))
    room.paste(near, (100, 20))
    room.paste(behind, (900, 100))
    faces = check.model.analyse(room)
    assert len(faces) == 2
    look = look_of(Frame(room, 0), faces)
    assert look.others == 0
    [left] = check.model.analyse(alone(room, max(faces, key=lambda face: face.box.width).box))
    assert left.box.width == pytest.approx(max(face.box.width for face in faces), rel=0.05)
