"""Pictures as Rekognition takes them, and the faces that the embedded networks find in them."""

import hashlib
import io
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from enrollment.domain.faces import Cover
from enrollment.faces.local.analysis import AnalysedFace, analyse
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.scoring import default_centre
from enrollment.faces.local.weights import Weights
from tests.aws.rekognition.wire import Document, ServiceError

MIN_SIDE = 80
MAX_SIDE = 10_000
MAX_FACES = 100
# Rekognition finds faces of at least 40 x 40 px in a picture of 1920 x 1080, and proportionally in larger ones.
# The embedded detector's boxes are narrower than they are high; the higher side is taken for the face's size.
MIN_FACE = 40
FULL_WIDTH, FULL_HEIGHT = 1920, 1080
KEPT_PICTURES = 1000


@dataclass(frozen=True, slots=True)
class SeenFace:
    """One face of a picture, in Rekognition's units.

    box: Left, Top, Width, Height as parts of the picture's sides; it may reach over the edge. vector: float32 (128,),
    centred, of length 1. width_px: of the box. brightness, sharpness, confidence: 0 to 100. pose: degrees.
    landmarks: parts of the sides, by type. cover: what hides a part of it.
    """

    box: tuple[float, float, float, float]
    vector: NDArray[np.float32]
    width_px: int
    brightness: float
    sharpness: float
    confidence: float
    roll: float
    yaw: float
    pitch: float
    landmarks: tuple[tuple[str, float, float], ...]
    cover: Cover | None

    @property
    def area(self) -> float:
        return self.box[2] * self.box[3]

    def bounding_box(self) -> Document:
        left, top, width, height = self.box
        return {"Left": left, "Top": top, "Width": width, "Height": height}

    def compared(self) -> Document:
        """As `CompareFaces` describes a face, which is also what DEFAULT attributes are."""
        return {
            "BoundingBox": self.bounding_box(),
            "Confidence": self.confidence,
            "Landmarks": [{"Type": kind, "X": x, "Y": y} for kind, x, y in self.landmarks],
            "Pose": {"Roll": self.roll, "Yaw": self.yaw, "Pitch": self.pitch},
            "Quality": {"Brightness": self.brightness, "Sharpness": self.sharpness},
        }

    def covers(self) -> Document:
        """The attributes that say whether something hides the face."""
        return {
            "FaceOccluded": {"Value": self.cover is not None, "Confidence": self.confidence},
            "Sunglasses": {"Value": self.cover is Cover.UPPER, "Confidence": self.confidence},
        }


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture's faces, largest first, and the hash of its bytes."""

    sha256: str
    faces: tuple[SeenFace, ...]


class Pictures:
    """Cache of the faces in the latest pictures, by their bytes: the same crop is not analysed twice."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, SeenPicture] = OrderedDict()
        self._lock = threading.Lock()

    def seen(self, image: Document) -> SeenPicture:
        """The faces of a request's `Image`. Raises ServiceError."""
        content = _bytes_of(image)
        key = hashlib.sha256(content).hexdigest()
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        picture = SeenPicture(key, faces_of(_decoded(content)))
        with self._lock:
            self._seen[key] = picture
            while len(self._seen) > KEPT_PICTURES:
                self._seen.popitem(last=False)
        return picture


def warm_up() -> None:
    """Load the networks: the first call would otherwise last longer than clients wait on a busy machine."""
    networks_for(_weights(), Threads())


def faces_of(image: Image.Image) -> tuple[SeenFace, ...]:
    """The faces that are large enough, largest first, at most MAX_FACES."""
    least = MIN_FACE * max(1.0, image.width / FULL_WIDTH, image.height / FULL_HEIGHT)
    found = [face for face in analyse(image, networks_for(_weights(), Threads())) if face.box.height >= least]
    seen = [_seen_face(face, image.width, image.height) for face in found]
    return tuple(sorted(seen, key=lambda face: -face.area)[:MAX_FACES])


def _bytes_of(image: Document) -> bytes:
    if "Bytes" in image and "S3Object" not in image:
        content: bytes = image["Bytes"]
        return content
    if "S3Object" in image and "Bytes" not in image:
        raise ServiceError(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )
    raise ServiceError("InvalidParameterException", "Request has invalid parameters: Image needs Bytes or S3Object.")


def _decoded(content: bytes) -> Image.Image:
    """The upright picture: Rekognition heeds EXIF too. Raises ServiceError."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            _require_size(picture)
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ServiceError("InvalidImageFormatException", "Request has invalid image format") from error


def _require_size(picture: Image.Image) -> None:
    if min(picture.size) < MIN_SIDE:
        raise ServiceError("InvalidParameterException", f"Request has invalid parameters: a side below {MIN_SIDE} px.")
    if max(picture.size) > MAX_SIDE:
        size = f"{picture.width} x {picture.height}"
        raise ServiceError(
            "ImageTooLargeException",
            f"Input image dimensions {size} exceed maximum dimension size of {MAX_SIDE} pixels",
        )


def _weights() -> Weights:
    """The networks of the embedded engine, from where the portal has them too."""
    folder, cache = os.environ.get("FACE_MODEL_DIR"), os.environ.get("FACE_MODEL_CACHE", "var/models")
    return Weights(Path(folder) if folder else None, {}, Path(cache))


# The embedded detector's five points, in its order: first what is left in the picture, which is the person's right.
LANDMARK_TYPES = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")


def _seen_face(face: AnalysedFace, width: int, height: int) -> SeenFace:
    points = [(float(x), float(y)) for x, y in face.landmarks]
    roll, yaw, pitch = pose_of(points)
    return SeenFace(
        box=(face.box.left / width, face.box.top / height, face.box.width / width, face.box.height / height),
        vector=unit(face.vector - default_centre()),
        width_px=face.quality.face_px,
        brightness=face.quality.brightness / 2.55,
        sharpness=sharpness_percent(face.quality.sharpness),
        confidence=min(100.0, 100 * face.quality.confidence),
        roll=roll,
        yaw=yaw,
        pitch=pitch,
        landmarks=tuple((kind, x / width, y / height) for kind, (x, y) in zip(LANDMARK_TYPES, points, strict=True)),
        cover=face.quality.cover,
    )


def sharpness_percent(sharpness: float) -> float:
    """The embedded engine's sharpness (0 upwards; below 0.06 it refuses a photo) as 0 to 100: 0.06 is 37.5."""
    return 100.0 * sharpness / (sharpness + 0.1)


def pose_of(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Roll, yaw and pitch in degrees, roughly, from eyes, nose and mouth in pixels. Turned right or down is positive.

    As if the nose's tip stood half the distance of the eyes in front of the plane of eyes and mouth, half way down.
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = (np.array(point) for point in points)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    across = right_eye - left_eye
    distance = max(float(np.hypot(*across)), 1.0)
    along = across / distance
    down = np.array([-along[1], along[0]])
    offset = nose - (eyes + mouth) / 2
    yaw, pitch = (math.degrees(math.asin(_clipped(2 * float(offset @ axis) / distance))) for axis in (along, down))
    return math.degrees(math.atan2(across[1], across[0])), yaw, pitch


def _clipped(sine: float) -> float:
    return max(-1.0, min(1.0, sine))
