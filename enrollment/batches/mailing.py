"""Personal photo links for a whole group: the job that makes them and mails each to the family or the adult student.

A link and its mails are written together, and leave by the outbox, which sends each once: a job that is resumed after
a crash finds what it has queued. Only the hash of a link's secret is kept.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import Addresses, PortalAddress
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.mail import mail_of
from accounts.models import Institution, Job, OutboxMail, Role, User
from accounts.outbox import MailObsolete, mail_kind, mail_queue, mail_try_now
from enrollment.batches.links import consenting, photo_link_create_mailed, photo_link_secret
from enrollment.consenting.mails import mail_outcome
from enrollment.consenting.recipients import recipients_of
from enrollment.errors import EnrollmentError
from enrollment.models import Group, PhotoLink, Student
from enrollment.readiness import with_readiness

KIND = "photo_links"
MAIL = "photo_link"  # the kind of its mails
LOST = (OutboxMail.State.FAILED, OutboxMail.State.DROPPED)  # mails that did not arrive, nor will
MOST = 500  # students of one click
MOST_FAILURES = 5  # in a row: then it is the mail server, not the addresses
COUNTS = ("sent", "waiting", "failed", "without_consent", "with_photo", "without_address", "left_out")


def photo_links_send(
    *, group: Group, days: int, with_liveness: bool, by: User, addresses: Addresses, nonce: UUID
) -> Job:
    """Queue a link and its mails for each student of a group. The same nonce again, as by a double click, is one job.

    Raises EnrollmentError `faces_off`, `nobody`, `too_many`.
    """
    if not group.institution.faces_enabled:
        sentence = _("Taking attendance by face is switched off. Switch it on in the school's settings first.")
        raise EnrollmentError("faces_off", sentence)
    students = _students(group.institution).filter(group_places__group=group).order_by("name_key", "pk")
    ids = [str(pk) for pk in students.values_list("pk", flat=True)]
    if not ids:
        raise EnrollmentError("nobody", _("There are no students in this group."))
    if len(ids) > MOST:
        raise EnrollmentError("too_many", _("Please send at most %d at a time, for example by group.") % MOST)
    parameters = {
        "students": ids, "days": days, "with_liveness": with_liveness, "base": addresses.build_absolute_uri("/"),
    }  # fmt: skip
    return job_start(institution=group.institution, kind=KIND, by=by, parameters=parameters, nonce=nonce)


def _students(institution: Institution) -> QuerySet[Student]:
    return Student.objects.for_institution(institution).filter(is_active=True)


def _result_page(job: Job) -> str:
    return f"{reverse('photo_links', args=[job.institution.slug])}?job={job.pk}"


@job_kind(KIND, title=gettext_lazy("Sending photo links"), roles=[Role.ADMIN], result_page=_result_page)
def photo_links_run(job: JobHandle) -> dict[str, Any]:
    """Send each student's link. Its result counts students by `COUNTS`."""
    counts = {**dict.fromkeys(COUNTS, 0), **job.state.get("counts", {})}
    ids, first, failures = job.parameters["students"], job.state.get("next", 0), 0
    for number, pk in enumerate(ids[first:], first):
        if job.should_stop:
            return {}
        outcome = _send_one(job, UUID(pk))
        counts[outcome] += 1
        failures = failures + 1 if outcome in ("failed", "waiting") else 0
        if failures == MOST_FAILURES:
            raise JobFailed(_("Several e-mails in a row did not leave. Check the mail server, then try again."))
        job.checkpoint({"next": number + 1, "counts": counts})
        job.progress(number + 1, len(ids))
    return counts


def _send_one(job: JobHandle, student_id: UUID) -> str:
    """Make a student's link and mail it to everyone who decides about them; returns the name of the count."""
    mails = _mails_of(job, student_id)
    if not mails:
        students = with_readiness(_students(job.institution).filter(pk=student_id)).select_related("institution")
        student = students.prefetch_related("guardianships__guardian").first()
        if student is None or _has_link_since(job, student):
            return "left_out"
        if not consenting(student).is_given:
            return "without_consent"
        if student.enrolled:
            return "with_photo"
        mails = _queue(job, student)
    outcomes = {mail_outcome(mail_try_now(mail)) for mail in mails}
    return next((each for each in ("sent", "waiting", "failed", "left_out") if each in outcomes), "without_address")


def _mails_of(job: JobHandle, student_id: UUID) -> list[OutboxMail]:
    """The mails about a student that this job queued before it was interrupted."""
    rows = OutboxMail.objects.for_institution(job.institution).filter(kind=MAIL)
    return list(rows.filter(key__startswith=f"{job.job.pk}.{student_id}."))


def _has_link_since(job: JobHandle, student: Student) -> bool:
    """True if somebody made the student a link by hand meanwhile: it is not to be replaced."""
    links = PhotoLink.objects.for_institution(job.institution).filter(student=student)
    return links.filter(created_at__gte=job.job.created_at).exists()


def _queue(job: JobHandle, student: Student) -> list[OutboxMail]:
    """Make the link and queue its mails, both or neither."""
    recipients, given = recipients_of(student), job.parameters
    if not recipients:
        return []
    with transaction.atomic():
        link = photo_link_create_mailed(
            student=student, days=given["days"], with_liveness=given["with_liveness"], by=job.started_by
        )
        return [
            mail_queue(
                institution=job.institution, kind=MAIL, to=each.email, about=link.pk, useless_at=link.expires_at,
                key=f"{job.job.pk}.{student.pk}.{each.guardian.pk if each.guardian else 'student'}",
                parameters={"base": given["base"]},
            )
            for each in recipients
        ]  # fmt: skip


def _end_link(mail: OutboxMail) -> None:
    """End the link once it is known that none of its mails arrived, nor will."""
    if mail.state in LOST:
        mails = OutboxMail.objects.for_institution(mail.institution).filter(kind=MAIL, about=mail.about)
        if not mails.exclude(state__in=LOST).exists():
            PhotoLink.objects.for_institution(mail.institution).filter(pk=mail.about).revoke()


@mail_kind(MAIL, settled=_end_link)
def link_mail(mail: OutboxMail) -> EmailMessage:
    """The mail with a student's link, in the recipient's language or else the school's. Raises MailObsolete."""
    links = PhotoLink.objects.for_institution(mail.institution).select_related("institution", "student__institution")
    link = links.filter(pk=mail.about).first()
    secret = photo_link_secret(link) if link else None
    if link is None or secret is None or not link.is_valid or not link.student.is_active:
        raise MailObsolete(_("The link has been used, replaced or has expired."))
    if not consenting(link.student).is_given:
        raise MailObsolete(_("There is no valid consent any more."))
    recipient = next((each for each in recipients_of(link.student) if each.email == mail.to), None)
    if recipient is None:
        raise MailObsolete(_("This person is not to be asked at this address any more."))
    address = PortalAddress(mail.parameters["base"]).build_absolute_uri(reverse("own_photos", args=[secret]))
    school, student = link.institution, link.student
    with translation.override(recipient.language or school.language):
        subject = _("Photos of %(name)s for %(school)s") % {"school": school.name, "name": student.name}
        context = {
            "school": school, "student": student, "recipient": recipient, "link": address, "until": link.expires_at,
        }  # fmt: skip
        return mail_of("enrollment/batches/mail/link", context, subject=subject, to=recipient.email)


@dataclass(frozen=True, slots=True)
class LinkMails:
    """The mails of a link. troubles: those that did not arrive, as far as is known."""

    mails: Sequence[OutboxMail] = ()

    @property
    def troubles(self) -> list[OutboxMail]:
        return [mail for mail in self.mails if mail.state in (OutboxMail.State.FAILED, OutboxMail.State.UNKNOWN)]

    @property
    def are_lost(self) -> bool:
        """True if there were some and none arrived, nor will."""
        return bool(self.troubles) and all(mail.state in LOST for mail in self.mails)


def mails_of_links(links: Collection[PhotoLink], institution: Institution) -> dict[UUID, LinkMails]:
    """The mails of these links, by link; those that were not mailed are left out. One query."""
    rows = OutboxMail.objects.for_institution(institution).filter(kind=MAIL, about__in=[link.pk for link in links])
    found: dict[UUID, list[OutboxMail]] = defaultdict(list)
    for mail in rows.order_by("to"):
        found[mail.about].append(mail)
    return {pk: LinkMails(mails) for pk, mails in found.items()}


def links_sent(institution: Institution, job_id: UUID) -> dict[str, int] | None:
    """Counts of the job with this id; None if it is none of the institution's that sent links."""
    jobs = Job.objects.for_institution(institution).filter(pk=job_id, kind=KIND)
    return jobs.values_list("result", flat=True).first()
