"""Signing in and out, forgotten passwords, and what a stranger learns: nothing."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils.html import strip_tags

from accounts import sign_in as sign_in_module
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
    assert "E-mail or password is wrong. Please check both." in page
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


def test_each_step_says_what_comes_next(client, tess):
    def page(address, data=None):
        answer = client.post(address, data, follow=True) if data else client.get(address, follow=True)
        return answer, " ".join(strip_tags(answer.content.decode()).split())

    _answer, asked = page("/account/password/reset/")
    assert "E-mail Send link Back to sign in" in asked
    assert "is on its way" in page("/account/password/reset/", {"email": "tess@riverside.example"})[1]
    link = re.search(r"http://\S+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form, chosen = page(link)
    assert "Choose a new password New password" in chosen
    new = {"password1": "a much better password", "password2": "a much better password"}
    assert "Password saved Sign in with it now." in page(form.request["PATH_INFO"], new)[1]
    assert "This link no longer works" in page(link)[1]


def test_asking_for_an_unknown_address_looks_the_same_and_names_no_school(client, tess):
    known = client.post("/account/password/reset/", {"email": "tess@riverside.example"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@else.example"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_it_looks_the_same_while_the_mail_server_is_away(client, tess, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    test_asking_for_an_unknown_address_looks_the_same_and_names_no_school(client, tess)


def test_nobody_signs_up(client, db):
    page = client.post("/account/signup/", {"email": "new@else.example", "password1": "a much better password"})
    assert page.status_code == 404
    assert not User.objects.exists()


def test_what_allauth_offers_besides_is_nowhere(sign_in, sam):
    """Each of its addresses is one that the portal offers, or 404: also those that a later release adds."""
    for each in sign_in_module.urlpatterns:
        assert (each.name in sign_in_module.OFFERED) == (each.callback is not sign_in_module.nowhere)
    client = sign_in(sam)
    for path in ("email/", "signup/", "password/set/", "reauthenticate/", "email/?action_add"):
        assert client.get(f"/account/{path}").status_code == 404


def test_no_address_becomes_ones_own_unproved(sign_in, sam):
    client = sign_in(sam)
    client.post("/account/email/", {"action_add": "", "email": "new.head@hilltop.example"})
    client.post("/account/email/", {"action_primary": "", "email": "new.head@hilltop.example"})
    sam.user.refresh_from_db()
    assert sam.user.email == "sam@riverside.example"
    assert EmailAddress.objects.filter(email="new.head@hilltop.example").count() == 0


def test_an_address_that_is_not_proved_signs_nobody_in(client, tess):
    EmailAddress.objects.update(verified=False)
    answer = sign_in_as(client, "tess@riverside.example")
    assert answer.url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session
    link = re.search(r"/account/confirm-email/\S+", mail.outbox[-1].body)[0]
    client.post(link)
    assert EmailAddress.objects.get().verified


def test_each_account_has_its_address_proved(db, tess, sam):
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == User.objects.count()


def test_nobody_is_mailed_whose_address_was_only_typed(client, db):
    client.post("/account/password/reset/", {"email": "nobody@else.example"})
    assert mail.outbox == []


class TestTheDemosAccounts:
    @pytest.fixture
    def demo(self, tess):
        User.objects.update(is_demo=True)
        return tess

    def test_sign_in_in_the_demo(self, client, demo, settings):
        settings.DEMO = True
        assert sign_in_as(client, "tess@riverside.example").url == reverse("home")

    def test_are_refused_outside_it_and_their_sessions_end(self, client, demo, settings):
        settings.DEMO = True
        sign_in_as(client, "tess@riverside.example")
        settings.DEMO = False
        assert client.get("/riverside/today/").status_code == 302
        client.logout()
        sign_in_as(client, "tess@riverside.example")
        assert "_auth_user_id" not in client.session


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
