"""Identity of a browser: a random number in a signed cookie, so that one device checks in one student a lesson.

It shows that two requests came from one browser, and nothing about its owner. Anyone who clears the browser's data gets
a new one: this stops the friend who is asked for a favour, not somebody who sets out to cheat.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

DEVICE_COOKIE = "check_in_device"
DEVICE_SECONDS = 12 * 60 * 60  # a school day; the number is of no use for longer


def device_of(request: HttpRequest) -> str:
    """The number that this browser was given; empty if it has none, or one that was tampered with."""
    number = request.get_signed_cookie(DEVICE_COOKIE, default=None, salt=DEVICE_COOKIE, max_age=DEVICE_SECONDS)
    return number if number and len(number) == 36 else ""


def remember_device(response: HttpResponse, device: str) -> None:
    """Set the browser's number, for another day."""
    response.set_signed_cookie(
        DEVICE_COOKIE,
        device,
        salt=DEVICE_COOKIE,
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
