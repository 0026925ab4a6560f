"""Erasure of faces at Rekognition, in the order that AWS requires, with a report of those that remain."""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from enrollment.domain.faces import ErasureReport
from enrollment.faces.rekognition.collection import FaceCollection, is_face_id
from enrollment.faces.rekognition.vectors import UserVectors, Vectors
from enrollment.repositories.base import FaceIdRepository

# Entry in the mapping while AWS indexes a face, whose id it returns only afterwards.
_INTENT = "pending:"
UNDERWAY = "CALL_UNDERWAY"  # the reason for which an intent remains


# Seconds after which a call to index a face has ended, also one whose answer was lost: its turn, every repetition.
CALL_MAY_TAKE = 300.0


def new_intent() -> str:
    """An intent: an entry of the mapping for a face of the student's that may exist without an entry of its own."""
    return f"{_INTENT}{int(time.time())}:{uuid4().hex}"


def is_intent(name: str) -> bool:
    """True if the entry of the mapping is an intent."""
    return name.startswith(_INTENT)


def is_underway(intent: str) -> bool:
    """True if the call that an intent announces may not have ended: a face may come yet."""
    began = intent.removeprefix(_INTENT).partition(":")[0]
    return began.isdecimal() and time.time() - int(began) < CALL_MAY_TAKE


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erasure in one collection, and of its faces' entries in their mapping."""

    collection: FaceCollection
    vectors: Vectors
    mapping: FaceIdRepository

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase faces, then their entries in the mapping. An intent stands for all faces of its student that are in the
        collection but not in the mapping, and is removed with them; not before its call has ended. Raises
        EngineUnavailable."""
        mapping = self.mapping
        owners = mapping.get_many(face_ids)
        intents = {name: owner for name, owner in owners.items() if is_intent(name)}
        strays = self._strays(set(intents.values()))
        kept = self._delete({name: owners.get(name) for name in face_ids if is_face_id(name)} | strays)
        owing = {owner: kept[name] for name, owner in strays.items() if name in kept}
        remaining = {name: kept[name] for name in face_ids if name in kept}
        remaining |= {name: UNDERWAY for name in intents if is_underway(name)}
        remaining |= {name: owing[owner] for name, owner in intents.items() if owner in owing}
        erased = tuple(name for name in face_ids if name not in remaining)
        mapping.remove(erased)
        return ErasureReport(erased, tuple(remaining.items()))

    def _strays(self, students: Collection[UUID]) -> dict[str, UUID]:
        """Faces of these students that are in the collection and not in the mapping: face id -> student."""
        if not students:
            return {}
        faces = self.collection.faces_of(students)
        known = self.mapping.get_many(faces)
        return {name: student for name, student in faces.items() if name not in known}

    def _delete(self, faces: Mapping[str, UUID | None]) -> dict[str, str]:
        """Delete faces (id -> student). Returns those that remain: id -> reason."""
        by_student: dict[UUID, set[str]] = defaultdict(set)
        for name, student in faces.items():
            if student:
                by_student[student].add(name)
        for student, gone in by_student.items():
            self.vectors.release(student, gone)
        kept = self.collection.delete(faces.keys())
        held = {name: user for name, (_reason, user) in kept.items() if user}
        if held:  # by a user unknown to the mapping, or from before the option `users` was turned off
            UserVectors(self.collection).separate(held)
            kept = {name: why for name, why in kept.items() if name not in held} | self.collection.delete(held.keys())
        return {name: reason for name, (reason, _user) in kept.items()}


@dataclass(frozen=True, slots=True)
class CollectionKeeper:
    """Implements `FaceKeeper` for one collection."""

    collection: FaceCollection
    vectors: Vectors
    mapping: FaceIdRepository
    lists_faces: bool = True

    def owns(self, face_id: str) -> bool:
        return is_face_id(face_id) or is_intent(face_id)

    def is_underway(self, face_id: str) -> bool:
        return is_intent(face_id) and is_underway(face_id)

    def faces(self) -> dict[str, UUID | None]:
        return self.collection.faces()

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        return Erasure(self.collection, self.vectors, self.mapping).forget(face_ids)
