"""User accounts, the memberships that give a person a role at an institution, and invitations to one."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.institutions import Institution
from accounts.names import NamedModel, NamedQuerySet, NameField, NameKeyField
from accounts.tenancy import MailedModel, TenantModel, UuidModel


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
    PRINCIPAL = "principal", _("Principal")  # reads the school's figures, and nobody's name
    STUDENT = "student", _("Student")
    GUARDIAN = "guardian", _("Guardian")  # reads what concerns the students they are tied to


def person_field(**options: Any) -> "models.ForeignKey[User | None, User | None]":
    """Field for the person who did something; empty once their account is gone."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", **options
    )


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

    @property
    def takes_registers(self) -> bool:
        """True for teachers and administrators, to whom the pages of courses and registers are open."""
        return self.role in (Role.TEACHER, Role.ADMIN)

    @property
    def searches(self) -> bool:
        """True for those for whom the search at the top of each page has something to find."""
        return self.takes_registers or self.role == Role.PRINCIPAL


class Invitation(UuidModel, MailedModel, TenantModel):
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
    language = models.CharField(max_length=10, blank=True, editable=False)  # of the mail; empty: the school's
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the link's secret
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
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
