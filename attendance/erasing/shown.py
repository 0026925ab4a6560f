"""Contents of the pages of erasures: what there is of a student, and the steps of a receipt in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise

from accounts.files import KEEP_NOTHING
from attendance.erasing.closing import STEP_TITLES
from attendance.erasing.parts import TITLES
from attendance.erasing.receipts import receipt_text
from attendance.models import Capture, RosterEntry
from enrollment.models import BatchPhoto, Consent, FacePhoto, Receipt, Student


@dataclass(frozen=True, slots=True)
class Contents:
    """Numbers of what the portal's database has of a student. lessons: on whose registers they are."""

    photos: int
    class_photos: int
    batch_photos: int
    consents: int
    lessons: int


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of an erasure. left: None until it was read again."""

    title: str | Promise
    found: int
    left: int | None


def contents_of(student: Student) -> Contents:
    school = student.institution
    named = Q(detected_faces__student=student) | Q(detected_faces__decided_student=student)
    captures = Capture.objects.for_institution(school).exclude(picture="").filter(named)
    return Contents(
        photos=FacePhoto.objects.for_institution(school).filter(student=student).count(),
        class_photos=captures.distinct().count(),
        batch_photos=BatchPhoto.objects.for_institution(school).filter(student=student).count(),
        consents=Consent.objects.for_institution(school).filter(student=student).count(),
        lessons=RosterEntry.objects.for_institution(school).filter(student=student).count(),
    )


def receipt_response(receipt: Receipt) -> HttpResponse:
    """A signed receipt as a download."""
    assert receipt.ended_at is not None
    day = timezone.localtime(receipt.ended_at)
    response = HttpResponse(receipt_text(receipt), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="erasure-{day:%Y-%m-%d}-{receipt.pk}.json"'
    response["Cache-Control"] = KEEP_NOTHING
    return response


def steps_shown(steps: Iterable[Mapping[str, Any]]) -> list[ShownStep]:
    """Steps of a receipt, as pages show them. A part that no longer exists is shown by its code."""
    titles = STEP_TITLES | TITLES
    return [ShownStep(titles.get(step["part"], step["part"]), step["found"], step.get("left")) for step in steps]
