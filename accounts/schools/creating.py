"""Adding a school: the school itself, and the invitation of its first administrator."""

import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.addresses import Addresses
from accounts.errors import AccountError
from accounts.invitations.inviting import invitation_create
from accounts.models import RESERVED_SLUGS, Institution, Invitation, Membership, Role, User
from accounts.names import folded

LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class NewSchool:
    """A school that was added. invitation: None where the first administrator is the person who added it."""

    school: Institution
    invitation: Invitation | None


def slug_from(name: str) -> str:
    """The address of a school by its name: "Collège Émile" is college-emile; empty where no letter or digit is left."""
    words = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")
    return words[:LONGEST_SLUG].strip("-")


def free_slug(name: str) -> str:
    """The address that a school of this name gets: with a number where it is taken. Empty where the name gives none."""
    slug = slug_from(name)
    if not slug:
        return ""
    taken = {*Institution.objects.filter(slug__startswith=slug).values_list("slug", flat=True), *RESERVED_SLUGS}
    numbered = (f"{slug[: LONGEST_SLUG - 4]}-{number}" for number in range(2, 1000))
    return next(each for each in (slug, *numbered) if each not in taken)


def school_create(
    *,
    name: str,
    time_zone: str,
    language: str,
    admin_name: str,
    admin_email: str,
    by: User | None,
    addresses: Addresses,
    slug: str = "",
) -> NewSchool:
    """Add a school and invite its first administrator; somebody who names their own account is a member at once.

    slug: empty to derive it from the name. Raises AccountError `slug_taken`, `slug_missing`, and ValidationError.
    """
    slug = slug or free_slug(name)
    if not slug:
        raise AccountError("slug_missing", _("Choose the school's web address: its name has no Latin letters."))
    school = Institution(name=name, slug=slug, time_zone=time_zone, language=language)
    school.full_clean(validate_unique=False)
    with transaction.atomic():
        try:
            with transaction.atomic():
                school.save(force_insert=True)
        except IntegrityError as error:
            raise AccountError("slug_taken", _("Another school has this web address already.")) from error
        if by and by.email == admin_email.strip().lower():
            Membership.objects.create(institution=school, user=by, role=Role.ADMIN)
            return NewSchool(school, None)
        invitation = invitation_create(
            institution=school, email=admin_email, name=admin_name, role=Role.ADMIN, by=by, request=addresses
        )
    return NewSchool(school, invitation)
