"""A school's own status codes for the register: their labels, and whether they count as attended."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.names import NameField
from accounts.tenancy import TenantModel
from attendance.domain.statuses import SETTABLE, Status

KINDS = [
    (Status.PRESENT.value, _("present")),
    (Status.LATE.value, _("late")),
    (Status.ABSENT.value, _("absent")),
    (Status.EXCUSED.value, _("excused")),
    (Status.LEFT_EARLY.value, _("left early")),
]


class Colour(models.TextChoices):
    """The palette: each has a tone for text and one beneath it in site.css, readable in light and in dark."""

    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    INDIGO = "indigo", _("Indigo")
    PLUM = "plum", _("Plum")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    AMBER = "amber", _("Amber")
    GREY = "grey", _("Grey")


class StatusCode(TenantModel):
    """A code of the school's own, or its own word for one of the five that exist without any row (P, L, A, E, D).

    Marks keep the code and never the label, so that a new label is the label of old marks too.
    """

    code = models.CharField(
        _("code"),
        max_length=3,
        validators=[RegexValidator(r"^[^\W\d_][^\W_]*$", _("One to three letters or digits, a letter first."))],
        help_text=_(
            "One to three letters or digits. P, L, A, E and D change how the portal's own statuses are called."
        ),
    )
    label = NameField(_("label"), max_length=40)
    kind = models.CharField(
        _("kind"),
        max_length=1,
        choices=KINDS,
        help_text=_("Decides where it appears in the register and how it counts at closing."),
    )
    counts_as_attended = models.BooleanField(
        _("counts as attended"), default=False, help_text=_("In the rates, those of past lessons too.")
    )
    is_counted = models.BooleanField(
        _("counts in rates"),
        default=True,
        help_text=_("Switch this off for lessons the student couldn't attend: they are left out of the rates."),
    )
    colour = models.CharField(_("colour"), max_length=8, choices=Colour.choices, default=Colour.GREY)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("A code that is not in use is no longer offered; old marks keep it.")
    )
    has_marks = models.BooleanField(default=False, editable=False)  # from the first mark on: then it is not deleted

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("status code")
        verbose_name_plural = _("status codes")
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="one_status_per_code")]

    def __str__(self) -> str:
        return f"{self.code} · {self.label}"

    @property
    def is_own(self) -> bool:
        """True if the code is the school's own, not one of the portal's five."""
        return self.code not in SETTABLE

    def clean_fields(self, exclude: Any = None) -> None:
        self.code = self.code.strip().upper()
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        super().clean()
        if self.is_own or not self.kind:
            return
        if self.code != self.kind:
            raise ValidationError({"kind": _("P, L, A, E and D keep their kind. Choose other letters for this one.")})
        if not self.is_active:
            raise ValidationError({"is_active": _("P, L, A, E and D are always in use: the camera marks with them.")})
