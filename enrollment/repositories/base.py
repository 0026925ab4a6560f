"""Protocol of the mapping of face ids to students, for every store."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from enrollment.domain.faces import EngineUnavailable


class FaceIdsUnavailable(EngineUnavailable):
    """The mapping cannot answer now. An engine cannot work without it, hence an EngineUnavailable.

    code: `throttled`, `unreachable`, `denied`, `failing` or `refused` (see `portal.aws.errors.Failure`). message: one
    sentence for the person who waits. retryable: True if the same call may work later.
    """

    def __init__(self, code: str, message: object, *, retryable: bool = True) -> None:
        super().__init__(code, message)  # type: ignore[arg-type]
        self.retryable = retryable

    def __str__(self) -> str:
        return str(self.args[0])  # may be a text that is translated when it is read


class FaceIdRepository(Protocol):
    """The mapping of face ids to students, bound to one institution when it is obtained.

    A class tells by `whereabouts(**options)`, as text by name, where a mapping with these options is kept now, and
    returns by `at(institution, whereabouts)` the one that is or was kept there.

    Every call may raise FaceIdsUnavailable; repeating it is safe.
    """

    def put(self, face_id: str, student_id: UUID) -> None:
        """Map the face id to the student. Repeating it changes nothing; another student's id replaces the first."""
        ...

    def put_many(self, students: Mapping[str, UUID]) -> None:
        """As `put`, of several face ids."""
        ...

    def get_many(self, face_ids: Collection[str]) -> dict[str, UUID]:
        """The students of these face ids; unknown ids are left out."""
        ...

    def for_student(self, student_id: UUID) -> list[str]:
        """The student's face ids, oldest first."""
        ...

    def remove(self, face_ids: Collection[str]) -> None:
        """Remove these face ids; unknown ones are ignored."""
        ...

    def purge_student(self, student_id: UUID) -> int:
        """Remove all face ids of the student and return their number."""
        ...
