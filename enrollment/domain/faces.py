"""Interface of the face engines: the protocol, the values it returns and the errors it raises."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Box:
    """A face's rectangle, in pixels of the upright picture. It may extend beyond the picture's edge."""

    left: int
    top: int
    width: int
    height: int


class Cover(StrEnum):
    """Hidden part of a face: covered by a mask, a scarf or a hand; by sunglasses; or an unknown part."""

    LOWER = "lower"
    UPPER = "upper"
    PART = "part"


def before_turning(box: Box, turns: int, size: tuple[int, int]) -> Box:
    """The box in the picture as it came, of a box in the one that was turned by `turns` counterclockwise quarters.

    size: width and height of the turned picture.
    """
    width, height = size
    for _ in range(turns % 4):
        box = Box(height - box.top - box.height, box.left, box.height, box.width)
        width, height = height, width
    return box


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of a face.

    face_px: width of the face in pixels. sharpness: spread of the Laplacian over the aligned face's spread of
    grey, higher is sharper. brightness: mean grey of the aligned face, 0 to 255. contrast: its standard deviation,
    0 to 127. confidence: the detector's own, 0 to 1. cover: the hidden part; None if none is found.
    """

    face_px: int
    sharpness: float
    brightness: float
    contrast: float
    confidence: float
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An enrolled student and the face's similarity to them, in the engine's own unit (see `Calibration`)."""

    student_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """One face of a picture, compared with enrolled students.

    matches: the most similar candidates, best first, each at most once. elsewhere: the most similar enrolled student
    who is not a candidate, if any.
    """

    box: Box
    quality: Quality
    matches: tuple[Match, ...] = ()
    elsewhere: Match | None = None


@dataclass(frozen=True, slots=True)
class RawFace:
    """One face detected in a picture, not compared yet."""

    box: Box
    quality: Quality


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """An enrolled face. `face_id` is the engine's id of it, `model` its `vector_model`."""

    face_id: str
    box: Box
    quality: Quality
    model: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds of one engine and model: similarities of different models cannot be compared.

    model: the vectors' model and the version of their comparison. accept_threshold: a face at least this similar is
    marked. review_threshold: one at least this similar is put to the teacher. margin: least lead of the best candidate
    over the second best to be marked without asking. source: origin of the figures. least, most: valid range of
    thresholds in this engine's unit. covered_accept, covered_review: how much higher the accept threshold, and how much
    lower the review threshold, is for a covered face.
    """

    engine: str
    model: str
    accept_threshold: float
    review_threshold: float
    margin: float
    source: str
    least: float = 0.0
    most: float = 1.0
    covered_accept: float = 0.0
    covered_review: float = 0.0


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """Result of `forget`: erased face ids, and those that remain, each with the engine's reason."""

    erased: tuple[str, ...]
    remaining: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedFace:
    """A face of a picture, compared as one with the faces of the same person in earlier pictures.

    same_as: the indices of those earlier faces, the most similar first; empty for a face that was not seen before.
    """

    observation: FaceObservation
    same_as: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ToEnrol:
    """A picture to enrol, as by `FaceEngine.enroll`."""

    image: Image
    student_id: UUID
    distinct_from: frozenset[UUID] = frozenset()


class FaceKeeper(Protocol):
    """A place in which an engine keeps an institution's vectors: what lists and erases them, without what compares.

    Every method may raise EngineUnavailable. An engine class makes them: `whereabouts(**options)` tells, as text by
    name, where an engine with these options keeps its vectors now, and `keeper(institution, whereabouts, mapping)`
    returns the keeper of that place, also after the settings have changed.
    """

    @property
    def lists_faces(self) -> bool:
        """True if `faces` lists all that is kept here."""
        ...

    def owns(self, face_id: str) -> bool:
        """True if a face id of this form may be this place's."""
        ...

    def is_underway(self, face_id: str) -> bool:
        """True if the face may come yet: a call that stores it has not ended."""
        ...

    def faces(self) -> dict[str, UUID | None]:
        """All faces kept here, read from the place itself: face id → student, None if that is not known."""
        ...

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """As `FaceEngine.forget`."""
        ...


class FaceEngine(Protocol):
    """A face engine, bound to one institution. Only `enrollment.faces.door` calls it: it asks the consent gate.

    Pictures are upright RGB images. Implementations are safe to call from several threads. `among`: the students who
    may be compared at all (None: all enrolled); anyone else is ignored.
    """

    @property
    def calibration(self) -> Calibration: ...

    @property
    def vector_model(self) -> str:
        """The model that computes vectors. A face enrolled by another one (`EnrolledFace.model`) is not found.

        Raises EngineUnavailable.
        """
        ...

    @property
    def is_metered(self) -> bool:
        """True if its calls are paid for, and so end when the institution's monthly cap is reached."""
        ...

    @property
    def compares_faces(self) -> bool:
        """True if it can compare the faces of several pictures with each other, by `identify_together`."""
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
        """Enrol the one face in `image` as the student's, and add it to the mapping of face ids.

        distinct_from: students who look alike and were confirmed by a person to be others. permit: called in the
        transaction that writes the vector, or, if there is none, right before the call that does; its exceptions pass
        through, and nothing is kept. Raises OnItsSide, NoFace, ManyFaces, PoorQuality, LooksLike, Unlike (all
        `EnrollmentRefused`) or EngineUnavailable.
        """
        ...

    def identify(
        self, image: Image, *, candidates: Collection[UUID] | None, among: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        """Every face in `image` with its most similar candidates (None: all enrolled), left to right by rows.

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
    ) -> list[LinkedFace]:
        """As `identify`, with each face linked to those of the same person in `earlier`.

        earlier: the crops of each earlier picture, each with its face in the middle. Their indices count from 0 through
        all pictures in order. In one picture at most one face is the same person's.
        Raises EngineUnavailable, and Unsupported unless `compares_faces`.
        """
        ...

    def detect(self, image: Image) -> list[RawFace]:
        """Every face in `image`, compared with nobody, in the order of `identify`. Raises EngineUnavailable."""
        ...

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        """Quarter turns, counterclockwise, that set `image` upright; 0 if it is so, or if no turn helps.

        seen: the quality of every face found in it as it is; if they are good nothing is computed. Raises
        EngineUnavailable.
        """
        ...

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase these faces' vectors, then their mapping. Unknown ids count as erased. Raises EngineUnavailable."""
        ...


@runtime_checkable
class EnrollsMany(Protocol):
    """A face engine that also enrols several pictures together, sooner than one after the other."""

    def enroll_many(
        self,
        pictures: Sequence[ToEnrol],
        *,
        among: Collection[UUID] | None,
        permit: Callable[[Collection[UUID]], Collection[UUID]],
    ) -> "list[EnrolledFace | EnrollmentRefused | None]":
        """Outcome of each picture: what `FaceEngine.enroll` would return or raise, one after the other in this order.

        permit: called before anything is kept, and in the transaction that writes the vectors; returns those of the
        students who are permitted. None: nothing is kept of the picture, because its student was not, or because one
        before it is on its side and is to be enrolled first.
        Raises EngineUnavailable.
        """
        ...


@runtime_checkable
class LinksFew(Protocol):
    """A face engine that also links a few faces of a picture to many earlier ones, at a cost by the few."""

    def link_few(
        self, image: Image, boxes: Sequence[Box], asked: Collection[int], earlier: Sequence[Sequence[Image]]
    ) -> list[tuple[int, ...]]:
        """For each face of `image` the same person's in `earlier`, as by `FaceEngine.identify_together`.

        boxes: every face of the picture. asked: places of those that are compared; the others are nobody's here.
        Raises EngineUnavailable.
        """
        ...


class Unsupported(NotImplementedError):
    """An engine was called for something that it does not declare: a fault of the code, and so no `FaceError`."""


class Refusal(StrEnum):
    """Reason for refusing an enrolment photo: the code that is stored and tested."""

    NO_FACE = "no_face"
    MANY_FACES = "many_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    LOOKS_LIKE = "looks_like"
    TURNED_AWAY = "turned_away"
    UNLIKE = "unlike"
    ON_ITS_SIDE = "on_its_side"


class FaceError(Exception):
    """Base of an engine's errors. `code` is for machines; `retryable` is True if trying again may help."""

    code = "face_error"
    retryable = False


class EnrollmentRefused(FaceError):
    """The picture was analysed and refused; another picture is needed."""

    code: str = "refused"


class NoFace(EnrollmentRefused):
    code = Refusal.NO_FACE


class ManyFaces(EnrollmentRefused):
    code = Refusal.MANY_FACES

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} faces")
        self.count = count


class PoorQuality(EnrollmentRefused):
    """The face is too small, blurred, dark, over-exposed or turned too far: `code` says which."""

    def __init__(self, reason: Refusal, quality: Quality) -> None:
        super().__init__(reason.value)
        self.code = reason
        self.quality = quality


class Unlike(EnrollmentRefused):
    """The face does not look like the student's other photos."""

    code = Refusal.UNLIKE


class OnItsSide(EnrollmentRefused):
    """The picture is not upright. turns: quarter turns, counterclockwise, that set it upright."""

    code = Refusal.ON_ITS_SIDE

    def __init__(self, turns: int) -> None:
        super().__init__(f"to be turned by {turns * 90} degrees")
        self.turns = turns


class LooksLike(EnrollmentRefused):
    """The face resembles other enrolled students, the most similar first.

    usual: the similarity that two photos of one person usually reach, in the engine's own unit.
    """

    code = Refusal.LOOKS_LIKE

    def __init__(self, matches: Sequence[Match], usual: float) -> None:
        super().__init__("looks like somebody already enrolled")
        self.matches, self.usual = tuple(matches), usual


class EngineUnavailable(FaceError):
    """The engine cannot answer now: throttled, unreachable, out of memory. The same call may work later."""

    code = "engine_unavailable"
    retryable = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
