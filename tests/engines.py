"""A face engine whose answers a test writes down beforehand. It fails in no other way than real ones do."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from PIL.Image import Image

from accounts.models import Institution
from enrollment.domain.faces import (
    Box,
    Calibration,
    EngineUnavailable,
    EnrolledFace,
    ErasureReport,
    FaceError,
    FaceObservation,
    LinkedFace,
    Match,
    Quality,
    Unsupported,
)

GOOD = Quality(face_px=96, sharpness=1.0, brightness=120.0, contrast=50.0, confidence=0.95)


@dataclass
class Script:
    """Script of the engine: its next answers, and the record of its calls.

    answers: for each call of `identify` the faces, or the error that it raises; the last one repeats.
    same: for each call of `identify_together` which earlier faces each face is. meanwhile: what happens while it works,
    on each call. compared: how many earlier faces each call of `identify_together` was given.
    turns: for each picture by how many quarters it is to be turned. sizes: of each picture that was looked at.
    """

    answers: list[list[FaceObservation] | FaceError] = field(default_factory=list)
    same: list[list[tuple[int, ...]]] = field(default_factory=list)
    candidates: list[frozenset[UUID] | None] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    compared: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def sees(self, *faces: FaceObservation) -> "Script":
        self.answers.append(list(faces))
        return self

    def is_unavailable(self, code: str = "throttled") -> "Script":
        self.answers.append(EngineUnavailable(code, "scripted"))
        return self

    def next(self) -> list[FaceObservation]:
        if not self.answers:
            return []
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FaceError):
            raise answer
        return answer


SCRIPTS: dict[UUID, Script] = {}


def script_of(institution: Institution) -> Script:
    """The script of an institution's engine."""
    return SCRIPTS.setdefault(institution.pk, Script())


def face(*likely: tuple[UUID, float], elsewhere: tuple[UUID, float] | None = None, at: int = 0) -> FaceObservation:
    """A face that resembles these students so much, the `at`-th from the left."""
    matches = tuple(Match(pk, score) for pk, score in sorted(likely, key=lambda pair: -pair[1]))
    return FaceObservation(
        box=Box(left=10 + 60 * at, top=10, width=50, height=60),
        quality=GOOD,
        matches=matches,
        elsewhere=Match(*elsewhere) if elsewhere else None,
    )


class ScriptedEngine:
    """Implements `FaceEngine`. Like every engine it names candidates only."""

    calibration = Calibration(
        engine="scripted", model="scripted-1", accept_threshold=0.5, review_threshold=0.3, margin=0.05,
        source="stated by the tests", covered_accept=0.1, covered_review=0.05,
    )  # fmt: skip

    is_metered = False
    compares_faces = False
    vector_model = "scripted-1"

    def __init__(self, institution: Institution) -> None:
        self.script = script_of(institution)

    def enroll(
        self,
        image: Image,
        *,
        student_id: UUID,
        distinct_from: Collection[UUID] = (),
        among: Collection[UUID] | None = None,
        permit: Callable[[], None] | None = None,
    ) -> EnrolledFace:
        if permit:
            permit()
        return EnrolledFace(str(uuid4()), Box(10, 10, 50, 60), GOOD, self.calibration.model)

    def identify(
        self, image: Image, *, candidates: Collection[UUID] | None, among: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        self.script.sizes.append(image.size)
        self.script.candidates.append(None if candidates is None else frozenset(candidates))
        seen = [_only(face, candidates) for face in self.script.next()]
        self.script.meanwhile()
        return seen

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[LinkedFace]:
        raise Unsupported

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        return self.script.turns.pop(0) if self.script.turns else 0

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        return ErasureReport(erased=tuple(face_ids))


class JoiningEngine(ScriptedEngine):
    """The same, as if it could compare two faces with each other."""

    compares_faces = True

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[LinkedFace]:
        self.script.compared.append(sum(map(len, earlier)))
        seen = self.identify(image, candidates=candidates)
        same = self.script.same.pop(0)
        assert all(n < sum(map(len, earlier)) for own in same for n in own)
        return [LinkedFace(one, own) for one, own in zip(seen, same, strict=True)]


class OnePersonEngine(ScriptedEngine):
    """The same, as if every face in every picture were one person's."""

    compares_faces = True

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[LinkedFace]:
        seen = self.identify(image, candidates=candidates)
        return [LinkedFace(one, tuple(range(sum(map(len, earlier))))) for one in seen]


class MeteredEngine(ScriptedEngine):
    """The same, as if its calls were paid for."""

    is_metered = True


def _only(seen: FaceObservation, candidates: Collection[UUID] | None) -> FaceObservation:
    if candidates is None:
        return seen
    matches = tuple(match for match in seen.matches if match.student_id in candidates)
    return FaceObservation(seen.box, seen.quality, matches, seen.elsewhere)
