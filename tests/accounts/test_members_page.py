"""The page of a school's members: invitations and what became of their mails, staff, students with an account."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.jobs import jobs_resume
from accounts.members.selectors import staff_counts
from accounts.models import Invitation, Job, Role
from tests.accounts.schools.test_schools import Refusing
from tests.conftest import invited

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed
PERSON = {"name": "Nina Berg", "email": "nina@example.org", "role": "teacher"}
URL = "/riverside/members/"


@pytest.fixture
def admin(sign_in, ada):
    return sign_in(ada)


def refuse_mails(settings):
    settings.EMAIL_BACKEND = f"{Refusing.__module__}.Refusing"


def test_lists_staff_and_those_invited(admin, riverside, tess, sam):
    invited(riverside)
    Invitation.objects.update(sent_at=timezone.now())
    page = admin.get(URL).content.decode()
    assert "Tess" in page
    assert "Nina of riverside" in page
    assert "No answer yet" in page
    assert "sam@riverside.example" not in page
    assert "sam@riverside.example" in admin.get(URL, {"who": "students"}).content.decode()
    assert staff_counts(riverside) == (2, 1)


def test_finds_by_name_and_by_address(admin, tess, theo):
    for text in ("TESS", "tess@riv"):
        page = admin.get(URL, {"q": text}).content.decode()
        assert "tess@riverside.example" in page
        assert "theo@riverside.example" not in page
    assert "Nobody found" in admin.get(URL, {"q": "nobody of this name"}).content.decode()


def test_shows_nobody_of_another_school(admin, hugo, hilltop):
    invited(hilltop)
    page = admin.get(URL).content.decode()
    assert "Hugo" not in page
    assert "Nina of hilltop" not in page


def test_invites(admin, mailoutbox, riverside):
    page = admin.post(URL, PERSON, follow=True).content.decode()
    assert "An invitation went to nina@example.org" in page
    assert mailoutbox[0].to == ["nina@example.org"]
    assert Invitation.objects.get().role == Role.TEACHER


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "ada@riverside.example"}, "member already"),
        ({"email": "x"}, "valid email"),
        ({"role": "root"}, "Select"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(admin, changed, said):
    assert said in admin.post(URL, {**PERSON, **changed}).content.decode()
    assert not Invitation.objects.exists()


def test_a_mail_that_did_not_leave_stands_there_with_its_reason(admin, settings, mailoutbox):
    refuse_mails(settings)
    admin.post(URL, PERSON)
    page = admin.get(URL).content.decode()
    assert "E-mail not sent" in page
    assert "The mail server refused this address." in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    again = reverse("member_send_again", args=["riverside", Invitation.objects.get().pk])
    assert "An invitation went to" in admin.post(again, follow=True).content.decode()
    assert len(mailoutbox) == 1
    assert "ten minutes" in admin.post(again, follow=True).content.decode()  # the limit


def test_takes_back(admin, riverside):
    found = invited(riverside)
    url = reverse("member_take_back", args=["riverside", found.pk])
    assert "is taken back" in admin.post(url, follow=True).content.decode()
    found.refresh_from_db()
    assert found.state == Invitation.State.REVOKED
    assert "answered or taken back already" in admin.post(url, follow=True).content.decode()


def test_another_schools_invitation_is_not_there(admin, hilltop):
    found = invited(hilltop)
    for name in ("member_send_again", "member_take_back"):
        assert admin.post(reverse(name, args=["riverside", found.pk])).status_code == 404


class TestSendingMany:
    """Imported teachers are invited, and nobody has mailed them."""

    @pytest.fixture
    def imported(self, riverside):
        for n in range(3):
            Invitation.objects.create(
                institution=riverside, email=f"t{n}@example.org", name=f"Teacher {n}", role=Role.TEACHER,
                token_hash=f"unsent{n}", expires_at=timezone.now() + timedelta(days=14),
            )  # fmt: skip

    def test_sends_each_once(self, admin, imported, mailoutbox):
        page = admin.get(URL).content.decode()
        assert "3 invitations have not been sent yet." in page
        assert page.count('<span class="pill L">Not sent yet') == 3
        address = reverse("members_send", args=["riverside"])
        assert admin.post(address).url == admin.post(address).url  # one job
        jobs_resume()
        assert sorted(mail.to[0] for mail in mailoutbox) == ["t0@example.org", "t1@example.org", "t2@example.org"]
        assert "invitations have not been sent yet" not in admin.get(URL).content.decode()
        admin.post(address)
        jobs_resume()
        assert len(mailoutbox) == 3

    def test_stops_where_the_mail_server_refuses_all(self, admin, imported, settings, riverside, mailoutbox):
        refuse_mails(settings)
        for n in range(3, 8):
            Invitation.objects.create(
                institution=riverside, email=f"t{n}@example.org", name=f"Teacher {n}", role=Role.TEACHER,
                token_hash=f"unsent{n}", expires_at=timezone.now() + timedelta(days=14),
            )  # fmt: skip
        admin.post(reverse("members_send", args=["riverside"]))
        jobs_resume()
        assert "Check the mail server" in Job.objects.get().error
        assert Invitation.objects.filter(sent_at=None).count() == 3

    def test_sends_none_of_another_school(self, admin, imported, hilltop, mailoutbox):
        Invitation.objects.update(institution=hilltop)
        admin.post(reverse("members_send", args=["riverside"]))
        jobs_resume()
        assert mailoutbox == []
