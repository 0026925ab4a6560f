"""The one door to a face engine: nobody's face is compared, enrolled or forgotten but through here.

Whom a face may be compared with is never the caller's to say: the door asks the consent gate (`consent`) before each
call, lets the engine see those alone, and names nobody who has withdrawn while it was at work. Who writes down what it
found asks once more, in the transaction of the write (`searchable_held`). Import contracts and
tests/enrollment/faces/test_door.py keep it the only one.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from PIL.Image import Image

from accounts.models import Institution
from enrollment import faces
from enrollment.domain.faces import (
    Calibration,
    EnrolledFace,
    ErasureReport,
    FaceObservation,
    LooksLike,
    SeenAgain,
)
from enrollment.faces.consent import require_enrollable, searchable
from enrollment.models import Student
from enrollment.selectors import look_alikes_of


@dataclass(frozen=True, slots=True)
class EarlierCut:
    """A face cut out of an earlier picture, in the middle of `image`.

    may_be: the students whom a person or the engine took it for. Unless all of them may be searched for, it is not
    compared with anybody. Empty for a face that nobody has named.
    """

    image: Image
    may_be: frozenset[UUID]


class FaceDoor:
    """What the portal may do with faces, for one institution. Obtained by `door_for(institution)`.

    Every method and property may raise EngineUnavailable.
    """

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self._engine = faces.faces_for(institution)

    @property
    def calibration(self) -> Calibration:
        """The engine's thresholds and model."""
        return self._engine.calibration

    @property
    def vector_model(self) -> str:
        """What computes a face's vector now: see `FaceEngine`."""
        return self._engine.vector_model

    @property
    def is_metered(self) -> bool:
        """Whether the engine's calls are paid for."""
        return self._engine.is_metered

    @property
    def compares_faces(self) -> bool:
        """Whether faces of earlier pictures are compared with a new one's; if not, each picture stands alone."""
        return self._engine.compares_faces

    def identify_searchable(
        self, image: Image, *, roster: Collection[UUID], earlier: Sequence[Sequence[EarlierCut]] = ()
    ) -> list[SeenAgain]:
        """Every face in `image` with those on the roster, and the one besides, whom it resembles and who may be
        searched for; joined to the same person's faces in `earlier`, as `FaceEngine.identify_together` has it.
        """
        among = searchable(self.institution)
        candidates = among.intersection(roster)
        places, cuts = _permitted(earlier, among)
        if cuts and self._engine.compares_faces:
            seen = [
                SeenAgain(face.observation, tuple(places[n] for n in face.same_as))
                for face in self._engine.identify_together(image, cuts, candidates=candidates, among=among)
            ]
        else:
            alone = self._engine.identify(image, candidates=candidates, among=among)
            seen = [SeenAgain(observation) for observation in alone]
        return self._still_permitted(seen, candidates)

    def enroll_searchable(self, image: Image, *, student: Student, photographed_at: datetime | None) -> EnrolledFace:
        """Remember the one face in `image` as the student's; it is compared with their own and with everybody else
        who may be searched for.

        Raises EnrollmentError as `require_enrollable` does, also where a consent ends while the engine is at work, and
        then nothing is kept; EnrollmentRefused.
        """

        def permit() -> None:
            require_enrollable(student, photographed_at)

        permit()
        try:
            return self._enroll(image, student, permit)
        except LooksLike as error:
            permit()
            if not self._not_withdrawn(error):
                return self._enroll(image, student, permit)  # who it looked like has withdrawn or left meanwhile
            raise

    def _enroll(self, image: Image, student: Student, permit: Callable[[], None]) -> EnrolledFace:
        return self._engine.enroll(
            image,
            student_id=student.pk,
            distinct_from=look_alikes_of(student),
            among=searchable(self.institution),
            permit=permit,
        )

    def _not_withdrawn(self, error: LooksLike) -> set[UUID]:
        return searchable(self.institution, {match.student_id for match in error.matches})

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase these faces' vectors, then their mapping: see `FaceEngine`."""
        return self._engine.forget(face_ids)

    def _still_permitted(self, seen: Sequence[SeenAgain], candidates: Collection[UUID]) -> list[SeenAgain]:
        """The same faces, silent about everybody who may not be searched for by now.

        Nor about anybody whom an engine named without being asked: its answers pass through the gate as well.
        """
        faces_ = [face.observation for face in seen]
        named = {match.student_id for face in faces_ for match in (*face.matches, face.elsewhere) if match}
        allowed = searchable(self.institution, named) if named else set()
        return [replace(face, observation=_only(face.observation, allowed, candidates)) for face in seen]


def door_for(institution: Institution) -> FaceDoor:
    """The institution's door to the engine of `FACE_ENGINE`. Raises ImproperlyConfigured as `faces_for` does."""
    return FaceDoor(institution)


def _permitted(earlier: Sequence[Sequence[EarlierCut]], among: Collection[UUID]) -> tuple[list[int], list[list[Image]]]:
    """Of each earlier picture the cuts that may be compared, and where each of them stands in `earlier`."""
    places, pictures, place = [], [], 0
    for picture in earlier:
        cuts = []
        for face in picture:
            if face.may_be <= set(among):
                places.append(place)
                cuts.append(face.image)
            place += 1
        if cuts:
            pictures.append(cuts)
    return places, pictures


def _only(seen: FaceObservation, allowed: Collection[UUID], candidates: Collection[UUID]) -> FaceObservation:
    matches = tuple(m for m in seen.matches if m.student_id in allowed and m.student_id in candidates)
    elsewhere = seen.elsewhere if seen.elsewhere and seen.elsewhere.student_id in allowed else None
    return replace(seen, matches=matches, elsewhere=elsewhere)
