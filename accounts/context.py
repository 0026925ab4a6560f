"""Template context of the frame around every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The institution and membership of the request, if any, and the demo flag."""
    return {
        "institution": getattr(request, "institution", None),
        "membership": getattr(request, "membership", None),
        "demo": settings.DEMO,
    }
