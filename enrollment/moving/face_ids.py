"""The move of a school's face ids: student by student. The vectors stay where the face engine keeps them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_noop

from accounts.adapters import adapter_of
from accounts.jobs import JobHandle, job_kind
from accounts.models import Institution
from accounts.moving import Move, Pile, keys_of, move_run, pile_of, piles_of_both, postponed_on, refuse_the_read
from enrollment.models import Student
from enrollment.repositories.base import FaceIdRepository, FaceIdsUnavailable

KIND = "face_ids_move"
_ROUNDS = 5  # readings of a student whose faces change at the same time


@job_kind(KIND, title=gettext_noop("Move of face ids"), roles=[])
def face_ids_move(job: JobHandle) -> dict[str, Any]:
    """Move the mapping from `source` to `target`, both as settings describe a store."""
    refuse_the_read(job, "FACE_ID_REPOSITORY")
    places = [
        adapter_of(job.parameters[name], job.institution, setting="FACE_ID_REPOSITORY") for name in ("source", "target")
    ]
    return move_run(job, FaceIdsMove(job.institution, *places))


class FaceIdsMove(Move):
    """A `Move` of face ids; a piece is a student."""

    def __init__(self, institution: Institution, source: FaceIdRepository, target: FaceIdRepository) -> None:
        self.institution, self.source, self.target = institution, source, target

    def total(self) -> int:
        return Student.objects.for_institution(self.institution).count()

    def keys(self, after: str) -> Iterator[str]:
        return keys_of(Student.objects.for_institution(self.institution), after)

    def copy(self, key: str) -> int:
        student, written = UUID(key), 0
        with postponed_on(FaceIdsUnavailable):
            for _round in range(_ROUNDS):
                # The target first: a face that comes meanwhile is in the source before it follows in the target.
                held, wanted = self._held(student), self.source.for_student(student)
                lacking = [face_id for face_id in wanted if held.get(face_id) != student]
                gone = held.keys() - set(wanted)
                if not lacking and not gone:
                    break
                written += self._put(lacking, student)
                self.target.remove(gone)
        return written

    def compare(self, key: str) -> tuple[Pile, Pile]:
        student = UUID(key)
        with postponed_on(FaceIdsUnavailable):
            return piles_of_both(
                lambda: (_pile(student, self.source.for_student(student)), _pile(student, self._held(student)))
            )

    def empty(self, key: str) -> int:
        with postponed_on(FaceIdsUnavailable):
            return self.source.purge_student(UUID(key))

    def _held(self, student: UUID) -> dict[str, UUID]:
        """The student's faces in the target, read as they are: an index lists them, the entries themselves tell."""
        listed = {*self.target.for_student(student), *self.source.for_student(student)}
        return {face_id: owner for face_id, owner in self.target.get_many(listed).items() if owner == student}

    def _put(self, face_ids: list[str], student: UUID) -> int:
        """In their order, which is that of their age."""
        try:
            for face_id in face_ids:
                self.target.put(face_id, student)
        except IntegrityError:  # the student is gone meanwhile
            return 0
        return len(face_ids)


def _pile(student: UUID, face_ids: Any) -> Pile:
    return pile_of(f"{student}|{face_id}" for face_id in face_ids)
