"""Tokens of the API: hashed, with an expiry and a scope, bound to their owner's password and right to sign in."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from accounts.tokens.issuing import token_create
from accounts.tokens.models import ApiToken
from tests.attendance.api.client import refusal, token_of
from tests.conftest import PASSWORD

SESSIONS = "/api/riverside/sessions/"


@pytest.fixture
def headers(tess):
    return token_of(tess)


@pytest.fixture
def works(client, headers):
    """Asks the API with Tess's token: True if it is open to her."""

    def ask():
        answer = client.get(SESSIONS, **headers)
        if answer.status_code != 200:
            assert refusal(answer) == (401, "authentication_failed")
            assert answer["WWW-Authenticate"] == "Token"
        return answer.status_code == 200

    assert ask()
    return ask


def test_nobody_who_reads_the_database_can_use_one(tess):
    token, secret = token_create(user=tess.user, name="Timetable", scope="read", days=7)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        [row] = cursor.fetchall()
    assert secret not in "".join(str(value) for value in row)
    assert secret.startswith(token.token_key)
    assert len(secret) - len(token.token_key) >= 49  # hexadecimal digits that nobody can read: 196 bits


def test_it_ends_with_its_time(works):
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert not works()


def test_it_ends_with_the_password(works, sign_in, tess):
    new = "a much better password"
    sign_in(tess).post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    tess.user.refresh_from_db()
    assert tess.user.check_password(new)
    assert not works()


def test_it_ends_with_a_password_set_by_the_operator(works, tess):
    tess.user.set_password("by manage.py changepassword")
    tess.user.save()
    assert not works()


def test_a_new_secret_key_ends_none(works, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert works()


def test_it_ends_with_the_account(works, tess):
    tess.user.is_active = False
    tess.user.save()
    assert not works()


def test_a_demo_account_has_none_outside_the_demo(works, tess, settings):
    get_user_model().objects.update(is_demo=True)
    settings.DEMO = True
    assert works()
    settings.DEMO = False
    assert not works()


def test_an_account_switched_off_and_on_again_starts_without_tokens(client, works, tess, db):
    operator = get_user_model().objects.create_superuser("olga@portal.example", PASSWORD, name="Olga")
    client.force_login(operator)
    page = f"/admin/accounts/user/{tess.user.pk}/change/"
    assert client.post(page, {"email": tess.user.email, "name": "Tess"}).status_code == 302
    tess.user.refresh_from_db()
    assert not tess.user.is_active
    client.post(page, {"email": tess.user.email, "name": "Tess", "is_active": "on"})
    client.logout()
    assert not works()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_read_only_one_changes_nothing(client, tess, register, sam, method):
    headers = token_of(tess, scope="read")
    assert client.get(SESSIONS, **headers).status_code == 200
    mark = f"{SESSIONS}{register.pk}/marks/{sam.pk}/"
    body = {"data": '{"status": "P", "expected_version": 0}', "content_type": "application/json"}
    for path in (SESSIONS, mark, f"{SESSIONS}{register.pk}/close/"):
        assert refusal(getattr(client, method)(path, **body, **headers)) == (403, "read_only_token")
    register.refresh_from_db()
    assert register.closed_at is None


def test_one_of_a_program_opens_no_page(client, headers):
    assert client.get("/account/tokens/", **headers).status_code == 302
    assert client.get("/riverside/today/", **headers).status_code == 302


@pytest.mark.parametrize("secret", ["x", "\xff", "\x00", "%00", "0" * 64, "0" * 10_000, "a" * 15 + "\xff"])
def test_guesses(client, riverside, headers, secret):
    guess = {"HTTP_AUTHORIZATION": f"Token {secret}"}
    assert refusal(client.get(SESSIONS, **guess)) == (401, "authentication_failed")
    real = headers["HTTP_AUTHORIZATION"]
    last = "1" if real[-1] == secret[0] else secret[0]  # a token that happens to end like the guess is no guess
    begun = {"HTTP_AUTHORIZATION": real[:-1] + last}
    assert client.get(SESSIONS, **begun).status_code == 401


def test_the_day_of_its_last_use_is_noted_once_a_day(client, headers, django_assert_num_queries):
    assert ApiToken.objects.get().used_on is None
    client.get(SESSIONS, **headers)
    assert ApiToken.objects.get().used_on == timezone.now().date()


# -- Limits --


@pytest.fixture
def one_a_minute(monkeypatch):
    """Strangers and members may ask once a minute."""
    for who in ("anon", "user"):
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, who, "1/min")


@pytest.mark.parametrize(
    "path", [SESSIONS, "/api/riverside/me/marks/", "/api/nobody/sessions/", "/api/schema/", "/api/nothing/"]
)
def test_strangers_are_limited(client, riverside, one_a_minute, path):
    assert client.get(path).status_code in (401, 404)
    answer = client.get(path)
    assert refusal(answer) == (429, "throttled")
    assert int(answer["Retry-After"]) > 0


def test_guessing_is_limited(client, riverside, one_a_minute):
    guess = {"HTTP_AUTHORIZATION": "Token " + "0" * 64}
    assert refusal(client.get(SESSIONS, **guess)) == (401, "authentication_failed")
    assert refusal(client.get(SESSIONS, **guess)) == (429, "throttled")


def test_looking_for_other_schools_is_limited(client, headers, one_a_minute):
    assert refusal(client.get("/api/hilltop/sessions/", **headers)) == (404, "not_found")
    assert refusal(client.get("/api/hilltop/sessions/", **headers)) == (429, "throttled")


def test_a_request_counts_once(client, headers, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "2/min")
    assert [client.get(SESSIONS, **headers).status_code for _ in range(3)] == [200, 200, 429]
