"""A school's administrator at work on members and settings."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, Membership, Role, User

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_membership_changelist"
INVITATIONS = "admin:accounts_invitation_changelist"
ADD = "admin:accounts_invitation_add"


@pytest.fixture
def as_ada(sign_in, ada):
    return sign_in(ada)


def page(member, which="change"):
    return reverse(f"admin:accounts_membership_{which}", args=[member.pk])


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestInviting:
    form = {"email": "nina@example.org", "name": "Nina", "role": "teacher"}

    @pytest.mark.django_db(transaction=True)
    def test_somebody_new_is_invited_and_no_member_yet(self, as_ada, ada, mailoutbox):
        assert as_ada.post(reverse(ADD), self.form).status_code == 302
        invitation = Invitation.objects.get()
        assert (invitation.institution, invitation.role, invitation.name) == (ada.institution, Role.TEACHER, "Nina")
        assert invitation.invited_by == ada.user
        assert mailoutbox[0].to == ["nina@example.org"]
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_a_member_already(self, as_ada, tess):
        response = as_ada.post(reverse(ADD), {**self.form, "email": "TESS@riverside.example"})
        assert "is a member already" in response.content.decode()

    def test_invited_already(self, as_ada):
        as_ada.post(reverse(ADD), self.form)
        assert "has an invitation already" in as_ada.post(reverse(ADD), self.form).content.decode()
        assert Invitation.objects.count() == 1

    @pytest.mark.parametrize("email", ["", "nonsense", "a@b"])
    def test_no_address(self, email, as_ada):
        assert as_ada.post(reverse(ADD), {**self.form, "email": email}).status_code == 200
        assert not Invitation.objects.exists()

    def test_another_schools_person_looks_like_anybody(self, as_ada, hanna):
        """The typed name is shown, never the account's own; one who was switched off is no exception."""
        User.objects.filter(pk=hanna.user_id).update(is_active=False)
        as_ada.post(reverse(ADD), {**self.form, "email": hanna.user.email})
        page = as_ada.get(reverse("admin:accounts_invitation_changelist")).content.decode()
        assert "Nina" in page
        assert "Hanna" not in page

    def test_too_many_mails_is_a_sentence(self, as_ada, riverside):
        as_ada.post(reverse(ADD), self.form)
        Invitation.objects.update(times_sent=5, state="revoked")
        assert "wait until tomorrow" in said(as_ada.post(reverse(ADD), self.form))[-1]

    def test_sending_again_and_taking_back(self, as_ada):
        as_ada.post(reverse(ADD), self.form)
        chosen = {"_selected_action": [Invitation.objects.get().pk]}
        response = as_ada.post(reverse(INVITATIONS), {"action": "send_again", **chosen})
        assert "ten minutes" in said(response)[-1]
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
        response = as_ada.post(reverse(INVITATIONS), {"action": "send_again", **chosen})
        assert said(response)[-1] == "1 invitation sent."
        as_ada.post(reverse(INVITATIONS), {"action": "take_back", **chosen})
        assert Invitation.objects.get().state == "revoked"

    def test_members_are_not_added_but_invited(self, as_ada):
        assert as_ada.post(reverse("admin:accounts_membership_add"), self.form).status_code == 403
        assert as_ada.get(reverse("admin:accounts_membership_invite")).url == reverse(ADD)


class TestChanging:
    def test_role_and_name(self, as_ada, tess):
        as_ada.post(page(tess), {"name": "Tess Moore", "role": "admin"})
        tess = Membership.objects.get(pk=tess.pk)
        assert (tess.role, tess.user.name) == (Role.ADMIN, "Tess Moore")

    def test_nobody_takes_over_somebody_elses_account(self, as_ada, riverside, hanna):
        here = Membership.objects.create(institution=riverside, user=hanna.user, role=Role.TEACHER)
        before = User.objects.filter(pk=hanna.user_id).values().get()
        as_ada.post(
            page(here),
            {
                "name": "Mallory",
                "email": "mallory@example.org",
                "password": "x",
                "is_superuser": "on",
                "role": "teacher",
            },
        )
        assert User.objects.filter(pk=hanna.user_id).values().get() == before
        assert "the name is theirs to change" in as_ada.get(page(here)).content.decode()

    def test_the_last_administrator(self, as_ada, ada):
        response = as_ada.post(page(ada), {"name": "Ada", "role": "teacher"})
        assert "This is the only administrator" in response.content.decode()
        assert as_ada.post(page(ada, "delete"), {"post": "yes"}).status_code == 403
        as_ada.post(reverse(LIST), {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"})
        assert Membership.objects.get(pk=ada.pk).role == Role.ADMIN

    def test_removing_a_teacher_with_courses(self, as_ada, tess, physics):
        assert as_ada.get(page(tess, "delete")).status_code == 200
        assert as_ada.post(page(tess, "delete"), {"post": "yes"}).status_code == 302
        assert not Membership.objects.filter(pk=tess.pk).exists()
        assert User.objects.filter(pk=tess.user_id).exists()

    def test_removing_all_at_once_leaves_one(self, as_ada, ada, tess):
        Membership.objects.update(role=Role.ADMIN)
        form = {"action": "delete_selected", "_selected_action": [ada.pk, tess.pk], "post": "yes"}
        as_ada.post(reverse(LIST), form)
        assert Membership.objects.filter(role=Role.ADMIN).count() == 1


class TestTheSchool:
    def form(self, school, **changed):
        given = {
            "name": school.name,
            "time_zone": school.time_zone,
            "language": "en",
            "name_order": "given",
            "grace_minutes": 5,
            "attendance_threshold": 90,
            "chronic_percent": 10,
            "streak_days": 3,
            "photo_retention_days": 7,
            "log_retention_days": 730,
            "leaver_retention_days": 30,
            "faces_enabled": "on",
            "accept_threshold": "",
            "review_threshold": "",
        }
        return {**given, **changed}

    def send(self, client, school, **changed):
        url = reverse("admin:accounts_institution_change", args=[school.pk])
        response = client.post(url, self.form(school, **changed))
        school.refresh_from_db()
        return response

    def test_policy(self, as_ada, riverside):
        assert self.send(as_ada, riverside, name="Riverside Academy").status_code == 302
        assert (riverside.name, riverside.grace_minutes) == ("Riverside Academy", 5)

    def test_the_address_stays(self, as_ada, riverside):
        self.send(as_ada, riverside, slug="other")
        assert riverside.slug == "riverside"

    def test_thresholds_are_kept_with_their_model(self, as_ada, riverside):
        self.send(as_ada, riverside, accept_threshold="0.5", review_threshold="0.4")
        assert (riverside.accept_threshold, riverside.review_threshold) == (0.5, 0.4)
        assert riverside.thresholds_model
        self.send(as_ada, riverside)
        assert (riverside.accept_threshold, riverside.thresholds_model) == (None, "")

    @pytest.mark.parametrize(
        "wrong",
        [{"time_zone": "Mars/Base"}, {"accept_threshold": "0.3", "review_threshold": "0.4"}, {"grace_minutes": 999}],
    )
    def test_wrong_values(self, wrong, as_ada, riverside):
        assert self.send(as_ada, riverside, **wrong).status_code == 200

    def test_is_neither_added_nor_deleted(self, as_ada, riverside):
        assert as_ada.get(reverse("admin:accounts_institution_add")).status_code == 403
        url = reverse("admin:accounts_institution_delete", args=[riverside.pk])
        assert as_ada.post(url, {"post": "yes"}).status_code == 403


class TestTheOperator:
    @pytest.fixture
    def as_operator(self, client, db):
        operator = User.objects.create_superuser("root@portal.example", "correct horse battery", name="Root")
        client.force_login(operator)
        return client

    def test_makes_no_account_without_its_owner(self, as_operator):
        assert as_operator.get(reverse("admin:accounts_user_add")).status_code == 403

    def test_a_new_address_holds_once_its_link_is_opened(self, as_operator, tess, mailoutbox, client):
        form = {"email": "tess@new.example", "name": "Tess", "is_active": "on"}
        as_operator.post(reverse("admin:accounts_user_change", args=[tess.user_id]), form)
        tess.user.refresh_from_db()
        assert tess.user.email == "tess@riverside.example"
        link = re.search(r"/account/confirm-email/\S+", mailoutbox[-1].body)[0]
        client.post(link)
        tess.user.refresh_from_db()
        assert tess.user.email == "tess@new.example"
        assert list(EmailAddress.objects.filter(user=tess.user).values_list("email", "verified")) == [
            ("tess@new.example", True)
        ]
