"""An institution's collection at Rekognition: indexing, deleting and listing its faces."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from enrollment.chunks import batched
from enrollment.domain.faces import EnrollmentRefused, NoFace, PoorQuality, Quality, Refusal
from enrollment.faces.rekognition.calls import Answer, RekognitionCalls

NOT_FOUND = "ResourceNotFoundException"
# `IndexFaces`' reasons for not keeping a face, as refusals that a person can act on.
_REASONS = {
    "EXTREME_POSE": Refusal.TURNED_AWAY,
    "LOW_BRIGHTNESS": Refusal.DARK,
    "LOW_SHARPNESS": Refusal.BLURRED,
    "LOW_FACE_QUALITY": Refusal.BLURRED,
    "SMALL_BOUNDING_BOX": Refusal.TOO_SMALL,
}
_FACE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PAGE = 4096  # faces of one `ListFaces`, ids of one `DeleteFaces`: the most that AWS allows
_VERSION_KEPT = 3600  # seconds; it changes only when a collection is created again


def collection_id(institution_id: UUID, prefix: str = "") -> str:
    """The name of an institution's collection; with a prefix, as it was under that one."""
    return f"{prefix or settings.AWS_PREFIX}-{institution_id}"


def is_face_id(text: str) -> bool:
    """True if the text has the form of AWS's face ids. A call with any other would be refused."""
    return _FACE_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Indexed:
    """An indexed face and the version of its model."""

    face_id: str
    version: str


@dataclass(frozen=True, slots=True)
class FaceCollection:
    """One institution's collection. prefix: empty for that of the settings. Every method raises EngineUnavailable."""

    institution_id: UUID
    calls: RekognitionCalls
    prefix: str = ""

    @property
    def name(self) -> str:
        return collection_id(self.institution_id, self.prefix)

    @property
    def _version_key(self) -> str:
        return f"rekognition:version:{self.name}"

    def version(self) -> str | None:
        """The collection's face model, such as "7.0", cached for an hour. None: there is no collection yet."""
        version: str | None = cache.get(self._version_key)
        if version is None:
            answer = self.calls.one("DescribeCollection", expected={NOT_FOUND}, CollectionId=self.name)
            if answer is None:
                return None
            version = self._remember(answer)
        return version

    def require(self) -> None:
        """Create the collection if it is missing. Another process may do so at the same time."""
        if self.version() is None:
            self._create()

    def index(self, picture: bytes, student_id: UUID, quality: Quality) -> Indexed:
        """Index the one face of a picture as the student's. Raises EnrollmentRefused."""
        answer = self._index(picture, student_id, expected={NOT_FOUND})
        if answer is None:  # deleted since its version was read
            self._create()
            answer = self._index(picture, student_id, expected=())
        records = answer.get("FaceRecords") if answer else None
        if not records or answer is None:
            raise refusal_of(answer or {}, quality)
        return Indexed(records[0]["Face"]["FaceId"], self._remember(answer))

    def delete(self, face_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Erase faces. Returns those that remain: face id -> (AWS's reason, the user it belongs to or "").

        Ids unknown to the collection count as erased, and so do all of a collection that does not exist. AWS's list of
        deleted faces is not read, since it can be missing.
        """
        kept: dict[str, tuple[str, str]] = {}
        for part in batched(sorted(face_ids), _PAGE):
            answer = self.calls.one("DeleteFaces", expected={NOT_FOUND}, CollectionId=self.name, FaceIds=part) or {}
            for failure in answer.get("UnsuccessfulFaceDeletions") or []:
                reasons = failure.get("Reasons") or ["UNKNOWN"]
                if "FACE_NOT_FOUND" not in reasons:
                    kept[failure["FaceId"]] = (", ".join(reasons), failure.get("UserId", ""))
        return kept

    def faces_of(self, students: Collection[UUID]) -> dict[str, UUID]:
        """All faces indexed as one of these students', read from the collection itself: face id -> student."""
        return {name: student for name, student in self.faces().items() if student in students}  # type: ignore[misc]

    def faces(self) -> dict[str, UUID | None]:
        """All faces, read from the collection itself: face id → student, None if it was not indexed as one's."""
        listed = self.pages("ListFaces", "Faces", MaxResults=_PAGE)
        return {face["FaceId"]: _student(face.get("ExternalImageId", "")) for face in listed}

    def _index(self, picture: bytes, student_id: UUID, expected: Collection[str]) -> Answer | None:
        return self.calls.one(
            "IndexFaces",
            expected=expected,
            CollectionId=self.name,
            Image={"Bytes": picture},
            ExternalImageId=str(student_id),
            MaxFaces=1,
            QualityFilter="AUTO",
            DetectionAttributes=["DEFAULT"],
        )

    def pages(self, operation: str, kind: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """Everything of a kind that an operation lists page by page; nothing of a collection that does not exist."""
        while True:
            answer = self.calls.one(operation, expected={NOT_FOUND}, CollectionId=self.name, **arguments) or {}
            yield from answer.get(kind) or []
            if not answer.get("NextToken"):
                return
            arguments["NextToken"] = answer["NextToken"]

    def _create(self) -> None:
        already = {"ResourceAlreadyExistsException"}
        answer = self.calls.one("CreateCollection", expected=already, CollectionId=self.name)
        if answer is not None:
            self._remember(answer)

    def _remember(self, answer: Answer) -> str:
        version = str(answer.get("FaceModelVersion") or "unknown")
        cache.set(self._version_key, version, timeout=_VERSION_KEPT)
        return version


def _student(external_id: str) -> UUID | None:
    try:
        return UUID(external_id)
    except ValueError:
        return None  # not indexed by the portal


def refusal_of(answer: Answer, quality: Quality) -> EnrollmentRefused:
    """The refusal for an `IndexFaces` answer without a face: the first of its reasons that a person can act on."""
    reasons = [reason for face in answer.get("UnindexedFaces") or [] for reason in face.get("Reasons") or []]
    known = next((_REASONS[reason] for reason in reasons if reason in _REASONS), None)
    return PoorQuality(known, quality) if known else NoFace("no face")
