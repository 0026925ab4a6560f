"""Personal photo links for a whole group: the job that makes them and mails each to the family or the adult student.

Only the hash of a link's secret is kept, so the secret is made when its mail is sent. A student for whom a link has
been made since the job was started is left out: resumed after a crash, the job never mails anybody twice.
"""

from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import Addresses, PortalAddress
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.mail import mail_of, mail_send
from accounts.models import Institution, Job, Role, User
from enrollment.batches.links import consenting, photo_link_create, photo_link_revoke
from enrollment.consenting.recipients import Recipient, recipients_of
from enrollment.errors import EnrollmentError
from enrollment.models import Group, PhotoLink, Student
from enrollment.readiness import with_readiness

KIND = "photo_links"
MOST = 500  # students of one click
MOST_FAILURES = 5  # in a row: then it is the mail server, not the addresses
COUNTS = ("sent", "failed", "without_consent", "with_photo", "without_address", "left_out")


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
        failures = failures + 1 if outcome == "failed" else 0
        if failures == MOST_FAILURES:
            raise JobFailed(_("Several e-mails in a row did not leave. Check the mail server, then try again."))
        job.checkpoint({"next": number + 1, "counts": counts})
        job.progress(number + 1, len(ids))
    return counts


def _send_one(job: JobHandle, student_id: UUID) -> str:
    """Make a student's link and mail it to everyone who decides about them; returns the name of the count."""
    students = with_readiness(_students(job.institution).filter(pk=student_id)).select_related("institution")
    student = students.prefetch_related("guardianships__guardian").first()
    if student is None or _has_link_since(job, student):
        return "left_out"
    if not consenting(student).is_given:
        return "without_consent"
    if student.enrolled:
        return "with_photo"
    recipients = recipients_of(student)
    if not recipients:
        return "without_address"
    given = job.parameters
    link, token = photo_link_create(
        student=student, days=given["days"], with_liveness=given["with_liveness"], by=job.started_by
    )
    address = PortalAddress(given["base"]).build_absolute_uri(reverse("own_photos", args=[token]))
    errors = [mail_send(link_mail(link, recipient, address)) for recipient in recipients]
    if all(errors):
        photo_link_revoke(link=link)
        return "failed"
    return "sent"


def _has_link_since(job: JobHandle, student: Student) -> bool:
    links = PhotoLink.objects.for_institution(job.institution).filter(student=student)
    return links.filter(created_at__gte=job.job.created_at).exists()


def link_mail(link: PhotoLink, recipient: Recipient, address: str) -> EmailMultiAlternatives:
    """The mail with a student's link, in the recipient's language or else the school's."""
    school, student = link.institution, link.student
    with translation.override(recipient.language or school.language):
        subject = _("Photos of %(name)s for %(school)s") % {"school": school.name, "name": student.name}
        context = {
            "school": school, "student": student, "recipient": recipient, "link": address, "until": link.expires_at,
        }  # fmt: skip
        return mail_of("enrollment/batches/mail/link", context, subject=subject, to=recipient.email)


def links_sent(institution: Institution, job_id: UUID) -> dict[str, int] | None:
    """Counts of the job with this id; None if it is none of the institution's that sent links."""
    jobs = Job.objects.for_institution(institution).filter(pk=job_id, kind=KIND)
    return jobs.values_list("result", flat=True).first()
