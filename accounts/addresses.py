"""The portal's own web address, for links in mails that no request of a browser asked for."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

from django.conf import settings


class Addresses(Protocol):
    """Maker of full web addresses: a request, or a `PortalAddress`."""

    def build_absolute_uri(self, location: str, /) -> str:
        """The full address of a path of the portal, such as /riverside/."""
        ...


@dataclass(frozen=True, slots=True)
class PortalAddress:
    """The portal's address as a setting or a command states it, such as https://attendance.example.org."""

    base: str

    def build_absolute_uri(self, location: str, /) -> str:
        """The full address of a path of the portal."""
        return urljoin(self.base, location)


def portal_address() -> PortalAddress:
    """The address at the first host name of ALLOWED_HOSTS that is no pattern."""
    hosts = [host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))]
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    return PortalAddress(f"{scheme}://{hosts[0] if hosts else 'localhost'}")
