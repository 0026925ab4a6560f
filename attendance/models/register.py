"""Rosters of lessons and their marks, every version of them, and summaries of closed registers."""

from django.db import models
from django.db.models import Q

from accounts.models import person_field
from accounts.tenancy import TenantModel, UuidModel
from attendance.domain.statuses import Source, Status
from attendance.models.lessons import ClassSession
from enrollment.models import Student


class RosterEntry(TenantModel):
    """A student on a session's roster: as it was when the register was opened, or a guest who came besides."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="roster")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    is_guest = models.BooleanField(default=False)  # somebody of the school who is not on the course's roster
    added_by = person_field()

    class Meta:
        indexes = [
            # Guests are few among very many: reports ask who they were.
            models.Index(fields=["institution", "session"], condition=Q(is_guest=True), name="guests_by_session"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["institution", "session", "student"], name="once_on_a_session_roster"),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.student}"


class MarkFields(TenantModel):
    """The columns of a mark: the same for the current one and for each version before it."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=1, choices=[(s.value, s.name.lower()) for s in Status])
    code = models.CharField(max_length=3, blank=True)  # the school's own, beside the kind; empty: the kind's default
    source = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Source])
    marked_at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    minutes_late = models.PositiveSmallIntegerField(default=0)
    left_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)
    capture_id = models.UUIDField(null=True)
    face = models.PositiveSmallIntegerField(null=True)
    similarity = models.FloatField(null=True)
    threshold = models.FloatField(null=True)
    engine = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True


class MarkRow(UuidModel, MarkFields):
    """The current mark. Read and written by the attendance repository alone."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "session", "student"], name="one_mark_per_session_student"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.student_id} {self.status}"


class MarkVersion(MarkFields):
    """Every version a mark ever had, the present one included: the audit trail. Never changed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "session", "student", "version"], name="one_row_per_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.student_id} v{self.version}"


class SessionSummary(TenantModel):
    """Counts of a closed register. Read and written by the attendance repository alone; names nobody."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    closed_at = models.DateTimeField()
    present = models.PositiveIntegerField(default=0)
    late = models.PositiveIntegerField(default=0)
    absent = models.PositiveIntegerField(default=0)
    excused = models.PositiveIntegerField(default=0)
    left_early = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "session"], name="one_summary_per_session"),
        ]
        indexes = [models.Index(fields=["institution", "day"], name="summary_by_day")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.day}"
