"""The networks on OpenVINO against OpenCV's own objects, which are the oracle; threads, forks, silence on the net."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.local import networks as module
from enrollment.faces.local.analysis import aligned
from enrollment.faces.local.networks import DIMENSIONS, MAX_OVERLAP, MIN_SCORE, Network
from enrollment.faces.local.weights import DETECTOR, EMBEDDER, package_file
from tests.enrollment.faces.conftest import pixels, tiles

pytestmark = pytest.mark.usefixtures("real_networks")

# One that the small fixed-shape detector takes (which OpenCV pads to the same 320 x 320), larger ones of odd sizes.
PICTURES = {
    "small": lambda: tiles(range(1, 3), factor=1.4, columns=2).resize((317, 309)),
    "class": lambda: tiles(range(1, 31)),
    "crowd": lambda: tiles(range(1, 41), factor=1.1, columns=8),
}


@pytest.fixture(params=PICTURES, scope="module")
def picture(request):
    return pixels(PICTURES[request.param]())


def theirs(rgb):
    """Output of OpenCV's objects: detector rows and, for each, the aligned crop and the unit vector."""
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    size = bgr.shape[1::-1]
    detector = cv2.FaceDetectorYN.create(str(package_file(DETECTOR)), "", size, MIN_SCORE, MAX_OVERLAP, 5000)
    recognizer = cv2.FaceRecognizerSF.create(str(package_file(EMBEDDER)), "")
    rows = detector.detect(bgr)[1]
    crops = [recognizer.alignCrop(bgr, row) for row in rows]
    vectors = np.concatenate([recognizer.feature(crop).copy() for crop in crops])
    return rows, np.stack(crops), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def full(model):
    """The networks in full precision, as OpenCV's objects compute: integers have tests of their own."""
    return module.networks_for(model.weights, model.threads, "f32")


@pytest.mark.thorough
def test_the_same_faces_as_opencv(full, picture):
    rows, _crops, vectors = theirs(picture)
    ours = full.detect(picture)
    assert len(ours) == len(rows) > 0
    nearest = [int(np.abs(ours[:, :4] - row[:4]).max(1).argmin()) for row in rows]
    assert sorted(nearest) == list(range(len(rows)))
    assert np.abs(ours[nearest, :14] - rows[:, :14]).max() < 2
    assert np.abs(ours[nearest, 14] - rows[:, 14]).max() < 0.02
    own = full.embed(np.stack([aligned(picture, ours[i, 4:14].reshape(5, 2)) for i in nearest]))
    assert (own * vectors).sum(1).min() > 0.99


@pytest.mark.thorough
def test_the_same_vector_as_opencv_for_the_same_crop(full):
    _, crops, vectors = theirs(pixels(tiles(range(1, 31))))
    own = full.embed(np.ascontiguousarray(crops[..., ::-1]))
    assert (own * vectors).sum(1).min() > 0.9999


@pytest.mark.parametrize("number", [1, 2, 3, 9, 20])
def test_faces_that_are_embedded_side_by_side_keep_their_places(model, number):
    networks = module.networks_for(model.weights, module.Threads(1, 2), model.precision)
    crops = np.random.default_rng(number).integers(0, 256, (number, module.CROP, module.CROP, 3), np.uint8)
    one_by_one = np.concatenate([networks.embed(crop[None]) for crop in crops])
    assert np.allclose(networks.embed(crops), one_by_one, atol=1e-4)


def test_each_core_has_a_run_unless_the_options_say_otherwise(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(8), raising=False)
    assert module.Threads.of_machine() == module.Threads(2, 4)
    assert module.Threads.of_machine(4) == module.Threads(4, 2)
    assert module.Threads.of_machine(runs=1) == module.Threads(8, 1)
    assert module.Threads.of_machine(3, 5) == module.Threads(3, 5)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(1))
    assert module.Threads.of_machine() == module.Threads(1, 1)


def test_halves_only_where_the_processor_computes_with_them():
    assert module.best_precision(["FP32", "INT8", "BF16"]) == "f32"
    assert module.best_precision(["FP32", "FP16"]) == "f16"


@pytest.mark.thorough
def test_in_halves_the_same_vectors(full, model):
    halves = module.networks_for(model.weights, model.threads, "f16")
    assert (full.precision, halves.precision) == ("f32", "f16")
    crops = theirs(pixels(tiles(range(1, 5), columns=2)))[1][..., ::-1]
    assert (halves.embed(crops) * full.embed(crops)).sum(1).min() > 0.9999


def test_nothing_in_and_nothing_there(networks):
    assert networks.embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, DIMENSIONS)
    assert networks.detect(np.full((200, 300, 3), 127, np.uint8)).shape == (0, 15)
    assert networks.detect(np.full((700, 900, 3), 127, np.uint8)).shape == (0, 15)


def test_more_faces_than_one_batch(networks):
    crops = np.random.default_rng(1).integers(0, 255, (module.BATCHES[0] + 3, 112, 112, 3), np.uint8)
    together = networks.embed(crops)
    assert together.shape == (len(crops), DIMENSIONS)
    assert together.dtype == np.float32
    assert np.allclose(together[-1], networks.embed(crops[-1:])[0], atol=1e-4)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_many_threads_get_their_own_answers(networks):
    pictures = [pixels(tiles(range(first, first + 6), columns=3)) for first in (1, 7, 13, 19)] * 3
    alone = [networks.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(networks.detect, pictures))
    for expected, found in zip(alone, together, strict=True):
        assert np.array_equal(expected, found)


def test_loaded_once_a_process(model):
    first = module.networks_for(model.weights, model.threads)
    with ThreadPoolExecutor(4) as pool:
        again = set(pool.map(lambda _: id(module.networks_for(model.weights, model.threads)), range(8)))
    assert again == {id(first)}


def test_a_failing_run_is_an_engine_that_is_unavailable():
    class Request:
        def infer(self, *_, **__):
            raise RuntimeError("out of memory")

    class Compiled:
        def create_infer_request(self):
            return Request()

    network = Network(Compiled(), 1)
    for _ in range(2):  # the request goes back even after a failure
        with pytest.raises(EngineUnavailable) as caught:
            network.run(np.zeros((1, 1)))
        assert caught.value.retryable


QUIET = """
import socket, sys
calls = []
def deny(name):
    def refused(*args, **kwargs):
        calls.append((name, args))
        raise OSError("no network in this test")
    return refused
socket.socket.connect = deny("connect")
socket.socket.connect_ex = deny("connect_ex")
socket.getaddrinfo = deny("getaddrinfo")
import os, subprocess, threading
import numpy as np
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.weights import Weights
networks_for(Weights(), Threads()).detect(np.zeros((100, 100, 3), np.uint8))
loaded = [name for name in sys.modules if name.startswith("openvino_telemetry") and sys.modules[name] is not None]
print(calls, loaded)
sys.exit(bool(calls or loaded))
"""


@pytest.mark.thorough
def test_nothing_is_sent(tmp_path):
    """Importing and running opens no connection, starts no child, and writes no telemetry consent or client id."""
    audited = "import sys\nsys.addaudithook(lambda e, a: e == 'subprocess.Popen' and sys.exit(7))\n" + QUIET
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ".", "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", audited], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert not [path for path in tmp_path.rglob("*") if "telemetry" in path.name or path.name == "intel"]


TOGETHER = """
import threading
import numpy as np
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.weights import Weights
picture = np.zeros((100, 100, 3), np.uint8)
start = threading.Barrier(6)
def first():
    start.wait()
    networks_for(Weights(), Threads(1, 2)).detect(picture)
threads = [threading.Thread(target=first) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.thorough
def test_the_first_pictures_of_a_process_may_come_together():
    """Two first runs at a time would lock each other out for ever: see `Networks._run_once`."""
    assert subprocess.run([sys.executable, "-c", TOGETHER], check=False, timeout=120).returncode == 0


FORKED = """
import os
import numpy as np
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.weights import Weights
picture = np.zeros((100, 100, 3), np.uint8)
networks_for(Weights(), Threads()).detect(picture)
child = os.fork()
if child == 0:
    networks_for(Weights(), Threads()).detect(picture)
    os._exit(0)
raise SystemExit(os.waitpid(child, 0)[1])
"""


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(module.os, "fork"), reason="no fork on this system")
def test_a_forked_child_loads_its_own():
    assert subprocess.run([sys.executable, "-c", FORKED], check=False, timeout=120).returncode == 0


SIGNALLED = """
import gc, os, signal, threading
import django
django.setup()
from enrollment.faces.local.networks import Networks, Threads, apart
from enrollment.faces.local.weights import Weights

heard = []
signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
made = [apart(lambda: Networks(Weights(None, {}, None), Threads(1, 1)))]
dropping = threading.Thread(target=lambda: (made.clear(), gc.collect()))
dropping.start()
dropping.join()
os.kill(os.getpid(), signal.SIGTERM)
print(len(heard))
"""


def test_a_signal_ends_no_process_whose_networks_another_thread_dropped():
    done = subprocess.run([sys.executable, "-c", SIGNALLED], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_nothing_heavy_is_imported_when_django_starts():
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup(); "
        "import enrollment.models, enrollment.faces; "
        "sys.exit(str([m for m in ('openvino', 'cv2', 'onnx', 'scipy.optimize') if m in sys.modules] or 0))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.strip() in {"", "0"}, run.stderr


@pytest.mark.thorough
def test_photos_of_many_sizes_leave_nothing_behind():
    """In a process of its own: OpenVINO would keep some 3 MB for each size of a photo."""
    run = subprocess.run([sys.executable, "-c", SIZES], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 60


SIZES = """
import numpy as np
from pathlib import Path
from enrollment.faces.local.heap import heap_configure, heap_trim
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.weights import Weights

def resident():
    heap_trim()
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) // 1024

heap_configure()
networks = networks_for(Weights(), Threads(1, 1))
for first in (640, 672):
    before = resident()
    for n in range(36):
        networks.detect(np.zeros((first + 64 * (n // 6), 1280 - 64 * (n % 6), 3), np.uint8))
print(resident() - before)
"""


def test_a_rehearsal_without_memory_leaves_every_request_to_photos():
    class Compiled:
        def create_infer_request(self):
            return self

        def infer(self, inputs, **options):
            raise MemoryError

    network = Network(Compiled(), 3)
    with pytest.raises(EngineUnavailable):
        network.run_on_each([np.zeros((1, 1), np.float32)])
    assert network._requests.qsize() == 3
