"""The demo in AWS mode: a taken port is said, and the second class photo holds a doubt, as on the embedded engine."""

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from attendance.demo.pictures import AT_THE_DOOR, CLASS, ENROLMENT_PHOTOS, LATECOMER, STUDENTS, demo_class_photos
from attendance.domain.decision import Outcome, Policy, decide
from enrollment.decoding import stored_jpeg
from enrollment.faces.rekognition.engine import RekognitionFaceEngine
from tests.aws.mode import ROOT, PortTaken, Web
from tests.conftest import make_student
from tests.enrollment.orl import face


class Healthy(BaseHTTPRequestHandler):
    """A stranger who answers every address with 200, as another portal would its health."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def log_message(self, *args):
        pass


@pytest.fixture(params=["127.0.0.1", ""], ids=["this machine", "every address"])
def stranger(request):
    with HTTPServer((request.param, 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class TestPort:
    def test_a_stranger_s_health_is_not_taken_for_its_own(self, stranger):
        """The command ends before it starts or deletes anything."""
        kept = ROOT / "var" / "aws-demo"
        before = sorted(kept.iterdir()) if kept.exists() else None
        command = [sys.executable, "-m", "tests.aws.demo", "--port", str(stranger)]
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stdout.startswith(f"Port {stranger} of this machine is taken by another program.")
        assert f"make aws-demo PORT={stranger + 1}" in done.stdout
        assert (sorted(kept.iterdir()) if kept.exists() else None) == before

    def test_no_process_is_started_there(self, stranger):
        with pytest.raises(PortTaken):
            Web({}, port=stranger)

    def test_one_that_has_just_been_left_is_free(self):
        with socket.create_server(("127.0.0.1", 0)) as left:
            port = left.getsockname()[1]
        web = Web({**os.environ, "DJANGO_SETTINGS_MODULE": "nothing"}, port=port)
        with pytest.raises(TimeoutError):  # a process that ends is no portal
            web.wait_until_ready()
        web.stop()


@pytest.fixture
def everybody(local_rekognition, settings, riverside):
    """The demo's students in the collection, by the numbers of their faces."""
    settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine"}
    settings.AWS_RATES = dict.fromkeys(("IndexFaces", "SearchFacesByImage"), 1000)
    engine = RekognitionFaceEngine(riverside)
    students = {}
    for person in (*STUDENTS, LATECOMER):
        students[person] = make_student(riverside, f"Student {person}", f"D-{person}").pk
        for number in ENROLMENT_PHOTOS:
            engine.collection.require()
            engine._index(engine_crop(engine, face(person, number)), students[person], None)
    return engine, students


def engine_crop(engine, image):
    from enrollment.faces.crops import ENROLMENT, face_jpeg

    [found] = engine.detector(image)
    return face_jpeg(image, found.box, [], ENROLMENT)


class TestPhotos:
    def decided(self, engine, students, photo):
        """The outcome and the person of each face of a photo, in the order of its tiles."""
        seen = engine.identify(stored_jpeg(photo), candidates=set(students.values()))
        people = {pk: person for person, pk in students.items()}
        decisions = decide(seen, set(students.values()), Policy.of(engine.calibration))
        return [(each.outcome, people.get(each.student_id)) for each in decisions]

    def test_everybody_is_marked_but_strangers_and_the_second_holds_a_doubt(self, everybody):
        engine, students = everybody
        (_, whole), (_, door) = demo_class_photos()
        for tiles, photo in ((CLASS, whole), (AT_THE_DOOR, door)):
            assert self.decided(engine, students, photo) == [expected(tile) for tile in tiles]


def expected(tile):
    if tile.person == LATECOMER:
        return Outcome.ASK, LATECOMER
    return (Outcome.MARK, tile.person) if tile.person in STUDENTS else (Outcome.UNKNOWN, None)
