"""The embedded face engine: YuNet and SFace in this process, vectors in the portal's database, no account needed."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from PIL.Image import Image

from accounts.models import Institution
from enrollment.domain.faces import (
    Calibration,
    EngineUnavailable,
    EnrolledFace,
    EnrollmentRefused,
    ErasureReport,
    FaceObservation,
    LinkedFace,
    Quality,
    RawFace,
    ToEnrol,
)
from enrollment.faces.admission import Admission, Kind, admission_for
from enrollment.faces.local.analysis import (
    AnalysedFace,
    analyse,
    analyse_many,
    detect,
    middle_face,
    reembed,
    reembed_parts,
)
from enrollment.faces.local.enrolling import enrolled_together, intended, require_own
from enrollment.faces.local.gallery import FaceGallery, Permit
from enrollment.faces.local.heap import heap_configure, heap_trim
from enrollment.faces.local.keeping import GalleryKeeper
from enrollment.faces.local.linking import confirmed, cosines_of, linked, sure, unsure
from enrollment.faces.local.networks import Networks, Threads, networks_for
from enrollment.faces.local.scoring import Scoring, scoring_for
from enrollment.faces.local.templates import Templates
from enrollment.faces.local.turning import is_surely_upright, turns_needed
from enrollment.faces.local.weights import FaceConfigurationError, Weights, default_cache
from enrollment.repositories.base import FaceIdRepository

logger = logging.getLogger(__name__)

Part = tuple[Image, AnalysedFace]  # a face and its picture


@dataclass(frozen=True)
class LocalModel:
    """The networks and their scoring, without an institution."""

    weights: Weights
    threads: Threads
    scoring: Scoring
    precision: str = ""

    @classmethod
    def from_options(
        cls,
        *,
        weights_folder: str | None = None,
        weights_sha256: Mapping[str, str] | None = None,
        cache_folder: str | None = None,
        threads: int = 0,
        runs: int = 0,
        precision: str = "",
        accept_threshold: float | None = None,
        review_threshold: float | None = None,
        margin: float | None = None,
    ) -> Self:
        """The model for the options of `LocalFaceEngine`. Raises FaceConfigurationError."""
        folder = weights_folder or getattr(settings, "FACE_MODEL_DIR", None)
        cache = cache_folder or getattr(settings, "FACE_MODEL_CACHE", None)
        weights = Weights(Path(folder) if folder else None, dict(weights_sha256 or {}), Path(cache) if cache else None)
        thresholds = {"accept_threshold": accept_threshold, "review_threshold": review_threshold, "margin": margin}
        stated = {name: value for name, value in thresholds.items() if value is not None}
        return cls(weights, Threads.of_machine(threads, runs), scoring_for(weights.model, stated), precision)

    def analyse(self, image: Image) -> list[AnalysedFace]:
        """All faces of an upright picture. The first call loads the networks. Raises EngineUnavailable."""
        return analyse(image, self.networks())

    def reembed(self, image: Image, faces: Sequence[AnalysedFace]) -> list[AnalysedFace]:
        """The same faces, re-embedded with the second model if it is installed. Raises EngineUnavailable."""
        if not self.scoring.second:
            return list(faces)
        with _unusable():
            return reembed(image, faces, self.networks())

    def analyse_many(self, images: Sequence[Image]) -> list[list[AnalysedFace]]:
        """As `analyse`, of several pictures together."""
        return analyse_many(images, self.networks())

    def reembed_parts(self, parts: Sequence[Part]) -> list[AnalysedFace]:
        """As `reembed`, of faces of several pictures."""
        if not self.scoring.second:
            return [face for _image, face in parts]
        with _unusable():
            return reembed_parts(parts, self.networks())

    def analyse_with_both(self, image: Image) -> list[AnalysedFace]:
        """All faces of a picture, with the vectors of every installed embedder, as enrolment stores them."""
        return self.reembed(image, self.analyse(image))

    def compared(
        self, image: Image, templates: Templates, candidates: Collection[UUID] | None
    ) -> list[FaceObservation]:
        """All faces of a picture compared with templates, the ambiguous ones re-embedded. See `FaceEngine.identify`."""
        faces = self.analyse(image)
        seen = templates.observe(faces, candidates)
        ambiguous = templates.ambiguous(seen)
        again = templates.observe(self.reembed(image, [faces[n] for n in ambiguous]), candidates)
        for n, better in zip(ambiguous, again, strict=True):
            seen[n] = better
        return seen

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        """As `FaceEngine.turns_needed`."""
        return turns_needed(image, [quality.confidence for quality in seen], self.networks())

    def load(self) -> None:
        """Load every network and let each work once as for a class, so that the first picture need not wait."""
        heap_configure()
        networks = self.networks()
        if self.scoring.second:
            networks.load_second()
        networks.rehearse()
        heap_trim()

    def detect(self, image: Image) -> list[RawFace]:
        """The same faces in the same order without vectors. Raises EngineUnavailable."""
        return detect(image, self.networks())

    def admission(self) -> Admission:
        """The turns at the networks, which the processes of this machine share."""
        return admission_for((self.weights.cache or default_cache()) / "turns", self.threads.runs)

    def networks(self) -> Networks:
        """The networks of this process; the first call loads those that every picture needs. Raises EngineUnavailable.

        A missing or damaged file is no error of the picture's: it waits until an operator has put the file right.
        """
        with _unusable():
            return networks_for(self.weights, self.threads, self.precision)


@dataclass(frozen=True)
class EnrolsInTurn:
    """The model's part in enrolments of a school, each call in a turn of its own: photos of classes come in between."""

    model: LocalModel
    school: UUID

    @property
    def scoring(self) -> Scoring:
        return self.model.scoring

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        if is_surely_upright([quality.confidence for quality in seen]):
            return 0
        with self._turn():
            return self.model.turns_needed(image, seen)

    def analyse_many(self, images: Sequence[Image]) -> list[list[AnalysedFace]]:
        with self._turn():
            return self.model.analyse_many(images)

    def reembed_parts(self, parts: Sequence[Part]) -> list[AnalysedFace]:
        with self._turn():
            return self.model.reembed_parts(parts)

    def _turn(self) -> AbstractContextManager[bool]:
        return self.model.admission().turn(Kind.ENROLMENT, self.school)


@contextmanager
def _unusable() -> Iterator[None]:
    """Raise EngineUnavailable, with its sentence in the log, where the networks cannot be loaded."""
    try:
        yield
    except FaceConfigurationError as error:
        logger.error("The face networks cannot be used: %s", error)
        raise EngineUnavailable("networks_unusable", str(error)) from error


class LocalFaceEngine:
    """Implements `FaceEngine` for one institution.

    weights_folder: a folder that replaces the installed weight files; weights_sha256: their hashes by file name, for
    files other than the checked ones. cache_folder: the folder of folded networks. (FACE_MODEL_DIR and FACE_MODEL_CACHE
    are the settings in place of both folders.) threads: cores per run; runs: number of runs at a time,
    and so of pictures that are computed; 0 for as many as suit the machine. precision: of the vectors, "f32", "f16" or
    "i8"; empty: in halves on processors that compute with them, otherwise in integers on those that multiply these.
    accept_threshold, review_threshold, margin: in place of the measured ones.
    """

    is_metered = False
    compares_faces = True
    OPTIONS: ClassVar = frozenset(signature(LocalModel.from_options).parameters)

    def __init__(self, institution: Institution, **options: Any) -> None:
        self.model = LocalModel.from_options(**options)
        self.gallery = FaceGallery(institution, self.model.scoring)

    @classmethod
    def warm_up(cls, **options: Any) -> None:
        """Load the networks of an engine with these options, so that the first picture need not wait."""
        LocalModel.from_options(**options).load()

    @classmethod
    def whereabouts(cls, **options: Any) -> dict[str, str]:
        """Nothing to tell: all vectors are in the portal's database. See `FaceKeeper`."""
        return {}

    @classmethod
    def keeper(
        cls, institution: Institution, whereabouts: Mapping[str, str], mapping: FaceIdRepository
    ) -> GalleryKeeper:
        """The keeper of the institution's vectors: see `FaceKeeper`."""
        return GalleryKeeper(institution, mapping)

    @classmethod
    def trouble(cls, **options: Any) -> str:
        """A sentence on the networks' files if they cannot be used; empty if they can."""
        return LocalModel.from_options(**options).weights.trouble()

    @property
    def calibration(self) -> Calibration:
        return self.model.scoring.calibration

    @property
    def vector_model(self) -> str:
        return self.model.scoring.model

    def enroll(
        self,
        image: Image,
        *,
        student_id: UUID,
        distinct_from: Collection[UUID] = (),
        among: Collection[UUID] | None = None,
        permit: Callable[[], None] | None = None,
    ) -> EnrolledFace:
        model = EnrolsInTurn(self.model, self.gallery.institution.pk)
        face = intended(model, image, model.analyse_many([image])[0])
        require_own(self.gallery.templates().among(among), face.vector, student_id, distinct_from)
        [face] = model.reembed_parts([(image, face)])
        face_id = self.gallery.add(student_id, face.stored, face.quality, permit)
        return EnrolledFace(face_id, face.box, face.quality, self.vector_model)

    def enroll_many(
        self, pictures: Sequence[ToEnrol], *, among: Collection[UUID] | None, permit: Permit
    ) -> list[EnrolledFace | EnrollmentRefused | None]:
        """See `EnrollsMany`."""
        model = EnrolsInTurn(self.model, self.gallery.institution.pk)
        return enrolled_together(model, self.gallery, pictures, among=among, permit=permit)

    def identify(
        self, image: Image, *, candidates: Collection[UUID] | None, among: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        templates = self.gallery.templates().among(among)
        with self._turn(Kind.of(image)):
            return self.model.compared(image, templates, candidates)

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[LinkedFace]:
        templates = self.gallery.templates().among(among)
        with self._turn(Kind.of(image)):
            return self._compared_together(templates, image, earlier, candidates)

    def detect(self, image: Image) -> list[RawFace]:
        with self._turn(Kind.ENROLMENT):
            return self.model.detect(image)

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        if is_surely_upright([quality.confidence for quality in seen]):
            return 0  # most pictures are: they need no second turn
        with self._turn(Kind.of(image)):
            return self.model.turns_needed(image, seen)

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        self.gallery.remove(face_ids)
        return ErasureReport(erased=tuple(face_ids))

    def _turn(self, kind: Kind) -> AbstractContextManager[bool]:
        return self.model.admission().turn(kind, self.gallery.institution.pk)

    def _compared_together(
        self,
        templates: Templates,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        candidates: Collection[UUID] | None,
    ) -> list[LinkedFace]:
        faces = self.model.analyse(image)
        if not faces:
            return []
        cuts = [cut for picture in earlier for cut in picture]
        known = [middle_face(self.model.analyse(cut), cut.size) for cut in cuts]
        links = self._linked(image, faces, cuts, known, [len(picture) for picture in earlier])
        others = [[(cuts[n], other) for n in own if (other := known[n])] for own in links]
        seen = self._seen_as_one(templates, image, faces, others, candidates)
        return [LinkedFace(observation, own) for observation, own in zip(seen, links, strict=True)]

    def _linked(
        self,
        image: Image,
        faces: Sequence[AnalysedFace],
        cuts: Sequence[Image],
        known: Sequence[AnalysedFace | None],
        sizes: Sequence[int],
    ) -> list[tuple[int, ...]]:
        """For each face the known ones of the same person; unsure pairs are re-embedded."""
        scoring = self.model.scoring
        cosines = cosines_of(faces, known, scoring)
        pairs = unsure(cosines, sizes) if scoring.second else []
        if not pairs or not scoring.second:
            return linked(sure(cosines), sizes)
        rows = sorted({row for row, _column in pairs})
        mine = dict(zip(rows, self.model.reembed(image, [faces[row] for row in rows]), strict=True))
        columns = {column: face for _row, column in pairs if (face := known[column])}
        others = {column: self.model.reembed(cuts[column], [face])[0] for column, face in columns.items()}
        return linked(confirmed(cosines, pairs, mine, others, scoring.second), sizes)

    def _seen_as_one(
        self,
        templates: Templates,
        image: Image,
        faces: Sequence[AnalysedFace],
        others: Sequence[Sequence[Part]],
        candidates: Collection[UUID] | None,
    ) -> list[FaceObservation]:
        """Each face of a picture compared together with its linked ones, the ambiguous ones re-embedded."""
        probe = self.model.scoring.probe
        probes = [probe([face, *(other for _cut, other in own)]) for face, own in zip(faces, others, strict=True)]
        seen = templates.observe_as(faces, probes, candidates)
        ambiguous = templates.ambiguous(seen)
        again = self.model.reembed(image, [faces[n] for n in ambiguous])
        for n, face in zip(ambiguous, again, strict=True):
            parts = [self.model.reembed(cut, [other])[0] for cut, other in others[n]]
            [seen[n]] = templates.observe_as([face], [probe([face, *parts])], candidates)
        return seen
