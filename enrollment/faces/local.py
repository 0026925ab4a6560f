"""The embedded face engine: YuNet and SFace in this process, vectors in the portal's database, no account anywhere."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from PIL.Image import Image

from accounts.models import Institution
from enrollment.faces.analysis import AnalysedFace, analyse, detect
from enrollment.faces.base import Calibration, DetectedFace, EnrolledFace, ErasureReport, FaceObservation, LooksLike
from enrollment.faces.gallery import FaceGallery
from enrollment.faces.gates import require_quality, the_one_face
from enrollment.faces.networks import Networks, Threads, networks_for
from enrollment.faces.scoring import Scoring, scoring_for
from enrollment.faces.weights import Weights

# How far above the bar to mark a photo must resemble somebody else to be held. At the bar itself 2.3 % of new pupils
# of a school of 835 would be (LFW), this far above it 0.9 %, and 97 % of people enrolled twice are still caught.
LOOKS_LIKE = 0.02


@dataclass(frozen=True)
class LocalModel:
    """The networks and the scoring that belong to them, without any institution."""

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
        runs: int = 1,
        precision: str = "",
        bar_mark: float | None = None,
        bar_ask: float | None = None,
        margin: float | None = None,
    ) -> Self:
        """See `LocalFaceEngine` for the options. Raises FaceConfigurationError."""
        folder = weights_folder or getattr(settings, "FACE_MODEL_DIR", None)
        cache = cache_folder or getattr(settings, "FACE_MODEL_CACHE", None)
        weights = Weights(Path(folder) if folder else None, dict(weights_sha256 or {}), Path(cache) if cache else None)
        bars = {"bar_mark": bar_mark, "bar_ask": bar_ask, "margin": margin}
        stated = {name: value for name, value in bars.items() if value is not None}
        return cls(weights, Threads(threads, runs), scoring_for(weights.model, stated), precision)

    def analyse(self, image: Image) -> list[AnalysedFace]:
        """All faces of an upright picture. The networks are loaded by the first call. Raises EngineUnavailable."""
        return analyse(image, self.networks())

    def detect(self, image: Image) -> list[DetectedFace]:
        """The same faces in the same order without describing them. Raises EngineUnavailable."""
        return detect(image, self.networks())

    def networks(self) -> Networks:
        """The two networks of this process, loaded by the first call."""
        return networks_for(self.weights, self.threads, self.precision)


class LocalFaceEngine:
    """Implements `FaceEngine` for one institution.

    weights_folder: a folder that replaces the installed weight files; weights_sha256: their hashes by file name, for
    files other than the checked ones. cache_folder: where folded networks are kept. (FACE_MODEL_DIR and
    FACE_MODEL_CACHE are the settings that stand in for both folders.) threads: cores per run, 0 for all; runs: how
    many runs go on at a time. precision: "f32" describes faces in full precision anywhere; empty: in halves where
    the processor computes with them. bar_mark, bar_ask, margin: instead of the measured ones.
    """

    is_metered = False

    def __init__(
        self,
        institution: Institution,
        *,
        weights_folder: str | None = None,
        weights_sha256: Mapping[str, str] | None = None,
        cache_folder: str | None = None,
        threads: int = 0,
        runs: int = 1,
        precision: str = "",
        bar_mark: float | None = None,
        bar_ask: float | None = None,
        margin: float | None = None,
    ) -> None:
        self.model = LocalModel.from_options(
            weights_folder=weights_folder,
            weights_sha256=weights_sha256,
            cache_folder=cache_folder,
            threads=threads,
            runs=runs,
            precision=precision,
            bar_mark=bar_mark,
            bar_ask=bar_ask,
            margin=margin,
        )
        self.gallery = FaceGallery(institution, self.model.scoring)

    @classmethod
    def warm_up(cls, **options: Any) -> None:
        """Load the networks that an engine with these options uses, so that the first picture need not wait."""
        LocalModel.from_options(**options).networks()

    @property
    def calibration(self) -> Calibration:
        return self.model.scoring.calibration

    def enroll(self, image: Image, *, student_id: UUID, distinct_from: Collection[UUID] = ()) -> EnrolledFace:
        face = the_one_face(self.model.analyse(image))
        require_quality(face.quality)
        others = {student_id, *distinct_from}
        least = self.calibration.bar_mark + LOOKS_LIKE
        alike = self.gallery.templates().similar(face.vector, least=least, but=others)
        if alike:
            raise LooksLike(alike)
        face_id = self.gallery.add(student_id, face.vector, face.quality)
        return EnrolledFace(face_id, face.box, face.quality, self.calibration.model)

    def identify(self, image: Image, *, candidates: Collection[UUID] | None) -> list[FaceObservation]:
        return self.gallery.templates().observe(self.model.analyse(image), candidates)

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        self.gallery.remove(face_ids)
        return ErasureReport(erased=tuple(face_ids))
