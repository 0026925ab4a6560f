"""Page of a person's own API tokens."""

import re

import pytest
from django.urls import reverse

from accounts.tokens.issuing import MOST, token_create
from accounts.tokens.models import ApiToken

PAGE = "/account/tokens/"
NEW = {"name": "Timetable", "scope": "read", "days": 30}


def secret_in(response):
    found = re.search(r'id="secret" value="([0-9a-f]{64})"', response.content.decode())
    return found and found.group(1)


def make(member, name="Timetable"):
    return token_create(user=member.user, name=name, scope="read", days=7)[0]


def test_a_new_one_is_shown_once(client, sign_in, tess):
    browser = sign_in(tess)
    response = browser.post(PAGE, NEW)
    secret = secret_in(response)
    assert "no-store" in response["Cache-Control"]
    page = browser.get(PAGE).content.decode()
    assert "Timetable" in page
    assert "Read only" in page
    assert secret not in page
    headers = {"HTTP_AUTHORIZATION": f"Token {secret}"}
    client.logout()
    assert client.get("/api/riverside/sessions/", **headers).status_code == 200
    assert (ApiToken.objects.get().expiry - ApiToken.objects.get().created).days in (29, 30)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 61}, {"name": "a\x00b"}, {"scope": "all"}, {"days": "x"}, {"days": 36500}],
)
def test_a_wrong_wish_creates_none(sign_in, tess, wrong):
    response = sign_in(tess).post(PAGE, {**NEW, **wrong})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not ApiToken.objects.exists()


def test_it_is_revoked_by_its_owner(sign_in, tess):
    token = make(tess)
    response = sign_in(tess).post(reverse("token_revoke", args=[token.public_id]), follow=True)
    assert "Timetable has been revoked." in response.content.decode()
    assert not ApiToken.objects.exists()


def test_another_person_s_does_not_exist(sign_in, tess, theo, hanna):
    token = make(tess)
    for other in (theo, hanna):
        assert "Timetable" not in sign_in(other).get(PAGE).content.decode()
        assert sign_in(other).post(reverse("token_revoke", args=[token.public_id])).status_code == 404
    assert ApiToken.objects.get() == token


def test_strangers_sign_in_first(client, tess):
    address = reverse("token_revoke", args=[make(tess).public_id])
    for response in (client.get(PAGE), client.post(PAGE, NEW), client.post(address)):
        assert (response.status_code, response.url.partition("?")[0]) == (302, "/account/login/")
    assert ApiToken.objects.count() == 1


def test_a_link_revokes_nothing(sign_in, tess):
    assert sign_in(tess).get(reverse("token_revoke", args=[make(tess).public_id])).status_code == 405


def test_those_that_a_new_password_ended_are_gone(sign_in, tess):
    make(tess, "Before")
    tess.user.set_password("a much better password")
    tess.user.save()
    browser = sign_in(tess)
    assert "Before" not in browser.get(PAGE).content.decode()
    browser.post(PAGE, NEW)
    assert [token.name for token in ApiToken.objects.all()] == ["Timetable"]


def test_there_is_a_limit(sign_in, tess):
    for number in range(MOST):
        make(tess, f"Number {number}")
    response = sign_in(tess).post(PAGE, NEW)
    assert secret_in(response) is None
    assert "Revoke one first." in response.content.decode()
    assert ApiToken.objects.count() == MOST


def test_names_are_text(sign_in, tess):
    make(tess, "<script>")
    assert "&lt;script&gt;" in sign_in(tess).get(PAGE).content.decode()
