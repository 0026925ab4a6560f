"""What is still to be done before faces can be recognised, and before all is erased that should be."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Institution
from enrollment.models import Consent, FacePhoto, Student

State = FacePhoto.State
POSES = 3  # photographs a student should have: three beat everything else that was measured


def with_readiness(students: QuerySet[Any]) -> QuerySet[Any]:
    """The students, each with `consented` (bool) and the number of `enrolled` and of `held` photographs."""
    valid = Consent.objects.filter(student=OuterRef("pk"), withdrawn_at=None)
    return students.annotate(
        consented=Exists(valid),
        enrolled=Count("photos", filter=Q(photos__state=State.ENROLLED), distinct=True),
        held=Count("photos", filter=Q(photos__state=State.HELD), distinct=True),
    )


def without_consent(institution: Institution) -> QuerySet[Student]:
    """Active students of whom no valid consent is on record."""
    return with_readiness(Student.objects.for_institution(institution).filter(is_active=True)).filter(consented=False)


def without_photo(institution: Institution) -> QuerySet[Student]:
    """Active students with a consent, of whom no photograph is enrolled."""
    return with_readiness(Student.objects.for_institution(institution).filter(is_active=True)).filter(
        consented=True, enrolled=0
    )


def photos_in(institution: Institution, *states: FacePhoto.State) -> QuerySet[FacePhoto]:
    """The institution's photographs in these states."""
    return FacePhoto.objects.for_institution(institution).filter(state__in=states)


def erasures_due(institution: Institution) -> QuerySet[Student]:
    """Students without a valid consent of whom photographs are still kept: their erasure was cut short."""
    valid = Consent.objects.filter(student=OuterRef("pk"), withdrawn_at=None)
    photos = FacePhoto.objects.filter(student=OuterRef("pk"))
    return Student.objects.for_institution(institution).filter(Exists(photos), ~Exists(valid))
