"""Which student a face id belongs to: the mapping's protocol, whoever stores it."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID


class FaceIdRepository(Protocol):
    """The mapping of face ids to students, bound to one institution when it is obtained."""

    def put(self, face_id: str, student_id: UUID) -> None:
        """Remember whose face this is. Repeating the call changes nothing; another student's id replaces the first."""
        ...

    def get_many(self, face_ids: Collection[str]) -> dict[str, UUID]:
        """The students of those face ids that are known; unknown ids are left out."""
        ...

    def for_student(self, student_id: UUID) -> list[str]:
        """The student's face ids, oldest first."""
        ...

    def remove(self, face_ids: Collection[str]) -> None:
        """Forget these face ids; unknown ones are ignored."""
        ...

    def purge_student(self, student_id: UUID) -> int:
        """Forget all face ids of the student and return how many there were."""
        ...
