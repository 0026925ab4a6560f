"""The gallery of an institution's faces: rows in the database, a matrix in each process.

Every change of the rows raises `Gallery.version` in the same transaction. A process reads the version by one small
query before it answers. If the number has changed it follows: it reads the students that were added to, or, if
anything was erased, loads everything again. So no process, thread or machine answers from an erased face.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.db import transaction
from django.db.models import Q

from accounts.models import Institution
from accounts.tenancy import TenantQuerySet
from enrollment.domain.faces import Quality
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.keeping import gallery_raised, vectors_erase
from enrollment.faces.local.scoring import Scoring
from enrollment.faces.local.templates import Templates
from enrollment.models import FaceVector, Gallery
from enrollment.repositories import face_ids_for

STORED = np.dtype("<f4")
# Institutions kept per process. A thousand students are half a megabyte.
KEPT = 64
# Part of a gallery's students up to which new vectors are followed one by one; beyond it loading all is as quick: a
# query for each, of a millisecond or so, against 20 microseconds for each student (`bench/gallery.py`).
FOLLOWED = 0.02


Permit = Callable[[Collection[UUID]], Collection[UUID]]  # students → those of them who are permitted


@dataclass(frozen=True)
class Kept:
    """A face to keep. vector: as `AnalysedFace.stored`."""

    student_id: UUID
    vector: Array
    quality: Quality


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

    def get(self, key: tuple[UUID, str]) -> Loaded | None:
        """The templates that were loaded last, of whichever version."""
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
            return self._loaded.get(key)

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
        version, erased = self._versions()
        key = (self.institution.pk, self.model)
        known = _cache.get(key)
        if known and known.version == version:
            return known.templates
        templates = self._following(known) if known and erased <= known.version < version else None
        if templates is None:
            templates = self._load()
        _cache.put(key, version, templates)
        return templates

    def version(self) -> int:
        """The gallery's version, which increases with every change; 0 before the first."""
        return self._versions()[0]

    def _versions(self) -> tuple[int, int]:
        """The gallery's version, and the last one that erased something."""
        rows = Gallery.objects.filter(institution=self.institution)
        return rows.values_list("version", "erased").first() or (0, 0)

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

    def add_many(self, faces: Sequence[Kept], permit: Permit) -> list[str | None]:
        """As `add`, of several faces in one transaction; None in place of the id where its student is not permitted.

        permit: returns those of the students who are permitted, until the transaction ends.
        """
        allowed = permit({face.student_id for face in faces})
        ids = [uuid4().hex if face.student_id in allowed else None for face in faces]
        new = {face_id: face for face_id, face in zip(ids, faces, strict=True) if face_id}
        mapping = face_ids_for(self.institution)
        mapping.put_many({face_id: face.student_id for face_id, face in new.items()})
        stored: set[str] = set()
        try:
            stored = self._store_many(new, permit)
        finally:
            if left := new.keys() - stored:
                mapping.remove(left)
        return [face_id if face_id in stored else None for face_id in ids]

    def vectors_of(self, students: Collection[UUID]) -> dict[UUID, list[Array]]:
        """The stored vectors of these students, each one's in the order in which a template is made of them."""
        return self._vectors(students, {})

    def _vectors(self, students: Collection[UUID], known: Mapping[str, UUID]) -> dict[UUID, list[Array]]:
        """As `vectors_of`. known: faces that are theirs for sure: a store may list a student's newest a moment late."""
        mapping = face_ids_for(self.institution)
        listed = {face_id: student for student in set(students) for face_id in mapping.for_student(student)}
        owners = {**listed, **known}
        rows = self._comparable().filter(face_id__in=owners).order_by("face_id")
        found: dict[UUID, list[Array]] = defaultdict(list)
        for face_id, raw in rows.values_list("face_id", "vector"):
            found[owners[face_id]].append(np.frombuffer(raw, STORED))
        return found

    def remove(self, face_ids: Collection[str]) -> None:
        """Erase vectors, then their mapping: after a crash in between the ids remain, to be removed again."""
        vectors_erase(self.institution, face_ids)
        face_ids_for(self.institution).remove(face_ids)

    def _store(self, face_id: str, vector: Array, quality: Quality, permit: Callable[[], None] | None) -> None:
        with transaction.atomic():
            if permit:
                permit()
            version = gallery_raised(self.institution)
            FaceVector.objects.create(version=version, **self._fields(face_id, vector, quality))

    def _store_many(self, faces: Mapping[str, Kept], permit: Permit) -> set[str]:
        """Write the vectors of those who are still permitted; returns their face ids."""
        with transaction.atomic():
            allowed = permit({face.student_id for face in faces.values()})
            kept = {face_id: face for face_id, face in faces.items() if face.student_id in allowed}
            if kept:
                version = gallery_raised(self.institution)
                FaceVector.objects.bulk_create(
                    FaceVector(version=version, **self._fields(face_id, face.vector, face.quality))
                    for face_id, face in kept.items()
                )
        return set(kept)

    def _fields(self, face_id: str, vector: Array, quality: Quality) -> dict[str, Any]:
        return {
            "institution": self.institution,
            "face_id": face_id,
            "model": self.model,
            "vector": vector.astype(STORED).tobytes(),
            "face_px": quality.face_px,
        }

    def _following(self, known: Loaded) -> Templates | None:
        """The known templates and what was added since; None where everything has to be loaded."""
        most = int(FOLLOWED * len(known.templates.students))
        rows = self._comparable().filter(version__gt=known.version)
        new = list(rows.values_list("face_id", flat=True)[: most + 1])
        if len(new) > most:
            return None
        owners = face_ids_for(self.institution).get_many(new)
        return known.templates.following(self._vectors(owners.values(), owners))

    def _load(self) -> Templates:
        rows = self._comparable().values_list("face_id", "vector")
        vectors = {face_id: np.frombuffer(raw, STORED) for face_id, raw in rows}
        students = face_ids_for(self.institution).get_many(vectors)
        by_student: dict[UUID, list[Array]] = defaultdict(list)
        for face_id in sorted(students):
            by_student[students[face_id]].append(vectors[face_id])
        return Templates.of(by_student, self.scoring)

    def _comparable(self) -> TenantQuerySet:
        # With or without the second embedder the first one's vectors are the same: while faces are enrolled again
        # after it was installed or removed (`enrollment.services.renewal`), no student is lost.
        first = self.model.partition("+")[0]
        rows = FaceVector.objects.for_institution(self.institution)
        return rows.filter(Q(model=first) | Q(model__startswith=f"{first}+"))
