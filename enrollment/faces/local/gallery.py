"""The gallery of an institution's faces: rows in the database, a matrix in each process.

Every change of the rows raises `Gallery.version` in the same transaction. A process reads the version by one small
query before it answers, and loads the vectors again if the number has changed: so no process, thread or machine
answers from an erased face.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

import numpy as np
from django.db import transaction
from django.db.models import Q

from accounts.models import Institution
from enrollment.domain.faces import Quality
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.keeping import gallery_changed, vectors_erase
from enrollment.faces.local.scoring import Scoring
from enrollment.faces.local.templates import Templates
from enrollment.models import FaceVector, Gallery
from enrollment.repositories import face_ids_for

STORED = np.dtype("<f4")
# Institutions kept per process. A thousand students are half a megabyte.
KEPT = 64


@dataclass(frozen=True)
class Loaded:
    version: int
    templates: Templates


class TemplateCache:
    """Cache of the most recently used institutions' templates, one a process. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._loaded: OrderedDict[tuple[UUID, str], Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[UUID, str], version: int) -> Templates | None:
        with self._lock:
            loaded = self._loaded.get(key)
            if loaded is None or loaded.version != version:
                return None
            self._loaded.move_to_end(key)
            return loaded.templates

    def put(self, key: tuple[UUID, str], version: int, templates: Templates) -> None:
        with self._lock:
            self._loaded[key] = Loaded(version, templates)
            self._loaded.move_to_end(key)
            while len(self._loaded) > self._kept:
                self._loaded.popitem(last=False)

    def __len__(self) -> int:
        return len(self._loaded)


_cache = TemplateCache()


class FaceGallery:
    """An institution's gallery of faces of one model."""

    def __init__(self, institution: Institution, scoring: Scoring) -> None:
        self.institution = institution
        self.scoring = scoring
        self.model = scoring.model

    def templates(self) -> Templates:
        """The templates of all enrolled students, as of now."""
        # The version first: a change between the two queries then only causes one more load.
        version = self.version()
        key = (self.institution.pk, self.model)
        templates = _cache.get(key, version)
        if templates is None:
            templates = self._load()
            _cache.put(key, version, templates)
        return templates

    def version(self) -> int:
        """The gallery's version, which increases with every change; 0 before the first."""
        return Gallery.objects.filter(institution=self.institution).values_list("version", flat=True).first() or 0

    def add(self, student_id: UUID, vector: Array, quality: Quality, permit: Callable[[], None] | None = None) -> str:
        """Remember a face's vectors (`AnalysedFace.stored`) as the student's. Returns the new face id.

        permit: asked before anything is written, and again in the transaction that writes the vector.
        The mapping is written first: a crash before the vector leaves a face id without a face, which is harmless and
        goes with the student's other face ids; the other way round it would leave a face that nobody can erase.
        """
        if permit:
            permit()
        face_id = uuid4().hex
        mapping = face_ids_for(self.institution)
        mapping.put(face_id, student_id)
        try:
            self._store(face_id, vector, quality, permit)
        except BaseException:
            mapping.remove([face_id])
            raise
        return face_id

    def remove(self, face_ids: Collection[str]) -> None:
        """Erase vectors, then their mapping: after a crash in between the ids remain, to be removed again."""
        vectors_erase(self.institution, face_ids)
        face_ids_for(self.institution).remove(face_ids)

    def _store(self, face_id: str, vector: Array, quality: Quality, permit: Callable[[], None] | None) -> None:
        with transaction.atomic():
            if permit:
                permit()
            FaceVector.objects.create(
                institution=self.institution,
                face_id=face_id,
                model=self.model,
                vector=vector.astype(STORED).tobytes(),
                face_px=quality.face_px,
            )
            gallery_changed(self.institution)

    def _load(self) -> Templates:
        # With or without the second embedder the first one's vectors are the same: while faces are enrolled again
        # after it was installed or removed (`enrollment.services.renewal`), no student is lost.
        first = self.model.partition("+")[0]
        comparable = Q(model=first) | Q(model__startswith=f"{first}+")
        rows = FaceVector.objects.for_institution(self.institution).filter(comparable)
        vectors = {face_id: np.frombuffer(raw, STORED) for face_id, raw in rows.values_list("face_id", "vector")}
        students = face_ids_for(self.institution).get_many(vectors)
        by_student: dict[UUID, list[Array]] = defaultdict(list)
        for face_id in sorted(students):
            by_student[students[face_id]].append(vectors[face_id])
        return Templates.of(by_student, self.scoring)
