"""Client IP address and the school's trusted networks."""

from ipaddress import ip_address, ip_network

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import Institution
from accounts.network import client_address, is_within, parse_networks, validate_networks


def request(remote="203.0.113.5", forwarded=None):
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    return RequestFactory().get("/", REMOTE_ADDR=remote, **extra)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8::5", "2001:db8::5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("", None),
        ("a socket", None),
    ],
)
def test_without_a_proxy_it_is_the_connections(remote, address):
    expected = address and ip_address(address)
    assert client_address(request(remote, forwarded="192.0.2.1")) == expected


PROXIES = parse_networks("203.0.113.5, 10.0.0.0/8")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.99, 192.0.2.1", "192.0.2.1"),  # what stands left of it came with the request
        ("192.0.2.1, 10.0.0.7", "192.0.2.1"),  # two proxies
        ("192.0.2.1:51712", "192.0.2.1"),
        ("[2001:db8::5]:51712", "2001:db8::5"),
        ("2001:db8::5", "2001:db8::5"),
        ("10.0.0.9, 10.0.0.7", "10.0.0.9"),
        ("192.0.2.1,", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_behind_proxies_it_is_the_last_that_is_none_of_them(settings, forwarded, address):
    settings.TRUSTED_PROXIES = PROXIES
    assert client_address(request(forwarded=forwarded)) == (address and ip_address(address))


def test_who_is_no_proxy_is_not_believed(settings):
    settings.TRUSTED_PROXIES = PROXIES
    assert client_address(request("198.51.100.9", forwarded="192.0.2.1")) == ip_address("198.51.100.9")


class TestEverybodySeesTheSame:
    """Ours, allauth's and the REST framework's notion of the client's address, behind the middleware."""

    @pytest.fixture
    def seen(self, settings):
        from allauth.account.adapter import get_adapter
        from rest_framework.request import Request
        from rest_framework.throttling import AnonRateThrottle

        from portal.middleware import ProxyMiddleware

        settings.TRUSTED_PROXIES = PROXIES

        def ask(remote, forwarded):
            found = []

            def view(request):
                throttle = AnonRateThrottle().get_ident(Request(request))
                found.extend([str(client_address(request)), get_adapter().get_client_ip(request), throttle])
                found.append(request.scheme)
                return HttpResponse()

            asked = request(remote, forwarded)
            asked.META["HTTP_X_FORWARDED_PROTO"] = "https"
            ProxyMiddleware(view)(asked)
            return found

        return ask

    def test_by_the_proxy(self, seen):
        assert seen("203.0.113.5", "6.6.6.6, 192.0.2.1") == ["192.0.2.1"] * 3 + ["https"]

    def test_past_the_proxy(self, seen):
        assert seen("198.51.100.9", "192.0.2.1") == ["198.51.100.9"] * 3 + ["http"]


def test_networks_are_read_as_people_write_them():
    text = " 192.0.2.0/24, 2001:db8::/32;\n198.51.100.7 10.1.2.3/8 "
    assert [str(network) for network in parse_networks(text)] == [
        "192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32", "10.0.0.0/8",
    ]  # fmt: skip
    assert parse_networks(" \n ") == ()


@pytest.mark.parametrize("text", ["school.example", "192.0.2.0/33", "192.0.2.256", "2001:db8::/129", "10.0.0.0/24/8"])
def test_what_is_no_network_is_named(text):
    with pytest.raises(ValidationError, match="is not a network") as error:
        validate_networks(f"192.0.2.0/24 {text}")
    assert text in error.value.messages[0]


def test_a_school_refuses_bad_networks(db):
    school = Institution(slug="mill", name="Mill School", school_networks="Wi-Fi")
    with pytest.raises(ValidationError) as error:
        school.full_clean()
    assert set(error.value.message_dict) == {"school_networks"}


def test_within_knows_both_families():
    networks = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert is_within(ip_address("192.0.2.255"), networks)
    assert is_within(ip_address("2001:db8:ffff::1"), networks)
    assert not is_within(ip_address("192.0.3.0"), networks)
    assert not is_within(None, networks)
    assert not is_within(ip_address("192.0.2.1"), ())
