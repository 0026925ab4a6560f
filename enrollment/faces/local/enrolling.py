"""Rules by which a face is enrolled, and enrolment of several pictures together.

Together the networks run over all pictures at once, templates are loaded once, and the vectors are written in one
transaction. Each picture is compared as if those before it were enrolled already; nothing is said of those that come
after one on its side.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from PIL.Image import Image

from enrollment.domain.faces import (
    EnrolledFace,
    EnrollmentRefused,
    LooksLike,
    Match,
    OnItsSide,
    Quality,
    ToEnrol,
    Unlike,
)
from enrollment.faces.gates import require_quality, the_one_face
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.gallery import FaceGallery, Kept, Permit
from enrollment.faces.local.scoring import Scoring
from enrollment.faces.local.templates import TOP, Templates

# Added to the accept threshold: similarity to another student from which a photo is held. At 0.38 2.3 % of new students
# of a school of 835 would be held (LFW), at 0.40 0.9 %, and 97 % of people enrolled twice are still caught.
LOOKS_LIKE = 0.01
# Of LFW people with three photos and more (413), three in four photos are at least so similar to another one of their
# own (bench/accuracy.py): from there on two students are said to be very alike.
OF_ONE = 0.55
# Least similarity of a photo to the student's other ones. Of LFW people with three photos and more (413), the wrong
# person's photo is below in 99.5 % where one photo is enrolled, in 99.8 % where two are; their own in 0.4 % and 0.1 %
# (bench/accuracy.py).
LIKE_ONESELF = 0.25


class Model(Protocol):
    """The part of the engine's model that enrolment needs."""

    @property
    def scoring(self) -> Scoring: ...
    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int: ...
    def analyse_many(self, images: Sequence[Image]) -> list[list[AnalysedFace]]: ...
    def reembed_parts(self, parts: Sequence[tuple[Image, AnalysedFace]]) -> list[AnalysedFace]: ...


class Known(Protocol):
    """Enrolled students, with whom a new face is compared."""

    @property
    def scoring(self) -> Scoring: ...
    def similar(self, vector: Array, *, least: float, but: Collection[UUID]) -> list[Match]: ...
    def agreement(self, vector: Array, student: UUID) -> float | None: ...


def intended(model: Model, image: Image, faces: Sequence[AnalysedFace]) -> AnalysedFace:
    """The face of a picture that is to be enrolled. Raises OnItsSide, NoFace, ManyFaces, PoorQuality."""
    if turns := model.turns_needed(image, [face.quality for face in faces]):
        raise OnItsSide(turns)
    face = the_one_face(faces)
    require_quality(face.quality)
    return face


def require_own(known: Known, vector: Array, student_id: UUID, distinct_from: Collection[UUID]) -> None:
    """Raises LooksLike if the face resembles another student, Unlike if it is unlike the student's other photos."""
    least = known.scoring.calibration.accept_threshold + LOOKS_LIKE
    if alike := known.similar(vector, least=least, but={student_id, *distinct_from}):
        raise LooksLike(alike, OF_ONE)
    agreement = known.agreement(vector, student_id)
    if agreement is not None and agreement < LIKE_ONESELF:
        raise Unlike("unlike the student's other photos")


def enrolled_together(
    model: Model, gallery: FaceGallery, pictures: Sequence[ToEnrol], *, among: Collection[UUID] | None, permit: Permit
) -> list[EnrolledFace | EnrollmentRefused | None]:
    """As `EnrollsMany.enroll_many`. Raises EngineUnavailable."""
    known = Growing(gallery, among)
    chosen: dict[int, AnalysedFace] = {}
    outcomes: list[EnrollmentRefused | None] = [None] * len(pictures)
    analysed = model.analyse_many([picture.image for picture in pictures])
    for n, (picture, faces) in enumerate(zip(pictures, analysed, strict=True)):
        try:
            face = intended(model, picture.image, faces)
            require_own(known, face.vector, picture.student_id, picture.distinct_from)
        except OnItsSide as refusal:
            outcomes[n] = refusal
            break  # turned, it may be enrolled, and those after it are compared with it
        except EnrollmentRefused as refusal:
            outcomes[n] = refusal
        else:
            chosen[n] = face
            known.add(picture.student_id, face.vector)
    enrolled = _kept(model, gallery, {n: (pictures[n], face) for n, face in chosen.items()}, permit)
    return [enrolled.get(n, outcome) for n, outcome in enumerate(outcomes)]


def _kept(
    model: Model, gallery: FaceGallery, chosen: Mapping[int, tuple[ToEnrol, AnalysedFace]], permit: Permit
) -> dict[int, EnrolledFace]:
    """The chosen faces with both embedders' vectors, stored; without those whose students are not permitted."""
    whole = model.reembed_parts([(picture.image, face) for picture, face in chosen.values()])
    students = [picture.student_id for picture, _face in chosen.values()]
    kept = [Kept(student, face.stored, face.quality) for student, face in zip(students, whole, strict=True)]
    ids = gallery.add_many(kept, permit) if kept else []
    return {
        n: EnrolledFace(face_id, face.box, face.quality, model.scoring.model)
        for n, face_id, face in zip(chosen, ids, whole, strict=True)
        if face_id
    }


class Growing:
    """The gallery's templates and faces that are not stored yet: compared as if they were. Implements `Known`."""

    def __init__(self, gallery: FaceGallery, among: Collection[UUID] | None) -> None:
        self.scoring = gallery.scoring
        self._gallery = gallery
        self._among = among
        self._stored = gallery.templates().among(among)
        self._vectors: dict[UUID, list[Array]] = {}
        self._new = Templates.of({}, self.scoring)

    def add(self, student: UUID, vector: Array) -> None:
        """Let a face, by its vector (128,), count as the student's. Students who may not be compared stay left out."""
        if self._among is not None and student not in self._among:
            return
        if student not in self._vectors:
            is_known = self._stored.agreement(vector, student) is not None
            self._vectors[student] = self._gallery.vectors_of([student])[student] if is_known else []
        self._vectors[student].append(vector)
        self._new = Templates.of(self._vectors, self.scoring)

    def similar(self, vector: Array, *, least: float, but: Collection[UUID]) -> list[Match]:
        """As `Templates.similar`."""
        stored = self._stored.similar(vector, least=least, but={*but, *self._vectors})
        new = self._new.similar(vector, least=least, but=but) if self._vectors else []
        return sorted([*stored, *new], key=lambda match: -match.similarity)[:TOP]

    def agreement(self, vector: Array, student: UUID) -> float | None:
        """As `Templates.agreement`."""
        return (self._new if student in self._vectors else self._stored).agreement(vector, student)
