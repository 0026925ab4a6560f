"""What every face engine offers, whoever computes the faces: the values it returns and the errors it raises."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Box:
    """A face's rectangle, in pixels of the upright picture. It may reach over the picture's edge."""

    left: int
    top: int
    width: int
    height: int


class Cover(StrEnum):
    """What of a face is hidden: by a mask, a scarf or a hand; by sunglasses; or something, where is not known."""

    LOWER = "lower"
    UPPER = "upper"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Quality:
    """How usable a face is.

    face_px: width of the face in pixels. sharpness: spread of the Laplacian over the aligned face's spread of
    grey, higher is sharper. brightness: mean grey of the aligned face, 0 to 255. contrast: its standard deviation,
    0 to 127. confidence: the detector's own, 0 to 1. cover: what is hidden; None where nothing is, or nobody looked.
    """

    face_px: int
    sharpness: float
    brightness: float
    contrast: float
    confidence: float
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An enrolled student and how similar the face is, in the engine's own unit (see `Calibration`)."""

    student_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """One face seen in a picture.

    matches: the most similar candidates, best first, each at most once. elsewhere: the most similar enrolled student
    who is not a candidate, if any.
    """

    box: Box
    quality: Quality
    matches: tuple[Match, ...] = ()
    elsewhere: Match | None = None


@dataclass(frozen=True, slots=True)
class RawFace:
    """One face found in a picture, not yet compared with anybody."""

    box: Box
    quality: Quality


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """A face that the engine now knows. `face_id` is the engine's name for it, `model` its `vector_model`."""

    face_id: str
    box: Box
    quality: Quality
    model: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds that belong to one engine and model: similarities of different models cannot be compared.

    model: the vectors' model and the way in which they are compared.
    accept_threshold: a face at least this similar is marked. review_threshold: one at least this similar is put to the
    teacher. margin: how far the best candidate must be ahead of the second best to be marked without asking. source:
    where the figures were measured. least, most: between which a threshold of this engine's unit can be meant at all.
    covered_mark, covered_ask: how much higher the first threshold, and how much lower the second, is for a covered
    face.
    """

    engine: str
    model: str
    accept_threshold: float
    review_threshold: float
    margin: float
    source: str
    least: float = 0.0
    most: float = 1.0
    covered_mark: float = 0.0
    covered_ask: float = 0.0


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What `forget` did: face ids that are gone, and those that are not, each with the engine's reason."""

    erased: tuple[str, ...]
    remaining: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SeenAgain:
    """A face of a picture, compared as one with the faces of the same person in earlier pictures.

    same_as: those earlier faces, by their index, the most similar first; empty for a face that was not seen before.
    """

    observation: FaceObservation
    same_as: tuple[int, ...] = ()


class FaceEngine(Protocol):
    """A face engine, bound to one institution. Only `enrollment.faces.door` calls it: it knows who may be compared.

    Pictures are upright RGB images. Implementations are safe to call from several threads. `among` is everybody who may
    be compared at all (None: everybody enrolled): whoever else is enrolled is as if they were not.
    """

    @property
    def calibration(self) -> Calibration: ...

    @property
    def vector_model(self) -> str:
        """What computes a face's vector: one that was enrolled by another (`EnrolledFace.model`) is not found.

        Raises EngineUnavailable.
        """
        ...

    @property
    def is_metered(self) -> bool:
        """Whether its calls are paid for, and so end where the institution's monthly cap is reached."""
        ...

    @property
    def compares_faces(self) -> bool:
        """Whether it can compare the faces of several pictures with each other: whether `identify_together` works."""
        ...

    def enroll(
        self,
        image: Image,
        *,
        student_id: UUID,
        distinct_from: Collection[UUID] = (),
        among: Collection[UUID] | None = None,
        permit: Callable[[], None] | None = None,
    ) -> EnrolledFace:
        """Remember the one face in `image` as the student's, in the mapping of face ids too.

        distinct_from: students of whom a person has confirmed that they look alike but are somebody else. permit: asked
        in the transaction that writes the vector, or where there is none right before the call that does; what it
        raises goes through, and nothing is kept. Raises NoFace, ManyFaces, PoorQuality, LooksLike, Unlike (all
        `EnrollmentRefused`) or EngineUnavailable.
        """
        ...

    def identify(
        self, image: Image, *, candidates: Collection[UUID] | None, among: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        """Every face in `image` with its most similar candidates (None: everybody enrolled), left to right by rows.

        Raises EngineUnavailable.
        """
        ...

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[SeenAgain]:
        """As `identify`, with each face joined to those of the same person in `earlier`.

        earlier: of each earlier picture the cuts to be compared, each with its face in the middle. They are counted
        through from 0, one picture after the other. Of one picture at most one face is the same person's.
        Raises EngineUnavailable, and Unsupported unless `compares_faces`.
        """
        ...

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase these faces' vectors, then their mapping. Unknown ids count as erased. Raises EngineUnavailable."""
        ...


class Unsupported(NotImplementedError):
    """An engine was asked for what it does not declare: a fault of the code, and so no `FaceError`."""


class Refusal(StrEnum):
    """Why a picture was not enrolled: the code that is stored and tested."""

    NO_FACE = "no_face"
    MANY_FACES = "many_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    LOOKS_LIKE = "looks_like"
    TURNED_AWAY = "turned_away"
    UNLIKE = "unlike"


class FaceError(Exception):
    """Base of what an engine raises. `code` is for machines; `retryable` says whether trying again may help."""

    code = "face_error"
    retryable = False


class EnrollmentRefused(FaceError):
    """The picture was understood and refused; another picture is needed."""

    code: str = "refused"


class NoFace(EnrollmentRefused):
    code = Refusal.NO_FACE


class ManyFaces(EnrollmentRefused):
    code = Refusal.MANY_FACES

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} faces")
        self.count = count


class PoorQuality(EnrollmentRefused):
    """The face is too small, blurred, dark, over-exposed or turned away: `code` says which."""

    def __init__(self, reason: Refusal, quality: Quality) -> None:
        super().__init__(reason.value)
        self.code = reason
        self.quality = quality


class Unlike(EnrollmentRefused):
    """The face does not look like the student's other photos."""

    code = Refusal.UNLIKE


class LooksLike(EnrollmentRefused):
    """The face looks like somebody who is enrolled already."""

    code = Refusal.LOOKS_LIKE

    def __init__(self, matches: Sequence[Match]) -> None:
        super().__init__("looks like somebody already enrolled")
        self.matches = tuple(matches)


class EngineUnavailable(FaceError):
    """The engine cannot answer now: throttled, unreachable, out of memory. The same call may work later."""

    code = "engine_unavailable"
    retryable = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
