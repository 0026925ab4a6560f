"""The mapping of face ids to students in the portal's own database."""

from collections.abc import Collection, Mapping
from typing import Self
from uuid import UUID

from accounts.models import Institution
from accounts.tenancy import TenantQuerySet
from enrollment.models import FaceId

# Face ids in one query: SQLite takes 250,000 at most, and a query that long is slow to build. Of more, all are read.
MOST_ASKED = 10_000


class OrmFaceIdRepository:
    """Implements `FaceIdRepository` on Django's ORM."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution

    @classmethod
    def whereabouts(cls) -> dict[str, str]:
        """Nothing to tell: all entries are in the portal's database."""
        return {}

    @classmethod
    def at(cls, institution: Institution, whereabouts: Mapping[str, str]) -> Self:
        """The institution's mapping."""
        return cls(institution)

    def _rows(self) -> TenantQuerySet:
        return FaceId.objects.for_institution(self.institution)

    def put(self, face_id: str, student_id: UUID) -> None:
        self._rows().update_or_create(
            face_id=face_id,
            defaults={"student_id": student_id},
            create_defaults={"institution": self.institution, "student_id": student_id},
        )

    def put_many(self, students: Mapping[str, UUID]) -> None:
        rows = [
            FaceId(institution=self.institution, face_id=face_id, student_id=student_id)
            for face_id, student_id in students.items()
        ]
        FaceId.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["institution", "face_id"],
            update_fields=["student_id"],
        )

    def get_many(self, face_ids: Collection[str]) -> dict[str, UUID]:
        if len(face_ids) > MOST_ASKED:
            wanted = frozenset(face_ids)
            every = self._rows().values_list("face_id", "student_id").iterator(MOST_ASKED)
            return {face_id: student for face_id, student in every if face_id in wanted}
        return dict(self._rows().filter(face_id__in=list(face_ids)).values_list("face_id", "student_id"))

    def for_student(self, student_id: UUID) -> list[str]:
        return list(self._rows().filter(student_id=student_id).values_list("face_id", flat=True))

    def remove(self, face_ids: Collection[str]) -> None:
        self._rows().filter(face_id__in=face_ids).delete()

    def purge_student(self, student_id: UUID) -> int:
        return self._rows().filter(student_id=student_id).delete()[0]
