"""Services of guardians' accounts: invited singly or in bulk, accepted, ended."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import Addresses, PortalAddress
from accounts.errors import AccountError
from accounts.invitations.inviting import invitation_create, invitation_revoke, invitation_send_again
from accounts.jobs import JobHandle, job_kind, job_start
from accounts.models import Institution, Invitation, Job, Membership, Role, User
from enrollment.errors import EnrollmentError
from enrollment.guardians.selectors import has_open_relation
from enrollment.models import Guardian

MOST = 2000  # of one click
KIND = "guardian_invitations"


def guardian_invite(*, guardian: Guardian, by: User | None, addresses: Addresses) -> str:
    """Invite a guardian, or mail a new link to one who was invited. Returns "invited", "sent_again", or "linked": the
    owner of the address is a member of the school, and sees their child from now on.

    Raises EnrollmentError `no_address`, `kept_away`, `has_account`; AccountError as invitations do.
    """
    email = guardian.email.strip().lower()
    if guardian.user_id is not None:
        raise EnrollmentError("has_account", _("%s has an account already.") % guardian.name)
    if not email:
        raise EnrollmentError("no_address", _("Enter the e-mail address of %s first.") % guardian.name)
    if not has_open_relation(guardian):
        raise EnrollmentError("kept_away", _("%s may not be contacted about any student.") % guardian.name)
    if member := _member(guardian, email):
        _same_address(guardian.institution, email).update(user=member.user)
        return "linked"
    invitations = Invitation.objects.for_institution(guardian.institution).filter(state=Invitation.State.PENDING)
    if waiting := invitations.filter(email=email).first():
        invitation_send_again(invitation=waiting, request=addresses)
        _same_address(guardian.institution, email).update(invitation=waiting)
        return "sent_again"
    made = invitation_create(
        institution=guardian.institution, email=email, name=guardian.name, role=Role.GUARDIAN, by=by,
        request=addresses, language=guardian.language,
    )  # fmt: skip
    _same_address(guardian.institution, email).update(invitation=made)
    return "invited"


def guardians_invite(
    *, institution: Institution, guardians: Collection[UUID], by: User, addresses: Addresses, nonce: UUID
) -> Job:
    """Queue the invitations of these guardians. The same nonce again, as by a double click, is one job.

    Raises EnrollmentError `nobody`, `too_many`.
    """
    if not guardians:
        raise EnrollmentError("nobody", _("There is no one to invite here."))
    if len(guardians) > MOST:
        raise EnrollmentError("too_many", _("Please invite at most %d at a time, for example by group.") % MOST)
    parameters = {"guardians": sorted(map(str, guardians)), "base": addresses.build_absolute_uri("/")}
    return job_start(institution=institution, kind=KIND, by=by, parameters=parameters, nonce=nonce)


def _result_page(job: Job) -> str:
    return f"{reverse('guardians', args=[job.institution.slug])}?job={job.pk}"


@job_kind(KIND, title=gettext_lazy("Inviting guardians"), roles=[Role.ADMIN], result_page=_result_page)
def guardian_invitations_run(job: JobHandle) -> dict[str, Any]:
    """Invite each who has no invitation yet. Its result counts those invited, linked, and left out."""
    counts = {"invited": 0, "linked": 0, "left_out": 0, **job.state.get("counts", {})}
    ids, first = job.parameters["guardians"], job.state.get("next", 0)
    for number, pk in enumerate(ids[first:], first):
        if job.should_stop:
            return {}
        counts[_invite_once(job, UUID(pk))] += 1
        job.checkpoint({"next": number + 1, "counts": counts})
        job.progress(number + 1, len(ids))
    return counts


def _invite_once(job: JobHandle, guardian_id: UUID) -> str:
    guardians = Guardian.objects.for_institution(job.institution).select_related("institution")
    guardian = (
        guardians.filter(pk=guardian_id, user=None)
        .exclude(invitation__state=Invitation.State.PENDING, invitation__email__iexact=F("email"))
        .first()
    )
    if guardian is None:
        return "left_out"
    try:
        return guardian_invite(
            guardian=guardian, by=job.started_by, addresses=PortalAddress(job.parameters["base"])
        ).replace("sent_again", "left_out")
    except (AccountError, EnrollmentError, ValidationError):
        return "left_out"


def guardian_access_end(*, guardian: Guardian) -> None:
    """End a guardian's view of every student here, and their invitation; they can be invited again.

    All rows of this account end, and its membership with them unless it is that of staff.
    """
    with transaction.atomic():
        _revoke(guardian)
        user = guardian.user
        if user is None:
            return
        Guardian.objects.for_institution(guardian.institution).filter(user=user).update(user=None)
        members = Membership.objects.for_institution(guardian.institution)
        members.filter(user=user, role=Role.GUARDIAN).delete()


def invitation_end_unless_needed(guardian: Guardian) -> None:
    """Take a guardian's invitation back where nothing is left that they might see."""
    if not has_open_relation(guardian):
        _revoke(guardian)


def guardian_of_invited(sender: Any, *, invitation: Invitation, membership: Membership, **kwargs: Any) -> None:
    """Receiver of `invitation_accepted`: the account is that of the guardians with the address that it went to.

    One whose address was corrected since is not theirs who have the old one. An invitation as something else is that of
    the guardians who were to come by it.
    """
    rows = Guardian.objects.for_institution(invitation.institution).filter(user=None, email__iexact=invitation.email)
    if invitation.role != Role.GUARDIAN:
        rows = rows.filter(invitation=invitation)
    rows.update(user=membership.user)


def _member(guardian: Guardian, email: str) -> Membership | None:
    members = Membership.objects.for_institution(guardian.institution).filter(user__email=email, user__is_active=True)
    return members.select_related("user").first()


def _same_address(institution: Institution, email: str) -> Any:
    return Guardian.objects.for_institution(institution).filter(email__iexact=email, user=None)


def _revoke(guardian: Guardian) -> None:
    invitation = guardian.invitation
    if invitation is not None and invitation.state == Invitation.State.PENDING:
        invitation_revoke(invitation=invitation)
