"""Names the faces of photos as `face_recognition`'s own examples do: HOG detector, one encoding a face, tolerance 0.6.

Run by `against.py` in the environment of the bench's rivals. The job comes as JSON: `enrol`, a picture for each person;
`photos`, each with a path and a roster. Answers for each photo: seconds from pixels to names (the less of two), and of
each face its middle and the name or null.
"""

import json
import sys
import time

import face_recognition
import numpy as np

TOLERANCE = 0.6

job = json.load(sys.stdin)
known = {}
for person, path in job["enrol"].items():
    encodings = face_recognition.face_encodings(face_recognition.load_image_file(path))
    if encodings:
        known[person] = encodings[0]


def named(pixels, roster):
    places = face_recognition.face_locations(pixels)
    for (top, right, bottom, left), encoding in zip(
        places, face_recognition.face_encodings(pixels, places), strict=True
    ):
        distances = face_recognition.face_distance([known[person] for person in roster], encoding)
        nearest = int(np.argmin(distances))
        yield (left + right) / 2, (top + bottom) / 2, roster[nearest] if distances[nearest] <= TOLERANCE else None


answers = []
for photo in job["photos"]:
    pixels = face_recognition.load_image_file(photo["path"])
    roster = [person for person in photo["roster"] if person in known]
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        faces = list(named(pixels, roster))
        taken.append(time.perf_counter() - started)
    answers.append({"seconds": min(taken), "faces": faces})
json.dump(answers, sys.stdout)
