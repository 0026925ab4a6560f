"""A photo of a face as a surface in front of a camera: flat, bent, or with the depth of a head; and turned.

The head is generic: an ellipsoid with a nose. It is not the person's own, and a turned one shows no cheek that the
photo did not: a substitute for films of turning people, which are not available.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
EYES, SIDE = 60.0, 288  # pixels: between the eyes, and of the square picture
DENSE = 1.35  # points of the surface for each pixel of the picture, along a side

# Depth towards the camera at (x, y), in distances between the eyes, from the middle of the face; nose: its tip there.
Surface = Callable[[Array, Array, Array], Array]


@dataclass(frozen=True, slots=True)
class PhotoSurface:
    """A face from the front in the middle of a square. pixels: (SIDE, SIDE, 3); nose: its tip, from the middle."""

    pixels: Array
    nose: Array


def photo_surface(pixels: Array, landmarks: Array) -> PhotoSurface:
    """The face of a picture, level, its eyes EYES apart. landmarks: (5, 2), pixels."""
    across = landmarks[1] - landmarks[0]
    middle = landmarks[[0, 1, 3, 4]].mean(0)
    scale, angle = EYES / np.linalg.norm(across), np.arctan2(across[1], across[0])
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    matrix = np.column_stack([turn, SIDE / 2 - turn @ middle])
    shown = cv2.warpAffine(pixels, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return PhotoSurface(shown, turn @ (landmarks[2] - middle) / EYES)


def flat(x: Array, y: Array, nose: Array) -> Array:
    return np.zeros_like(x)


def bent(radius: float) -> Surface:
    """Round a pipe that stands upright. radius: in distances between the eyes; a head's is some 1.2."""

    def depth(x: Array, y: Array, nose: Array) -> Array:
        return np.asarray(radius * (np.cos(np.clip(x / radius, -1.4, 1.4)) - 1))

    return depth


def head(nose_height: float = 0.35) -> Surface:
    """An ellipsoid as wide, high and deep as a head, with a nose so high over it."""

    def depth(x: Array, y: Array, nose: Array) -> Array:
        skull = 1.3 * np.sqrt(np.clip(1 - (x / 1.35) ** 2 - (y / 2.0) ** 2, 0, 1)) - 1.3
        across, along = (x - nose[0]) / 0.22, y - nose[1]
        bridge = np.where(along < 0, along / 0.5, along / 0.18)
        return np.asarray(skull + nose_height * np.exp(-(across**2) - bridge**2))

    return depth


def seen_as(
    photo: PhotoSurface,
    surface: Surface,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    distance: float = 9.0,
) -> Array:
    """A camera's view of the surface, turned by so many degrees (yaw: positive to the person's own left).

    distance: of the camera, in distances between the eyes; 9 is some 55 cm.
    """
    count = round(SIDE * DENSE)
    along = np.linspace(0, SIDE - 1, count)
    px, py = np.meshgrid(along, along)
    x, y = (px - SIDE / 2) / EYES, (py - SIDE / 2) / EYES
    points = np.stack([x, y, surface(x, y, photo.nose)], -1).reshape(-1, 3) @ _rotation(yaw, pitch, roll).T
    near = distance / (distance - points[:, 2])
    u, v = (np.rint(points[:, axis] * near * EYES + SIDE / 2).astype(int) for axis in (0, 1))
    seen = (u >= 0) & (u < SIDE) & (v >= 0) & (v < SIDE)
    order = np.flatnonzero(seen)[np.argsort(points[seen, 2], kind="stable")]  # the nearest is written last
    maps = np.full((2, SIDE, SIDE), -1, np.float32)
    maps[0, v[order], u[order]], maps[1, v[order], u[order]] = px.ravel()[order], py.ravel()[order]
    _fill(maps)
    shown = cv2.remap(photo.pixels, maps[0], maps[1], cv2.INTER_LINEAR)
    shown[maps[0] < 0] = 128
    return shown


def as_filmed(shown: Array, random: np.random.Generator, noise: float = 3.0) -> Array:
    """With a camera's noise (sigma, grey levels) and JPEG as the tablet sends it."""
    noisy = np.clip(shown + random.normal(0, noise, shown.shape), 0, 255).astype(np.uint8)
    _ok, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _rotation(yaw: float, pitch: float, roll: float) -> Array:
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def _fill(maps: Array) -> None:
    """Holes between points that were spread apart get the mean of their neighbours."""
    for _ in range(3):
        there = (maps[0] >= 0).astype(np.float32)
        weight = cv2.blur(there, (3, 3))
        holes = (there == 0) & (weight > 0.3)
        for one in maps:
            one[holes] = (cv2.blur(np.where(one >= 0, one, 0), (3, 3)) / np.maximum(weight, 1e-6))[holes]
