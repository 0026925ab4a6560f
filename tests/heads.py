"""Heads and pictures of heads as five points, seen by a camera: what the check for a living face is told about."""

import numpy as np

from enrollment.domain.liveness import Pose, Step
from enrollment.liveness.judging import Look

# Right eye, left eye, tip of the nose, corners of the mouth: in distances between the eyes, to the picture's right,
# down, and towards the camera. The nose's height over the plane of the others is that of a generic head (0.43).
HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.58, 0.43], [-0.4, 1.08, 0.03], [0.4, 1.08, 0.03]])
DISTANCE = 9.0  # from the camera, in distances between the eyes: some 55 cm
STEPS = (Step(Pose.FRONT, 900), Step(Pose.LEFT, 1600), Step(Pose.RIGHT, 1600), Step(Pose.FRONT, 1600))
SIDE = {Pose.FRONT: 0, Pose.LEFT: 1, Pose.RIGHT: -1}


def seen(points, *, yaw=0.0, pitch=0.0, roll=0.0, distance=DISTANCE, eyes=70.0, at=(320.0, 200.0)):
    """The points (5, 3) turned by so many degrees, as pixels (5, 2). yaw: positive to the person's own left."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    x, y, z = (points @ (about_z @ about_x @ about_y).T).T
    near = distance / (distance - z)
    return np.column_stack([x * near * eyes, y * near * eyes]) + at


def flattened(points):
    """The same face as a picture shows it from the front: seen once, then without any depth."""
    flat = seen(points, eyes=1.0, at=(0.0, 0.0))
    return np.column_stack([flat, np.zeros(5)])


def vector(angle=0.0):
    """A face's vector, so many degrees from somebody's."""
    out = np.zeros(128)
    out[:2] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return out


def looks(steps, view, *, per_step=4, who=lambda number: vector()):
    """Looks while the steps are shown. view: pixels (5, 2) for a pose and the look's number."""
    taken, begins, number = [], 0, 0
    for step in steps:
        for share in np.linspace(0.45, 0.98, per_step):
            taken.append(Look(begins + round(share * step.milliseconds), view(step.pose, number), who(number)))
            number += 1
        begins += step.milliseconds
    return taken
