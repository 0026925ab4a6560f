"""Asking for consent by link: the job that sends the mails, one to each recipient.

Only the hash of a link's secret is kept, so the secret is made when its mail is sent, and sending again makes a new
link. A request is claimed for the job before its mail leaves: a job that dies in between leaves that mail out when it
is resumed, so that one click never sends it twice.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import Addresses, PortalAddress
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.link_secrets import hash_of, secret_new
from accounts.mail import mail_send
from accounts.models import Institution, Job, Role, User
from enrollment.consenting.mails import question_mail
from enrollment.consenting.recipients import Recipient, recipients_of
from enrollment.consenting.rows import with_answers
from enrollment.consenting.wording import current_form
from enrollment.errors import EnrollmentError
from enrollment.models import ConsentForm, ConsentRequest, Student

VALID_FOR = timedelta(days=60)
PAUSE = timedelta(hours=1)  # between two mails to one address about one student
MOST_MAILS = 5  # to one address about one student, until it is answered or has expired
UNDO_FOR = timedelta(seconds=30)  # before the first mail leaves
MOST_STUDENTS = 2000  # of one click
MOST_FAILURES = 5  # in a row: then it is the mail server, not the addresses
State = ConsentRequest.State


def consent_links_send(
    *, institution: Institution, students: Collection[UUID], by: User, addresses: Addresses, nonce: UUID
) -> Job:
    """Queue the mails to all who decide about these students. The same nonce again, as by a double click, is one job.

    The first mail leaves after a pause, in which the job can be stopped. Raises EnrollmentError `faces_off`, `no_form`,
    `nobody` or `too_many`.
    """
    if not institution.faces_enabled:
        raise EnrollmentError("faces_off", _("Face recognition is off here, so there is nothing to ask for."))
    if current_form(institution) is None:
        raise EnrollmentError("no_form", _("Write your consent form first. Families read it behind the link."))
    if not students:
        raise EnrollmentError("nobody", _("There is no one to ask here."))
    if len(students) > MOST_STUDENTS:
        raise EnrollmentError("too_many", _("Please send at most %d at a time, for example by group.") % MOST_STUDENTS)
    parameters = {
        "students": sorted(str(pk) for pk in students),
        "base": addresses.build_absolute_uri("/"),
    }
    words = _("The e-mails leave in half a minute. Until then you can take them back.")
    return job_start(
        institution=institution, kind="consent_links", by=by, parameters=parameters, nonce=nonce, after=UNDO_FOR,
        words=words if UNDO_FOR else "",
    )  # fmt: skip


def _result_page(job: Job) -> str:
    return f"{reverse('consents', args=[job.institution.slug])}?state=pending&job={job.pk}"


@job_kind("consent_links", title=gettext_lazy("Asking for consent"), roles=[Role.ADMIN], result_page=_result_page)
def consent_links_run(job: JobHandle) -> dict[str, Any]:
    """Send each mail. Its result counts those sent, failed, and left out because of the limits."""
    counts = {"sent": 0, "failed": 0, "left_out": 0, "without_address": 0, **job.state.get("counts", {})}
    students, first, failures = job.parameters["students"], job.state.get("next", 0), 0
    for number, pk in enumerate(students[first:], first):
        if job.should_stop:
            return {}
        for outcome in _ask_about(job, UUID(pk)):
            counts[outcome] += 1
            failures = failures + 1 if outcome == "failed" else 0
            if failures == MOST_FAILURES:
                raise JobFailed(_("Several e-mails in a row did not leave. Check the mail server, then try again."))
        job.checkpoint({"next": number + 1, "counts": counts})
        job.progress(number + 1, len(students))
    return counts


def _ask_about(job: JobHandle, student_id: UUID) -> Iterator[str]:
    """Ask everybody who decides about a student; yields the name of the count for each."""
    form = current_form(job.institution)
    students = with_answers(Student.objects.for_institution(job.institution).filter(pk=student_id, is_active=True))
    student = students.select_related("institution").first()
    if form is None or student is None or not student.institution.faces_enabled:
        return
    recipients = recipients_of(student)
    if not recipients:
        yield "without_address"
    for recipient in recipients:
        claimed = _claim(job, student, recipient, form)
        if claimed is None:
            yield "left_out"
            continue
        request, token = claimed
        path = reverse("consent_answer", args=[job.institution.slug, token])
        link = PortalAddress(job.parameters["base"]).build_absolute_uri(path)
        error = mail_send(question_mail(request, recipient, link))
        sent = request.times_sent - (1 if error else 0)  # what did not leave does not count towards the limit
        ConsentRequest.objects.filter(pk=request.pk, sending=job.job.pk).update(mail_error=error, times_sent=sent)
        yield "failed" if error else "sent"


def _claim(
    job: JobHandle, student: Student, recipient: Recipient, form: ConsentForm
) -> tuple[ConsentRequest, str] | None:
    """The request with its new secret, claimed for this job's only mail; None if the limits forbid another mail."""
    now, token = timezone.now(), secret_new()
    rows = ConsentRequest.objects.for_institution(job.institution)
    values = {"form": form, "guardian": recipient.guardian, "expires_at": now + VALID_FOR}
    try:
        with transaction.atomic():
            rows.filter(state=State.PENDING, expires_at__lt=now).update(state=State.REVOKED)
            request, _is_new = rows.select_for_update().get_or_create(
                institution=job.institution, student=student, email=recipient.email, state=State.PENDING,
                defaults={**values, "token_hash": hash_of(token), "requested_by": job.started_by},
            )  # fmt: skip
            if not _may_be_sent(request, job.job.pk):
                return None
            for name, value in values.items():
                setattr(request, name, value)
            request.token_hash, request.sending, request.sent_at = hash_of(token), job.job.pk, now
            request.times_sent, request.mail_error, request.opened_at = request.times_sent + 1, _interrupted(), None
            request.came_back_at = None
            request.save()
    except IntegrityError:
        return None  # another job asks the same person right now
    return request, token


def _may_be_sent(request: ConsentRequest, job_id: UUID) -> bool:
    if request.sending == job_id or request.times_sent >= MOST_MAILS:
        return False
    is_delivered = request.sent_at is not None and not request.mail_error
    return not (is_delivered and request.sent_at and timezone.now() - request.sent_at < PAUSE)


def _interrupted() -> str:
    """The sentence that stands beside a mail until its outcome is known."""
    return _("It is not known whether the e-mail left. Send it again if nobody answers.")
