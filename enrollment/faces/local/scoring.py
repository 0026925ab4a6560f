"""Scoring: vectors in, similarities out, with the centring, the templates and their thresholds.

A face is compared by the first embedder, and where that leaves a doubt by the second. Where half of a face is covered
its similarity is a weighted sum of both cosines, about the centres of faces that are covered alike.

Subtracting the mean face before comparing ("centring") removes what all faces share: at the same false accept rate it
marks 97.9 instead of 97.4 % of a class of 40 with one photo each (LFW).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from enrollment.domain.faces import Calibration, Cover, Quality
from enrollment.faces.local.arrays import Array, unit
from enrollment.faces.local.weights import EMBEDDER, FaceConfigurationError

ENGINE = "local"
# Raised whenever the same vectors get other similarities: a school's own thresholds for an earlier version are void.
VERSION = 4
CENTRE_FILE = Path(__file__).with_name("centre.json")
SECOND_CENTRE_FILE = Path(__file__).with_name("centre_second.json")
COVERED_CENTRES_FILE = Path(__file__).with_name("centres_covered.json")


class Described(Protocol):
    """A face with its vectors, of length 1, not centred: (128,) and, if it was re-embedded, (256,)."""

    @property
    def vector(self) -> Array: ...

    @property
    def second(self) -> Array | None: ...
    @property
    def quality(self) -> Quality: ...


@dataclass(frozen=True, slots=True)
class Blend:
    """The weights by which both embedders' cosines make one similarity, in the scale of the first one's thresholds."""

    first: float
    second: float
    shift: float = 0.0

    def similarities(self, first: Array, second: Array) -> Array:
        """Of cosines by the first embedder and the second's in its scale (`SecondScoring.similarities`)."""
        blended = np.float32(self.first) * first + np.float32(self.second) * second + np.float32(self.shift)
        return np.clip(blended, -1, 1)


@dataclass(frozen=True, slots=True)
class CoveredScoring:
    """Scoring of faces with one half covered: the means of such faces' vectors, (128,) and (256,), and the weights."""

    first: Array
    second: Array
    blend: Blend


@dataclass(frozen=True, slots=True)
class Again:
    """A re-embedded probe: vectors (128,) and (256,) about the centres of faces covered alike, and the weights."""

    first: Array
    second: Array
    blend: Blend
    cover: Cover | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe, compared with templates: centred, of length 1 or less, float32 (128,). again: if it was re-embedded."""

    first: Array
    again: Again | None = None


@dataclass(frozen=True)
class SecondScoring:
    """Scoring of re-embedded faces: those whose best similarity is from `low` to below `high`, and covered ones.

    centre: float32 (256,). scale: brings the second embedder's cosines to the first one's scale: one pair of
    thresholds, and one meaning of a similarity. covered: of faces with half of them covered.
    """

    centre: Array
    low: float
    high: float
    scale: float
    blend: Blend = Blend(0, 1)
    covered: Mapping[Cover, CoveredScoring] = field(default_factory=dict)

    def template(self, vectors: Sequence[Array]) -> Array:
        """As `Scoring.template`, of vectors (256,)."""
        [template] = self.templates(np.stack(list(vectors)), [len(vectors)])
        return template

    def templates(self, vectors: Array, counts: Sequence[int]) -> Array:
        """As `Scoring.templates`, of vectors (n, 256)."""
        return shortened(means(about(self.centre, vectors), counts))

    def similarities(self, probes: Array, templates: Array) -> Array:
        """float32 (n, m) of centred probes (n, 256) and templates (m, 256), in the first embedder's scale."""
        return np.clip(probes @ templates.T * np.float32(self.scale), -1, 1)

    def covers(self, cover: Cover | None) -> CoveredScoring | None:
        """The scoring of faces with this cover; None if they are scored as bare ones."""
        return self.covered.get(cover) if cover else None

    def is_ambiguous(self, similarity: float, cover: Cover | None) -> bool:
        """True if a face with this best similarity is ambiguous and is to be re-embedded."""
        return self.covers(cover) is not None or self.low <= similarity < self.high


@dataclass(frozen=True)
class Scoring:
    """Scoring of the vectors of one model.

    model: the name of the embedder. centre: float32 (128,), the mean of many people's unit vectors.
    """

    model: str
    centre: Array
    calibration: Calibration
    second: SecondScoring | None = None

    def centred(self, vectors: Array) -> Array:
        """Unit vectors (n, 128) about the centre instead of the origin, of length 1 again."""
        return about(self.centre, vectors)

    def template(self, vectors: Sequence[Array]) -> Array:
        """One vector (128,) for all photos of a student: the mean of the centred ones, of length 1 for one photo.

        A mean is nearer to everyone, strangers included, than any of its photos. Its length says by how much: the less
        the photos agree, the shorter. Keeping the square root of it makes one threshold mean the same for students with
        one photo and with several: at 0.38 three photos, with SFace alone, let 0.05 instead of 0.11 % of strangers
        through (LFW).
        """
        [template] = self.templates(np.stack(list(vectors)), [len(vectors)])
        return template

    def templates(self, vectors: Array, counts: Sequence[int]) -> Array:
        """The templates (m, 128) of m students; counts: how many of the vectors (n, 128), in order, are of each."""
        return shortened(means(self.centred(vectors), counts))

    def probe(self, faces: Sequence[Described]) -> Probe:
        """One person's faces as one probe, made as a template is: one threshold for one face and for several."""
        return Probe(self.template([face.vector for face in faces]), self._again(faces))

    def _again(self, faces: Sequence[Described]) -> Again | None:
        """Those of one person's faces that were re-embedded, each about its own centre, weighed as the first one is."""
        if not self.second:
            return None
        firsts, seconds = [], []
        for face in faces:
            if face.second is not None:
                own = self.second.covers(face.quality.cover)
                firsts.append(about(own.first if own else self.centre, face.vector))
                seconds.append(about(own.second if own else self.second.centre, face.second))
        if not firsts:
            return None
        cover = faces[0].quality.cover
        whole = self.second.covers(cover)
        blend = whole.blend if whole else self.second.blend
        return Again(shortened(np.mean(firsts, 0)), shortened(np.mean(seconds, 0)), blend, cover)

    def similarities(self, vectors: Array, templates: Array) -> Array:
        """Cosines, float32 (n, m), of faces (n, 128), not centred, and templates (m, 128)."""
        return self.centred(vectors) @ templates.T


def about(centre: Array, vectors: Array) -> Array:
    """Unit vectors (n, d) about a centre (d,) instead of the origin, of length 1 again."""
    return unit(np.asarray(vectors, np.float32) - centre)


def means(vectors: Array, counts: Sequence[int]) -> Array:
    """The means (m, d) of m groups of vectors (n, d) that lie one after the other, counts[i] > 0 of them in each."""
    sizes = np.asarray(counts)
    starts = np.cumsum(sizes) - sizes
    made = np.empty((len(sizes), vectors.shape[1]), np.float32)
    for size in np.unique(sizes):  # groups of one size at once
        groups = np.flatnonzero(sizes == size)
        made[groups] = vectors[starts[groups, None] + np.arange(size)].mean(1)
    return made


def shortened(vectors: Array) -> Array:
    """Means of unit vectors (m, d), each with the square root of its length, float32."""
    return unit(vectors) * np.sqrt(np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def scoring_for(model: str, thresholds: Mapping[str, float] | None = None) -> Scoring:
    """The scoring of a model. `thresholds` (accept_threshold, review_threshold, margin) replace the measured ones.

    Raises FaceConfigurationError for a model without measured thresholds and without given ones: those of another
    model do not apply.
    """
    calibrated = f"{model}/{VERSION}"
    first, _plus, second = model.partition("+")
    if first == EMBEDDER.title:
        values = {
            "accept_threshold": ACCEPT_THRESHOLD,
            "review_threshold": REVIEW_THRESHOLD,
            "margin": MARGIN,
            **(thresholds or {}),
        }
        values |= {"covered_accept": COVERED_ACCEPT, "covered_review": COVERED_REVIEW}
        source = "settings" if thresholds else THRESHOLDS_SOURCE
        calibration = Calibration(engine=ENGINE, model=calibrated, source=source, **values)
        return Scoring(model, default_centre(), calibration, second_scoring() if second else None)
    if not thresholds or not {"accept_threshold", "review_threshold"} <= set(thresholds):
        raise FaceConfigurationError(
            f"The face model {model} has no measured thresholds: measure them with evaluate_faces and set the options "
            "'accept_threshold' and 'review_threshold' of FACE_ENGINE."
        )
    calibration = Calibration(engine=ENGINE, model=calibrated, source="settings", **{"margin": 0.0, **thresholds})
    return Scoring(model, np.zeros(128, np.float32), calibration)


# Measured by bench/accuracy.py on the development half of LFW, classes of 40. One photo each: 99.6 % marked rightly,
# strangers 0.04 % marked and 1.2 % asked about. Three photos: 99.9 %, 0.02 %. At 0.38 as many are marked and twice as
# many strangers; at 0.42 0.3 points fewer and 0.01 %. A margin over the second best only costs marks.
ACCEPT_THRESHOLD = 0.39
REVIEW_THRESHOLD = 0.30
MARGIN = 0.0
# Of covered faces more has to be alike to be marked, less to be asked about: half of a face tells people apart less
# well. `LOWER_HALF` and `UPPER_HALF` bring their similarities to these thresholds.
COVERED_ACCEPT = 0.03
COVERED_REVIEW = 0.05
THRESHOLDS_SOURCE = "LFW, development half, classes of 40"


# Limits of ambiguity, on lfw_dev in classes of 40 with one photo each. 2 of 2,632 own faces are below SECOND_LOW to the
# first embedder (none with three photos), no stranger's is above SECOND_HIGH; 9 % of students' faces and half of the
# strangers' lie between. The scale maps the second's cosines to that of the same thresholds: fitted on either half
# of the people, for 0.08 % of strangers marked and 1.5 % asked about, it is 1.21. Re-embedding every face would do no
# better, at twice to five times the cost.
SECOND_LOW = 0.20
SECOND_HIGH = 0.48
SECOND_SCALE = 1.2
# Covered faces, weighed on 440 photos with covers of `bench/training/drawn.py`, which the published table never tries.
# Of lower halves SFace alone marks 74 and 65 % of students where 0.05 % of strangers are marked, LightCNN 83, both 84,
# of upper halves 67 and 61 %, 91, 93. Scale and shift are by `python -m bench.training limits`: the similarity that
# 0.03 % of covered strangers reach is the covered face's accept threshold. The review threshold is what a fifth (lower
# half) or a ninth (upper) of them reach: asking about more would find few more students.
LOWER_HALF = Blend(0.4, 0.6, 0.05)
UPPER_HALF = Blend(1.06 * 0.2, 1.06 * 0.8, 0.017)


def second_scoring() -> SecondScoring:
    """The scoring of faces that LightCNN-V4 describes too."""
    covered = {
        Cover.LOWER: covered_scoring(Cover.LOWER, LOWER_HALF),
        Cover.UPPER: covered_scoring(Cover.UPPER, UPPER_HALF),
    }
    return SecondScoring(centre_in(SECOND_CENTRE_FILE), SECOND_LOW, SECOND_HIGH, SECOND_SCALE, covered=covered)


@cache
def covered_scoring(cover: Cover, blend: Blend) -> CoveredScoring:
    """The scoring of faces with this half covered, about the shipped centres."""
    centres = json.loads(COVERED_CENTRES_FILE.read_text("utf-8"))[cover]
    first, second = (np.array(centres[name], np.float32) for name in ("first", "second"))
    return CoveredScoring(first, second, blend)


def default_centre() -> Array:
    """The shipped centre of SFace's vectors, float32 (128,)."""
    return centre_in(CENTRE_FILE)


@cache
def centre_in(file: Path) -> Array:
    """A shipped centre, float32 (128,) or (256,). The file states its origin beside the numbers."""
    centre = np.array(json.loads(file.read_text("utf-8"))["centre"], np.float32)
    centre.setflags(write=False)
    return centre
