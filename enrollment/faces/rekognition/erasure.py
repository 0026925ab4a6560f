"""Erasure of faces at Rekognition, in the order that AWS requires, with a report of those that remain."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import Institution
from enrollment.domain.faces import ErasureReport
from enrollment.faces.rekognition.collection import FaceCollection, is_face_id
from enrollment.faces.rekognition.vectors import UserVectors, Vectors
from enrollment.repositories import face_ids_for

# Entry in the mapping while AWS indexes a face, whose id it returns only afterwards.
_INTENT = "pending:"


def new_intent() -> str:
    """An intent: an entry of the mapping for a face of the student's that may exist without an entry of its own."""
    return f"{_INTENT}{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erasure for one institution."""

    institution: Institution
    collection: FaceCollection
    vectors: Vectors

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase faces, then their entries in the mapping. An intent stands for all faces of its student that are in the
        collection but not in the mapping, and is removed with them. Raises EngineUnavailable."""
        mapping = face_ids_for(self.institution)
        owners = mapping.get_many(face_ids)
        intents = {name: owner for name, owner in owners.items() if name.startswith(_INTENT)}
        strays = self._strays(set(intents.values()))
        kept = self._delete({name: owners.get(name) for name in face_ids if is_face_id(name)} | strays)
        owing = {owner: kept[name] for name, owner in strays.items() if name in kept}
        remaining = {name: kept[name] for name in face_ids if name in kept}
        remaining |= {name: owing[owner] for name, owner in intents.items() if owner in owing}
        erased = tuple(name for name in face_ids if name not in remaining)
        mapping.remove(erased)
        return ErasureReport(erased, tuple(remaining.items()))

    def _strays(self, students: Collection[UUID]) -> dict[str, UUID]:
        """Faces of these students that are in the collection and not in the mapping: face id -> student."""
        if not students:
            return {}
        faces = self.collection.faces_of(students)
        known = face_ids_for(self.institution).get_many(faces)
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
