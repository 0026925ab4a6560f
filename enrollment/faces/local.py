"""The embedded face engine: YuNet and SFace in this process, vectors in the portal's database, no account anywhere."""

from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID

from PIL.Image import Image

from accounts.models import Institution
from enrollment.faces.analysis import AnalysedFace, analyse
from enrollment.faces.base import (
    Calibration,
    EnrolledFace,
    ErasureReport,
    FaceObservation,
    LooksLike,
    ManyFaces,
    NoFace,
    PoorQuality,
    Quality,
    Refusal,
)
from enrollment.faces.gallery import FaceGallery
from enrollment.faces.networks import Networks, Threads, networks_for
from enrollment.faces.scoring import Scoring, scoring_for
from enrollment.faces.weights import Weights

# What an enrolment photo must offer.
MIN_FACE_PX = 48
MIN_SHARPNESS = 0.0
MIN_BRIGHTNESS = 25.0
MAX_BRIGHTNESS = 235.0
# A face this many times as wide as every other is the one that is meant; the others stand behind.
DOMINANT = 2.0


class LocalFaceEngine:
    """Implements `FaceEngine` for one institution.

    weights_folder: a folder that replaces the installed weight files; weights_sha256: their hashes by file name, for
    files other than the checked ones. cache_folder: where folded networks are kept. threads: cores per run, 0 for all;
    runs: how many runs go on at a time. bar_mark, bar_ask, margin: instead of the measured ones.
    """

    def __init__(
        self,
        institution: Institution,
        *,
        weights_folder: str | None = None,
        weights_sha256: Mapping[str, str] | None = None,
        cache_folder: str | None = None,
        threads: int = 0,
        runs: int = 1,
        bar_mark: float | None = None,
        bar_ask: float | None = None,
        margin: float | None = None,
    ) -> None:
        self.weights = Weights(_path(weights_folder), dict(weights_sha256 or {}), _path(cache_folder))
        self.threads = Threads(threads, runs)
        bars = {"bar_mark": bar_mark, "bar_ask": bar_ask, "margin": margin}
        stated = {name: value for name, value in bars.items() if value is not None}
        self.scoring: Scoring = scoring_for(self.weights.model, stated)
        self.gallery = FaceGallery(institution, self.scoring)

    @property
    def calibration(self) -> Calibration:
        return self.scoring.calibration

    @property
    def networks(self) -> Networks:
        """Loaded on first use: nothing heavy happens before a picture comes."""
        return networks_for(self.weights, self.threads)

    def enroll(self, image: Image, *, student_id: UUID, distinct_from: Collection[UUID] = ()) -> EnrolledFace:
        face = the_one_face(analyse(image, self.networks))
        require_quality(face.quality)
        others = {student_id, *distinct_from}
        alike = self.gallery.templates().similar(face.vector, least=self.calibration.bar_mark, but=others)
        if alike:
            raise LooksLike(alike)
        face_id = self.gallery.add(student_id, face.vector, face.quality)
        return EnrolledFace(face_id, face.box, face.quality, self.calibration.model)

    def identify(self, image: Image, *, candidates: Collection[UUID] | None) -> list[FaceObservation]:
        return self.gallery.templates().observe(analyse(image, self.networks), candidates)

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        self.gallery.remove(face_ids)
        return ErasureReport(erased=tuple(face_ids))


def the_one_face(faces: list[AnalysedFace]) -> AnalysedFace:
    """The face that an enrolment photo is of: the only one, or one that dominates. Raises NoFace, ManyFaces."""
    if not faces:
        raise NoFace("no face")
    largest, *others = sorted(faces, key=lambda face: face.box.width, reverse=True)
    near = [face for face in others if face.box.width * DOMINANT > largest.box.width]
    if near:
        raise ManyFaces(1 + len(near))
    return largest


def require_quality(quality: Quality) -> None:
    """Raises PoorQuality with the first reason why a face should not be enrolled."""
    reasons = (
        (Refusal.TOO_SMALL, quality.face_px < MIN_FACE_PX),
        (Refusal.DARK, quality.brightness < MIN_BRIGHTNESS),
        (Refusal.BRIGHT, quality.brightness > MAX_BRIGHTNESS),
        (Refusal.BLURRED, quality.sharpness < MIN_SHARPNESS),
    )
    for reason, applies in reasons:
        if applies:
            raise PoorQuality(reason, quality)


def _path(folder: str | None) -> Path | None:
    return Path(folder) if folder else None
