"""The school's structure: years and terms, form groups, and rooms."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import refuse_backwards
from accounts.models import Membership, person_field
from accounts.names import NameField, NameKeyField
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models.people import Student


class SchoolYear(UuidModel, TenantModel):
    """A school year, first and last day included. Rates and courses belong to one."""

    name = NameField(_("name"), max_length=40, help_text=_("Such as 2026/27."))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    external_id = models.CharField(_("external id"), max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("school year")
        verbose_name_plural = _("school years")
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="one_school_year_per_name"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="school_years_end_after_they_begin"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        refuse_backwards(self.starts_on, self.ends_on, field="ends_on")


class Term(UuidModel, TenantModel):
    """A part of a school year, first and last day included."""

    year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="terms", verbose_name=_("school year"))
    name = NameField(_("name"), max_length=40, help_text=_("Such as Autumn term."))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    external_id = models.CharField(_("external id"), max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["starts_on"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(fields=["institution", "year", "name"], name="one_term_per_name_and_year"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="terms_end_after_they_begin"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year}"

    def clean(self) -> None:
        super().clean()
        refuse_backwards(self.starts_on, self.ends_on, field="ends_on")


class Group(UuidModel, TenantModel):
    """A form group or class of a school year, such as 8a, with its tutor."""

    name = NameField(_("name"), max_length=40)
    name_key = NameKeyField()
    year = models.ForeignKey(
        SchoolYear,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="groups",
        verbose_name=_("school year"),
    )
    grade = models.CharField(_("year level"), max_length=20, blank=True, help_text=_("Such as 8 or Year 8."))
    tutor = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="groups", verbose_name=_("tutor")
    )
    students = models.ManyToManyField(Student, through="GroupPlace", related_name="groups", verbose_name=_("students"))
    external_id = models.CharField(_("external id"), max_length=255, blank=True, editable=False)
    is_active = models.BooleanField(_("exists now"), default=True)

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(fields=["institution", "year", "name"], name="one_group_per_name_and_year"),
            models.UniqueConstraint(
                fields=["institution", "name"], condition=Q(year=None), name="one_group_per_name_without_year"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupPlace(TenantModel):
    """A student in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="places", verbose_name=_("group"))
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="group_places", verbose_name=_("student")
    )

    class Meta:
        ordering = ["student__name_key"]
        verbose_name = _("place in a group")
        verbose_name_plural = _("places in groups")
        constraints = [models.UniqueConstraint(fields=["institution", "group", "student"], name="once_in_a_group")]

    def __str__(self) -> str:
        return f"{self.student} · {self.group}"


class Room(UuidModel, TenantModel):
    """A room of the school. Courses and lessons name rooms in words: this list is what they choose from."""

    name = NameField(_("name"), max_length=40)
    building = NameField(_("building"), max_length=80, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="one_room_per_name")]

    def __str__(self) -> str:
        return self.name


class YearChange(UuidModel, TenantModel):
    """A change of year: groups copied to a new one with their students, the old year's courses put out of use."""

    source = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="+")
    # [group, name in the new year]; [group, its copy], written with each step; ids of the courses put out of use.
    moves = models.JSONField(default=list)
    copies = models.JSONField(default=list)
    courses = models.JSONField(null=True)  # null: that step has not been done yet
    made_by = person_field(editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def is_finished(self) -> bool:
        return self.courses is not None
