"""The office's page of invitations: who was invited, what came of it, send again, take back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.errors import AccountError
from accounts.invitations.inviting import State, invitation_create, invitation_revoke, invitation_send_again
from accounts.models import Invitation, Membership, Role
from accounts.tenant_admin import SaysRefusals, TenantModelAdmin, TenantModelForm, school_of, user_of


class InviteForm(TenantModelForm):
    """E-mail, name and role of the person to invite."""

    email = forms.EmailField(label=_("E-mail"), widget=UnfoldAdminEmailInputWidget)

    class Meta:
        model = Invitation
        fields = ["email", "name", "role"]
        help_texts = {"name": _("For the invitation. New members can correct it when they accept.")}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if Membership.objects.for_institution(self.institution).filter(user__email=email).exists():
            raise ValidationError(_("Someone with this e-mail address is a member already."))
        waiting = Invitation.objects.for_institution(self.institution).filter(email=email, state=State.PENDING)
        if waiting.exists():
            raise ValidationError(_("This address has an invitation already. Send it again instead."))
        return email


@admin.register(Invitation)
class InvitationAdmin(SaysRefusals, TenantModelAdmin):
    """Invitations of a school. What is shown was typed by the school, never read from an account."""

    form = InviteForm
    list_display = ["name", "email", "role", "state_label", "sent_at", "expires_at"]
    list_filter = ["state", "role"]
    search_fields = ["name", "email"]
    search_help_text = _("Name or e-mail")
    empty_hint = _("Invite teachers and administrators. They choose a password by the link in the e-mail.")
    actions = ["send_again", "take_back"]
    may_change = False
    may_delete = False

    @display(
        description=_("State"),
        ordering="state",
        label={State.PENDING: "warning", State.ACCEPTED: "success", State.DECLINED: "danger", State.REVOKED: ""},
    )
    def state_label(self, invitation: Invitation) -> tuple[str, str]:
        if invitation.state == State.PENDING and invitation.came_back_at:
            return State.DECLINED, str(_("E-mail came back"))
        return invitation.state, str(invitation.get_state_display())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"role": Role.TEACHER}

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        made = invitation_create(
            institution=school_of(request),
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            role=Role(form.cleaned_data["role"]),
            by=user_of(request),
            request=request,
        )
        obj.pk, obj._state.adding = made.pk, False

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, queryset: models.QuerySet[Invitation]) -> None:
        sent = 0
        for invitation in queryset.filter(state=State.PENDING):
            try:
                invitation_send_again(invitation=invitation, request=request)
                sent += 1
            except AccountError as error:
                messages.error(request, f"{invitation.email}: {error}")
        if sent:
            messages.success(request, ngettext("%d invitation sent.", "%d invitations sent.", sent) % sent)

    @admin.action(description=_("Take back"))
    def take_back(self, request: HttpRequest, queryset: models.QuerySet[Invitation]) -> None:
        taken_back = 0
        for invitation in queryset.filter(state=State.PENDING):
            try:
                invitation_revoke(invitation=invitation)
                taken_back += 1
            except AccountError as error:
                messages.error(request, f"{invitation.email}: {error}")
        text = ngettext("%d invitation taken back.", "%d invitations taken back.", taken_back)
        messages.success(request, text % taken_back)
