"""Client IP address and the school's trusted networks."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_WITH_PORT = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::\d+)?$")


def client_address(request: HttpRequest) -> Address | None:
    """The client's IP address; None if it is unknown.

    The connection's own, unless that is one of `TRUSTED_PROXIES`: then the last one in X-Forwarded-For that is none of
    them. Each proxy adds the address it was asked from; what stands further left came with the request and may be
    forged.
    """
    proxies = settings.TRUSTED_PROXIES
    address = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while is_within(address, proxies) and forwarded:
        address = _address(forwarded.pop())
    return address


def is_from_proxy(request: HttpRequest) -> bool:
    """True if the request came by a trusted proxy, whose X-Forwarded headers may be believed."""
    return is_within(_address(request.META.get("REMOTE_ADDR", "")), settings.TRUSTED_PROXIES)


def _address(text: str) -> Address | None:
    text = text.strip()
    if found := _WITH_PORT.match(text):  # some proxies add the port
        text = found["six"] or found["four"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None  # ::ffff:192.0.2.7 of a dual socket
    return mapped or address


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks from text, separated by commas, spaces or lines. Raises ValueError with the part that is none."""
    networks = []
    for part in re.split(r"[\s,;]+", text.strip()):
        if not part:
            continue
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError:
            raise ValueError(part) from None
    return tuple(networks)


def validate_networks(text: str) -> None:
    """Validator of a list of networks. Raises ValidationError."""
    try:
        parse_networks(text)
    except ValueError as error:
        raise ValidationError(
            _("“%(part)s” is not a network. Write them like 192.0.2.0/24 or 2001:db8::/32."), params={"part": error}
        ) from None


def is_within(address: Address | None, networks: tuple[Network, ...]) -> bool:
    """True if the address is in one of the networks. An unknown address is in none."""
    return address is not None and any(address in network for network in networks)
