"""The page to which a decision leads back."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.http import SchoolRequest


def page_before(request: SchoolRequest) -> str:
    """The portal's own page that the form names as `next`, else the page of decisions."""
    named = request.POST.get("next", "")
    return named if _is_ours(request, named) else reverse("decisions", args=[request.institution.slug])


def _is_ours(request: HttpRequest, address: str) -> bool:
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
