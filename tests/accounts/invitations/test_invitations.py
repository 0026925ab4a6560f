"""Invitations: offers that give nothing before their owner accepts, by the link or signed in."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AccountError
from accounts.invitations.accepting import invitation_accept, invitation_accept_new, invitations_for
from accounts.invitations.inviting import invitation_create, invitation_revoke, invitation_send_again
from accounts.models import Invitation, Membership, Role, User
from tests.conftest import PASSWORD
from tests.contracts.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed
NEW = {"name": "Nina Berg", "password1": "a much better password", "password2": "a much better password"}


@pytest.fixture
def request_(rf: RequestFactory):
    return rf.get("/admin/", headers={"host": "localhost"})


@pytest.fixture
def invite(riverside, ada, request_):
    def invited(email="nina@example.org", name="Nina", role=Role.TEACHER, school=riverside):
        return invitation_create(institution=school, email=email, name=name, role=role, by=ada.user, request=request_)

    return invited


def link_in(mail):
    return re.search(r"http://[^/]+(/account/invitations/\S+)", mail.body)[1]


def refused(code, call):
    with pytest.raises(AccountError) as caught:
        call()
    assert caught.value.code == code
    assert str(caught.value)


class TestSomebodyNew:
    def test_chooses_a_password_and_is_in(self, invite, mailoutbox, client, riverside):
        invite(email=" Nina@Example.org ", role=Role.ADMIN)
        (mail,) = mailoutbox
        assert mail.to == ["nina@example.org"]
        assert "Riverside School" in mail.subject
        assert "Ada invites you" in mail.body
        assert "Ada invites you" in mail.alternatives[0].content
        page = client.get(link_in(mail))
        assert "Choose a password" in page.content.decode()
        assert not User.objects.filter(email="nina@example.org").exists()
        answer = client.post(link_in(mail), NEW)
        assert answer.url == reverse("institution", args=["riverside"])
        member = Membership.objects.get(user__email="nina@example.org")
        assert (member.institution, member.role, member.user.name) == (riverside, Role.ADMIN, "Nina Berg")
        assert client.get(answer.url, follow=True).status_code == 200
        assert User.objects.get(email="nina@example.org").emailaddress_set.get().verified

    @pytest.mark.parametrize(
        "wrong",
        [
            {"password1": "short", "password2": "short"},
            {"password2": "another password"},
            {"name": ""},
            {"name": "\u200b\u202e"},
            {"password1": "nina@example.org", "password2": "nina@example.org"},
        ],
    )
    def test_a_bad_password_or_no_name_is_said_and_nothing_is_made(self, wrong, invite, mailoutbox, client):
        invite()
        page = client.post(link_in(mailoutbox[0]), {**NEW, **wrong})
        assert page.status_code == 200
        assert 'role="alert"' in page.content.decode()
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_a_link_works_once(self, invite, mailoutbox, client):
        invite()
        client.post(link_in(mailoutbox[0]), NEW)
        client.logout()
        again = client.post(link_in(mailoutbox[0]), NEW)
        assert again.status_code == 410
        assert "no longer valid" in again.content.decode()
        assert Membership.objects.filter(user__email="nina@example.org").count() == 1

    def test_two_tabs_make_one_account(self, invite):
        invite()
        invitation = Invitation.objects.get()
        invitation_accept_new(invitation=invitation, name="Nina", password=PASSWORD)
        refused("no_longer_valid", lambda: invitation_accept_new(invitation=invitation, name="N", password=PASSWORD))

    def test_declines(self, invite, mailoutbox, client):
        invite()
        assert "You declined" in client.post(link_in(mailoutbox[0]), {"decline": ""}).content.decode()
        assert Invitation.objects.get().state == "declined"
        assert client.post(link_in(mailoutbox[0]), NEW).status_code == 410


class TestWhoHasAnAccount:
    def test_is_no_member_before_accepting_and_keeps_name_and_password(self, invite, hanna, riverside, mailoutbox):
        invite(email="HANNA@hilltop.example", name="Mallory")
        assert not Membership.objects.filter(user=hanna.user, institution=riverside).exists()
        hanna.user.refresh_from_db()
        assert hanna.user.name == "Hanna"
        assert "Hanna" not in mailoutbox[0].body

    def test_accepts_signed_in(self, invite, hanna, sign_in):
        invitation = invite(email=hanna.user.email)
        client = sign_in(hanna)
        assert "Ada invites you" in client.get(reverse("home")).content.decode()
        answer = client.post(reverse("invitation_accept", args=[invitation.pk]))
        assert answer.url == reverse("institution", args=["riverside"])
        assert Membership.objects.get(user=hanna.user, institution__slug="riverside").role == Role.TEACHER

    def test_declines_signed_in(self, invite, hanna, sign_in):
        invitation = invite(email=hanna.user.email)
        sign_in(hanna).post(reverse("invitation_decline", args=[invitation.pk]))
        assert Invitation.objects.get().state == "declined"
        assert not Membership.objects.filter(user=hanna.user, institution__slug="riverside").exists()

    def test_accepts_by_the_link_and_signs_in_as_always(self, invite, hanna, mailoutbox, client):
        invite(email=hanna.user.email)
        assert "Choose a password" not in client.get(link_in(mailoutbox[0])).content.decode()
        client.post(link_in(mailoutbox[0]), {"accept": ""})
        assert Membership.objects.filter(user=hanna.user, institution__slug="riverside").exists()
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("do", ["accept", "decline"])
    def test_nobody_answers_for_another(self, do, invite, hanna, tess, sign_in):
        invitation = invite(email=hanna.user.email)
        assert sign_in(tess).post(reverse(f"invitation_{do}", args=[invitation.pk])).status_code == 404
        assert Invitation.objects.get().state == "pending"

    def test_an_address_that_is_not_proved_shows_nothing(self, invite, hanna):
        invite(email=hanna.user.email)
        assert invitations_for(hanna.user).count() == 1
        hanna.user.emailaddress_set.update(verified=False)
        assert invitations_for(hanna.user).count() == 0

    def test_an_account_that_was_switched_off_stays_out(self, invite, hanna):
        invite(email=hanna.user.email)
        invitation = Invitation.objects.get()
        hanna.user.is_active = False
        refused("other_address", lambda: invitation_accept(invitation=invitation, user=hanna.user))


class TestTwoTabs:
    """One invitation answered twice: the second answer is told so in a sentence."""

    @pytest.fixture
    def tabs(self, invite, hanna, client):
        invitation = invite(email=hanna.user.email)
        client.force_login(hanna.user)
        return {verb: reverse(f"invitation_{verb}", args=[invitation.pk]) for verb in ("accept", "decline")}

    @pytest.mark.parametrize(("first", "then"), [("accept", "accept"), ("accept", "decline"), ("decline", "accept")])
    def test_one_after_the_other(self, tabs, client, riverside, hanna, first, then):
        client.post(tabs[first])
        page = client.post(tabs[then], follow=True)
        assert page.status_code == 200
        assert "was answered already" in page.content.decode()
        is_in = Membership.objects.filter(institution=riverside, user=hanna.user).exists()
        assert is_in == (first == "accept")

    def test_at_the_same_moment(self, tabs, client, riverside, hanna):
        cookie = client.cookies["sessionid"].value

        def answer(verb):
            other = Client()
            other.cookies["sessionid"] = cookie
            return lambda: other.post(tabs[verb]).status_code

        assert at_once(answer("accept"), answer("decline"), answer("accept")) == [302] * 3
        state = Invitation.objects.get(email=hanna.user.email).state
        is_in = Membership.objects.filter(institution=riverside, user=hanna.user).exists()
        assert is_in == (state == Invitation.State.ACCEPTED)

    def test_by_the_link(self, invite, mailoutbox, client):
        invite()
        link = link_in(mailoutbox[0])
        answers = at_once(*[lambda: Client().post(link, NEW).status_code, lambda: Client().post(link, {"decline": ""})])
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert Membership.objects.filter(user__email="nina@example.org").count() <= 1

    def test_two_schools_invite_one_new_person(self, invite, mailoutbox, hilltop, riverside):
        invite()
        invite(school=hilltop)
        links = [link_in(mail) for mail in mailoutbox]
        calls = [partial(Client().post, link, NEW) for link in links]
        assert sorted(answer.status_code for answer in at_once(*calls)) in ([302, 302], [302, 410])
        assert User.objects.filter(email="nina@example.org").count() == 1

    def test_taken_back_meanwhile(self, tabs, client, hanna):
        invitation_revoke(invitation=Invitation.objects.get(email=hanna.user.email))
        assert "was answered already" in client.post(tabs["accept"], follow=True).content.decode()


class TestSending:
    def test_again_makes_a_new_link_and_the_old_one_ends(self, invite, mailoutbox, client, request_):
        invitation = invite()
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
        invitation_send_again(invitation=invitation, request=request_)
        old, new = map(link_in, mailoutbox)
        assert client.get(old).status_code == 404
        assert client.get(new).status_code == 200

    def test_twenty_five_clicks_send_one_mail(self, invite, mailoutbox, request_):
        invitation = invite()
        for _ in range(25):
            refused("too_soon", lambda: invitation_send_again(invitation=invitation, request=request_))
        assert len(mailoutbox) == 1

    def test_five_a_day_also_when_taken_back_and_begun_again(self, invite, mailoutbox):
        for _ in range(5):
            invitation_revoke(invitation=invite())
        refused("too_many_mails", invite)
        assert len(mailoutbox) == 5

    def test_another_school_may_still_invite(self, invite, hilltop):
        for _ in range(5):
            invitation_revoke(invitation=invite())
        assert invite(school=hilltop).is_valid

    def test_twice(self, invite, tess):
        invite()
        refused("already_invited", invite)
        refused("already_member", lambda: invite(email=tess.user.email))

    def test_a_school_of_two_lines_breaks_no_mail(self, invite, riverside, mailoutbox):
        riverside.name = "Riverside\nSchool"
        riverside.save()
        invite()
        assert mailoutbox[0].subject.startswith("Riverside School")

    def test_what_ended_is_not_sent_or_taken_back(self, invite, request_):
        invitation = invite()
        invitation_revoke(invitation=invitation)
        refused("not_pending", lambda: invitation_revoke(invitation=invitation))
        refused("not_pending", lambda: invitation_send_again(invitation=invitation, request=request_))


class TestLinks:
    def test_after_two_weeks(self, invite, mailoutbox, client, hanna):
        invite(email=hanna.user.email)
        Invitation.objects.update(expires_at=timezone.now())
        assert client.post(link_in(mailoutbox[0]), {"accept": ""}).status_code == 410
        assert not invitations_for(hanna.user).exists()

    def test_taken_back(self, invite, mailoutbox, client):
        invitation_revoke(invitation=invite())
        assert client.get(link_in(mailoutbox[0])).status_code == 410

    def test_one_that_never_was(self, client, db):
        assert client.get("/account/invitations/made-up/").status_code == 404

    def test_the_secret_is_not_kept(self, invite, mailoutbox):
        invite()
        secret = link_in(mailoutbox[0]).rstrip("/").rpartition("/")[2]
        row = Invitation.objects.values().get()
        assert secret not in str(row)
