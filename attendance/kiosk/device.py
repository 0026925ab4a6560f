"""The cookie that makes a browser a school's kiosk: a signed secret, sent to the kiosk's addresses alone.

The cookie is no login: it opens the kiosk's own pages and is not even sent to others.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from attendance.models import Kiosk

COOKIE = "kiosk"
COOKIE_SECONDS = 400 * 24 * 60 * 60  # the longest that browsers keep one; renewed whenever the page is opened
_SEEN_EVERY = timedelta(minutes=1)  # a tablet asks every few seconds: not each time is stored


def hashed(secret: str) -> str:
    """The stored hash of a pairing code or a device's secret: 64 hex digits, useless without the server's key."""
    return salted_hmac("attendance.kiosk", secret, algorithm="sha256").hexdigest()


def kiosk_of(request: HttpRequest, slug: str) -> Kiosk | None:
    """The kiosk of this school that the browser is paired as; None for a stranger, a revoked one, another school's."""
    value = request.get_signed_cookie(COOKIE, default=None, salt=_salt(slug), max_age=COOKIE_SECONDS)
    number, _colon, secret = (value or "").partition(":")
    if not secret:
        return None
    try:
        key = UUID(number)
    except ValueError:
        return None
    kiosk = (
        Kiosk.objects.filter(pk=key, institution__slug=slug, revoked_at=None)
        .exclude(secret_hash="")
        .select_related("institution")
        .first()
    )
    if kiosk is None or not constant_time_compare(kiosk.secret_hash, hashed(secret)):
        return None
    return kiosk


def kiosk_or_404(request: HttpRequest, slug: str) -> Kiosk:
    """The kiosk of this school that the browser is paired as. Raises Http404 for any other browser."""
    found = kiosk_of(request, slug)
    if found is None:
        raise Http404
    return found


def kiosk_seen(kiosk: Kiosk) -> None:
    """Store the time at which the tablet was last seen, once a minute at most."""
    now = timezone.now()
    if kiosk.last_seen_at is None or now - kiosk.last_seen_at > _SEEN_EVERY:
        Kiosk.objects.filter(pk=kiosk.pk).update(last_seen_at=now)


def remember_kiosk(response: HttpResponse, kiosk: Kiosk, secret: str) -> None:
    """Make this browser the kiosk's tablet."""
    _set(response, kiosk.institution.slug, f"{kiosk.pk}:{secret}")


def renew_kiosk(request: HttpRequest, response: HttpResponse, slug: str) -> None:
    """Renew the tablet's cookie for its full time."""
    if value := request.get_signed_cookie(COOKIE, default=None, salt=_salt(slug)):
        _set(response, slug, value)


def _set(response: HttpResponse, slug: str, value: str) -> None:
    response.set_signed_cookie(
        COOKIE,
        value,
        salt=_salt(slug),
        max_age=COOKIE_SECONDS,
        path=reverse("kiosk", args=[slug]),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _salt(slug: str) -> str:
    return f"{COOKIE}.{slug}"
