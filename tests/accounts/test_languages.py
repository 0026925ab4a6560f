"""A person's language: their own choice, the browser's, and that of mails."""

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from accounts.invitations.inviting import invitation_create
from accounts.mail import mail_of
from accounts.models import Role
from tests.conftest import PASSWORD, make_member

LOGIN = "/account/login/"
TODAY = "/riverside/today/"


@pytest.fixture
def german():
    """A browser that asks for German."""
    return Client(headers={"accept-language": "de-DE,de;q=0.9,en;q=0.5"})


def choose(client, language, **fields):
    return client.post("/account/language/", {"language": language, **fields})


def language_of(response):
    return response.content.decode().split('<html lang="')[1].split('"')[0]


class TestSignedOut:
    def test_the_browser_is_listened_to(self, client, german, db):
        assert language_of(client.get(LOGIN)) == "en"
        response = german.get(LOGIN)
        assert language_of(response) == response.headers["Content-Language"] == "de"
        assert "Anmelden" in response.content.decode()

    def test_a_language_that_is_not_spoken_is_english(self, db):
        assert language_of(Client(headers={"accept-language": "fr, ru"}).get(LOGIN)) == "en"

    def test_the_choice_stays_with_the_browser(self, client, db):
        response = choose(client, "de", next=LOGIN)
        assert (response.status_code, response.url) == (302, LOGIN)
        assert response.cookies["django_language"]["samesite"] == "Lax"
        assert language_of(client.get(LOGIN)) == "de"
        choose(client, "en")
        assert language_of(client.get(LOGIN)) == "en"

    @pytest.mark.parametrize("language", ["xx", "", "../../etc", "d" * 300])
    def test_what_is_not_spoken_changes_nothing(self, client, db, language):
        assert choose(client, language).status_code == 302
        assert language_of(client.get(LOGIN)) == "en"

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_leads_to_the_portal_alone(self, client, db, elsewhere):
        assert "evil" not in choose(client, "de", next=elsewhere).url
        assert "javascript" not in choose(client, "de", next=elsewhere).url

    def test_only_a_posted_form_changes_it(self, client, db):
        assert client.get("/account/language/").status_code == 405

    def test_a_strange_page_cannot_change_it(self, db):
        client = Client(enforce_csrf_checks=True)
        assert choose(client, "de").status_code == 403

    def test_the_page_offers_each_language_by_its_own_name(self, german, db):
        page = " ".join(german.get(LOGIN).content.decode().split())
        assert 'value="en" lang="en">English</button>' in page
        assert 'value="de" lang="de" aria-current="true">Deutsch</button>' in page


class TestSignedIn:
    def test_the_choice_is_the_persons_in_every_browser(self, client, tess, physics):
        client.force_login(tess.user)
        choose(client, "de", next=TODAY)
        tess.user.refresh_from_db()
        assert tess.user.language == "de"
        another = Client(headers={"accept-language": "en"})
        another.force_login(tess.user)
        response = another.get(TODAY)
        assert language_of(response) == response.headers["Content-Language"] == "de"
        assert "Heute" in response.content.decode()

    def test_nobody_elses(self, client, tess, theo):
        client.force_login(tess.user)
        choose(client, "de")
        theo.user.refresh_from_db()
        assert theo.user.language == ""

    def test_who_never_chose_reads_what_the_browser_says(self, german, tess):
        german.force_login(tess.user)
        assert language_of(german.get(TODAY)) == "de"

    def test_english_can_be_chosen_against_the_browser(self, german, tess):
        german.force_login(tess.user)
        choose(german, "en")
        assert language_of(german.get(TODAY)) == "en"

    def test_a_language_that_is_no_longer_spoken_is_passed_over(self, client, tess):
        tess.user.language = "tlh"
        tess.user.save()
        client.force_login(tess.user)
        assert language_of(client.get(TODAY)) == "en"
        choose(client, "fr")  # Django has it, the portal has not
        tess.user.refresh_from_db()
        assert tess.user.language == "tlh"

    def test_the_next_visitor_of_the_process_is_not_spoken_to_in_it(self, client, tess):
        tess.user.language = "de"
        tess.user.save()
        client.force_login(tess.user)
        assert language_of(client.get(TODAY)) == "de"
        assert language_of(Client().get(LOGIN)) == "en"

    def test_the_admin_follows(self, client, ada):
        ada.user.language = "de"
        ada.user.save()
        client.force_login(ada.user)
        assert "Nächste Schritte" in client.get(reverse("admin:index")).content.decode()


def test_a_mail_is_written_in_its_readers_language(riverside, hilltop, django_capture_on_commit_callbacks):
    hanna = make_member(hilltop, "Hanna", Role.TEACHER)
    hanna.user.language = "de"
    hanna.user.save()
    with django_capture_on_commit_callbacks(execute=True):
        invitation_create(
            institution=riverside, email=hanna.user.email, name="Hanna", role=Role.TEACHER, by=None,
            request=RequestFactory().get("/"),
        )  # fmt: skip
    assert mail.outbox[0].subject == "Riverside School lädt Sie in sein Anwesenheitsportal ein"
    assert "als Lehrkraft" in mail.outbox[0].body


def test_the_api_speaks_the_browsers_language(german, tess, lesson):
    german.force_login(tess.user)
    answer = german.put(
        f"/api/riverside/sessions/{lesson.pk}/marks/{lesson.course.enrollments.first().student_id}/",
        {"status": "P", "expected_version": 0},
        content_type="application/json",
    )
    assert answer.json()["detail"].startswith("Diese Liste ist nicht offen.")
    assert answer.json()["code"] == "session_not_open"


def test_signing_in_goes_on_in_the_chosen_language(client, tess):
    choose(client, "de")
    client.post(LOGIN, {"login": tess.user.email, "password": PASSWORD})
    assert language_of(client.get(TODAY)) == "de"


@pytest.mark.parametrize(("language", "begins"), [("de", '<html lang="de">'), ("ar", '<html lang="ar" dir="rtl">')])
def test_a_mail_says_how_its_language_is_written(language, begins):
    context = {
        "invitation": {"name": "Tess", "role": "teacher"},
        "school": {"name": "A & B"},
        "link": "https://x.example",
    }
    with translation.override(language):
        [(html, _kind)] = mail_of(
            "accounts/invitations/mail", context, subject="A & B\nC", to="t@x.example"
        ).alternatives
    assert begins in html
    assert "<title>A &amp; B C</title>" in html
    assert html.count("<a href") == 1
