"""People's verdicts on the engine's decisions: the sample by which a school can measure its engine."""

from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantModel, UuidModel
from enrollment.models import Student


class Verdict(UuidModel, TenantModel):
    """One person's verdict on the engine's decision about one face, or on somebody whom it did not see.

    No name and no picture: the class photo may be deleted, the verdict stays. It hangs on the face's row, and that on
    the students who were named there, so erasing one of them erases it too; otherwise the rest of the photo could still
    tell whose face it was. Where a mark was contradicted on the register and not at the face, the face stays undecided.
    """

    class Kind(models.TextChoices):
        RIGHT = "right"
        WRONG = "wrong"
        MISSED = "missed"  # somebody whose face is enrolled was there, and the engine had not named them

    capture = models.ForeignKey("attendance.Capture", on_delete=models.CASCADE, related_name="+")
    detected_face = models.OneToOneField(
        "attendance.DetectedFace", on_delete=models.CASCADE, null=True, related_name="verdict"
    )
    # Of one who was missed without a face to point at: by this the verdict is found again when the mark is undone.
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    engine = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    said = models.CharField(max_length=12, blank=True)  # a `decision.Outcome`; empty: it said nothing of them
    similarity = models.FloatField(null=True)  # of the face to whom the engine named, in its own unit
    accept_threshold = models.FloatField(null=True)
    review_threshold = models.FloatField(null=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(detected_face__isnull=False, student__isnull=True)
                | Q(detected_face__isnull=True, student__isnull=False),
                name="verdict_on_a_face_or_on_somebody_missed",
            ),
            models.UniqueConstraint(
                fields=["institution", "capture", "student"],
                condition=Q(student__isnull=False),
                name="one_verdict_on_somebody_missed_in_a_capture",
            ),
        ]
        indexes = [models.Index(fields=["institution", "engine", "model"], name="verdict_by_engine")]

    def __str__(self) -> str:
        return f"{self.engine} {self.model} {self.kind}"
