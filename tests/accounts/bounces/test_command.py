"""`read_bounces`: a report on standard input is shown in the office."""

import io
import sys
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import RequestFactory
from django.urls import reverse

from accounts.bounces import recording
from accounts.invitations.inviting import invitation_create, invitation_readdress, invitation_send_again
from accounts.management.commands import read_bounces
from accounts.models import Invitation, Role
from tests.accounts.bounces.test_reading import report

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed


@pytest.fixture
def request_():
    return RequestFactory().get("/", headers={"host": "localhost"})


@pytest.fixture
def invitation(riverside, ada, request_):
    return invitation_create(
        institution=riverside, email="nina@example.org", name="Nina", role=Role.TEACHER, by=ada.user, request=request_
    )


@pytest.fixture
def hand_over(monkeypatch):
    """Gives the command a report about a mail that was sent, as a mail server does; returns what it says."""

    def give(mail, **changes):
        raw = report(returned=mail.message().as_string(), **changes).encode()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        out = io.StringIO()
        call_command("read_bounces", stdout=out, stderr=out)
        return out.getvalue()

    return give


def test_a_mail_that_came_back_is_shown_and_mended_in_place(invitation, mailoutbox, hand_over, sign_in, ada):
    assert "Noted on invitation" in hand_over(mailoutbox[0])
    client = sign_in(ada)
    page = client.get("/riverside/members/").content.decode()
    assert "E-mail came back" in page
    assert "There is no such address." in page
    url = reverse("member_readdress", args=["riverside", invitation.pk])
    assert "valid email" in client.post(url, {"email": "no"}, follow=True).content.decode()
    page = client.post(url, {"email": " Nina.Berg@example.org"}, follow=True).content.decode()
    assert "An invitation went to nina.berg@example.org" in page
    assert "came back" not in page
    assert mailoutbox[1].to == ["nina.berg@example.org"]
    invitation.refresh_from_db()
    assert (invitation.came_back_at, invitation.mail_error, invitation.times_sent) == (None, "", 2)


def test_the_link_to_the_wrong_address_ends(invitation, mailoutbox, request_, client):
    old = invitation.token_hash
    invitation_readdress(invitation=invitation, email="other@example.org", request=request_)
    invitation.refresh_from_db()
    assert invitation.token_hash != old


@pytest.mark.parametrize("email", ["ada@riverside.example", "taken@example.org"])
def test_an_address_of_somebody_else_is_refused(invitation, riverside, ada, request_, email, sign_in, mailoutbox):
    invitation_create(
        institution=riverside, email="taken@example.org", name="T", role=Role.TEACHER, by=ada.user, request=request_
    )
    url = reverse("member_readdress", args=["riverside", invitation.pk])
    page = sign_in(ada).post(url, {"email": email}, follow=True).content.decode()
    assert "already" in page
    invitation.refresh_from_db()
    assert invitation.email == "nina@example.org"
    assert len(mailoutbox) == 2


def test_a_report_about_an_older_mail_changes_nothing(invitation, mailoutbox, hand_over, request_):
    Invitation.objects.update(mail_error="x")  # as if it had not left: it may be sent at once
    invitation_send_again(invitation=invitation, request=request_)
    assert "sent again since" in hand_over(mailoutbox[0])
    invitation.refresh_from_db()
    assert (invitation.mail_error, invitation.came_back_at) == ("", None)


def test_the_same_report_twice_is_one(invitation, mailoutbox, hand_over):
    hand_over(mailoutbox[0])
    first = Invitation.objects.get().came_back_at
    hand_over(mailoutbox[0], status="5.2.2")
    found = Invitation.objects.get()
    assert (found.came_back_at, found.mail_error) == (first, "There is no such address.")


def test_the_reason_is_in_the_schools_language(invitation, mailoutbox, hand_over, riverside):
    type(riverside).objects.update(language="de")
    hand_over(mailoutbox[0])
    assert Invitation.objects.get().mail_error == "Diese Adresse gibt es nicht."


def test_a_kind_that_is_none_is_left_alone(invitation, mailoutbox, hand_over):
    mail = mailoutbox[0]
    mail.extra_headers = {"Message-ID": f"<user.{invitation.pk}.1@x>", "X-Attendance-Mail": "none"}
    assert "not known" in hand_over(mail)
    mail.extra_headers = {}
    assert "left alone" in hand_over(mail)


def test_while_the_database_is_away_the_mail_server_keeps_the_report(invitation, mailoutbox, hand_over, monkeypatch):
    def away(bounce):
        raise OperationalError

    monkeypatch.setattr(read_bounces, "bounce_record", away)
    with pytest.raises(SystemExit) as ended:
        hand_over(mailoutbox[0])
    assert ended.value.code == 75
    assert recording  # the real one was not called
