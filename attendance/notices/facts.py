"""Facts about a school's data that its notice and its impact assessment state, read from settings and records."""

from dataclasses import dataclass

from django.conf import settings

from accounts.models import Institution
from attendance.needs import uses_dynamodb, uses_rekognition
from attendance.repositories import marks_for
from enrollment.domain.consents import leaver_days
from enrollment.models import Consent, Student


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts. region: of Amazon Web Services, empty where nothing is there.

    marks_days, backup_days: None where no time is set. students: those at the school; consenting: those of them with a
    valid consent.
    """

    uses_faces: bool
    faces_on_aws: bool
    marks_on_aws: bool
    pictures_on_aws: bool
    region: str
    photo_days: int
    leaver_days: int
    marks_days: int | None
    log_days: int
    backup_days: int | None
    students: int
    consenting: int
    refused: int

    @property
    def uses_aws(self) -> bool:
        return self.faces_on_aws or self.marks_on_aws or self.pictures_on_aws


def facts_of(institution: Institution) -> Facts:
    """The facts as they are now."""
    faces, marks, pictures = uses_rekognition(), uses_dynamodb("ATTENDANCE_REPOSITORY"), bool(settings.PICTURES_BUCKET)
    at_school = Student.objects.for_institution(institution).filter(is_active=True)
    refusing = Consent.objects.for_institution(institution).refusing().values("student").distinct()
    return Facts(
        uses_faces=institution.faces_enabled,
        faces_on_aws=faces,
        marks_on_aws=marks,
        pictures_on_aws=pictures,
        region=settings.AWS_REGION if faces or marks or pictures else "",
        photo_days=institution.photo_retention_days,
        leaver_days=leaver_days(institution.law, institution.leaver_retention_days),
        marks_days=marks_for(institution).retention_days,
        log_days=institution.log_retention_days,
        backup_days=settings.BACKUP_RETENTION_DAYS,
        students=at_school.count(),
        consenting=at_school.with_consent().count(),
        refused=refusing.count(),
    )
