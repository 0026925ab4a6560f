"""Amazon Rekognition as the face engine: one collection an institution, one search call for each face."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from PIL.Image import Image

from accounts.models import Institution
from enrollment.domain.faces import (
    Box,
    Calibration,
    EnrolledFace,
    EnrollmentRefused,
    ErasureReport,
    FaceObservation,
    LinkedFace,
    LooksLike,
    Match,
    OnItsSide,
    Quality,
    RawFace,
    Unlike,
)
from enrollment.faces.crops import ENROLMENT, ON_SHEET, SEARCH, Framing, face_jpeg, middle_third
from enrollment.faces.gates import require_quality, the_one_face
from enrollment.faces.local.analysis import middle_face
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.linking import linked
from enrollment.faces.rekognition.calls import RekognitionCalls
from enrollment.faces.rekognition.collection import FaceCollection, Indexed
from enrollment.faces.rekognition.comparing import MOST_COMPARED, compared
from enrollment.faces.rekognition.detectors import Detector, rekognition_detector
from enrollment.faces.rekognition.erasure import CollectionKeeper, Erasure, new_intent
from enrollment.faces.rekognition.limits import RekognitionRefused
from enrollment.faces.rekognition.vectors import FaceVectors, UserVectors, Vectors
from enrollment.repositories import face_ids_for
from enrollment.repositories.base import FaceIdRepository
from portal.aws.clients import region_of

ENGINE = "rekognition"
DETECTORS = ("local", "rekognition")
# Per cent. AWS returns matches from 80 by default, which it calls fit for albums, and advises 99 if no person reviews
# the answer. A teacher does: faces below 95 are asked about. Not measured: there is no account to measure on.
ACCEPT_THRESHOLD = 95.0
REVIEW_THRESHOLD = 80.0
MARGIN = 1.0
OF_ONE = 99.0  # AWS's advice without review by a person: from there on two students are said to be very alike
COVERED_ACCEPT = 4.0  # a covered face is marked from 99, AWS's advice without review by a person
THRESHOLDS_SOURCE = "AWS's advice (80 by default, 99 where nobody reviews), not measured"
LEAST = 50.0  # a lower threshold is another engine's cosine, not a per cent, and would mark everyone
ERASURE_MAY_WAIT = 20.0  # seconds for the account's quota
TOP = 5  # candidates reported for a face, as the embedded engine does


class RekognitionFaceEngine:
    """Implements `FaceEngine` for one institution.

    detector: "local" finds faces by the embedded network, "rekognition" by `DetectFaces`, one more paid call a picture.
    users: compare with one vector for all photos of a student instead of with each photo; faces enrolled without it
    have to be enrolled again. accept_threshold, review_threshold, margin: per cent, instead of those advised. max_wait:
    seconds that a picture may wait for the account's quota before it is deferred; inside `portal.aws.pace.patience` the
    figure stated there applies.
    """

    is_metered = True
    compares_faces = True

    def __init__(
        self,
        institution: Institution,
        *,
        detector: str = "local",
        users: bool = False,
        accept_threshold: float = ACCEPT_THRESHOLD,
        review_threshold: float = REVIEW_THRESHOLD,
        margin: float = MARGIN,
        max_wait: float = 20.0,
    ) -> None:
        self.institution = institution
        calls = RekognitionCalls(institution.pk, max_wait)
        self.collection = FaceCollection(institution.pk, calls)
        self.detector = _detector(detector, calls)
        self._detects_here = detector == "local"
        self.vectors: Vectors = UserVectors(self.collection) if users else FaceVectors(institution, self.collection)
        self._thresholds = (accept_threshold, review_threshold, margin)

    @classmethod
    def warm_up(cls, *, detector: str = "local", **options: Any) -> None:
        """Load the detecting network, if it is the embedded one."""
        if detector == "local":
            LocalModel.from_options().networks()

    @classmethod
    def whereabouts(cls, *, users: bool = False, **options: Any) -> dict[str, str]:
        """Region, prefix of collections and kind of vectors of an engine with these options: see `FaceKeeper`."""
        kind = "users" if users else "faces"
        return {"region": region_of("rekognition"), "prefix": settings.AWS_PREFIX, "vectors": kind}

    @classmethod
    def keeper(
        cls, institution: Institution, whereabouts: Mapping[str, str], mapping: FaceIdRepository
    ) -> CollectionKeeper:
        """The keeper of the collection there: see `FaceKeeper`."""
        calls = RekognitionCalls(institution.pk, ERASURE_MAY_WAIT, whereabouts["region"])
        collection = FaceCollection(institution.pk, calls, whereabouts["prefix"])
        has_users = whereabouts["vectors"] == "users"
        vectors: Vectors = UserVectors(collection) if has_users else FaceVectors(institution, collection)
        return CollectionKeeper(collection, vectors, mapping)

    @classmethod
    def trouble(cls, *, detector: str = "local", **options: Any) -> str:
        """A sentence on the detecting network's file if it is the embedded one and cannot be used; else empty."""
        return LocalModel.from_options().weights.trouble() if detector == "local" else ""

    @property
    def calibration(self) -> Calibration:
        """The thresholds with the collection's model, such as "rekognition-7.0". Raises EngineUnavailable.

        Before the first enrolment there is no collection, and the model has no version.
        """
        accept_threshold, review_threshold, margin = self._thresholds
        is_advised = self._thresholds == (ACCEPT_THRESHOLD, REVIEW_THRESHOLD, MARGIN)
        return Calibration(
            engine=ENGINE,
            model=self._model(self.collection.version()),
            accept_threshold=accept_threshold,
            review_threshold=review_threshold,
            margin=margin,
            source=THRESHOLDS_SOURCE if is_advised else "settings",
            least=LEAST,
            most=100.0,
            covered_accept=COVERED_ACCEPT,
        )

    @property
    def vector_model(self) -> str:
        return self._model(self.collection.version())

    def enroll(
        self,
        image: Image,
        *,
        student_id: UUID,
        distinct_from: Collection[UUID] = (),
        among: Collection[UUID] | None = None,
        permit: Callable[[], None] | None = None,
    ) -> EnrolledFace:
        faces = self.detector(image)
        if turns := self.turns_needed(image, [face.quality for face in faces]):
            raise OnItsSide(turns)
        face = the_one_face(faces)
        require_quality(face.quality)
        self.collection.require()
        self._require_distinct(_cut(image, face, faces, SEARCH), {student_id, *distinct_from}, among)
        picture = _cut(image, face, faces, ENROLMENT)
        if permit:
            permit()
        indexed = self._index(picture, student_id, face.quality)
        try:
            self.vectors.add(student_id, indexed.face_id)
        except Unlike:
            self.forget([indexed.face_id])
            raise
        return EnrolledFace(indexed.face_id, face.box, face.quality, self._model(indexed.version))

    def identify(
        self, image: Image, *, candidates: Collection[UUID] | None, among: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        """As `FaceEngine.identify`. AWS searches the whole collection: students not in `among` are left out here."""
        return self._identified(image, candidates, among)[2]

    def identify_together(
        self,
        image: Image,
        earlier: Sequence[Sequence[Image]],
        *,
        candidates: Collection[UUID] | None,
        among: Collection[UUID] | None = None,
    ) -> list[LinkedFace]:
        """As `FaceEngine.identify_together`, each picture judged by itself: `CompareFaces` says who is the same person,
        and AWS searches with one face at a time. At most `MOST_COMPARED` of the earlier faces are compared."""
        faces, crops, seen = self._identified(image, candidates, among)
        if not faces:
            return []
        cuts = [cut for picture in earlier for cut in picture]
        known = [self._middle(cut) if n < MOST_COMPARED else None for n, cut in enumerate(cuts)]
        links = linked(compared(self.collection.calls, crops, known), [len(picture) for picture in earlier])
        return [LinkedFace(observation, own) for observation, own in zip(seen, links, strict=True)]

    def link_few(
        self, image: Image, boxes: Sequence[Box], asked: Collection[int], earlier: Sequence[Sequence[Image]]
    ) -> list[tuple[int, ...]]:
        """See `LinksFew`: one `CompareFaces` for each of the first `MOST_COMPARED` that are asked about. No detector is
        asked for the earlier faces, which are in the middle of their crops."""
        cuts = [cut for picture in earlier for cut in picture]
        known = [face_jpeg(cut, middle_third(cut.size), [], ON_SHEET) for cut in cuts]
        shown = sorted(asked)[:MOST_COMPARED]
        faces = [
            face_jpeg(image, box, [other for other in boxes if other is not box], SEARCH) if n in shown else None
            for n, box in enumerate(boxes)
        ]
        similarities = compared(self.collection.calls, known, faces).T
        return linked(similarities, [len(picture) for picture in earlier])

    def detect(self, image: Image) -> list[RawFace]:
        """As `FaceEngine.detect`."""
        return list(self.detector(image))

    def turns_needed(self, image: Image, seen: Sequence[Quality]) -> int:
        """As `FaceEngine.turns_needed`. 0 with Rekognition's own detector: three more paid calls for each picture that
        shows nobody, and what it makes of a face on its side could not be measured."""
        return LocalModel.from_options().turns_needed(image, seen) if self._detects_here else 0

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        return Erasure(self.collection, self.vectors, face_ids_for(self.institution)).forget(face_ids)

    # -- Steps --------------------------------------------------------------------------------------------------------

    def _identified(
        self, image: Image, candidates: Collection[UUID] | None, among: Collection[UUID] | None
    ) -> tuple[list[RawFace], list[bytes], list[FaceObservation]]:
        """The faces of a picture, each cut out, and each compared with the collection."""
        faces = self.detector(image)
        crops = [_cut(image, face, faces, SEARCH) for face in faces]
        if not faces or self.collection.version() is None:
            return faces, crops, [FaceObservation(face.box, face.quality) for face in faces]
        found = [_only(matches, among) for matches in self.vectors.search(crops, self._least())]
        return (
            faces,
            crops,
            [_observation(face, matches, candidates) for face, matches in zip(faces, found, strict=True)],
        )

    def _middle(self, cut: Image) -> bytes | None:
        """The face in the middle of a cut-out, its neighbours painted over; None where none is found."""
        faces = self.detector(cut)
        face = middle_face(faces, cut.size)
        return _cut(cut, face, faces, SEARCH) if face else None

    def _model(self, version: str | None) -> str:
        return (f"{ENGINE}-{version}" if version else ENGINE) + self.vectors.kind

    def _least(self) -> float:
        """The lowest similarity to search for: the school's review threshold may be below the engine's."""
        calibration = self.calibration
        own = self.institution.review_threshold if self.institution.thresholds_model == calibration.model else None
        return min(
            100.0, max(0.0, calibration.review_threshold if own is None else min(own, calibration.review_threshold))
        )

    def _require_distinct(self, picture: bytes, others: Collection[UUID], among: Collection[UUID] | None) -> None:
        [matches] = self.vectors.search([picture], self._thresholds[0])
        alike = [match for match in _only(matches, among) if match.student_id not in others]
        if alike:
            raise LooksLike(alike[:TOP], OF_ONE)

    def _index(self, picture: bytes, student_id: UUID, quality: Quality) -> Indexed:
        """Index the face in the collection and put its id into the mapping.

        AWS returns the id only afterwards: a crash in between, or a lost answer, would leave a face that could not be
        erased. So an intent in the mapping says beforehand that there may be one; `forget` searches the collection.
        """
        mapping = face_ids_for(self.institution)
        intent = new_intent()
        mapping.put(intent, student_id)
        try:
            indexed = self.collection.index(picture, student_id, quality)
        except (EnrollmentRefused, RekognitionRefused):
            mapping.remove([intent])  # nothing was kept, for certain
            raise
        mapping.put(indexed.face_id, student_id)
        mapping.remove([intent])
        return indexed


def _detector(name: str, calls: RekognitionCalls) -> Detector:
    if name not in DETECTORS:
        raise ImproperlyConfigured(
            f"FACE_ENGINE: the option 'detector' is one of {', '.join(DETECTORS)}, not {name!r}."
        )
    return LocalModel.from_options().detect if name == "local" else rekognition_detector(calls)


def _cut(image: Image, face: RawFace, faces: Iterable[RawFace], framing: Framing) -> bytes:
    return face_jpeg(image, face.box, [other.box for other in faces if other is not face], framing)


def _only(matches: list[Match], among: Collection[UUID] | None) -> list[Match]:
    return matches if among is None else [match for match in matches if match.student_id in among]


def _observation(face: RawFace, matches: list[Match], candidates: Collection[UUID] | None) -> FaceObservation:
    if candidates is None:
        return FaceObservation(face.box, face.quality, tuple(matches[:TOP]))
    inside = [match for match in matches if match.student_id in candidates]
    outside = [match for match in matches if match.student_id not in candidates]
    return FaceObservation(face.box, face.quality, tuple(inside[:TOP]), outside[0] if outside else None)
