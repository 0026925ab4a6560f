"""The move of a school's face ids: student by student. The vectors stay where the face engine keeps them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_noop

from accounts.adapters import adapter_of
from accounts.jobs import JobHandle, JobPostponed, job_kind
from accounts.models import Institution
from accounts.moving import Move, Pile, move_run, pile_of, refuse_the_read
from enrollment.models import Student
from enrollment.repositories.base import FaceIdRepository, FaceIdsUnavailable

KIND = "face_ids_move"
_PAGE = 500  # students of one question
_ROUNDS = 5  # readings of a student whose faces change at the same time
_FOLLOWING = 0.2  # seconds in which a face is in one store and not yet in the other's index


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
        rows = Student.objects.for_institution(self.institution).order_by("pk")
        last = UUID(after) if after else None
        while page := list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:_PAGE]):
            yield from map(str, page)
            last = page[-1]

    def copy(self, key: str) -> int:
        student, written = UUID(key), 0
        with _postponed_if_unavailable():
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
        with _postponed_if_unavailable():
            for pause in (_FOLLOWING, 0):
                wanted, held = self.source.for_student(student), self._held(student)
                found = _pile(student, wanted), _pile(student, held)
                if found[0] == found[1]:
                    break
                time.sleep(pause)
            return found

    def empty(self, key: str) -> int:
        with _postponed_if_unavailable():
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


@contextmanager
def _postponed_if_unavailable() -> Iterator[None]:
    try:
        yield
    except FaceIdsUnavailable as error:
        raise JobPostponed(str(error)) from error
