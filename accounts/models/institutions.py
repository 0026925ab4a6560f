"""Schools: the boundary between their data, their policies, and the law on faces that they follow."""

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.face_law import BARRED, BARRED_SENTENCE, may_take_faces
from accounts.leaver_law import MOST_LEAVER_DAYS
from accounts.names import NameField, NameOrder
from accounts.network import Network, parse_networks, validate_networks
from accounts.tenancy import UuidModel

# First path segments that the portal itself uses: no school may have one as its slug.

RESERVED_SLUGS = frozenset({"account", "admin", "api", "calendar", "health", "media", "schools", "static", "sw.js"})


def validate_slug_is_free(slug: str) -> None:
    """Refuse a slug that would shadow one of the portal's own addresses."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” is one of the portal's own addresses. Choose another."), params={"slug": slug}
        )


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not in the time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone. Write it like Europe/London."), params={"zone": name})


class FaceLaw(models.TextChoices):
    """Rules of a place on recognising students' faces. Facts and sources: docs/law.md."""

    GENERAL = "", _("General (GDPR and similar)")
    ENGLAND = "england", _("England")
    ILLINOIS = "illinois", _("Illinois")
    SWEDEN = "sweden", _("Sweden")
    NEW_YORK = "new_york", _("New York")


class Institution(UuidModel):
    """A school: the boundary between its data and everyone else's, and its policy."""

    slug = models.CharField(
        _("address"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Small letters, digits and single hyphens only.")),
            validate_slug_is_free,
        ],
        help_text=_("The first part of the school's web address."),
    )
    name = NameField(_("name"), max_length=120)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("Like Europe/London."),
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        default="en",
        choices=settings.LANGUAGES,
        help_text=_("Of e-mails and forms to people who have not chosen one."),
    )
    name_order = models.CharField(
        _("order of names"), max_length=10, choices=NameOrder.choices, default=NameOrder.GIVEN_FIRST
    )
    # Which set-up steps the administrators put aside; and when the page was ended.
    setup_skipped = models.JSONField(default=list, editable=False)
    setup_done_at = models.DateTimeField(null=True, editable=False)
    closing_at = models.DateTimeField(null=True, editable=False)  # since then it is being erased: nobody gets in
    # The school whose administrators try a lesson here, with invented students.
    practice_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, editable=False, related_name="practice"
    )
    law = models.CharField(
        _("rules on faces"),
        max_length=20,
        blank=True,
        choices=FaceLaw.choices,
        default=FaceLaw.GENERAL,
        help_text=_("The rules of the school's place. Stricter ones limit what can be switched on."),
    )
    privacy_contact = models.TextField(
        _("contact for data protection"),
        blank=True,
        help_text=_("Name and address of the data protection officer, as the privacy notice shows them."),
    )
    faces_enabled = models.BooleanField(
        _("take attendance by face"),
        default=False,
        help_text=_("Off until your school turns it on. Registers by hand work either way."),
    )
    learns_faces = models.BooleanField(
        _("learn from confirmed faces"),
        default=False,
        help_text=_(
            "Faces that a teacher confirmed on a class photo join the student's photos, two at most. Each can be "
            "deleted; all are when this is switched off."
        ),
    )
    accept_threshold = models.FloatField(
        _("threshold to mark"),
        null=True,
        blank=True,
        help_text=_("Similarity needed to mark without asking. Leave empty for the default."),
    )
    review_threshold = models.FloatField(
        _("threshold to ask"),
        null=True,
        blank=True,
        help_text=_("Similarity needed to ask the teacher. Leave empty for the default."),
    )
    thresholds_model = models.CharField(
        _("model of the thresholds"),
        max_length=80,
        blank=True,
        editable=False,
        help_text=_("The face model that the thresholds above were set for: they mean nothing to another one."),
    )
    grace_minutes = models.PositiveSmallIntegerField(
        _("grace period (minutes)"),
        default=10,
        validators=[MaxValueValidator(240)],
        help_text=_("Students arriving later than this are marked late."),
    )
    photo_retention_days = models.PositiveSmallIntegerField(
        _("days that class photos are kept"), default=7, validators=[MaxValueValidator(365)]
    )
    leaver_retention_days = models.PositiveSmallIntegerField(
        _("days that faces of students who have left are kept"), default=30, validators=[MaxValueValidator(3650)]
    )
    mark_retention_days = models.PositiveIntegerField(
        _("days that marks are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(30), MaxValueValidator(36500)],
        help_text=_("Leave empty to keep marks until they are erased by hand."),
    )
    log_retention_days = models.PositiveIntegerField(
        _("days that the access log is kept"), default=730, validators=[MinValueValidator(30), MaxValueValidator(36500)]
    )
    edit_days = models.PositiveSmallIntegerField(
        _("days for corrections"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3650)],
        help_text=_(
            "How many days after a lesson teachers can correct or reopen its register; then only administrators can, "
            "with a reason. Leave empty for no limit."
        ),
    )
    school_networks = models.TextField(
        _("the school's networks"),
        blank=True,
        validators=[validate_networks],
        help_text=_(
            "Codes are then taken from these addresses only, like 192.0.2.0/24 or 2001:db8::/32: those by which the "
            "school's Wi-Fi reaches the portal. Leave empty to take them from everywhere."
        ),
    )
    code_one_device = models.BooleanField(
        _("one device for one student"),
        default=True,
        help_text=_(
            "A browser that has checked in one student by code checks in nobody else in the same lesson. Switch it "
            "off where students share tablets. Somebody who clears the browser's data gets round it."
        ),
    )
    late_is_attended = models.BooleanField(
        _("late counts as attended"), default=True, help_text=_("In attendance rates, those of past lessons too.")
    )
    excused_counts = models.BooleanField(
        _("excused lessons count"),
        default=True,
        help_text=_(
            "On: an excused lesson lowers the attendance rate like any absence. Off: it is left out of the rate."
        ),
    )
    attendance_threshold = models.PositiveSmallIntegerField(
        _("lowest attendance rate, in per cent"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Students below this are flagged."),
    )
    chronic_percent = models.PositiveSmallIntegerField(
        _("chronic absence from, in per cent of days"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Share of days missed, excused or not, at which a student is chronically absent."),
    )
    streak_days = models.PositiveSmallIntegerField(
        _("absent in a row, in days"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("Students absent for this many days in a row or more are listed in the office."),
    )
    monthly_cap = models.DecimalField(
        _("monthly cap in dollars"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_(
            "Estimated cost after which faces are not recognised until the next month. Leave empty for no cap."
        ),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(law__in=sorted(BARRED), faces_enabled=True), name="no_faces_where_the_law_bars_them"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.faces_enabled and not may_take_faces(self.law):
            raise ValidationError({"faces_enabled": BARRED_SENTENCE})
        most = MOST_LEAVER_DAYS.get(self.law)
        if most is not None and self.leaver_retention_days > most:
            sentence = _("The law of the school's place allows at most %d days after leaving.") % most
            raise ValidationError({"leaver_retention_days": sentence})
        if (
            self.accept_threshold is not None
            and self.review_threshold is not None
            and self.review_threshold > self.accept_threshold
        ):
            raise ValidationError(
                {"review_threshold": _("The threshold to ask cannot be above the threshold to mark.")}
            )

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The school's time zone: days and lessons are its own, instants are stored in UTC."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The school's own networks; if empty, check-in codes are accepted from everywhere."""
        return parse_networks(self.school_networks)
