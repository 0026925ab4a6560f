"""Admin of the school's structure: years with their terms, groups, rooms; and of guardians."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.tenant_admin import TenantInline, TenantModelAdmin
from enrollment.models import (
    Consent,
    Group,
    Guardian,
    Guardianship,
    Room,
    SchoolYear,
    Term,
)


class TermInline(TenantInline):
    """The year's terms."""

    model = Term
    fields = ["name", "starts_on", "ends_on"]
    exists_already = _("This year has a term of this name already.")


@admin.register(SchoolYear)
class SchoolYearAdmin(TenantModelAdmin):
    """School years. One with groups is kept."""

    list_display = ["name", "starts_on", "ends_on"]
    search_fields = ["name"]
    search_help_text = _("The name")
    empty_hint = _("Add the year with its terms: rates are counted by term.")
    ordering = ["-starts_on"]
    fields = ["name", "starts_on", "ends_on"]
    inlines = [TermInline]
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = (Term,)
    exists_already = _("There is a school year of this name already.")


@admin.register(Group)
class GroupAdmin(TenantModelAdmin):
    """Form groups. Their students are put in and taken out on the portal's own page, so that rosters follow."""

    list_display = ["name", "year", "grade", "tutor_name", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["year", "tutor__user"]
    search_fields = ["name_key"]
    search_help_text = _("The name")
    empty_hint = _("A group such as 8a fills the rosters of its courses.")
    ordering = ["name_key"]
    fields = ["name", "year", "grade", "tutor", "is_active"]
    may_delete = False  # on the portal's page, which takes its students off the rosters too
    exists_already = _("There is a group of this name in this year already.")

    @display(description=_("Tutor"))
    def tutor_name(self, group: Group) -> str:
        return group.tutor.user.name if group.tutor else ""


@admin.register(Room)
class RoomAdmin(TenantModelAdmin):
    """Rooms to choose from."""

    list_display = ["name", "building"]
    search_fields = ["name", "building"]
    search_help_text = _("The name or the building")
    ordering = ["name"]
    fields = ["name", "building"]
    exists_already = _("There is a room of this name already.")


class ChildInline(TenantInline):
    """The guardian's children."""

    model = Guardianship
    verbose_name = _("student")
    verbose_name_plural = _("students")
    fields = ["student", "relation", "may_consent", "may_contact"]
    autocomplete_fields = ["student"]
    exists_already = _("This student is in the list already.")


class GuardianInline(TenantInline):
    """The student's guardians."""

    model = Guardianship
    verbose_name = _("guardian")
    verbose_name_plural = _("guardians")
    fields = ["guardian", "relation", "may_consent", "may_contact"]
    autocomplete_fields = ["guardian"]
    exists_already = _("This guardian is in the list already.")


@admin.register(Guardian)
class GuardianAdmin(TenantModelAdmin):
    """Parents and other contacts. One whose answer to a consent is on record is kept."""

    list_display = ["name", "email", "phone", "language"]
    search_fields = ["name_key", "email", "phone"]
    search_help_text = _("Name, e-mail or telephone")
    empty_hint = _("Add parents one by one, or import them with their children.")
    ordering = ["name_key"]
    fields = ["name", "email", "phone", "language", "external_id"]
    inlines = [ChildInline]
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = (Guardianship,)
    exists_already = _("There is a guardian with this external id already.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and Consent.objects.filter(guardian=obj).exists():
            return False
        return super().has_delete_permission(request, obj)
