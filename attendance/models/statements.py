"""Statements of students and guardians to the school: excuses for absences, and disputes of single marks."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import refuse_backwards
from accounts.models import person_field
from accounts.names import NameField
from accounts.tenancy import TenantModel, UuidModel
from attendance.domain.excuses import Span
from attendance.domain.statuses import Status
from attendance.models.lessons import ClassSession
from enrollment.models import Guardian, Student

LONGEST_NOTE = 1000


def document_path(statement: "Statement", filename: str) -> str:
    """Storage path of a document: without a person's name. filename: gives its ending alone, .jpg or .pdf."""
    ending = "pdf" if filename.lower().endswith(".pdf") else "jpg"
    return f"documents/{statement.institution_id}/{statement.id}.{ending}"


class Statement(UuidModel, TenantModel):
    """Words to the school about a student, with a document if they have one, and the school's answer."""

    class Giver(models.TextChoices):
        STUDENT = "student", _("Student")
        GUARDIAN = "guardian", _("Guardian")
        SCHOOL = "school", _("School")

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="%(class)ss", verbose_name=_("student"))
    note = models.TextField(_("note"), max_length=LONGEST_NOTE, blank=True)
    document = models.FileField(_("document"), upload_to=document_path, blank=True)  # empty once it was deleted
    document_name = NameField(max_length=120, blank=True)  # of the file as it came
    giver = models.CharField(_("given by"), max_length=10, choices=Giver.choices)
    given_by = person_field(editable=False)
    guardian = models.ForeignKey(
        Guardian,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="%(class)ss",
        verbose_name=_("guardian"),
    )
    given_by_name = NameField(max_length=120, blank=True)  # as it was then: somebody with a link has no account
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = person_field(editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=200, blank=True)  # the student and guardians read it

    class Meta:
        abstract = True

    @property
    def is_pdf(self) -> bool:
        return str(self.document.name or "").endswith(".pdf")


class Excuse(Statement):
    """A reason for an absence: of days, of some hours of them, or of one lesson; past, or planned."""

    class Kind(models.TextChoices):
        ILLNESS = "illness", _("illness")
        APPOINTMENT = "appointment", _("appointment")
        FAMILY = "family", _("family reasons")
        RELIGION = "religion", _("religious observance")
        ACTIVITY = "activity", _("competition, performance or visit")
        OTHER = "other", _("another reason")

    class State(models.TextChoices):
        WAITING = "waiting", _("to decide")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("not accepted")
        WITHDRAWN = "withdrawn", _("taken back")

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    begins = models.TimeField(_("from"), null=True, blank=True)  # the school's wall-clock time
    ends = models.TimeField(_("until"), null=True, blank=True)
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, null=True, blank=True, related_name="excuses")
    kind = models.CharField(_("reason"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING, editable=False)
    # When its marks had followed the decision; empty until then, so that after a crash they still do.
    applied_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-first_day", "-created_at"]
        verbose_name = _("excuse")
        verbose_name_plural = _("excuses")
        indexes = [
            models.Index(fields=["institution", "last_day", "first_day"], name="excuses_by_day"),
            models.Index(fields=["institution", "student", "first_day"], name="excuses_of_a_student"),
            models.Index(fields=["institution", "created_at"], condition=Q(state="waiting"), name="excuses_waiting"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="excuses_end_after_they_begin"),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.first_day}"

    def clean(self) -> None:
        super().clean()
        refuse_backwards(self.first_day, self.last_day)
        if self.begins and self.ends and self.ends <= self.begins:
            raise ValidationError({"ends": _("This is before the beginning.")})

    @property
    def span(self) -> Span:
        """The time that it covers."""
        return Span(self.first_day, self.last_day, self.begins, self.ends, self.session_id)

    @property
    def is_accepted(self) -> bool:
        return self.state == self.State.ACCEPTED

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def was_planned(self) -> bool:
        """True if it was given before its first day."""
        return timezone.localdate(self.created_at, self.institution.zone) < self.first_day


class ExcusedMark(TenantModel):
    """The version of a mark that an accepted excuse writes, noted before it is written. An excuse does so once."""

    excuse = models.ForeignKey(Excuse, on_delete=models.CASCADE, related_name="marks")
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "excuse", "session"], name="once_a_mark_by_an_excuse"),
        ]

    def __str__(self) -> str:
        return f"{self.excuse_id} {self.session_id} v{self.version}"


class Dispute(Statement):
    """An objection to one mark: "this is wrong"."""

    class State(models.TextChoices):
        WAITING = "waiting", _("to decide")
        CORRECTED = "corrected", _("corrected")
        KEPT = "kept", _("not changed")
        WITHDRAWN = "withdrawn", _("taken back")

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="disputes")
    status = models.CharField(max_length=1, choices=[(s.value, s.name.lower()) for s in Status])  # that is disputed
    code = models.CharField(max_length=3, blank=True)
    version = models.PositiveIntegerField()  # of the mark that is disputed
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING, editable=False)
    written_version = models.PositiveIntegerField(null=True, editable=False)  # of the mark that the decision wrote

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        indexes = [
            models.Index(fields=["institution", "student", "created_at"], name="disputes_of_a_student"),
            models.Index(fields=["institution", "created_at"], condition=Q(state="waiting"), name="disputes_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "session", "student"],
                condition=Q(state="waiting"),
                name="one_waiting_dispute_of_a_mark",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.session}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING
