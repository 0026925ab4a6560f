"""A school's administrator at work on members and settings."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import Membership, Role, User

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_membership_changelist"
ADD = "admin:accounts_membership_add"


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
    def test_somebody_new(self, as_ada, ada, mailoutbox):
        assert as_ada.post(reverse(ADD), self.form).status_code == 302
        member = Membership.objects.get(user__email="nina@example.org")
        assert (member.institution, member.role, member.user.name) == (ada.institution, Role.TEACHER, "Nina")
        assert mailoutbox[0].to == ["nina@example.org"]

    def test_a_member_already(self, as_ada, tess):
        response = as_ada.post(reverse(ADD), {**self.form, "email": "TESS@riverside.example"})
        assert "is a member already" in response.content.decode()

    @pytest.mark.parametrize("email", ["", "nonsense", "a@b"])
    def test_no_address(self, email, as_ada):
        assert as_ada.post(reverse(ADD), {**self.form, "email": email}).status_code == 200
        assert User.objects.count() == 1

    def test_one_who_was_switched_off(self, as_ada, hanna):
        User.objects.filter(pk=hanna.user_id).update(is_active=False)
        response = as_ada.post(reverse(ADD), {**self.form, "email": hanna.user.email})
        assert "cannot be invited" in said(response)[0]


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

    def test_sending_again(self, as_ada, tess, mailoutbox):
        tess.user.set_unusable_password()
        tess.user.save()
        as_ada.post(reverse(LIST), {"action": "send_invitation_again", "_selected_action": [tess.pk]})
        assert len(mailoutbox) == 1


class TestTheSchool:
    def form(self, school, **changed):
        given = {
            "name": school.name,
            "time_zone": school.time_zone,
            "grace_minutes": 5,
            "photo_retention_days": 7,
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
