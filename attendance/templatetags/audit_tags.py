"""Template tag for reopening a register, as far as the visitor may."""

from typing import Any

from django import template
from django.template.context import Context

from accounts.models import Role
from attendance.models import ClassSession
from attendance.register.edit_window import is_past_window

register = template.Library()


@register.inclusion_tag("attendance/register/_reopen.html", takes_context=True)
def reopen(context: Context, session: ClassSession) -> dict[str, Any]:
    """The button, or after the school's days for corrections the administrator's form with a reason. No query."""
    return {
        "session": session,
        "institution": session.institution,
        "is_past": is_past_window(session),
        "is_admin": context["membership"].role == Role.ADMIN,
        "csrf_token": context.get("csrf_token"),
    }
