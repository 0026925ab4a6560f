"""Exceptions to the weekly timetable: days off and substitutions; and the secret addresses of calendar feeds."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import refuse_backwards
from accounts.models import Membership, person_field
from accounts.names import NameField
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models import Course


class DayOff(UuidModel, TenantModel):
    """Days without lessons, both ends included: of the whole school, or of one course."""

    name = NameField(_("name"), max_length=120, help_text=_("Like Spring holidays. Teachers read it as reason."))
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="days_off",
        verbose_name=_("course"),
        help_text=_("Leave empty for the whole school."),
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"), help_text=_("The last day without lessons."))
    # The event of an imported calendar that it is, so that the same file changes it instead of adding another.
    uid = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["first_day", "name"]
        verbose_name = _("day off")
        verbose_name_plural = _("holidays and days off")
        indexes = [models.Index(fields=["institution", "last_day"], name="days_off_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="days_off_end_after_they_begin"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        refuse_backwards(self.first_day, self.last_day)


class Substitution(UuidModel, TenantModel):
    """Another teacher takes one lesson, or a course for a span of days (both ends included).

    With `session` it is that lesson alone, on whichever day it is held; the days are empty then.
    """

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="substitutions", verbose_name=_("course"))
    teacher = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="substitutions", verbose_name=_("substitute")
    )
    session = models.ForeignKey(
        "attendance.ClassSession",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="substitutions",
        verbose_name=_("lesson"),
    )
    first_day = models.DateField(_("from"), null=True)
    last_day = models.DateField(_("until"), null=True)
    given_by = person_field(editable=False)
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)  # taken back: kept, but gives nothing more

    class Meta:
        ordering = ["first_day", "given_at"]
        verbose_name = _("substitute")
        verbose_name_plural = _("substitutes")
        constraints = [
            models.CheckConstraint(
                condition=Q(session__isnull=False, first_day=None, last_day=None)
                | Q(session=None, first_day__isnull=False, last_day__gte=F("first_day")),
                name="substitutes_a_lesson_or_a_span",
            ),
            models.UniqueConstraint(
                fields=["institution", "session", "teacher"],
                condition=Q(session__isnull=False, ended_at=None),
                name="once_a_substitute_of_a_lesson",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.teacher.user} · {self.course}"

    def clean(self) -> None:
        super().clean()
        refuse_backwards(self.first_day, self.last_day)


class CalendarFeed(TenantModel):
    """The secret address under which a member's lessons are read by a calendar. Of the secret only its hash is kept."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_on = models.DateField(null=True)  # the last day on which somebody's calendar asked

    def __str__(self) -> str:
        return f"{self.membership}"
