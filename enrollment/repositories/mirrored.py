"""Two mappings of face ids kept alike: every write to the first follows in the second, while they are moved.

The first is read. A write that the second refuses is an error: the caller takes the face back, as with one mapping.
"""

from collections.abc import Collection, Mapping
from typing import Any, Self
from uuid import UUID

from accounts.adapters import adapter_of, backend_of
from accounts.models import Institution
from enrollment.repositories.base import FaceIdRepository

_SETTING = "FACE_ID_REPOSITORY"


class MirroredFaceIdRepository:
    """Implements `FaceIdRepository` on two others. first, second: {"BACKEND": …, "OPTIONS": {…}}."""

    def __init__(self, institution: Institution, *, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        self.first: FaceIdRepository = adapter_of(first, institution, setting=_SETTING)
        self.second: FaceIdRepository = adapter_of(second, institution, setting=_SETTING)

    @classmethod
    def whereabouts(cls, *, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
        """Of both: {"first": {"BACKEND": …, "at": …}, "second": …}."""
        return {name: _at(part) for name, part in (("first", first), ("second", second))}

    @classmethod
    def at(cls, institution: Institution, whereabouts: Mapping[str, Any]) -> Self:
        """The two that are or were kept there."""
        both = cls.__new__(cls)
        both.first, both.second = (_there(institution, whereabouts[name]) for name in ("first", "second"))
        return both

    def put(self, face_id: str, student_id: UUID) -> None:
        self.first.put(face_id, student_id)
        self.second.put(face_id, student_id)

    def put_many(self, students: Mapping[str, UUID]) -> None:
        self.first.put_many(students)
        self.second.put_many(students)

    def get_many(self, face_ids: Collection[str]) -> dict[str, UUID]:
        return self.first.get_many(face_ids)

    def for_student(self, student_id: UUID) -> list[str]:
        return self.first.for_student(student_id)

    def remove(self, face_ids: Collection[str]) -> None:
        self.first.remove(face_ids)
        self.second.remove(face_ids)

    def purge_student(self, student_id: UUID) -> int:
        return max(self.first.purge_student(student_id), self.second.purge_student(student_id))


def _at(part: Mapping[str, Any]) -> dict[str, Any]:
    backend, options = backend_of(part, setting=_SETTING)
    return {"BACKEND": part["BACKEND"], "at": backend.whereabouts(**options)}


def _there(institution: Institution, told: Mapping[str, Any]) -> FaceIdRepository:
    backend, _options = backend_of({"BACKEND": told["BACKEND"]}, setting=_SETTING)
    found: FaceIdRepository = backend.at(institution, told["at"])
    return found
