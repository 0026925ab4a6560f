"""Which student a face id belongs to: the mapping's protocol, whoever stores it."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from enrollment.domain.faces import EngineUnavailable


class FaceIdsUnavailable(EngineUnavailable):
    """The mapping cannot answer now. An engine without it cannot name anybody: whoever handles the one has the other.

    code: `throttled`, `unreachable`, `denied`, `failing` or `refused` (see `portal.aws.errors.Failure`). message: one
    sentence for the person who waits. retryable: whether the same call may work later.
    """

    def __init__(self, code: str, message: object, *, retryable: bool = True) -> None:
        super().__init__(code, message)  # type: ignore[arg-type]
        self.retryable = retryable

    def __str__(self) -> str:
        return str(self.args[0])  # may be a text that is translated when it is read


class FaceIdRepository(Protocol):
    """The mapping of face ids to students, bound to one institution when it is obtained.

    Every call may raise FaceIdsUnavailable; repeating it is safe.
    """

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
