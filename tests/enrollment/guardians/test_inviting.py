"""Guardians' accounts: invited, accepted, ended; singly, by group, at two schools."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse

from accounts.addresses import PortalAddress
from accounts.errors import AccountError
from accounts.invitations.inviting import invitation_create, invitation_readdress
from accounts.jobs import job_run
from accounts.jobs.queue import job_claim_next
from accounts.models import Invitation, Membership, Role, User
from enrollment.errors import EnrollmentError
from enrollment.guardians.inviting import guardian_access_end, guardian_invite, guardians_invite
from enrollment.guardians.selectors import children_of, guardians_of
from enrollment.models import Guardian, Guardianship, Student
from tests.conftest import make_member, make_student

PORTAL = PortalAddress("https://portal.example")


@pytest.fixture
def invite(ada, django_capture_on_commit_callbacks):
    def invite_(guardian):
        with django_capture_on_commit_callbacks(execute=True):
            return guardian_invite(guardian=guardian, by=ada.user, addresses=PORTAL)

    return invite_


def link_in(message):
    return re.search(r"https://portal\.example(/account/invitations/\S+)", message.body)[1]


def accept(client, message):
    account = {"name": "Fay F.", "password1": "an orchard of pears", "password2": "an orchard of pears"}
    return client.post(link_in(message), account, follow=True)


class TestOne:
    def test_accepts_and_sees_the_child(self, client, invite, fay, sam):
        assert invite(fay) == "invited"
        response = accept(client, mail.outbox[-1])
        assert response.redirect_chain[-1][0] == reverse("child", args=["riverside", sam.pk])
        assert Membership.objects.get(user__email="fay@example.org").role == Role.GUARDIAN

    def test_is_written_to_in_their_language(self, invite, fay):
        Guardian.objects.update(language="de")
        invite(Guardian.objects.get(pk=fay.pk))
        assert "lädt Sie" in mail.outbox[-1].subject

    def test_two_rows_of_one_address_are_one_person(self, client, invite, riverside, fay, sita):
        again = Guardian.objects.create(institution=riverside, name="Fay F.", email="Fay@example.org")
        Guardianship.objects.create(institution=riverside, guardian=again, student=sita)
        invite(fay)
        accept(client, mail.outbox[-1])
        user = User.objects.get(email="fay@example.org")
        assert [each.name for each in children_of(user, riverside)] == ["Sam Field", "Sita Rao"]

    def test_who_is_staff_is_tied_at_once(self, invite, tess, riverside, sam):
        parent = Guardian.objects.create(institution=riverside, name="Tess", email=tess.user.email)
        Guardianship.objects.create(institution=riverside, guardian=parent, student=sam)
        assert invite(parent) == "linked"
        assert list(children_of(tess.user, riverside)) == [sam]
        tess.refresh_from_db()
        assert tess.role == Role.TEACHER

    def test_a_corrected_address_leaves_the_old_mailbox_nothing(self, client, invite, fay):
        invite(fay)
        Guardian.objects.update(email="fay.field@example.org")
        accept(client, mail.outbox[-1])  # by somebody to whom the first address belongs
        fay.refresh_from_db()
        assert fay.user is None
        assert not children_of(User.objects.get(email="fay@example.org"), fay.institution)

    def test_who_waits_as_a_teacher_is_tied_once_they_accept(
        self, client, invite, fay, riverside, ada, sam, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            invitation_create(
                institution=riverside, email=fay.email, name="Fay", role=Role.TEACHER, by=ada.user, request=PORTAL
            )
        Invitation.objects.update(sent_at=None)
        assert invite(fay) == "sent_again"
        accept(client, mail.outbox[-1])
        assert list(children_of(User.objects.get(email=fay.email), riverside)) == [sam]

    def test_an_address_is_corrected_where_it_stands(self, invite, fay):
        invite(fay)
        with pytest.raises(AccountError) as caught:
            invitation_readdress(invitation=Invitation.objects.get(), email="new@example.org", request=PORTAL)
        assert caught.value.code == "guardians_own"

    def test_without_an_address_is_refused(self, invite, fay):
        fay.email = ""
        with pytest.raises(EnrollmentError) as refused:
            invite(fay)
        assert refused.value.code == "no_address"

    def test_who_may_not_be_contacted_is_refused(self, invite, fay):
        Guardianship.objects.update(may_contact=False)
        with pytest.raises(EnrollmentError) as refused:
            invite(fay)
        assert refused.value.code == "kept_away"
        assert mail.outbox == []

    def test_of_two_schools_sees_the_children_of_each(self, client, invite, riverside, hilltop, fay, sam):
        other = make_student(hilltop, "Omar", "H-1")
        there = Guardian.objects.create(institution=hilltop, name="Fay", email="fay@example.org")
        Guardianship.objects.create(institution=hilltop, guardian=there, student=other)
        for guardian in (fay, there):
            invite(guardian)
        accept(client, mail.outbox[0])
        client.post(link_in(mail.outbox[1]))
        user = User.objects.get(email="fay@example.org")
        assert list(children_of(user, riverside)) == [sam]
        assert list(children_of(user, hilltop)) == [other]
        assert client.get(reverse("child", args=["hilltop", sam.pk])).status_code == 404


class TestEnding:
    def test_closes_the_school_at_once(self, client, invite, fay, sam):
        invite(fay)
        accept(client, mail.outbox[-1])
        guardian_access_end(guardian=Guardian.objects.get(pk=fay.pk))
        assert client.get(reverse("child", args=["riverside", sam.pk])).status_code == 404
        assert not Membership.objects.filter(user__email="fay@example.org").exists()

    def test_leaves_staff_their_role(self, invite, tess, riverside, sam):
        parent = Guardian.objects.create(institution=riverside, name="Tess", email=tess.user.email)
        Guardianship.objects.create(institution=riverside, guardian=parent, student=sam)
        invite(parent)
        guardian_access_end(guardian=Guardian.objects.get(pk=parent.pk))
        assert Membership.objects.filter(pk=tess.pk).exists()
        assert not children_of(tess.user, riverside).exists()

    def test_takes_an_open_invitation_back(self, client, invite, fay):
        invite(fay)
        guardian_access_end(guardian=Guardian.objects.get(pk=fay.pk))
        assert client.get(link_in(mail.outbox[-1])).status_code == 410


class TestMany:
    def test_all_of_a_school_once(self, riverside, ada, fay, fred, django_capture_on_commit_callbacks):
        nonce = uuid4()
        for _click in range(2):
            guardians_invite(
                institution=riverside, guardians=[fay.pk, fred.pk], by=ada.user, addresses=PORTAL, nonce=nonce
            )
        with django_capture_on_commit_callbacks(execute=True):
            job = job_run(job=job_claim_next())
        assert job.result == {"invited": 2, "linked": 0, "left_out": 0}
        assert sorted(message.to[0] for message in mail.outbox) == ["fay@example.org", "fred@example.org"]
        assert job_claim_next() is None

    def test_one_whose_address_was_corrected_is_invited_there(
        self, riverside, ada, invite, fay, django_capture_on_commit_callbacks
    ):
        invite(fay)
        Guardian.objects.update(email="fay.field@example.org")
        guardians_invite(institution=riverside, guardians=[fay.pk], by=ada.user, addresses=PORTAL, nonce=uuid4())
        with django_capture_on_commit_callbacks(execute=True):
            assert job_run(job=job_claim_next()).result["invited"] == 1
        assert mail.outbox[-1].to == ["fay.field@example.org"]

    def test_nobody_is_refused(self, riverside, ada):
        with pytest.raises(EnrollmentError) as refused:
            guardians_invite(institution=riverside, guardians=[], by=ada.user, addresses=PORTAL, nonce=uuid4())
        assert refused.value.code == "nobody"

    def test_the_list_says_how_far_each_is(self, riverside, invite, fay, fred):
        invite(fay)
        students = Student.objects.for_institution(riverside)
        assert [each.name for each in guardians_of(students, state="invited")] == ["Fay Field"]
        assert [each.name for each in guardians_of(students, state="to_invite")] == ["Fred Field"]
        Invitation.objects.update(expires_at="2020-01-01T00:00:00Z")
        assert guardians_of(students, state="to_invite").count() == 2

    def test_the_page_invites_a_group(self, sign_in, ada, fay, riverside):
        client = sign_in(ada)
        assert "Invite 1 guardian" in client.get("/riverside/guardians/").content.decode()
        response = client.post("/riverside/guardians/invite/", {"nonce": str(uuid4())})
        assert "/jobs/" in response.url


def test_the_next_page_keeps_what_was_searched(sign_in, ada, riverside, sam):
    made = Guardian.objects.bulk_create(
        Guardian(institution=riverside, name=f"A&B {n:03}", email=f"{n}@example.org") for n in range(120)
    )
    Guardianship.objects.bulk_create(Guardianship(institution=riverside, guardian=each, student=sam) for each in made)
    html = sign_in(ada).get("/riverside/guardians/", {"q": "A&B"}).content.decode()
    assert "q=A%26B" in html


def test_a_guardian_of_another_school_is_not_listed(hilltop, fay, sign_in, hanna):
    html = sign_in(hanna).get("/hilltop/guardians/").content.decode()
    assert "Fay" not in html
    assert sign_in(hanna).get(f"/hilltop/guardians/{fay.pk}/").status_code == 404


def test_one_who_is_a_guest_at_two_roles_keeps_the_first(invite, riverside, fay):
    make_member(riverside, "Fay", Role.PRINCIPAL)
    User.objects.filter(name="Fay").update(email="fay@example.org")
    assert invite(fay) == "linked"
