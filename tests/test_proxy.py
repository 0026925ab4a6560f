"""The processes of compose.yaml behind a real nginx with TLS: what a visitor meets."""

import http.client
import json
import re

import pytest

from tests.cluster import HOST
from tests.cluster_fixtures import OPERATOR, OPERATOR_PASSWORD

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("nginx")]


def test_signing_in(visitor):
    answer = visitor.sign_in(OPERATOR, OPERATOR_PASSWORD)
    assert (answer.status, answer.getheader("Location")) == (302, "/")
    home = visitor.ask("GET", "/")  # of the portal's operator, who belongs to no school
    assert (home.status, home.getheader("Location")) == (302, "/schools/")
    assert visitor.ask("GET", "/schools/").status == 200


def test_no_page_leads_to_itself(visitor):
    for path in ("/account/login/", "/api/schema/", "/health/"):
        answer = visitor.ask("GET", path)
        assert answer.getheader("Location") != f"https://{HOST}{path}"
        assert answer.status < 500


def test_cookies_and_transport_are_secure(visitor):
    answer = visitor.ask("GET", "/account/login/")
    cookies = answer.headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert "max-age=31536000" in answer.getheader("Strict-Transport-Security")


def test_files_that_never_change_are_asked_for_once(visitor):
    """Named after their content: a browser keeps them for years, and a new version has another name."""
    page = visitor.ask("GET", "/account/login/").body
    named = set(re.findall(r'"(/static/[^"]+\.[0-9a-f]{12}\.(?:css|js))"', page))
    assert named
    for path in named:
        answer = visitor.ask("GET", path, **{"Accept-Encoding": "gzip"})
        assert "immutable" in answer.getheader("Cache-Control")
        assert int(re.search(r"max-age=(\d+)", answer.getheader("Cache-Control"))[1]) >= 31536000
        assert answer.getheader("Content-Encoding") == "gzip"


def test_plain_http_is_redirected_and_a_probe_is_not(cluster):
    plain = http.client.HTTPConnection("127.0.0.1", cluster.webs[0].port, timeout=10)
    plain.request("GET", "/account/login/", headers={"Host": HOST, "X-Forwarded-Proto": "http"})
    answer = plain.getresponse()
    answer.read()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/account/login/")
    for method in ("GET", "HEAD", "GET"):  # on one connection: a body after HEAD would break the next answer
        plain.request(method, "/health/live", headers={"Host": "10.1.2.3"})
        answer = plain.getresponse()
        assert (answer.status, bool(answer.read())) == (200, method == "GET")


def test_no_log_of_nginx_tells_an_address(visitor, cluster):
    """Distributions' nginx writes every address; some hold a link's secret, others a name that was searched."""
    visitor.ask("GET", "/calendar/the-secret-of-a-link.ics?q=Sam")
    written = [path.read_text("utf-8") for path in cluster.folder.glob("*.log")]
    assert written
    assert not any("the-secret-of-a-link" in text for text in written)


def test_the_api_is_json_in_too(visitor):
    answer = visitor.ask("GET", "/api/riverside/sessions/")
    assert answer.status == 401
    assert json.loads(answer.body)["code"]


def test_who_guesses_is_slowed_down_alone_and_cannot_pretend_to_be_another(visitor):
    """The address that nginx saw tells clients apart, never a forged one."""
    for n in range(7):
        answer = visitor.sign_in(OPERATOR, "wrong", **{"X-Forwarded-For": f"198.51.100.{n}"})
    assert "Too many failed login attempts" in answer.body


def test_a_picture_that_is_too_large_is_refused_before_it_is_read(visitor):
    answer = visitor.ask("POST", "/account/login/", {"login": "x" * (27 << 20)})
    assert answer.status == 413
