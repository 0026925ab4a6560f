"""Lessons, the pictures taken in them, the faces seen there, and the register."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel
from attendance.audit_models import RegisterEvent as RegisterEvent
from attendance.calendar_models import CalendarFeed as CalendarFeed
from attendance.calendar_models import DayOff as DayOff
from attendance.calendar_models import Substitution as Substitution
from attendance.code_models import CodeDisplay as CodeDisplay
from attendance.code_models import CodeTry as CodeTry
from attendance.kiosk_models import Kiosk as Kiosk
from attendance.live_models import RegisterVersion as RegisterVersion
from attendance.liveness_models import LivenessAttempt as LivenessAttempt
from attendance.status_models import StatusCode as StatusCode
from attendance.statuses import Source, Status
from attendance.verdict_models import Verdict as Verdict
from enrollment.faces.base import Box
from enrollment.models import Course, Student


class Weekday(models.IntegerChoices):
    """Days of the week, numbered as `date.weekday()` does."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class TimetableSlot(TenantModel):
    """A weekly lesson of a course, in the school's own wall-clock time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="slots", verbose_name=_("course"))
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday.choices)
    starts = models.TimeField(_("begins"))
    ends = models.TimeField(_("ends"))
    room = models.CharField(_("room"), max_length=40, blank=True, help_text=_("Empty: the course's room."))
    first_day = models.DateField(_("from"), default=timezone.localdate)
    last_day = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["weekday", "starts"]
        verbose_name = _("weekly lesson")
        verbose_name_plural = _("timetable")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "course", "weekday", "starts"], name="one_lesson_of_a_course_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course} · {self.get_weekday_display()} {self.starts:%H:%M}"

    def clean(self) -> None:
        super().clean()
        if self.starts and self.ends and self.ends <= self.starts:
            raise ValidationError({"ends": _("The lesson must end after it begins, on the same day.")})
        if self.last_day and self.first_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": _("The last day is before the first.")})


class ClassSession(TenantModel):
    """One lesson, held once: what a register is kept for."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Not yet")
        OPEN = "open", _("Open")
        CLOSING = "closing", _("Closing")  # absences are being written; resumed if the process dies
        CLOSED = "closed", _("Taken")
        CANCELLED = "cancelled", _("Cancelled")  # not held; the row stays, with its reason, and can be brought back

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("course"))
    slot = models.ForeignKey(
        TimetableSlot, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="sessions"
    )
    # The day on which the timetable has it: the same lesson, even where it was moved to another day. Without a slot
    # although there is such a day: the weekly lesson was deleted since.
    slot_day = models.DateField(null=True, editable=False)
    local_date = models.DateField(_("date"), editable=False)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    room = models.CharField(_("room"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SCHEDULED, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it was cancelled, moved or added
    # Who cancelled, moved or kept it by hand: from then on it does not follow the timetable and days off any more.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["starts_at"]
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        indexes = [models.Index(fields=["institution", "local_date"], name="session_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "slot", "slot_day"],
                condition=Q(slot__isnull=False),
                name="one_session_per_weekly_lesson_and_its_day",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.course} · {self.local_date}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.local_date = timezone.localdate(self.starts_at, self.institution.zone)
        if self.slot_id and self.slot_day is None:
            self.slot_day = self.local_date
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def grace_minutes(self) -> int:
        """Minutes after the beginning in which one is still in time: the course's, else the institution's."""
        own = self.course.grace_minutes
        return self.institution.grace_minutes if own is None else own


class RosterEntry(TenantModel):
    """Who was to be there: the roster as it was when the register was opened, and guests who came besides."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="roster")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    is_guest = models.BooleanField(default=False)  # somebody of the school who is not on the course's roster
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "session", "student"], name="once_on_a_session_roster"),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.student}"


def capture_path(capture: "Capture", filename: str) -> str:
    """Where a class photo is kept until its retention ends."""
    return f"captures/{capture.institution_id}/{capture.id}.jpg"


class Capture(TenantModel):
    """A picture taken in a session, from the moment it arrives until it is deleted on schedule."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        RECOGNISING = "recognising", _("Looking for faces")
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not recognised")  # given up: the reason says why, the register is kept by hand

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        WEBCAM = "webcam", _("Webcam")

    class Liveness(models.TextChoices):
        NOT_CHECKED = "", _("Not checked")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="captures")
    nonce = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    picture = models.ImageField(upload_to=capture_path)  # empty once it was deleted
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=40, blank=True)  # why it waits or was given up: an error's code
    attempts = models.PositiveSmallIntegerField(default=0)  # that count: not those at which the engine was away
    waits = models.PositiveSmallIntegerField(default=0)  # how often it was put back; the delay grows with it
    retry_at = models.DateTimeField(null=True)  # while it waits: not before
    lease_until = models.DateTimeField(null=True)  # who recognises has it for so long
    engine = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)
    bar_mark = models.FloatField(null=True)
    bar_ask = models.FloatField(null=True)
    seconds = models.FloatField(null=True)  # from the stored picture to the marks
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    kiosk = models.ForeignKey(Kiosk, on_delete=models.SET_NULL, null=True, related_name="+")  # the tablet at the door
    liveness = models.CharField(max_length=6, choices=Liveness.choices, blank=True)  # of the one face in it
    taken_at = models.DateTimeField(default=timezone.now)  # when it came to the server
    seen_at = models.DateTimeField(null=True)  # when it was taken, where a device kept it while it had no connection

    class Meta:
        ordering = ["taken_at"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "session", "nonce"], name="one_capture_per_nonce"),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="capture_unfinished")]

    def __str__(self) -> str:
        return f"{self.session} · {self.taken_at:%H:%M}"

    @property
    def shows_at(self) -> datetime:
        """The moment that the picture shows: what marks by it count from."""
        return self.seen_at or self.taken_at

    @property
    def may_mark(self) -> bool:
        """Whether a face in it may be marked without a person's word: at a tablet that nobody watches only the one
        that was checked, and nowhere one that failed."""
        if self.liveness == self.Liveness.NOT_CHECKED:
            return self.kiosk is None or self.kiosk.is_attended
        return self.liveness == self.Liveness.PASSED

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in (self.State.DONE, self.State.FAILED)


class Sighting(TenantModel):
    """One face seen in a capture: what the machine made of it, and what a person then decided."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="sightings")
    number = models.PositiveSmallIntegerField()
    left = models.IntegerField()
    top = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    outcome = models.CharField(max_length=12)  # a `decision.Outcome`
    reason = models.CharField(max_length=24)  # a `decision.Reason`
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    similarity = models.FloatField(null=True)
    candidates = models.JSONField(default=list)  # [[student id, similarity], …], best first
    decided_student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # The face of another photo of the lesson that is this very person's, and that is shown instead of this one.
    same_as = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    grown_at = models.DateTimeField(null=True)  # when it was looked at for the student's enrolment (`services.growth`)

    class Meta:
        ordering = ["capture", "number"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "capture", "number"], name="one_row_per_face_of_a_capture"),
        ]

    def __str__(self) -> str:
        return f"{self.capture} · {self.number}"

    @property
    def box(self) -> Box:
        """Where the face is, in pixels of the picture."""
        return Box(self.left, self.top, self.width, self.height)


class MarkFields(TenantModel):
    """The columns of a mark: the same for the one that holds and for each version before it."""

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
    bar = models.FloatField(null=True)
    engine = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True


class MarkRow(MarkFields):
    """The mark that holds. Read and written by the attendance repository alone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)

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
    """What a closed register came to. Read and written by the attendance repository alone; names nobody."""

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
