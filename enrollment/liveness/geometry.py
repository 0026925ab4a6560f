"""Geometry of a turning face: its turn and its flatness from five landmarks. Pure arithmetic.

Eyes and corners of the mouth lie nearly in one plane, the tip of the nose in front of it. A flat picture of a face,
even if tilted or brought nearer, is seen through a projective map of the plane (Hartley & Zisserman 2004, "Multiple
view geometry", 2.3): the map determined by four of its points predicts the position of the fifth. A head that turns
moves the nose out of that position: the plane-and-parallax residual (Irani & Anandan 1996, "Parallax geometry of pairs
of points for 3D scene analysis"), in proportion to the tangent of the turn and the height of the nose.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

RIGHT_EYE, LEFT_EYE, NOSE, RIGHT_MOUTH, LEFT_MOUTH = range(5)  # of the person, in the detectors' order
PLANE = [RIGHT_EYE, LEFT_EYE, RIGHT_MOUTH, LEFT_MOUTH]
LEAST_AREA = 0.05  # of the square of the eyes' distance: below it the four points lie on a line and determine no map


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn of a face relative to its view from the front, in distances between the eyes in that view.

    aside: displacement of the nose from the face's plane to the picture's right, which is the person's own left. up:
    the same to the top. foreshortened: the tangent of the angle by which the plane itself turned aside, from its
    smaller width; 0 if it is as wide or wider.
    """

    aside: float
    up: float
    foreshortened: float


def sideways(landmarks: Array) -> float:
    """Turn aside of a single face: the nose's distance from the middle line of eyes and mouth, over the distance
    between the eyes. Positive to the person's own left. landmarks: (5, 2), pixels. Nan for a degenerate face.
    """
    across = landmarks[LEFT_EYE] - landmarks[RIGHT_EYE]
    eyes, mouth = _middles(landmarks)
    basis = np.column_stack([across, mouth - eyes])
    if abs(float(np.linalg.det(basis))) < 1e-9:
        return float("nan")
    return float(np.linalg.solve(basis, landmarks[NOSE] - eyes)[0])


def turn_of(front: Array, seen: Array) -> Turn | None:
    """The turn from `front` to `seen`, both (5, 2) in pixels of pictures taken by a camera that stands still.

    None if the eyes and mouth of either are nearly on a line, as in a profile: the turn is undetermined.
    """
    scale = float(np.linalg.norm(front[LEFT_EYE] - front[RIGHT_EYE]))
    if scale <= 0 or not (_spans(front) and _spans(seen)):
        return None
    back = cv2.getPerspectiveTransform(seen[PLANE].astype(np.float32), front[PLANE].astype(np.float32))
    place = back @ np.append(seen[NOSE], 1.0)
    if abs(place[2]) < 1e-9:
        return None
    moved = (place[:2] / place[2] - front[NOSE]) / scale
    upright = _upright(front)
    aside, down = upright @ moved
    return Turn(float(aside), float(-down), _foreshortened(front, seen))


def _middles(landmarks: Array) -> tuple[Array, Array]:
    eyes = (landmarks[RIGHT_EYE] + landmarks[LEFT_EYE]) / 2
    return eyes, (landmarks[RIGHT_MOUTH] + landmarks[LEFT_MOUTH]) / 2


def _spans(landmarks: Array) -> bool:
    """True if the four points of the plane span an area of at least LEAST_AREA."""
    across = landmarks[LEFT_EYE] - landmarks[RIGHT_EYE]
    eyes, mouth = _middles(landmarks)
    down = mouth - eyes
    area = abs(float(across[0] * down[1] - across[1] * down[0]))
    return area > LEAST_AREA * float(max(across @ across, down @ down))


def _upright(front: Array) -> Array:
    """The rotation (2, 2) that levels the eyes of `front`."""
    along = front[LEFT_EYE] - front[RIGHT_EYE]
    cosine, sine = along / np.linalg.norm(along)
    return np.array([[cosine, sine], [-sine, cosine]])


def _foreshortened(front: Array, seen: Array) -> float:
    """The tangent of the plane's turn aside, from its loss of width relative to its height."""
    cosine = min(1.0, _slenderness(seen) / _slenderness(front))
    return float(np.sqrt(max(0.0, 1 / cosine**2 - 1)))


def _slenderness(landmarks: Array) -> float:
    """The face's width over its height: the eyes' distance over that from the eyes to the mouth."""
    eyes, mouth = _middles(landmarks)
    across = landmarks[LEFT_EYE] - landmarks[RIGHT_EYE]
    return float(np.linalg.norm(across) / max(float(np.linalg.norm(mouth - eyes)), 1e-9))
