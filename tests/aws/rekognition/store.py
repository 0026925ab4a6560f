"""Collections, faces and users: what the service remembers, in memory and, if wanted, in a file."""

import base64
import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from enrollment.faces.local.arrays import unit
from enrollment.faces.local.weights import write_atomically
from tests.aws.rekognition.wire import Document, ServiceError

MODEL_VERSION = "7.0"
KEPT_TOKENS = 10_000

Vector = NDArray[np.float32]


@dataclass(slots=True)
class StoredFace:
    """An indexed face. box: Left, Top, Width, Height; vector: float32 (128,), centred; found_from: when searches find
    it (Unix time)."""

    face_id: str
    image_id: str
    external_image_id: str | None
    box: tuple[float, float, float, float]
    confidence: float
    vector: Vector
    found_from: float
    user_id: str | None = None

    def document(self) -> Document:
        left, top, width, height = self.box
        document = {
            "FaceId": self.face_id,
            "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
            "ImageId": self.image_id,
            "ExternalImageId": self.external_image_id,
            "Confidence": self.confidence,
            "IndexFacesModelVersion": MODEL_VERSION,
            "UserId": self.user_id,
        }
        return {name: value for name, value in document.items() if value is not None}


@dataclass(slots=True)
class User:
    """A user. settled: the vector that searches compare, or None; a change replaces it at `ready_at` (Unix time) by
    `coming`."""

    user_id: str
    settled: Vector | None = None
    coming: Vector | None = None
    ready_at: float = 0.0

    def vector(self) -> Vector | None:
        """The vector that searches compare: the mean of the user's faces; None without any."""
        return self.coming if time.time() >= self.ready_at else self.settled

    @property
    def status(self) -> str:
        if time.time() < self.ready_at:
            return "UPDATING"
        return "CREATED" if self.coming is None else "ACTIVE"

    def change(self, faces: Sequence[StoredFace], lag: float) -> None:
        """The user is now made of these faces; searches notice it `lag` seconds later."""
        self.settled = self.vector()
        self.coming = unit(np.stack([face.vector for face in faces]).mean(0)) if faces else None
        self.ready_at = time.time() + lag

    def document(self) -> Document:
        return {"UserId": self.user_id, "UserStatus": self.status}


@dataclass(slots=True)
class Collection:
    """A collection. created: Unix time; region: where it was created; faces and users: by id."""

    collection_id: str
    created: float
    region: str
    faces: dict[str, StoredFace] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def same(self, image_id: str, external_image_id: str | None, box: Sequence[float]) -> StoredFace | None:
        """The face of this image, ExternalImageId and box, if it is indexed."""
        wanted = (image_id, external_image_id, tuple(box))
        for face in self.faces.values():
            if (face.image_id, face.external_image_id, face.box) == wanted:
                return face
        return None

    def faces_of(self, user_id: str) -> list[StoredFace]:
        return [face for face in self.faces.values() if face.user_id == user_id]

    def face(self, face_id: str) -> StoredFace:
        """Raises ServiceError."""
        if face_id not in self.faces:
            raise ServiceError("InvalidParameterException", "faceId was not found in the collection.")
        return self.faces[face_id]

    def user(self, user_id: str) -> User:
        """Raises ServiceError."""
        if user_id not in self.users:
            raise ServiceError("ResourceNotFoundException", f"The userId: {user_id} does not exist")
        return self.users[user_id]


class Store:
    """All collections, and the answers that a repeated ClientRequestToken gets again.

    path: a JSON file that keeps collections between runs. Not safe in threads: the server locks. lag: seconds.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.collections: dict[tuple[str, str], Collection] = {}  # by Region and id
        self.tokens: OrderedDict[tuple[str, str], tuple[Document, Document]] = OrderedDict()
        self.lag = 0.0
        self.liveness: dict[str, Any] = {}  # sessions of Face Liveness: minutes old at most, never written down
        if path and path.exists():
            self.collections = _read(path)

    def reset(self) -> None:
        self.collections.clear()
        self.tokens.clear()
        self.liveness.clear()
        self.lag = 0.0
        self.save()

    def save(self) -> None:
        """Write the file, if there is one."""
        if self.path:
            write_atomically(self.path, json.dumps(_document(self.collections)).encode())

    def collection(self, collection_id: str, region: str) -> Collection:
        """Raises ServiceError."""
        if (region, collection_id) not in self.collections:
            raise ServiceError("ResourceNotFoundException", f"The collection id: {collection_id} does not exist")
        return self.collections[region, collection_id]

    def replayed(self, operation: str, request: Document) -> Document | None:
        """The answer that this request's token had before, if any. Raises ServiceError for a token of another one."""
        token = request.get("ClientRequestToken")
        if token is None or (operation, token) not in self.tokens:
            return None
        before, answer = self.tokens[operation, token]
        if before != request:
            raise ServiceError("IdempotentParameterMismatchException", "The token was used with other parameters.")
        return answer

    def keep_answer(self, operation: str, request: Document, answer: Document) -> None:
        token = request.get("ClientRequestToken")
        if token is not None:
            self.tokens[operation, token] = (request, answer)
            while len(self.tokens) > KEPT_TOKENS:
                self.tokens.popitem(last=False)


def new_id() -> str:
    return str(uuid4())


def _document(collections: dict[tuple[str, str], Collection]) -> list[Document]:
    return [
        {
            "collection_id": collection.collection_id,
            "created": collection.created,
            "region": collection.region,
            "faces": [_face_document(face) for face in collection.faces.values()],
            "users": list(collection.users),
        }
        for collection in collections.values()
    ]


def _face_document(face: StoredFace) -> Document:
    return {
        "face_id": face.face_id,
        "image_id": face.image_id,
        "external_image_id": face.external_image_id,
        "box": face.box,
        "confidence": face.confidence,
        "vector": base64.b64encode(face.vector.astype("<f4").tobytes()).decode(),
        "found_from": face.found_from,
        "user_id": face.user_id,
    }


def _read(path: Path) -> dict[tuple[str, str], Collection]:
    collections = [_collection(document) for document in json.loads(path.read_text("utf-8"))]
    return {(collection.region, collection.collection_id): collection for collection in collections}


def _collection(document: dict[str, Any]) -> Collection:
    collection = Collection(document["collection_id"], document["created"], document["region"])
    for values in document["faces"]:
        vector = np.frombuffer(base64.b64decode(values["vector"]), "<f4")
        face = StoredFace(**{**values, "box": tuple(values["box"]), "vector": vector})
        collection.faces[face.face_id] = face
    for user_id in document["users"]:
        collection.users[user_id] = User(user_id)
        collection.users[user_id].change(collection.faces_of(user_id), lag=0)
    return collection
