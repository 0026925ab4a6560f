"""Which browser checks in: a random number in a signed cookie, so that one device checks in one student a lesson.

It says that two requests came from one browser, and nothing of whose it is. Whoever clears the browser's data has a
new one: this stops the friend who is asked for a favour, not somebody who sets out to cheat.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

DEVICE_COOKIE = "check_in_device"
DEVICE_SECONDS = 12 * 60 * 60  # a school day; the number is not kept for longer than it is of use


def device_of(request: HttpRequest) -> str:
    """The number that this browser was given, if it still has it and it was not tampered with; else empty."""
    number = request.get_signed_cookie(DEVICE_COOKIE, default=None, salt=DEVICE_COOKIE, max_age=DEVICE_SECONDS)
    return number if number and len(number) == 36 else ""


def remember_device(response: HttpResponse, device: str) -> None:
    """Give the browser its number, or let it keep it for another day."""
    response.set_signed_cookie(
        DEVICE_COOKIE,
        device,
        salt=DEVICE_COOKIE,
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
