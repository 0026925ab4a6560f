"""No-contact orders: a court's, or the school's own, that keeps a guardian from a student."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.names import NameField
from accounts.tenancy import TenantModel, TenantQuerySet, UuidModel


class NoContactOrder(UuidModel, TenantModel):
    """A standing or lifted order about one guardian and one student; never deleted while it stands.

    It names the person by their row, and by the e-mail of that day: a guardian who is removed and imported again is
    still the same person.
    """

    student = models.ForeignKey("enrollment.Student", on_delete=models.CASCADE, related_name="no_contact_orders")
    guardian = models.ForeignKey(
        "enrollment.Guardian", on_delete=models.SET_NULL, null=True, related_name="no_contact_orders"
    )
    guardian_name = NameField(max_length=120)
    email = models.EmailField(blank=True)  # in small letters
    reason = models.CharField(_("reason"), max_length=300)
    made_by = person_field(blank=True)
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)
    lifted_reason = models.CharField(max_length=300, blank=True)
    lifted_by = person_field(blank=True)
    lifted_by_name = models.CharField(max_length=120, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("no-contact order")
        verbose_name_plural = _("no-contact orders")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "guardian", "student"],
                condition=Q(lifted_at=None),
                name="one_standing_order_per_guardian_and_student",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guardian_name} · {self.student}"


def is_kept_away() -> Exists:
    """Condition of guardianships: a standing order keeps the guardian from the student.

    Also under another row of the same account or e-mail address: anyone who reads that mailbox is kept away.
    """
    email = Lower(OuterRef("guardian__email"))
    orders = NoContactOrder.objects.filter(lifted_at=None, student=OuterRef("student"))
    return Exists(
        orders.annotate(now_email=Lower("guardian__email")).filter(
            Q(guardian=OuterRef("guardian"))
            | Q(guardian__user=OuterRef("guardian__user"))
            | (~Q(email="") & Q(email=email))
            | (~Q(now_email="") & Q(now_email=email))
        )
    )


class GuardianshipManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """Guardianships, each with `is_barred`: whether a no-contact order keeps the guardian from the student."""

    def get_queryset(self) -> Any:
        return super().get_queryset().annotate(is_barred=is_kept_away())
