"""Requests that cannot be read are refused with 400 or 404, never answered with a fault of the portal."""

import pytest
from django.test import Client
from django.urls import reverse

from attendance.models import RegisterEvent
from attendance.register.sessions import session_close, session_open

NOTHING = b"nothing"


@pytest.fixture
def careful(tess):
    """Tess in a real browser: posts are asked for their CSRF token."""
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)
    browser.force_login(tess.user)
    browser.get("/account/password/change/")  # the cookie, without which no body is looked into
    return browser


@pytest.mark.parametrize("path", ["/riverside/nothing/", "/riverside/a/b/", "/api/nothing/", "/account/nothing/"])
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\xff",
        "multipart/form-data",
        "application/x-www-form-urlencoded; charset=nonsense",
    ],
)
def test_a_body_that_cannot_be_read_at_an_unknown_address(careful, path, content_type):
    assert careful.generic("POST", path, NOTHING, content_type=content_type).status_code in (400, 404)


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "http://a]/"])
def test_the_address_of_a_page_that_htmx_cannot_have_come_from(db, address):
    browser = Client(raise_request_exception=False, headers={"HX-Request": "true", "HX-Current-URL": address})
    answer = browser.get("/riverside/today/")
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/account/login/?next=/")


@pytest.mark.parametrize("path", ["/riverside/nothing/", "/account/nothing/"])
def test_too_much_at_an_unknown_address(careful, settings, path):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert careful.post(path, "a=1&b=2&c=3", content_type="application/x-www-form-urlencoded").status_code == 400
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2
    assert careful.post(path, "a=1234", content_type="application/x-www-form-urlencoded").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "/riverside/today/?q=a%00b",
        "/riverside/today/?a%00b=q",
        "/admin/enrollment/student/?q=%00",
        "/riverside/courses/%00/",
        "/account/invitations/a%00b/",
        "/account/login/?next=/%00",
        "/api/riverside/me/marks/?cursor=%00",
    ],
)
def test_nul_in_an_address(careful, client, address):
    for browser in (careful, client):
        response = browser.get(address)
        assert response.status_code == 400
    if address.startswith("/api/"):
        assert response.json()["code"] == "bad_request"


def test_nul_in_the_reason_for_opening_again(sign_in, tess, lesson):
    session = session_close(session=session_open(session=lesson, by=tess.user), by=tess.user)
    response = sign_in(tess).post(reverse("session_reopen", args=["riverside", session.pk]), {"reason": "a\x00b"})
    assert response.status_code == 302
    assert not RegisterEvent.objects.filter(kind=RegisterEvent.Kind.REOPENED).exists()


@pytest.mark.parametrize("chosen", ["not-a-uuid", "-1", "9" * 400, "a\x00b", ""])
@pytest.mark.parametrize("page", ["enrollment_student", "accounts_membership", "accounts_invitation"])
def test_a_choice_of_rows_that_are_none(sign_in, ada, page, chosen):
    browser = sign_in(ada)
    browser.raise_request_exception = False
    browser.get(reverse("admin:enter", args=["riverside"]))
    data = {"action": "delete_selected", "_selected_action": chosen, "_school": ada.institution.pk, "index": 0}
    assert browser.post(reverse(f"admin:{page}_changelist"), data).status_code in (200, 302, 400)
