"""Admin for kiosks."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.tenant_admin import TenantModelAdmin, school_of
from attendance.kiosk.pairing import kiosk_pairing_code_new, kiosk_revoke
from attendance.models import Kiosk


@admin.register(Kiosk)
class KioskAdmin(TenantModelAdmin):
    """Kiosks. One that made marks is revoked, never deleted: the marks bear its name."""

    may_delete = False
    list_display = ["name", "room", "is_attended", "state", "last_seen_at"]
    search_fields = ["name", "room"]
    search_help_text = _("The name or the room")
    empty_hint = _("A tablet at a classroom door marks students as they arrive.")
    ordering = ["room", "name"]
    fields = ["name", "room", "is_attended"]
    actions = ["new_pairing_code", "revoke"]
    exists_already = _("The school has a door tablet of this name already.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            _show_pairing_code(request, obj)

    @admin.action(description=_("New pairing code"))
    def new_pairing_code(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for kiosk in queryset.filter(institution=school_of(request)).select_related("institution"):
            _show_pairing_code(request, kiosk)

    @admin.action(description=_("Revoke: the tablet is shut out at once"))
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for kiosk in queryset.filter(institution=school_of(request)).select_related("institution"):
            kiosk_revoke(kiosk=kiosk)

    @display(description=_("State"))
    def state(self, kiosk: Kiosk) -> str:
        if kiosk.code_until and kiosk.code_until > timezone.now():
            return gettext("waiting to be paired")
        if kiosk.revoked_at:
            return gettext("revoked")
        return gettext("paired") if kiosk.secret_hash else gettext("not paired")


def _show_pairing_code(request: HttpRequest, kiosk: Kiosk) -> None:
    """Show a new pairing code, this one time: it is stored as a hash only."""
    code = kiosk_pairing_code_new(kiosk=kiosk)
    told = _(
        "Pairing code of %(name)s: %(code)s. On the tablet open /%(school)s/kiosk/ and type it within 15 minutes. "
        "It is not shown again."
    )
    messages.success(
        request, told % {"name": kiosk.name, "code": f"{code[:4]} {code[4:]}", "school": kiosk.institution.slug}
    )
