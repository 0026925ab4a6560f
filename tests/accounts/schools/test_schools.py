"""The operator's pages: all schools, adding one, trying the mail server; and the commands that do the same."""

import smtplib

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.addresses import PortalAddress
from accounts.errors import AccountError
from accounts.invitations.inviting import invitation_send_again
from accounts.models import Institution, Invitation, Membership, Role, User
from accounts.schools.creating import free_slug, school_create, slug_from
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed
NEW = {
    "name": "Collège Émile", "slug": "", "time_zone": "paris", "language": "de", "admin_name": "Ada Marsh",
    "admin_email": "ada@example.org",
}  # fmt: skip


class Refusing(EmailBackend):
    """A mail server that takes no mail."""

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({})


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root@example.org", PASSWORD, name="Root")


@pytest.fixture
def operator(client, root):
    client.force_login(root)
    return client


def make(**changes):
    data = {**NEW, "time_zone": "Europe/Paris", "by": None, "addresses": PortalAddress("https://a.example"), **changes}
    return school_create(**data)


class TestHome:
    def test_a_superuser_without_a_school_is_led_to_add_one(self, operator):
        page = operator.get("/", follow=True)
        assert page.redirect_chain[-1][0] == reverse("schools")
        assert reverse("school_new") in page.content.decode()

    def test_anyone_else_is_told_to_ask_their_school(self, client, db):
        client.force_login(User.objects.create_user("lone@example.org", PASSWORD, name="Lone"))
        page = client.get("/").content.decode()
        assert "You&#x27;re not a member of a school yet" in page or "You're not a member of a school yet" in page
        assert reverse("schools") not in page


class TestAdding:
    def test_a_school_and_its_administrators_invitation(self, operator, mailoutbox):
        assert "Europe/London" in operator.get(reverse("school_new")).content.decode()
        page = operator.post(reverse("school_new"), NEW, follow=True).content.decode()
        school = Institution.objects.get()
        assert (school.slug, school.time_zone, school.language) == ("college-emile", "Europe/Paris", "de")
        assert not school.faces_enabled
        waiting = Invitation.objects.get()
        assert (waiting.email, waiting.role, waiting.mail_error) == ("ada@example.org", Role.ADMIN, "")
        assert "ada@example.org" in page
        (mail,) = mailoutbox
        assert "Collège Émile" in mail.subject
        assert "Root" in mail.body  # by whom, in the school's language
        assert "Guten Tag Ada Marsh" in mail.body
        assert "http://testserver/account/invitations/" in mail.alternatives[0].content

    def test_operators_who_name_themselves_are_in_at_once(self, operator, mailoutbox, root):
        answer = operator.post(reverse("school_new"), {**NEW, "admin_email": "Root@example.org"})
        assert answer.url == "/college-emile/"
        assert Membership.objects.get().user == root
        assert not mailoutbox

    def test_a_mail_that_does_not_leave_is_told_and_may_be_sent_again_at_once(self, operator, settings, mailoutbox):
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        page = operator.post(reverse("school_new"), NEW, follow=True).content.decode()
        assert "The mail server refused this address." in page
        waiting = Invitation.objects.get()
        assert waiting.mail_error
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        invitation_send_again(invitation=waiting, request=PortalAddress("https://a.example"))
        waiting.refresh_from_db()
        assert (waiting.mail_error, len(mailoutbox)) == ("", 1)
        with pytest.raises(AccountError, match="ten minutes"):
            invitation_send_again(invitation=waiting, request=PortalAddress("https://a.example"))

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("time_zone", "Atlantis", "No time zone is called like this"),
            ("time_zone", "america", "Several time zones match"),
            ("slug", "admin", "own addresses"),
            ("slug", "two words", "Small letters"),
            ("admin_email", "ada", "valid email"),
            ("name", "", "required"),
            ("name", "学校", "no Latin letters"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, operator, field, typed, said):
        page = operator.post(reverse("school_new"), {**NEW, field: typed}).content.decode()
        assert said in page
        assert not Institution.objects.exists()

    def test_a_taken_address_is_refused_and_a_derived_one_is_numbered(self, operator):
        make()
        assert "already" in operator.post(reverse("school_new"), {**NEW, "slug": "college-emile"}).content.decode()
        assert make(admin_email="b@example.org").school.slug == "college-emile-2"
        with pytest.raises(AccountError) as caught:
            make(slug="college-emile")
        assert caught.value.code == "slug_taken"

    def test_nothing_stays_of_a_school_whose_administrator_cannot_be_invited(self):
        with pytest.raises(ValidationError):
            make(admin_email="nobody")
        assert not Institution.objects.exists()

    @pytest.mark.parametrize("page", ["schools", "school_new"])
    def test_the_list_is_the_operators_alone(self, client, ada, page):
        assert client.get(reverse(page)).status_code == 302
        client.force_login(ada.user)
        assert client.get(reverse(page)).status_code == 404


class TestSlugs:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [("Riverside School", "riverside-school"), ("Straße 7 / B", "strasse-7-b"), ("学校", ""), ("--", "")],
    )
    def test_from_a_name(self, name, slug):
        assert slug_from(name) == slug

    def test_is_none_of_the_portals_own(self):
        assert free_slug("Admin") == "admin-2"

    def test_fits_its_field(self):
        assert len(free_slug("a" * 90)) == 40


class TestMail:
    def test_a_test_goes_to_the_operator(self, operator, mailoutbox):
        assert "root@example.org" in operator.post(reverse("test_mail"), follow=True).content.decode()
        assert mailoutbox[0].to == ["root@example.org"]

    def test_a_refusal_is_told(self, operator, settings):
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        page = operator.post(reverse("test_mail"), follow=True).content.decode()
        assert "The mail server refused this address." in page

    def test_a_server_that_is_not_there(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        with pytest.raises(CommandError, match="could not be reached"):
            call_command("send_test_mail", "root@example.org")

    def test_a_portal_that_sends_nothing_says_so(self, capsys):
        call_command("send_test_mail", "root@example.org")
        assert "EMAIL_URL" in capsys.readouterr().out


class TestCommand:
    ARGUMENTS = ("Riverside School", "--admin", "ada@example.org", "--admin-name", "Ada Marsh", "--time-zone")

    def test_does_the_same(self, mailoutbox, capsys):
        call_command("create_school", *self.ARGUMENTS, "London", "--address", "https://portal.example")
        assert Institution.objects.get().time_zone == "Europe/London"
        assert "https://portal.example/account/invitations/" in mailoutbox[0].body
        assert "/riverside-school/" in capsys.readouterr().out

    def test_says_what_is_wrong(self):
        with pytest.raises(CommandError, match="No time zone"):
            call_command("create_school", *self.ARGUMENTS, "Atlantis")
        with pytest.raises(CommandError, match="own addresses"):
            call_command("create_school", *self.ARGUMENTS, "London", "--slug", "admin")

    def test_a_mail_that_did_not_leave_fails(self, settings):
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        with pytest.raises(CommandError, match="did not leave"):
            call_command("create_school", *self.ARGUMENTS, "London")
        assert Institution.objects.exists()
