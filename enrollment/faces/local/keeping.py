"""Rows of the embedded engine's vectors: listed and erased, whichever engine is in use now."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.database import erased_rows_remove
from accounts.models import Institution
from enrollment.chunks import batched
from enrollment.domain.faces import ErasureReport
from enrollment.models import FaceVector, Gallery
from enrollment.repositories.base import FaceIdRepository

_FACE_ID = re.compile(r"[0-9a-f]{32}")
_AT_ONCE = 10_000  # ids in one query


@dataclass(frozen=True, slots=True)
class GalleryKeeper:
    """Implements `FaceKeeper` for one institution's rows of vectors."""

    institution: Institution
    mapping: FaceIdRepository
    lists_faces: bool = True

    def owns(self, face_id: str) -> bool:
        return _FACE_ID.fullmatch(face_id) is not None

    def is_underway(self, face_id: str) -> bool:
        return False

    def faces(self) -> dict[str, UUID | None]:
        rows = FaceVector.objects.for_institution(self.institution)
        names = list(rows.values_list("face_id", flat=True))
        return dict.fromkeys(names) | self.mapping.get_many(names)

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        """Erase vectors, then their mapping: after a crash in between the ids remain, to be removed again."""
        vectors_erase(self.institution, face_ids)
        self.mapping.remove(face_ids)
        return ErasureReport(erased=tuple(face_ids))


def vectors_erase(institution: Institution, face_ids: Collection[str]) -> None:
    """Erase vectors of any model, even if another engine is in use now. The mapping stays."""
    with transaction.atomic():
        rows = FaceVector.objects.for_institution(institution)
        if sum(rows.filter(face_id__in=some).delete()[0] for some in batched(face_ids, _AT_ONCE)):
            version = gallery_raised(institution)
            Gallery.objects.filter(institution=institution).update(erased=version)
            transaction.on_commit(erased_rows_remove)


def gallery_raised(institution: Institution) -> int:
    """Raise the gallery's version, so that every process notices; returns it. Only in a transaction.

    The row is held until the transaction ends: who sees a version sees the vectors of all earlier ones.
    """
    rows = Gallery.objects.filter(institution=institution)
    if not rows.update(version=F("version") + 1):
        Gallery.objects.get_or_create(institution=institution)
        rows.update(version=F("version") + 1)
    return rows.values_list("version", flat=True).get()
