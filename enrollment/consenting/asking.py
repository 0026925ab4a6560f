"""Asking for consent by link: the job that queues the mails, one to each recipient, and tries each at once.

A request and its mail are written together and claimed for the job, so a job that dies and is resumed finds what it has
queued: the outbox sends that once. Only the hash of a link's secret is kept, and sending again makes a new link.
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

from accounts.addresses import Addresses
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.link_secrets import hash_of, secret_for, secret_new
from accounts.models import Institution, Job, OutboxMail, Role, User
from accounts.outbox import mail_queue, mail_try_now, mail_words, mails_supersede
from enrollment.consenting.mails import QUESTION, mail_outcome
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
COUNTS = ("sent", "waiting", "failed", "left_out", "without_address")
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
    """Send each mail. Its result counts those sent, waiting to be tried again, failed, and left out by the limits."""
    counts = {**dict.fromkeys(COUNTS, 0), **job.state.get("counts", {})}
    students, first, failures = job.parameters["students"], job.state.get("next", 0), 0
    for number, pk in enumerate(students[first:], first):
        if job.should_stop:
            return {}
        for outcome in _ask_about(job, UUID(pk)):
            counts[outcome] += 1
            failures = failures + 1 if outcome in ("failed", "waiting") else 0
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
        mail = _queued(job, student, recipient, form)
        yield mail_outcome(mail_try_now(mail)) if mail else "left_out"


def _queued(job: JobHandle, student: Student, recipient: Recipient, form: ConsentForm) -> OutboxMail | None:
    """This job's mail to a recipient, which it sends once; None if the limits forbid another mail."""
    now = timezone.now()
    rows = ConsentRequest.objects.for_institution(job.institution)
    values = {"form": form, "guardian": recipient.guardian, "expires_at": now + VALID_FOR}
    try:
        with transaction.atomic():
            rows.filter(state=State.PENDING, expires_at__lt=now).update(state=State.REVOKED)
            request, _is_new = rows.select_for_update().get_or_create(
                institution=job.institution, student=student, email=recipient.email, state=State.PENDING,
                defaults={**values, "token_hash": hash_of(secret_new()), "requested_by": job.started_by},
            )  # fmt: skip
            if request.sending == job.job.pk:
                return _mail_about(request, job)
            if not _may_be_sent(request):
                return None
            for name, value in values.items():
                setattr(request, name, value)
            request.sending, request.sent_at, request.times_sent = job.job.pk, now, _left(request) + 1
            request.came_back_at, request.opened_at = None, None
            mail = _mail_about(request, job)
            request.token_hash, request.mail_error = hash_of(secret_for(QUESTION, mail.pk)), mail_words(mail)
            request.save()
    except IntegrityError:
        return None  # another job asks the same person right now
    return mail


def _mail_about(request: ConsentRequest, job: JobHandle) -> OutboxMail:
    return mail_queue(
        institution=job.institution, kind=QUESTION, to=request.email, about=request.pk, useless_at=request.expires_at,
        key=f"{request.pk}.{job.job.pk}",
        parameters={"base": job.parameters["base"], "sending": str(job.job.pk), "number": request.times_sent},
    )  # fmt: skip


def _left(request: ConsentRequest) -> int:
    """Number of its mails that left, or may have."""
    mails = OutboxMail.objects.for_institution(request.institution).filter(kind=QUESTION, about=request.pk)
    return mails.exclude(state__in=[OutboxMail.State.FAILED, OutboxMail.State.DROPPED]).count()


def _may_be_sent(request: ConsentRequest) -> bool:
    """True if another mail may go out now; one that waited to be tried again is dropped for it."""
    if request.times_sent >= MOST_MAILS:
        return False
    if request.sent_at and not request.mail_error and timezone.now() - request.sent_at < PAUSE:
        return False
    return mails_supersede(institution=request.institution, kind=QUESTION, about=request.pk)
