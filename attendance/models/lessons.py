"""Weekly lessons of the timetable, and the sessions in which they are held."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.days import refuse_backwards
from accounts.models import person_field
from accounts.names import NameField
from accounts.tenancy import TenantModel, UuidModel
from attendance.domain.hours import LONGEST_LESSON, length_of
from enrollment.models import Course


class Weekday(models.IntegerChoices):
    """Days of the week, numbered as `date.weekday()` does."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class TimetableSlot(UuidModel, TenantModel):
    """A weekly lesson of a course, in the school's own wall-clock time."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="slots", verbose_name=_("course"))
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday.choices)
    starts = models.TimeField(_("begins"))
    ends = models.TimeField(_("ends"))
    room = NameField(_("room"), max_length=40, blank=True, help_text=_("Leave empty for the course's room."))
    first_day = models.DateField(_("from"), default=timezone.localdate)
    last_day = models.DateField(_("until"), null=True, blank=True)
    # The series of an imported calendar that it is, so that the same file changes it instead of adding another.
    uid = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["weekday", "starts", "first_day"]
        verbose_name = _("weekly lesson")
        verbose_name_plural = _("weekly lessons")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "course", "weekday", "starts", "first_day"],
                name="one_lesson_of_a_course_at_a_time_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course} · {self.get_weekday_display()} {self.starts:%H:%M}"

    def clean(self) -> None:
        super().clean()
        if self.starts and self.ends and length_of(self.starts, self.ends) > LONGEST_LESSON:
            raise ValidationError({"ends": _("The lesson must end after it begins, within twelve hours.")})
        refuse_backwards(self.first_day, self.last_day)
        if other := self.same_hour():
            said = _("The course has a lesson at this hour already, %(days)s. Choose days that do not overlap.")
            raise ValidationError({"first_day": said % {"days": other.days_in_words}})

    @property
    def days_in_words(self) -> str:
        """Its first and last day, for people."""
        first = date_format(self.first_day, "j M Y")
        if self.last_day is None:
            return gettext("from %(first)s") % {"first": first}
        return f"{first} – {date_format(self.last_day, 'j M Y')}"

    def same_hour(self) -> "TimetableSlot | None":
        """The course's lesson at the same hour on some of the same days, or None. Two terms may each have one."""
        if self.course_id is None or self.weekday is None or self.starts is None or self.first_day is None:
            return None
        others = TimetableSlot.objects.filter(course=self.course_id, weekday=self.weekday, starts=self.starts)
        others = others.filter(Q(last_day=None) | Q(last_day__gte=self.first_day)).exclude(pk=self.pk)
        if self.last_day:
            others = others.filter(first_day__lte=self.last_day)
        return others.first()


class ClassSession(UuidModel, TenantModel):
    """One lesson on one day, with its register."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Not yet")
        OPEN = "open", _("Open")
        CLOSING = "closing", _("Closing")  # absences are being written; resumed if the process dies
        CLOSED = "closed", _("Taken")
        CANCELLED = "cancelled", _("Cancelled")  # not held; the row stays, with its reason, and can be brought back

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("course"))
    slot = models.ForeignKey(
        TimetableSlot, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="sessions"
    )
    # The day on which the timetable has it: the same lesson, even if it was moved to another day. A day without a slot:
    # the weekly lesson has been deleted since.
    slot_day = models.DateField(null=True, editable=False)
    local_date = models.DateField(_("date"), editable=False)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    room = NameField(_("room"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SCHEDULED, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it was cancelled, moved or added
    # Who cancelled, moved or kept it by hand: from then on it does not follow the timetable and days off any more.
    changed_by = person_field(editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)
    # Moved to a day with lessons: it stays there, but a day off that is entered later cancels it like any other lesson.
    follows_days_off = models.BooleanField(default=False, editable=False)
    # The event of an imported calendar that a single lesson is; and whether that change was made by an import.
    uid = models.CharField(max_length=255, blank=True, editable=False)
    by_file = models.BooleanField(default=False, editable=False)
    # The reason for which a single lesson was added, or one was moved: it comes back after a day off over it.
    own_reason = models.CharField(max_length=200, blank=True, editable=False)
    opened_by = person_field(editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_by = person_field(editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    # Set before a mark of the closed register is changed and taken away once its summary says the same: see upkeep.
    summary_due = models.DateTimeField(null=True, editable=False)
    # Whether arriving after the grace period counts as late in this lesson. None: nobody was asked yet, it does.
    late_counts = models.BooleanField(null=True, editable=False)

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
        """Minutes after the beginning in which a student is still in time: the course's, else the institution's."""
        own = self.course.grace_minutes
        return self.institution.grace_minutes if own is None else own
