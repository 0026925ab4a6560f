"""Sending of many invitations by a job: those that were written by an import, or in another way, and never sent."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import Addresses, PortalAddress
from accounts.errors import AccountError
from accounts.invitations.inviting import State, invitation_send_again
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.models import Institution, Invitation, Job, Role, User

KIND = "invitations_send"
MOST_FAILURES = 5  # in a row: then it is the mail server, not the addresses


def invitations_unsent(institution: Institution) -> QuerySet[Invitation]:
    """Invitations that wait for an answer and were never sent, by name."""
    rows = Invitation.objects.for_institution(institution).filter(state=State.PENDING, sent_at=None)
    return rows.order_by("name", "pk")


def invitations_send(*, institution: Institution, by: User, addresses: Addresses) -> Job:
    """Let a worker send every invitation that was never sent. While one does, asking again returns its job."""
    running = Job.objects.for_institution(institution).filter(kind=KIND, ended_at=None).first()
    base = {"base": addresses.build_absolute_uri("/")}
    return running or job_start(institution=institution, kind=KIND, by=by, parameters=base)


def _result_page(job: Job) -> str:
    return reverse("members", args=[job.institution.slug])


@job_kind(KIND, title=gettext_lazy("Sending invitations"), roles=[Role.ADMIN], result_page=_result_page)
def invitations_send_run(job: JobHandle) -> Mapping[str, Any]:
    """Send each once: its row says so before its mail leaves, so that a job that dies does not send it again."""
    addresses, failures = PortalAddress(job.parameters["base"]), 0
    done = int(job.state.get("done", 0))
    left = list(invitations_unsent(job.institution).values_list("pk", flat=True))
    total = done + len(left)
    for pk in left:
        if job.should_stop:
            return {}
        failures = 0 if _sent(pk, addresses) else failures + 1
        if failures == MOST_FAILURES:
            raise JobFailed(_("Several e-mails in a row did not leave. Check the mail server, then try again."))
        done += 1
        job.checkpoint({"done": done})
        job.progress(done, total)
    return {"sent": done}


def _sent(pk: Any, addresses: Addresses) -> bool:
    """Send one invitation; False if its mail did not leave. One that was answered or taken back meanwhile is none."""
    invitation = Invitation.objects.filter(pk=pk, state=State.PENDING, sent_at=None).first()
    if invitation is None:
        return True
    try:
        invitation_send_again(invitation=invitation, request=addresses)
    except AccountError:
        return True  # answered in this moment, or too many mails to this address: it stays on the list
    invitation.refresh_from_db()
    return not invitation.mail_error
