"""Institutions, user accounts, and the memberships that give a person a role at an institution."""

import zoneinfo
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.face_law import BARRED, BARRED_SENTENCE, may_take_faces
from accounts.names import NamedModel, NamedQuerySet, NameField, NameKeyField, NameOrder
from accounts.network import Network, parse_networks, validate_networks
from accounts.tenancy import TenantModel, UuidModel
from accounts.tokens.models import ApiToken as ApiToken

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
        help_text=_("Off until the school has decided so. Registers by hand work either way."),
    )
    learns_faces = models.BooleanField(
        _("learn from confirmed faces"),
        default=False,
        help_text=_(
            "Faces that a teacher confirmed on a class photo join the student's photographs, two at most. Each can be "
            "deleted; all are when this is switched off."
        ),
    )
    accept_threshold = models.FloatField(
        _("threshold to mark"),
        null=True,
        blank=True,
        help_text=_("Similarity that marks without asking. Empty: as measured."),
    )
    review_threshold = models.FloatField(
        _("threshold to ask"),
        null=True,
        blank=True,
        help_text=_("Similarity that asks the teacher. Empty: as measured."),
    )
    thresholds_model = models.CharField(
        _("model of the thresholds"),
        max_length=80,
        blank=True,
        editable=False,
        help_text=_("The face model that the thresholds above were set for: they mean nothing to another one."),
    )
    grace_minutes = models.PositiveSmallIntegerField(
        _("minutes of grace"), default=10, validators=[MaxValueValidator(240)], help_text=_("After them one is late.")
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
            "So many days after a lesson teachers can correct or reopen its register; afterwards administrators alone, "
            "with a reason. Empty: no limit."
        ),
    )
    school_networks = models.TextField(
        _("the school's networks"),
        blank=True,
        validators=[validate_networks],
        help_text=_(
            "Codes are then taken from these addresses only, like 192.0.2.0/24 or 2001:db8::/32: those by which the "
            "school's Wi-Fi reaches the portal. Empty: from everywhere."
        ),
    )
    code_one_device = models.BooleanField(
        _("one device for one pupil"),
        default=True,
        help_text=_(
            "A browser that has checked in one pupil by code checks in nobody else in the same lesson. Switch it off "
            "where pupils share tablets. Somebody who clears the browser's data gets round it."
        ),
    )
    monthly_cap = models.DecimalField(
        _("monthly cap in dollars"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Estimated cost after which faces are not recognised until the next month. Empty: no cap."),
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


class UserManager(BaseUserManager["User"]):
    """Manager that creates accounts identified by a verified e-mail address."""

    def get_queryset(self) -> "NamedQuerySet[User]":
        return NamedQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        # The caller vouches for the address: an accepted invitation proved it, an operator's command states it.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(UuidModel, NamedModel, AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Their rights come from their memberships, not from the account."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = NameField(_("name"), max_length=120)
    name_key = NameKeyField()
    is_active = models.BooleanField(_("may sign in"), default=True)
    language = models.CharField(_("language"), max_length=10, blank=True, editable=False)  # empty: the browser's
    is_demo = models.BooleanField(default=False, editable=False)  # signs in while DEMO is set, and never else
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email_whatever_its_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def is_staff(self) -> bool:
        """Django's own flag for its admin: the operator of the portal. Schools' admins get in by membership."""
        return self.is_superuser

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.TextChoices):
    """A person's role at an institution."""

    ADMIN = "admin", _("Administrator")
    TEACHER = "teacher", _("Teacher")
    STUDENT = "student", _("Student")


class Membership(TenantModel):
    """One person's role at one institution."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person"))
    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("school")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["user__name_key"]
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["institution", "user"], name="one_role_per_person_and_school")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(UuidModel, TenantModel):
    """An offer of a role at an institution, mailed to an address. It gives nothing until its owner accepts."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for an answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        REVOKED = "revoked", _("Taken back")

    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("school")
    )
    email = models.EmailField(_("e-mail"))
    # As the inviting school typed it: an account's own name is no business of a school that the person has not joined.
    name = NameField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the link's secret
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)
    times_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    mail_error = models.CharField(max_length=200, blank=True, editable=False)  # one sentence; empty: it left
    expires_at = models.DateTimeField(_("valid until"), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "email"],
                condition=models.Q(state="pending"),
                name="one_pending_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def is_valid(self) -> bool:
        """True while it can be accepted."""
        return self.state == self.State.PENDING and timezone.now() < self.expires_at


class PaidCalls(TenantModel):
    """Number of calls of a paid operation by an institution in a month. Written by `accounts.metering` alone."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="paid_calls")
    month = models.DateField()  # its first day; months are UTC's, as AWS bills
    service = models.CharField(max_length=20)
    operation = models.CharField(max_length=60)
    calls = models.FloatField(default=0)  # units of capacity come in halves

    class Meta:
        ordering = ["month", "service", "operation"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month", "service", "operation"], name="one_count_per_operation_and_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.service} {self.operation}: {self.calls:g}"


class Job(UuidModel, TenantModel):
    """A piece of work that takes longer than a request may: see `accounts.jobs`, which alone writes it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    language = models.CharField(max_length=10)  # of the person who started it: words, error and result are in it
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)  # None: not known
    words = models.CharField(max_length=200, blank=True)  # what it is doing now
    checkpoint = models.JSONField(default=dict, encoder=DjangoJSONEncoder)  # where to resume; empty: from the beginning
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.CharField(max_length=400, blank=True)  # one sentence for people
    due_at = models.DateTimeField(default=timezone.now)  # not before
    lease = models.UUIDField(null=True)  # of the process that runs it
    lease_until = models.DateTimeField(null=True)
    deaths = models.PositiveSmallIntegerField(default=0)  # processes that died with it
    waits = models.PositiveSmallIntegerField(default=0)  # times in a row that it was postponed
    created_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "due_at"], name="job_unfinished")]

    def __str__(self) -> str:
        return f"{self.kind} · {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_ended(self) -> bool:
        """True if the job has ended: it will not run again by itself."""
        return self.ended_at is not None


class Duty(models.Model):
    """Something that one process at a time does for all schools, such as the sweep: see `accounts.leases`."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
