"""The one door to a face engine: every comparison, enrolment and erasure of a face goes through it.

The students who may be compared are never chosen by the caller: the door asks the consent gate (`consent`) before each
call, lets the engine see those alone, and names no one who has withdrawn meanwhile. A caller that writes the result
asks once more, in the transaction of the write (`searchable_held`). Import contracts and
tests/enrollment/faces/test_door.py keep it the only one.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from PIL.Image import Image

from accounts.models import Institution
from enrollment import faces
from enrollment.domain.faces import (
    Calibration,
    EnrolledFace,
    EnrollmentRefused,
    EnrollsMany,
    FaceObservation,
    LinkedFace,
    LinksFew,
    LooksLike,
    OnItsSide,
    RawFace,
    ToEnrol,
)
from enrollment.faces.consent import require_enrollable, searchable, searchable_held
from enrollment.models import Student
from enrollment.selectors import look_alikes_by_student, look_alikes_of

Together = EnrolledFace | EnrollmentRefused | None


@dataclass(frozen=True, slots=True)
class EarlierCut:
    """A face cut out of an earlier picture, in the middle of `image`.

    may_be: the students whom a person or the engine took it for. Unless all of them may be searched for, it is not
    compared at all. Empty for a face without a name.
    """

    image: Image
    may_be: frozenset[UUID]


class FaceDoor:
    """The door of one institution. Obtained by `door_for(institution)`.

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
        """The engine's current model: see `FaceEngine`."""
        return self._engine.vector_model

    @property
    def is_metered(self) -> bool:
        """True if the engine's calls are paid for."""
        return self._engine.is_metered

    @property
    def compares_faces(self) -> bool:
        """True if faces of earlier pictures are compared with a new one's; otherwise each picture is judged alone."""
        return self._engine.compares_faces

    def identify_searchable(
        self, image: Image, *, roster: Collection[UUID], earlier: Sequence[Sequence[EarlierCut]] = ()
    ) -> list[LinkedFace]:
        """Every face in `image` with the most similar searchable students of the roster, and the most similar one
        besides; linked to the same person's faces in `earlier`, as by `FaceEngine.identify_together`.
        """
        among = searchable(self.institution)
        candidates = among.intersection(roster)
        places, cuts = _permitted(earlier, among)
        if cuts and self._engine.compares_faces:
            seen = [
                LinkedFace(face.observation, tuple(places[n] for n in face.same_as))
                for face in self._engine.identify_together(image, cuts, candidates=candidates, among=among)
            ]
        else:
            alone = self._engine.identify(image, candidates=candidates, among=among)
            seen = [LinkedFace(observation) for observation in alone]
        return self._still_permitted(seen, candidates)

    def link_strangers(
        self,
        image: Image,
        seen: Sequence[LinkedFace],
        strangers: Collection[int],
        earlier: Sequence[Sequence[EarlierCut]],
    ) -> list[tuple[int, ...]]:
        """For each face seen in `image` the same person's in `earlier`, of those at the places `strangers` alone.

        For an engine that judges each picture by itself and is paid by the call; nothing where it cannot do it.
        """
        places, cuts = _permitted(earlier, searchable(self.institution))
        if not cuts or not isinstance(self._engine, LinksFew):
            return [()] * len(seen)
        boxes = [face.observation.box for face in seen]
        links = self._engine.link_few(image, boxes, strangers, cuts)
        return [tuple(places[n] for n in own) for own in links]

    def faces_in(self, image: Image) -> list[RawFace]:
        """Every face in `image`, compared with nobody, left to right by rows."""
        return self._engine.detect(image)

    def turns_needed(self, image: Image, seen: Sequence[LinkedFace]) -> int:
        """Quarter turns, counterclockwise, that set a picture upright in which these faces were found; 0 if it is so,
        or if no turn helps. See `FaceEngine.turns_needed`."""
        return self._engine.turns_needed(image, [face.observation.quality for face in seen])

    def enroll_searchable(self, image: Image, *, student: Student, photographed_at: datetime | None) -> EnrolledFace:
        """Enrol the one face in `image` as the student's; it is compared with their own and with those of all
        searchable students.

        Raises EnrollmentRefused, and EnrollmentError as `require_enrollable` does, also if a consent ends while the
        engine is at work; then nothing is kept.
        """

        def permit() -> None:
            require_enrollable(student, photographed_at)

        permit()
        try:
            return self._enroll(image, student, permit)
        except LooksLike as error:
            permit()
            if not self._not_withdrawn(error):
                return self._enroll(image, student, permit)  # the student it resembles has withdrawn or left meanwhile
            raise

    def enroll_searchable_many(self, pictures: Sequence[tuple[Image, Student]]) -> list[Together]:
        """As `enroll_searchable` of photos whose time is not known, where the engine enrols several together.

        None: nothing of this picture is kept, and it is to be enrolled by itself, which tells why.
        """
        if not isinstance(self._engine, EnrollsMany):
            return [None] * len(pictures)
        among, alike = searchable(self.institution), look_alikes_by_student(self.institution)
        asked = [
            ToEnrol(image, student.pk, alike.get(student.pk, frozenset()))
            for image, student in pictures
            if student.pk in among
        ]
        outcomes = iter(self._engine.enroll_many(asked, among=among, permit=self._permitted_now))
        found = [next(outcomes) if student.pk in among else None for _image, student in pictures]
        return [None if isinstance(outcome, OnItsSide | LooksLike) else outcome for outcome in found]

    def _permitted_now(self, students: Collection[UUID]) -> set[UUID]:
        with transaction.atomic():
            return searchable_held(self.institution, students)

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

    def _still_permitted(self, seen: Sequence[LinkedFace], candidates: Collection[UUID]) -> list[LinkedFace]:
        """The same faces, without students who may no longer be searched for.

        The engine's own answers pass the gate too, in case it named anyone else.
        """
        faces_ = [face.observation for face in seen]
        named = {match.student_id for face in faces_ for match in (*face.matches, face.elsewhere) if match}
        allowed = searchable(self.institution, named) if named else set()
        return [replace(face, observation=_only(face.observation, allowed, candidates)) for face in seen]


def door_for(institution: Institution) -> FaceDoor:
    """The institution's door to the engine of `FACE_ENGINE`. Raises ImproperlyConfigured as `faces_for` does."""
    return FaceDoor(institution)


def _permitted(earlier: Sequence[Sequence[EarlierCut]], among: Collection[UUID]) -> tuple[list[int], list[list[Image]]]:
    """The cuts of each earlier picture that may be compared, and their indices in `earlier`."""
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
