"""Vectors that a face is compared with: each enrolled face by itself, or one for all photos of a student."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.chunks import batched
from enrollment.domain.faces import EngineUnavailable, Match, Unlike
from enrollment.faces.rekognition.calls import Answer
from enrollment.faces.rekognition.collection import NOT_FOUND, FaceCollection
from enrollment.faces.rekognition.limits import RekognitionRefused
from enrollment.repositories import face_ids_for

logger = logging.getLogger(__name__)

# Raised by `SearchFacesByImage` if the crop holds no face; every other reason for it is checked before the call.
NO_FACE = "InvalidParameterException"
MOST_FACES = 100  # requested matches: several photos of each of the people who look alike
MOST_USERS = 50
SAME_PERSON = 75.0  # per cent: AWS's default for the similarity of a new face to the user's other faces
_AT_ONCE = 100  # most faces of a user, and of one call that separates them
_PATIENCE = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between checks for data that AWS is still writing


class Vectors(Protocol):
    """Search by vectors, and their upkeep when faces come and go. Every method raises EngineUnavailable."""

    @property
    def kind(self) -> str:
        """Suffix of the model's name, since similarities to faces and to users are not comparable."""
        ...

    def search(self, pictures: Sequence[bytes], least: float) -> list[list[Match]]:
        """For each picture of one face the enrolled students at least `least` per cent similar, best first."""
        ...

    def add(self, student_id: UUID, face_id: str) -> None:
        """Add an indexed face to the student's vectors. Raises Unlike."""
        ...

    def release(self, student_id: UUID, gone: Collection[str]) -> None:
        """Release faces of a student, so that they can be deleted."""
        ...


@dataclass(frozen=True, slots=True)
class FaceVectors:
    """Each face by itself. Its student comes from the mapping of face ids; a face without an entry has none."""

    institution: Institution
    collection: FaceCollection
    kind: str = ""

    def search(self, pictures: Sequence[bytes], least: float) -> list[list[Match]]:
        answers = self.collection.calls.many(
            "SearchFacesByImage",
            [_search(self.collection, picture, MaxFaces=MOST_FACES, FaceMatchThreshold=least) for picture in pictures],
            expected={NO_FACE, NOT_FOUND},
        )
        found = [_similarities(answer, "FaceMatches", "Face", "FaceId") for answer in answers]
        students = face_ids_for(self.institution).get_many({face_id for faces in found for face_id in faces})
        return [_best((students[face_id], s) for face_id, s in faces.items() if face_id in students) for faces in found]

    def add(self, student_id: UUID, face_id: str) -> None:
        """Nothing to do: the indexed face is searched by itself."""

    def release(self, student_id: UUID, gone: Collection[str]) -> None:
        """Nothing to do: the face belongs to no user."""


@dataclass(frozen=True, slots=True)
class UserVectors:
    """One vector for all photos of a student, whose id is the user's id."""

    collection: FaceCollection
    kind: str = "-users"

    def search(self, pictures: Sequence[bytes], least: float) -> list[list[Match]]:
        answers = self.collection.calls.many(
            "SearchUsersByImage",
            [_search(self.collection, picture, MaxUsers=MOST_USERS, UserMatchThreshold=least) for picture in pictures],
            expected={NOT_FOUND},
        )
        found = [_similarities(answer, "UserMatches", "User", "UserId") for answer in answers]
        return [_best((UUID(user), s) for user, s in users.items() if _is_student(user)) for users in found]

    def add(self, student_id: UUID, face_id: str) -> None:
        """Create the student's user if it is missing, add the face, and wait until it is active.

        AWS may not see a face or a user that was just made: that is retried for some seconds.
        """
        self._call("CreateUser", str(student_id), expected={"ConflictException"})
        for pause in (*_PATIENCE, None):
            answer = self._call(
                "AssociateFaces",
                str(student_id),
                expected={NOT_FOUND},
                FaceIds=[face_id],
                UserMatchThreshold=SAME_PERSON,
            )
            if answer is not None and not _is_unseen(answer):
                self._wait_until_active(student_id, str(answer.get("UserStatus", "")))
                return
            if pause is not None:
                time.sleep(pause)
        raise EngineUnavailable("failing", _("The face recognition service has not stored the face yet."))

    def release(self, student_id: UUID, gone: Collection[str]) -> None:
        """Delete the user with its last face. Its faces are read from AWS, since the mapping may lag behind."""
        user = str(student_id)
        answer = self.collection.calls.one(
            "ListFaces", expected={NOT_FOUND}, CollectionId=self.collection.name, UserId=user, MaxResults=_AT_ONCE
        )
        if answer is None:
            return
        held = {face["FaceId"] for face in answer.get("Faces") or []}
        if held <= set(gone):
            self._call("DeleteUser", user, expected={NOT_FOUND})
        else:
            self.separate(dict.fromkeys(held.intersection(gone), user))

    def separate(self, held: Mapping[str, str]) -> None:
        """Take faces from the users that hold them: face id -> user id."""
        for user in sorted(set(held.values())):
            faces = sorted(face_id for face_id, holder in held.items() if holder == user)
            for part in batched(faces, _AT_ONCE):
                self._call("DisassociateFaces", user, expected={NOT_FOUND}, FaceIds=part)

    def _call(self, operation: str, user: str, *, expected: Collection[str], **arguments: Any) -> Answer | None:
        """A call about a user. The token lets botocore's own retries be the same call; the next call is another."""
        return self.collection.calls.one(
            operation,
            expected=expected,
            CollectionId=self.collection.name,
            UserId=user,
            ClientRequestToken=uuid4().hex,
            **arguments,
        )

    def _wait_until_active(self, student_id: UUID, status: str) -> None:
        """Wait for the user's vector. One that takes longer is no failure: it is used as soon as it is ready."""
        for pause in _PATIENCE:
            if status == "ACTIVE":
                return
            time.sleep(pause)
            status = self._status(student_id)
        logger.info("The user vector of student %s is %s still", student_id, status or "unknown")

    def _status(self, student_id: UUID) -> str:
        users = self.collection.pages("ListUsers", "Users", MaxResults=500)
        return next((str(u.get("UserStatus", "")) for u in users if u.get("UserId") == str(student_id)), "")


def _is_unseen(answer: Answer) -> bool:
    """True if AWS did not see the face yet. Raises Unlike, or RekognitionRefused if it is another student's."""
    failures = answer.get("UnsuccessfulFaceAssociations") or []
    reasons = {reason for failure in failures for reason in failure.get("Reasons") or []}
    if "LOW_MATCH_CONFIDENCE" in reasons:
        raise Unlike("unlike the student's other photos")
    if failures and reasons != {"FACE_NOT_FOUND"}:  # a hundred-and-first face is refused without a reason
        logger.error("A face could not be associated: %s", sorted(reasons))
        raise RekognitionRefused("AssociateFaces", ", ".join(sorted(reasons)))
    return bool(failures)


def _is_student(user: str) -> bool:
    try:
        UUID(user)
    except ValueError:
        return False  # not made by the portal
    return True


def _search(collection: FaceCollection, picture: bytes, **limits: Any) -> Mapping[str, Any]:
    return {"CollectionId": collection.name, "Image": {"Bytes": picture}, "QualityFilter": "NONE", **limits}


def _similarities(answer: Answer | None, matches: str, kind: str, name: str) -> dict[str, float]:
    """Matches of one search: id -> similarity in per cent. A crop without a face has none."""
    found = (answer or {}).get(matches) or []
    return {match[kind][name]: float(match["Similarity"]) for match in found}


def _best(similarities: Iterable[tuple[UUID, float]]) -> list[Match]:
    """Each student once, with their most similar face, best first."""
    best: dict[UUID, float] = {}
    for student, similarity in similarities:
        best[student] = max(similarity, best.get(student, 0.0))
    return [Match(student, best[student]) for student in sorted(best, key=lambda pk: (-best[pk], pk))]
