"""Inviting members, their roles, and the limits for members who belong to another school too."""

import re

import pytest
from django.test import RequestFactory

from accounts import services
from accounts.errors import AccountError
from accounts.models import Membership, Role, User

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed


@pytest.fixture
def request_(rf: RequestFactory):
    request = rf.get("/admin/", headers={"host": "localhost"})
    request.session = {}
    return request


def invite(institution, request, email="nina@example.org", name="Nina", role=Role.TEACHER):
    return services.member_invite(institution=institution, email=email, name=name, role=role, request=request)


def refused(code, call):
    with pytest.raises(AccountError) as caught:
        call()
    assert caught.value.code == code
    assert str(caught.value)


class TestInviting:
    def test_somebody_new_gets_a_link_to_choose_a_password(self, riverside, request_, mailoutbox, client):
        member = invite(riverside, request_, email=" Nina@Example.org ")
        assert (member.user.email, member.user.name, member.role) == ("nina@example.org", "Nina", Role.TEACHER)
        assert not member.user.has_usable_password()
        (mail,) = mailoutbox
        assert mail.to == ["nina@example.org"]
        link = re.search(r"https?://\S+", mail.body)[0]
        assert client.get(link, follow=True).status_code == 200

    def test_who_has_an_account_keeps_name_and_password(self, riverside, hanna, request_, mailoutbox):
        member = invite(riverside, request_, email="HANNA@hilltop.example", name="Mallory")
        hanna.user.refresh_from_db()
        assert member.user == hanna.user
        assert hanna.user.name == "Hanna"
        assert hanna.user.has_usable_password()
        (mail,) = mailoutbox
        assert "Riverside School" in mail.subject
        assert "password" not in mail.body

    def test_twice(self, riverside, request_, mailoutbox):
        invite(riverside, request_)
        refused("already_member", lambda: invite(riverside, request_))
        assert len(mailoutbox) == 1
        assert Membership.objects.filter(user__email="nina@example.org").count() == 1

    def test_whom_the_operator_switched_off(self, riverside, hanna, request_):
        User.objects.update(is_active=False)
        refused("inactive", lambda: invite(riverside, request_, email=hanna.user.email))

    def test_again(self, riverside, request_, mailoutbox):
        services.invitation_send_again(membership=invite(riverside, request_), request=request_)
        assert len(mailoutbox) == 2


class TestRoles:
    def test_the_last_administrator_stays_one(self, ada):
        refused("last_admin", lambda: services.member_set_role(membership=ada, role=Role.TEACHER))
        refused("last_admin", lambda: services.member_remove(membership=ada))

    def test_one_of_two_may_go(self, ada, tess):
        services.member_set_role(membership=tess, role=Role.ADMIN)
        services.member_remove(membership=ada)
        assert list(Membership.objects.for_institution(tess.institution)) == [tess]

    def test_one_who_cannot_sign_in_does_not_count(self, ada, tess):
        services.member_set_role(membership=tess, role=Role.ADMIN)
        User.objects.filter(pk=tess.user_id).update(is_active=False)
        refused("last_admin", lambda: services.member_remove(membership=ada))

    def test_another_schools_administrator_does_not_count(self, ada, hanna):
        refused("last_admin", lambda: services.member_remove(membership=ada))

    def test_removing_leaves_the_account(self, tess):
        services.member_remove(membership=tess)
        assert User.objects.filter(email=tess.user.email).exists()


class TestNames:
    def test_who_belongs_here_alone(self, tess):
        services.member_rename(membership=tess, name="Tess Moore")
        assert User.objects.get(pk=tess.user_id).name == "Tess Moore"

    def test_who_belongs_elsewhere_too(self, riverside, hanna):
        here = Membership.objects.create(institution=riverside, user=hanna.user, role=Role.TEACHER)
        refused("belongs_elsewhere", lambda: services.member_rename(membership=here, name="Mallory"))

    def test_who_runs_the_portal(self, tess):
        User.objects.filter(pk=tess.user_id).update(is_superuser=True)
        tess.user.refresh_from_db()
        refused("belongs_elsewhere", lambda: services.member_rename(membership=tess, name="Mallory"))
