"""What the frame round every page needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The institution and membership of the request, if any, and whether this is the demo."""
    return {
        "institution": getattr(request, "institution", None),
        "membership": getattr(request, "membership", None),
        "demo": settings.DEMO,
    }
