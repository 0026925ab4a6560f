"""Members' roles, and the limits for members who belong to another school too."""

import pytest

from accounts import services
from accounts.errors import AccountError
from accounts.models import Membership, Role, User

pytestmark = pytest.mark.django_db(transaction=True)  # mail goes out when the transaction is committed


def refused(code, call):
    with pytest.raises(AccountError) as caught:
        call()
    assert caught.value.code == code
    assert str(caught.value)


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
