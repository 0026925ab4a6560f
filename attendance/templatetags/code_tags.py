"""Template tag for check-ins by code, on the register."""

from typing import Any

from django import template

from attendance.checkin.notes import code_notes
from attendance.models import ClassSession

register = template.Library()


@register.inclusion_tag("attendance/checkin/notes.html", name="code_notes")
def notes(session: ClassSession) -> dict[str, Any]:
    """The students who were refused, for the teacher. Costs one query."""
    return {"notes": code_notes(session)}
