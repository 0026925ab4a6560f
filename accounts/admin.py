"""Admin of the school's settings and members; for the portal's operators all schools and accounts."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.errors import AccountError
from accounts.invitations.admin import InvitationAdmin as InvitationAdmin
from accounts.known_ids import KnownFields
from accounts.models import Institution, Membership, Role, User
from accounts.names import NameFormField
from accounts.services import (
    email_change_begin,
    is_last_admin,
    may_rename,
    member_remove,
    member_rename,
    member_set_role,
)
from accounts.tenant_admin import (
    SaysRefusals,
    TenantModelAdmin,
    TenantModelForm,
    is_school_admin,
    not_here,
    school_of,
)
from accounts.tokens.issuing import tokens_revoke


@admin.register(Institution)
class InstitutionAdmin(KnownFields, ModelAdmin):
    """A school's administrator sees the one school; the portal's operator all of them. Nobody deletes one here."""

    list_display = ["name", "slug", "time_zone", "takes_faces"]
    search_fields = ["name", "slug"]
    view_on_site = False
    warn_unsaved_form = True
    compressed_fields = True
    fieldsets = [
        (None, {"fields": ["name", "slug", "time_zone", "language", "name_order"]}),
        (
            _("Attendance"),
            {
                "fields": [
                    "grace_minutes",
                    "edit_days",
                    "late_is_attended",
                    "excused_counts",
                    "attendance_threshold",
                    "chronic_percent",
                    "streak_days",
                ]
            },
        ),
        (
            _("Faces"),
            {
                "fields": [
                    "law",
                    "faces_enabled",
                    "photo_retention_days",
                    "leaver_retention_days",
                    "learns_faces",
                    "accept_threshold",
                    "review_threshold",
                ]
            },
        ),
        (
            _("Code on the screen"),
            {
                "fields": ["school_networks", "code_one_device"],
                "description": _(
                    "Students whom the camera may not or does not know type a code that changes every few seconds. A "
                    "code that is forwarded has run out, or is used on the wrong device. What it does not stop: "
                    "somebody in class who reads the digits aloud to a friend on the phone, unless only the school's "
                    "networks are allowed; and a student who lends a friend phone and password."
                ),
            },
        ),
        (_("Data protection"), {"fields": ["mark_retention_days", "log_retention_days", "privacy_contact"]}),
        (_("Costs"), {"fields": ["monthly_cap"]}),
    ]

    @display(description=_("Faces"), boolean=True)
    def takes_faces(self, school: Institution) -> bool:
        return school.faces_enabled

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Institution]:
        schools = super().get_queryset(request)
        if request.user.is_superuser:
            return schools
        return schools.filter(pk=school_of(request).pk) if is_school_admin(request) else schools.none()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Fields that only the operator changes: the school's web address, and its budget at the operator's cost."""
        return [] if request.user.is_superuser else ["slug", "monthly_cap"]

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:
        if request.user.is_superuser:
            return True
        return is_school_admin(request) and (obj is None or obj == school_of(request))

    has_module_permission = has_view_permission = has_change_permission = _may

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        not_here()


class MemberForm(TenantModelForm):
    """A member's role, and the name where it is the school's to correct."""

    name = NameFormField(label=_("Name"), max_length=120, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Membership
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.instance.user.name
        if not may_rename(self.instance):
            self.fields["name"].disabled = True
            self.fields["name"].help_text = _("This person belongs elsewhere too, so the name is theirs to change.")

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        stored = Membership.objects.get(pk=self.instance.pk)
        if role != Role.ADMIN and is_last_admin(stored):
            raise ValidationError(_("This is the only administrator. Make somebody else one first."))
        return role


@admin.register(Membership)
class MembershipAdmin(SaysRefusals, TenantModelAdmin):
    """The school's members and their roles. People's accounts are their own."""

    list_display = ["name", "email", "role_label", "since"]
    list_filter = ["role"]
    list_select_related = ["user"]
    search_fields = ["user__name_key", "user__email"]
    search_help_text = _("Name or e-mail")
    actions_list = ["invite"]
    may_add = False  # nobody becomes a member without having said so

    @display(description=_("Name"), ordering="user__name_key")
    def name(self, member: Membership) -> str:
        return member.user.name

    @display(description=_("E-mail"), ordering="user__email")
    def email(self, member: Membership) -> str:
        return member.user.email

    @display(
        description=_("Role"),
        ordering="role",
        label=dict.fromkeys(Role, "") | {Role.ADMIN: "info", Role.TEACHER: "success"},
    )
    def role_label(self, member: Membership) -> tuple[str, str]:
        return member.role, str(member.get_role_display())

    @display(description=_("Since"), ordering="created_at")
    def since(self, member: Membership) -> datetime:
        return member.created_at

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{"form": MemberForm, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ["name", "email", "role"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["email"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        role = Role(form.cleaned_data["role"])
        member_set_role(membership=obj, role=role)
        if "name" in form.changed_data:
            member_rename(membership=obj, name=form.cleaned_data["name"])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A member can be removed, together with their courses, as long as an administrator remains."""
        if obj is not None and self._is_own(request, obj) and is_last_admin(obj):
            return False
        return self._is_own(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, _lacking, protected = super().get_deleted_objects(objs, request)
        return names, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        member_remove(membership=obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Membership]) -> None:
        for member in queryset:
            try:
                member_remove(membership=member)
            except AccountError as error:
                messages.error(request, str(error))

    @action(description=_("Invite"), url_path="invite")
    def invite(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:accounts_invitation_add")


class AccountForm(forms.ModelForm):
    """An account as the operator sees it. A password is never set here: the person chooses one by the link."""

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "is_superuser"]


@admin.register(User)
class UserAdmin(KnownFields, ModelAdmin):
    """Accounts, for the portal's operators alone."""

    form = AccountForm
    list_display = ["name", "email", "is_active", "is_superuser", "since"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["name_key", "email"]
    view_on_site = False

    @display(description=_("Since"), ordering="created_at")
    def since(self, account: User) -> datetime:
        return account.created_at

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_module_permission = has_view_permission = has_change_permission = _may

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the one who accepts an invitation makes the account: that proves its address

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it would delete records that schools keep; an account is switched off instead

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        wanted = obj.email
        obj.email = form.initial["email"]
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            tokens_revoke(user=obj)
        if "email" in form.changed_data:
            email_change_begin(user=obj, email=wanted, request=request)
            messages.info(request, _("A link went to %s. The old address holds until it is opened.") % wanted)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        not_here()
