"""Roles: a view's helper lets those in whom it names, and nobody else."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied

from accounts.access import require_role, require_staff
from accounts.models import Role

pytestmark = pytest.mark.django_db


def of(membership):
    return SimpleNamespace(membership=membership)


@pytest.fixture
def members(tess, ada, sam):
    return {Role.TEACHER: tess, Role.ADMIN: ada, Role.STUDENT: sam.user.memberships.get()}


@pytest.mark.parametrize("roles", [[Role.TEACHER], [Role.STUDENT], [Role.TEACHER, Role.STUDENT], []])
def test_the_roles_that_are_named_and_no_others(members, roles):
    for role, member in members.items():
        if role in roles:
            assert require_role(of(member), *roles) == member
        else:
            with pytest.raises(PermissionDenied):
                require_role(of(member), *roles)


def test_staff_are_teachers_and_administrators(members):
    assert require_staff(of(members[Role.TEACHER])) == members[Role.TEACHER]
    assert require_staff(of(members[Role.ADMIN])) == members[Role.ADMIN]
    with pytest.raises(PermissionDenied):
        require_staff(of(members[Role.STUDENT]))


@pytest.mark.parametrize("ask", [require_staff, lambda request: require_role(request, *Role)])
def test_who_is_no_member_has_no_role(ask):
    with pytest.raises(PermissionDenied):
        ask(of(None))
