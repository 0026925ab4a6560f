"""Context processor for the demo's sign-in page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from attendance.demo.school import LOGINS, PASSWORD


def demo_logins(request: HttpRequest) -> dict[str, Any]:
    """The demo school's logins, in the demonstration only."""
    if not settings.DEMO:
        return {}
    return {"demo_logins": LOGINS, "demo_password": PASSWORD}
