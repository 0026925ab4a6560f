"""The API as a whole: signing in, limits, the shape of refusals, its description."""

import re

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from attendance.api import sessions as views
from tests.attendance.api.client import refusal, token_of


def test_a_session_of_the_browser_works_with_a_csrf_token_only(tess, register, sam):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(tess.user)
    assert browser.get("/api/riverside/sessions/").status_code == 200
    mark = f"/api/riverside/sessions/{register.pk}/marks/{sam.pk}/"
    body = {"data": '{"status": "P", "expected_version": 0}', "content_type": "application/json"}
    assert refusal(browser.put(mark, **body)) == (403, "permission_denied")
    browser.get("/account/password/change/")
    secret = browser.cookies["csrftoken"].value
    assert browser.put(mark, **body, headers={"X-CSRFToken": secret}).status_code == 200


def test_a_token_needs_none(tess, register, sam):
    program = Client(enforce_csrf_checks=True)
    mark = f"/api/riverside/sessions/{register.pk}/marks/{sam.pk}/"
    response = program.put(
        mark, '{"status": "P", "expected_version": 0}', content_type="application/json", **token_of(tess)
    )
    assert response.status_code == 200


@pytest.mark.parametrize("header", ["Token x", "Token", "Token a b", "Token \xff"])
def test_tokens_that_are_none(client, riverside, header):
    response = client.get("/api/riverside/sessions/", HTTP_AUTHORIZATION=header)
    assert refusal(response) == (401, "authentication_failed")
    assert response["WWW-Authenticate"] == "Token"


def test_somebody_who_may_not_sign_in_any_more(client, tess):
    headers = token_of(tess)
    tess.user.is_active = False
    tess.user.save()
    assert refusal(client.get("/api/riverside/sessions/", **headers)) == (401, "authentication_failed")


def test_somebody_who_left_the_school(client, tess):
    headers = token_of(tess)
    tess.delete()
    assert refusal(client.get("/api/riverside/sessions/", **headers)) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["", "x", "riverside/", "riverside/nothing/", "riverside/sessions", "riverside/sessions/1/", "../", "courses/"],
)
def test_addresses_that_lead_nowhere(client, api, tess, path):
    for headers in ({}, token_of(tess)):
        assert refusal(client.get(f"/api/{path}", **headers)) == (404, "not_found")
        assert refusal(client.post(f"/api/{path}", **headers)) == (404, "not_found")


def test_a_limit_for_everybody(api, tess, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "1/min")
    assert api(tess).get("sessions/").status_code == 200
    response = api(tess).get("sessions/")
    assert refusal(response) == (429, "throttled")
    assert int(response["Retry-After"]) > 0


def test_a_browser_gets_json_too(client, tess, riverside):
    response = client.get("/api/riverside/sessions/", HTTP_ACCEPT="text/html", **token_of(tess))
    assert response["Content-Type"] == "application/json"


def test_a_fault_of_ours_is_json_as_well(client, tess, riverside, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(views, "sessions_of_day", fail)
    response = client.get("/api/riverside/sessions/", **token_of(tess))
    assert refusal(response) == (500, "server_error")
    assert "secret" not in response.content.decode()
    assert "a secret of ours" in caplog.text


def test_a_view_that_names_no_permission_is_closed(rf, tess, riverside):
    from rest_framework.test import force_authenticate
    from rest_framework.views import APIView

    request = rf.get("/")
    force_authenticate(request, tess.user)
    assert APIView.as_view()(request).status_code == 403


# -- The description --


def test_the_schema_is_complete(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_the_schema_is_for_who_is_signed_in(client, sign_in, tess):
    assert refusal(client.get("/api/schema/")) == (401, "not_authenticated")
    assert client.get("/api/docs/").status_code == 302
    schema = sign_in(tess).get("/api/schema/").json()
    assert "/api/{school}/sessions/{session_id}/captures/" in schema["paths"]
    assert not [path for path in schema["paths"] if "{institution}" in path]
    refusals = [r for path in schema["paths"].values() for verb in path.values() for r in verb["responses"]]
    assert {"401", "403", "404", "429"} <= set(refusals)


def test_the_page_has_no_script_or_style_of_its_own_and_asks_nobody_else(sign_in, tess, settings):
    browser = sign_in(tess)
    response = browser.get("/api/docs/")
    page = response.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 3
    assert all("src=" in attributes and not body.strip() for attributes, body in scripts)
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r" on\w+=", page)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    script = browser.get(next(address for address in addresses if "script" in address).replace("&amp;", "&"))
    assert script["Content-Type"] == "application/javascript"
    assert not re.search(r"https?://", script.content.decode())
    assert '"validatorUrl": null' in script.content.decode()
