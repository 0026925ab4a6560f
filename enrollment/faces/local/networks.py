"""Networks of the embedded engine on OpenVINO, arrays in, arrays out: YuNet detects faces, SFace embeds them, LightCNN
re-embeds the ambiguous ones.

YuNet: Wu et al. 2023, "YuNet: a tiny millisecond-level face detector". SFace: Zhong et al. 2021, "SFace:
sigmoid-constrained hypersphere loss for robust face recognition". Both as published in the OpenCV Zoo; the decoding
follows cv2.FaceDetectorYN and cv2.FaceRecognizerSF, which the tests hold against it.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np

from accounts.forks import ForkedLock
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.local import integers, lightcnn
from enrollment.faces.local.arrays import Array, unit
from enrollment.faces.local.courtesy import courteous_threads
from enrollment.faces.local.weights import DETECTOR, EMBEDDER, SECOND, FaceConfigurationError, WeightFile, Weights

DIMENSIONS = 128
CROP = 112
STRIDES = (8, 16, 32)
SMALL = 320  # longer side, in pixels, up to which the fixed-shape detector is used
MIN_SCORE = 0.6  # OpenCV's demo has 0.9; at 0.6 the small faces of a back row are kept (WIDER FACE)
MAX_OVERLAP = 0.3
# Faces of one run: few, so that the runs of one photo are computed side by side and in little memory (the second
# embedder takes 400 MB for 30 at once, 50 for 4), and of few sizes, each of which has memory of its own. More together
# are not quicker (integers, processor time of 30 faces: 82 ms at once, 80 by eights; by the second embedder 350, 316).
BATCHES, SECOND_BATCHES = (8, 4, 2, 1), (2, 1)
MOST_RUNS = 4  # at a time, unless the options say more: each takes memory of its own
INTEGERS = "i8"
T = TypeVar("T")
REHEARSED = (1920, 1440)  # pixels of the largest photo in the shape of a phone's, as it is searched


@dataclass(frozen=True)
class Threads:
    """Cores of one run (0: as many as OpenVINO finds), and number of runs at a time."""

    per_run: int = 0
    runs: int = 1

    @classmethod
    def of_machine(cls, per_run: int = 0, runs: int = 0) -> "Threads":
        """Those that are stated, and for 0 those that suit this process's cores: a run for each, up to `MOST_RUNS`.

        Two runs of a core each take 0.8 of the processor time that one run takes on both (30 faces, integers): a face
        is too little work to be shared out.
        """
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        runs = runs or max(1, min(MOST_RUNS, cores // max(per_run, 1)))
        return cls(per_run or max(1, cores // runs), runs)


class Network:
    """A compiled network, safe to run from several threads: each run borrows a request of its own."""

    def __init__(self, compiled: Any, runs: int) -> None:
        self._runs = runs
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(runs):
            self._requests.put(compiled.create_infer_request())
        self._pool = ThreadPoolExecutor(max_workers=runs, thread_name_prefix="faces")

    def run_parts(self, batch: Array, sizes: Sequence[int]) -> Array:
        """The network's only output for a batch, in parts of these sizes (down to 1) that run side by side."""
        parts = []
        for size in sizes:
            while len(batch) >= size:
                parts.append(batch[:size])
                batch = batch[size:]
        outputs = self._pool.map(self.run, parts) if len(parts) > 1 else map(self.run, parts)
        return np.concatenate([output[0] for output in outputs])

    def run_on_each(self, batches: Sequence[Array]) -> None:
        """Run these on every request, each of which gets its memory at its first run."""
        waiting = [self._requests.get() for _ in range(self._runs)]
        done = []
        try:
            while waiting:
                self._requests.put(waiting.pop())
                for batch in batches:
                    self.run(batch)  # the request that was put back last
                done.append(self._requests.get())
        finally:  # where there was no memory too: photos that come later need them all
            for request in (*waiting, *done):
                self._requests.put(request)

    def run(self, batch: Array) -> list[Array]:
        """The network's outputs, in its order, for one input. Raises EngineUnavailable."""
        request = self._requests.get()
        try:
            results = request.infer([np.ascontiguousarray(batch)], share_inputs=True, share_outputs=False)
        except (RuntimeError, MemoryError) as error:
            raise EngineUnavailable("inference_failed", "The face networks could not run just now.") from error
        finally:
            self._requests.put(request)
        return [results[i] for i in range(len(results))]


class Networks:
    """The networks of one process. Obtain with `networks_for`."""

    def __init__(self, weights: Weights, threads: Threads, precision: str = "") -> None:
        openvino = import_openvino()
        core = openvino.Core()
        self.precision = precision or embedder_precision(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        config = {"NUM_STREAMS": str(threads.runs)}
        if threads.per_run:
            config["INFERENCE_NUM_THREADS"] = str(threads.per_run * threads.runs)

        def compiled(model: Any, reverse: bool, precision: str, runs: int) -> Network:
            # Nothing is kept of the shapes of earlier pictures: it would be 3 MB for each size of a photo, without end.
            hints = {**config, "INFERENCE_PRECISION_HINT": precision, "CPU_RUNTIME_CACHE_CAPACITY": "0"}
            return Network(core.compile_model(_prepared(openvino, model, reverse=reverse), "CPU", hints), runs)

        def detector(shape: list[int]) -> Network:
            model = core.read_model(weights.folded(DETECTOR))
            model.reshape(shape)
            # One run at a time: each holds 100 MB for a large photo, and takes a fifth of the time of all its faces.
            return compiled(model, True, "f32", 1)

        def embedder(file: WeightFile, reverse: bool) -> Network:
            model = embedder_model(core, weights, file)
            if self.precision == INTEGERS:
                integers.quantise(model, file, weights.sha256(file))
            return compiled(model, reverse, "f32" if self.precision == INTEGERS else self.precision, threads.runs)

        def second() -> Network:
            return embedder(SECOND, True)

        self._make_second: Callable[[], Network] | None = second if weights.has_second else None
        self._second: Network | None = None

        try:
            # Both read 8-bit RGB as it lies in memory; turning it into planes of floats is part of the network. That
            # is quicker than numpy: 27 against 37 ms for 1344 x 864. YuNet takes BGR inside, SFace RGB.
            self._detector = detector([1, 3, -1, -1])
            # A network of one shape for small pictures: the other would be set up again at each change of shape
            # (some 10 ms), and large pictures are searched a second time in a small copy.
            self._small_detector = detector([1, 3, SMALL, SMALL])
            self._embedder = embedder(EMBEDDER, False)
        except RuntimeError as error:
            raise FaceConfigurationError(f"OpenVINO cannot load the face networks: {error}") from error
        self._run_once()

    def _run_once(self) -> None:
        """Run each network while no other thread can (`networks_for` holds the lock).

        OpenVINO's binding sets up a table of types at the first call, and two first calls at a time lock each other out
        for ever: one waits for the table while it holds Python's lock, the other for Python's lock while it holds the
        table (seen with 2026.4: __cxa_guard_acquire against PyEval_RestoreThread).
        """
        for side in (SMALL, SMALL + 32):
            self.detect(np.zeros((side, side, 3), np.uint8))
        self.embed(np.zeros((1, CROP, CROP, 3), np.uint8))

    def rehearse(self) -> None:
        """Run the networks as for a photo of a class: OpenVINO gets the memory for so many faces at the first run."""
        self._detector.run_on_each([np.zeros((1, REHEARSED[1], REHEARSED[0], 3), np.uint8)])
        self._embedder.run_on_each([np.zeros((size, CROP, CROP, 3), np.uint8) for size in BATCHES])

    def detect(self, image: Array, min_score: float = MIN_SCORE) -> Array:
        """Faces in an RGB uint8 picture (h, w, 3).

        Returns float32 rows (n, 15), best first, in pixels: x, y, w, h of the box, then x, y of the right eye, left
        eye, nose, right and left corner of the mouth (the person's right), then the confidence, 0 to 1.
        """
        height, width = image.shape[:2]
        small = max(height, width) <= SMALL
        below, beside = (SMALL - height, SMALL - width) if small else (-height % 32, -width % 32)
        padded = cv2.copyMakeBorder(image, 0, below, 0, beside, cv2.BORDER_CONSTANT)
        outputs = (self._small_detector if small else self._detector).run(padded[None])
        columns = padded.shape[1]
        levels = [
            _decoded([outputs[3 * kind + level][0] for kind in range(4)], stride, columns // stride, min_score)
            for level, stride in enumerate(STRIDES)
        ]
        return without_overlaps(np.concatenate(levels).astype(np.float32))

    def embed(self, crops: Array) -> Array:
        """Unit vectors, float32 (n, 128), of aligned RGB uint8 faces (n, 112, 112, 3)."""
        if len(crops) == 0:
            return np.zeros((0, DIMENSIONS), np.float32)
        return unit(self._embedder.run_parts(crops, BATCHES))

    def load_second(self) -> None:
        """Load the second embedder if it is installed: some 150 MB that only ambiguous faces need."""
        with alone():
            if self._second is None and self._make_second is not None:
                with courteous_threads():
                    self._second = self._loaded_second(self._make_second)

    def _loaded_second(self, make: Callable[[], Network]) -> Network:
        try:
            network = make()
        except (RuntimeError, ValueError) as error:
            raise FaceConfigurationError(f"OpenVINO cannot load {SECOND.name}: {error}") from error
        network.run(np.zeros((1, lightcnn.SIDE, lightcnn.SIDE, 3), np.uint8))
        return network

    def embed_second(self, crops: Array) -> Array:
        """Unit vectors of the second embedder, float32 (n, 256), of aligned RGB uint8 faces (n, 128, 128, 3).

        Raises FaceConfigurationError if it is not installed (`Weights.has_second`).
        """
        if self._second is None:
            self.load_second()
        if self._second is None:
            raise FaceConfigurationError(f"There is no second face network. Run: {SECOND.install}")
        return unit(self._second.run_parts(crops, SECOND_BATCHES))


def embedder_precision(capabilities: Collection[str]) -> str:
    """The embedders' precision: that of `best_precision`, or integers where it is full and the processor gains.

    Both embedders then take 0.37 to 0.41 of the time, and as many are recognised: one gallery serves vectors of full
    precision and of integers alike (LFW, cosine of the same face 0.993 at least; the table is in docs/accuracy.md).
    """
    precision = best_precision(capabilities)
    return INTEGERS if precision == "f32" and integers.multiplies_integers() else precision


def best_precision(capabilities: Collection[str]) -> str:
    """Precision of floats, "f16" or "f32", for the capabilities that OpenVINO reports of the processor.

    Halves are used only on processors that compute with them (AVX512-FP16): it is 3.3 times as quick then, and the
    vectors are the same (616 faces of 500 LFW photos: cosine 0.99997 at least, similarities 0.003 apart at most). bf16
    would be no quicker and is coarser. YuNet always runs in full: in halves it would save 5 ms of 14 and move landmarks
    (1,841 faces of 1,500 photos: cosine 0.976 or less in one of a hundred, 0.85 at worst).
    """
    return "f16" if "FP16" in capabilities else "f32"


def without_overlaps(rows: Array) -> Array:
    """Detector rows (n, 15) without those that overlap a better one (greedy, as OpenCV's detector does), best first."""
    if len(rows) == 0:
        return rows.reshape(0, 15)
    kept = cv2.dnn.NMSBoxes(rows[:, :4].tolist(), rows[:, 14].tolist(), 0.0, MAX_OVERLAP)
    return rows[np.asarray(kept, int).reshape(-1)]


def _decoded(output: list[Array], stride: int, columns: int, min_score: float) -> Array:
    """One level's rows (n, 15) out of YuNet's class, object, box and landmark outputs, each (cells, k)."""
    classes, objects, boxes, points = output
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    keep = np.flatnonzero(scores >= min_score)
    cell = np.stack([keep % columns, keep // columns], axis=1)
    centre, size = (cell + boxes[keep, :2]) * stride, np.exp(boxes[keep, 2:]) * stride
    landmarks = (points[keep].reshape(-1, 5, 2) + cell[:, None]) * stride
    return np.hstack([centre - size / 2, size, landmarks.reshape(-1, 10), scores[keep, None]])


def embedder_model(core: Any, weights: Weights, file: WeightFile) -> Any:
    """SFace or LightCNN as OpenVINO's network of floats: float planes (n, 3, side, side), 0 to 255, RGB or BGR, in.

    Raises FaceConfigurationError, ValueError for a damaged file.
    """
    if file == SECOND:
        return lightcnn.lightcnn_model(import_openvino(), weights.read(SECOND))
    model = core.read_model(weights.folded(file))
    model.reshape([-1, 3, CROP, CROP])
    return model


def _prepared(openvino: Any, model: Any, *, reverse: bool) -> Any:
    """The network with 8-bit input (n, h, w, 3) instead of planes of floats, channels reversed if `reverse`."""
    steps = openvino.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32)
    if reverse:
        steps.input().preprocess().reverse_channels()
    return steps.build()


def import_openvino() -> Any:
    """The `openvino` module, with its telemetry disabled. Raises FaceConfigurationError if OpenVINO is not installed.

    `import openvino` alone would report the import to its makers (openvino.tools.ovc sends unless the user opted out).
    It falls back to a stub that does nothing if `openvino_telemetry` cannot be imported: hence its import is blocked.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
        import openvino.preprocess
    except ImportError as error:
        raise FaceConfigurationError("The embedded face engine needs OpenVINO. Run: pip install openvino") from error
    return openvino


_loaded: dict[tuple[object, ...], Networks] = {}
_loading = ForkedLock()


def networks_for(weights: Weights, threads: Threads, precision: str = "") -> Networks:
    """The networks of this process, loaded on first use. precision: the embedders', "f32", "f16" or "i8"; empty for
    `embedder_precision`.

    They are kept per process id: OpenVINO's threads do not survive a fork, so a child loads its own. The parent's are
    kept in the child untouched, since destroying them there could wait for threads that no longer exist.
    """
    key = (os.getpid(), weights.key, threads, precision)
    with _loading.lock:
        if key not in _loaded:
            with courteous_threads():
                _loaded[key] = apart(lambda: Networks(weights, threads, precision))
        return _loaded[key]


def apart(make: Callable[[], T]) -> T:
    """Networks, or another thing that `make` makes of OpenVINO, made in a thread of its own.

    Its CPU plugin gives the thread that loads it a stack for signals, and frees that stack with the plugin, in whatever
    thread that happens (seen with 2026.4). A thread that lives on would keep the address, and its next signal would end
    the process: a worker that is asked to stop, for one, after networks that could not be loaded.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="faces-load") as one:
        return one.submit(make).result()


def alone() -> threading.Lock:
    """The lock under which OpenVINO is set up in this process; `Networks._run_once` tells why it is needed."""
    return _loading.lock
