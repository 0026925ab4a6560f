"""Operations on faces: found, indexed, searched, listed, deleted."""

import time
from collections.abc import Iterable, Sequence
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from tests.aws.rekognition.operations import Call, operation
from tests.aws.rekognition.paging import page_of
from tests.aws.rekognition.pictures import SeenFace, SeenPicture
from tests.aws.rekognition.quality import reasons_against
from tests.aws.rekognition.similarity import percent_of
from tests.aws.rekognition.store import MODEL_VERSION, Collection, StoredFace, Vector, new_id
from tests.aws.rekognition.wire import Document, ServiceError

DEFAULT_THRESHOLD = 80.0
MOST_FACES = 20_000_000
ATTRIBUTES = {"FACE_OCCLUDED": "FaceOccluded", "SUNGLASSES": "Sunglasses"}  # as asked for -> as answered


def similarity_of(one: Vector, other: Vector) -> float:
    """Per cent, of two centred vectors of length 1."""
    return percent_of(float(np.clip(one @ other, -1, 1)))


@operation("DetectFaces")
def detect_faces(call: Call) -> Document:
    wanted = set(call.request.get("Attributes", ["DEFAULT"])) - {"DEFAULT"}
    if unknown := wanted - ATTRIBUTES.keys():
        # Loud instead of silently less: no network here knows ages, beards or feelings.
        raise ServiceError("InvalidParameterException", f"This local server knows no attributes {sorted(unknown)}.")
    asked = [ATTRIBUTES[name] for name in sorted(wanted)]
    return {
        "FaceDetails": [face.compared() | {name: face.covers()[name] for name in asked} for face in call.picture.faces]
    }


@operation("IndexFaces")
def index_faces(call: Call) -> Document:
    collection = call.collection
    good, left = sorted_out(call.picture.faces, call.request.get("QualityFilter", "AUTO"))
    most = min(call.request.get("MaxFaces", 100), 100)
    left += [(face, ["EXCEEDS_MAX_FACES"]) for face in good[most:]]
    if len(collection.faces) + len(good[:most]) > MOST_FACES:
        raise ServiceError("ServiceQuotaExceededException", "The collection is full.")
    records = []
    for face in good[:most]:
        stored = _indexed(call, collection, face)
        records.append({"Face": stored.document(), "FaceDetail": face.compared()})
    return {
        "FaceRecords": records,
        "UnindexedFaces": [{"Reasons": reasons, "FaceDetail": face.compared()} for face, reasons in left],
        "FaceModelVersion": MODEL_VERSION,
    }


def sorted_out(
    faces: Iterable[SeenFace], quality_filter: str
) -> tuple[list[SeenFace], list[tuple[SeenFace, list[str]]]]:
    """The faces that pass the filter, and those that do not with why."""
    good, left = [], []
    for face in faces:
        reasons = reasons_against(face, quality_filter)
        if reasons:
            left.append((face, reasons))
        else:
            good.append(face)
    return good, left


def _indexed(call: Call, collection: Collection, face: SeenFace) -> StoredFace:
    """The face, stored: once for the same image and ExternalImageId, as Rekognition promises."""
    image_id = str(uuid5(NAMESPACE_OID, call.picture.sha256))
    external = call.request.get("ExternalImageId")
    known = collection.same(image_id, external, face.box)
    if known:
        return known
    stored = StoredFace(
        face_id=new_id(),
        image_id=image_id,
        external_image_id=external,
        box=face.box,
        confidence=face.confidence,
        vector=face.vector,
        found_from=time.time() + call.store.lag,
    )
    collection.faces[stored.face_id] = stored
    return stored


@operation("ListFaces")
def list_faces(call: Call) -> Document:
    collection = call.collection
    faces = list(collection.faces.values())
    if "UserId" in call.request:
        faces = collection.faces_of(collection.user(call.request["UserId"]).user_id)
    if "FaceIds" in call.request:
        wanted = set(call.request["FaceIds"])
        faces = [face for face in faces if face.face_id in wanted]
    page, more = page_of(faces, call.request, most=4096)
    return {"Faces": [face.document() for face in page], "FaceModelVersion": MODEL_VERSION, **more}


@operation("DeleteFaces")
def delete_faces(call: Call) -> Document:
    collection = call.collection
    deleted, refused = [], []
    for face_id in dict.fromkeys(call.request["FaceIds"]):
        face = collection.faces.get(face_id)
        if face is None:
            refused.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif face.user_id:
            reasons = ["ASSOCIATED_TO_AN_EXISTING_USER"]
            refused.append({"FaceId": face_id, "UserId": face.user_id, "Reasons": reasons})
        else:
            del collection.faces[face_id]
            deleted.append(face_id)
    # The model allows no empty list of deleted faces: the member is absent then.
    return {**({"DeletedFaces": deleted} if deleted else {}), "UnsuccessfulFaceDeletions": refused}


@operation("SearchFacesByImage")
def search_faces_by_image(call: Call) -> Document:
    collection = call.collection
    searched = largest(call.picture, call.request.get("QualityFilter", "NONE"))
    return {
        "SearchedFaceBoundingBox": searched.bounding_box(),
        "SearchedFaceConfidence": searched.confidence,
        "FaceMatches": _matches(call, searched.vector, collection.faces.values()),
        "FaceModelVersion": MODEL_VERSION,
    }


@operation("SearchFaces")
def search_faces(call: Call) -> Document:
    collection = call.collection
    searched = collection.face(call.request["FaceId"])
    others = [face for face in collection.faces.values() if face is not searched]
    return {
        "SearchedFaceId": searched.face_id,
        "FaceMatches": _matches(call, searched.vector, others),
        "FaceModelVersion": MODEL_VERSION,
    }


@operation("CompareFaces")
def compare_faces(call: Call) -> Document:
    quality_filter = call.request.get("QualityFilter", "NONE")
    source = largest(call.pictures["SourceImage"], quality_filter)
    targets, _ = sorted_out(call.pictures["TargetImage"].faces, quality_filter)
    if not targets:
        raise _no_faces()
    threshold = call.request.get("SimilarityThreshold", DEFAULT_THRESHOLD)
    scored = sorted(((similarity_of(source.vector, face.vector), face) for face in targets), key=lambda pair: -pair[0])
    return {
        "SourceImageFace": {"BoundingBox": source.bounding_box(), "Confidence": source.confidence},
        "FaceMatches": [{"Similarity": s, "Face": face.compared()} for s, face in scored if s >= threshold],
        "UnmatchedFaces": [face.compared() for s, face in scored if s < threshold],
    }


def largest(picture: SeenPicture, quality_filter: str) -> SeenFace:
    """The largest face that passes the filter: searches look at no other. Raises ServiceError."""
    good, _ = sorted_out(picture.faces, quality_filter)
    if not good:
        raise _no_faces()
    return good[0]


def _no_faces() -> ServiceError:
    return ServiceError("InvalidParameterException", "There are no faces in the image. Should be at least 1.")


def _matches(call: Call, vector: Vector, faces: Iterable[StoredFace]) -> list[Document]:
    """`FaceMatches`: the most similar first, as many as MaxFaces says."""
    now, threshold = time.time(), call.request.get("FaceMatchThreshold", DEFAULT_THRESHOLD)
    found: Sequence[StoredFace] = [face for face in faces if face.found_from <= now]
    scored = [(similarity_of(vector, face.vector), face) for face in found]
    scored = sorted((pair for pair in scored if pair[0] >= threshold), key=lambda pair: -pair[0])
    most = call.request.get("MaxFaces", 80)
    return [{"Similarity": similarity, "Face": face.document()} for similarity, face in scored[:most]]
