"""Students, and the guardians who can be contacted about them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.names import NameField, NameKeyField, displayed, initials_of
from accounts.tenancy import TenantModel, TenantQuerySet, UuidModel
from enrollment.models.consents import has_consent
from enrollment.models.orders import GuardianshipManager


class StudentQuerySet(TenantQuerySet):
    """Students."""

    def with_consent(self) -> "StudentQuerySet":
        """Students whose face may be enrolled and searched for: with a valid consent, and at the school."""
        return self.filter(has_consent(), is_active=True)


class Student(UuidModel, TenantModel):
    """A student. They need no account: `user` is set if they sign in to see their own attendance."""

    roll_number = models.CharField(_("roll number"), max_length=40)
    # As everybody reads it: from the two parts below in the school's order, or as typed where they are not known.
    name = NameField(_("name"), max_length=120)
    given_name = NameField(_("given name"), max_length=80, blank=True)
    family_name = NameField(_("family name"), max_length=80, blank=True)
    name_key = NameKeyField(source="name_in_lists", parts=("name", "given_name", "family_name"))
    email = models.EmailField(_("e-mail"), blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    # The key of the school's own system, such as a OneRoster sourcedId; it is case-sensitive.
    external_id = models.CharField(_("external id"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="students",
        verbose_name=_("account"),
    )
    is_active = models.BooleanField(_("at the school"), default=True)
    left_at = models.DateTimeField(null=True, editable=False)  # noted by `leavers_erase`
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Student"]] = StudentQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "roll_number"]
        verbose_name = _("student")
        verbose_name_plural = _("students")
        indexes = [models.Index(fields=["institution", "name_key"], name="students_by_name")]
        constraints = [
            models.UniqueConstraint(fields=["institution", "roll_number"], name="one_student_per_roll_number"),
            models.UniqueConstraint(
                fields=["institution", "external_id"], condition=~Q(external_id=""), name="one_student_per_external_id"
            ),
            models.UniqueConstraint(
                fields=["institution", "user"], condition=Q(user__isnull=False), name="one_student_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.roll_number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.compose_name()
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        self.compose_name()
        super().clean_fields(exclude)

    def compose_name(self) -> None:
        """Set the name from its parts, if they are known, in the school's order. Bulk writes call it themselves."""
        if self.given_name or self.family_name:
            self.name = displayed(self.given_name, self.family_name, self.institution.name_order)

    @property
    def name_in_lists(self) -> str:
        """Name by which lists are sorted: the family name first, where it is known."""
        return f"{self.family_name} {self.given_name}" if self.family_name else self.name

    @property
    def first_name(self) -> str:
        """The given name where it is known, else the name's first word."""
        return self.given_name or (self.name.split() or [""])[0]

    @property
    def initials(self) -> str:
        """Up to two letters that stand for a portrait."""
        return initials_of(self.name)


class NoticeMode(models.TextChoices):
    """Times at which a guardian is told of an absence: a school's choice, or the guardian's own."""

    AT_ONCE = "at_once", _("Soon after the lesson")
    DIGEST = "digest", _("Once a day, all together")


class Guardian(UuidModel, TenantModel):
    """A parent or another contact of students. They need no account: `user` is set once they accepted an invitation."""

    name = NameField(_("name"), max_length=120)
    name_key = NameKeyField()
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)
    external_id = models.CharField(_("external id"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="guardians",
        verbose_name=_("account"),
    )
    invitation = models.ForeignKey(
        "accounts.Invitation", on_delete=models.SET_NULL, null=True, editable=False, related_name="guardians"
    )
    notices_off_at = models.DateTimeField(null=True, editable=False)  # they asked not to be told of absences
    # When they asked to be told of absences; empty: when the school tells.
    notice_mode = models.CharField(max_length=10, blank=True, editable=False, choices=NoticeMode.choices)
    students = models.ManyToManyField(
        Student, through="Guardianship", related_name="guardians", verbose_name=_("students")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        indexes = [models.Index(fields=["institution", "name_key"], name="guardians_by_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "external_id"], condition=~Q(external_id=""), name="one_guardian_per_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Untold(models.TextChoices):
    """Reasons for which the law of England lets a parent go untold."""

    NOT_FOUND = "not_found", _("Cannot be found")
    NO_CAPACITY = "no_capacity", _("Lacks mental capacity")
    WELFARE = "welfare", _("The child's welfare forbids it")


HAS_SAY = models.Q(may_consent=True, is_barred=False)  # of guardianships: see the property `has_say`


class Guardianship(TenantModel):
    """A guardian's relation to a student, and what the school may do with it."""

    guardian = models.ForeignKey(
        Guardian, on_delete=models.CASCADE, related_name="guardianships", verbose_name=_("guardian")
    )
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="guardianships", verbose_name=_("student")
    )
    relation = models.CharField(_("relation"), max_length=40, blank=True, help_text=_("Such as mother or uncle."))
    may_consent = models.BooleanField(
        _("may decide"), default=True, help_text=_("Has parental responsibility: is asked for consent.")
    )
    may_contact = models.BooleanField(
        _("may be contacted"),
        default=True,
        help_text=_("If off, nothing is shown or sent to this guardian."),
    )
    # Where each parent is to be told before a face is used: the day, if it was not by the portal's own mail.
    told_on = models.DateField(_("told on"), null=True, blank=True)
    untold_because = models.CharField(_("not told because"), max_length=12, blank=True, choices=Untold.choices)

    objects: ClassVar[Any] = GuardianshipManager()
    is_barred: bool = False  # as every query says: by a no-contact order

    class Meta:
        ordering = ["student__name_key"]
        verbose_name = _("guardian of a student")
        verbose_name_plural = _("guardians of students")
        constraints = [
            models.UniqueConstraint(fields=["institution", "guardian", "student"], name="once_a_guardian_of_a_student"),
        ]

    def __str__(self) -> str:
        return f"{self.guardian} · {self.student}"

    @property
    def is_open(self) -> bool:
        """True if the guardian may be told of the student, and see their attendance."""
        return self.may_contact and not self.is_barred

    @property
    def is_untold(self) -> bool:
        """True if the guardian has a say, and nobody has noted that they were told, or why not."""
        return self.has_say and self.told_on is None and not self.untold_because

    @property
    def has_say(self) -> bool:
        """True if the guardian decides about the student by law; `HAS_SAY` in queries."""
        return self.may_consent and not self.is_barred

    @property
    def decides(self) -> bool:
        """True if the guardian is asked for consent."""
        return self.may_consent and self.is_open
