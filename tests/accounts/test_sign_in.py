"""Signing in and out, forgotten passwords, and what a stranger learns: nothing."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import User
from tests.conftest import PASSWORD

LOGIN = "/account/login/"


def sign_in_as(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


@pytest.mark.parametrize("email", ["tess@riverside.example", "TESS@Riverside.Example"])
def test_the_right_password_leads_home(client, tess, email):
    assert sign_in_as(client, email).url == reverse("home")
    assert client.get(reverse("home"), follow=True).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"), [("tess@riverside.example", "wrong"), ("nobody@else.example", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_look_alike(client, tess, email, password):
    page = sign_in_as(client, email, password).content.decode()
    assert "The email address and/or password you specified are not correct." in page
    assert "_auth_user_id" not in client.session


def test_somebody_who_may_not_sign_in_is_kept_out(client, tess):
    User.objects.update(is_active=False)
    sign_in_as(client, "tess@riverside.example")
    assert "_auth_user_id" not in client.session


def test_signing_in_leads_back_to_where_one_was_going(client, tess):
    sent = client.get("/riverside/today/")
    assert sent.url == f"{LOGIN}?next=/riverside/today/"
    answer = client.post(
        sent.url, {"login": "tess@riverside.example", "password": PASSWORD, "next": "/riverside/today/"}
    )
    assert answer.url == "/riverside/today/"


def test_signing_in_does_not_lead_to_another_site(client, tess):
    answer = client.post(
        LOGIN, {"login": "tess@riverside.example", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer.url == reverse("home")


def test_signing_out_is_a_post(client, tess):
    sign_in_as(client, "tess@riverside.example")
    client.get("/account/logout/")
    assert "_auth_user_id" in client.session
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_again_by_mail(client, tess):
    client.post("/account/password/reset/", {"email": "tess@riverside.example"})
    [message] = mail.outbox
    link = re.search(r"http://\S+(/account/password/reset/key/\S+)", message.body).group(1)
    form = client.get(link, follow=True)
    new = "a much better password"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert sign_in_as(client, "tess@riverside.example", new).url == reverse("home")


def test_asking_for_an_unknown_address_looks_the_same_and_names_no_school(client, tess):
    known = client.post("/account/password/reset/", {"email": "tess@riverside.example"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@else.example"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_nobody_signs_up(client, db):
    page = client.post("/account/signup/", {"email": "new@else.example", "password1": "a much better password"})
    assert b"There is no sign-up" in page.content
    assert not User.objects.exists()


def test_guessing_passwords_is_slowed_down(client, tess):
    for _ in range(7):
        page = sign_in_as(client, "tess@riverside.example", "wrong")
    assert "Too many failed login attempts" in page.content.decode()
    assert "_auth_user_id" not in sign_in_as(client, "tess@riverside.example").wsgi_request.session


def test_the_demo_logins_are_shown_in_the_demo_only(client, db, settings):
    assert b"demonstration" not in client.get(LOGIN).content
    settings.DEMO = True
    page = client.get(LOGIN).content.decode()
    assert "Sign in as Ms Okafor" in page
