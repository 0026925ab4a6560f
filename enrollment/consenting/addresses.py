"""E-mail addresses of those who are asked for consent: which ones are missing or wrong, and their correction."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.access import Act, access_record
from enrollment.domain.consents import is_adult
from enrollment.models import ConsentRequest, Guardian, Student


@dataclass(frozen=True, slots=True)
class AddressToMend:
    """A person whom no mail reaches. pk: of the guardian or the student; email: empty if there is none."""

    pk: UUID
    name: str
    email: str


def addresses_to_mend(student: Student) -> list[AddressToMend]:
    """People who decide about the student and have no address, or one at which the last mail did not arrive.

    The student's guardianships and requests (the latest first) are at hand: see `with_answers`.
    """
    failed: dict[UUID | None, bool] = {}
    for request in student.consent_requests.all():
        if request.state == ConsentRequest.State.REVOKED:
            continue
        failed.setdefault(request.guardian_id, bool(request.sent_at and request.mail_error))
    return [person for person, guardian in _deciding(student) if not person.email or failed.get(guardian)]


def address_correct(*, student: Student, person: UUID, email: str, by: User) -> str:
    """Give the guardian or student of this id another address. Open links to the old one end. Returns their name.

    Raises ValidationError for an address that is none, and LookupError if the person does not decide here.
    """
    with transaction.atomic():
        locked = Student.objects.select_for_update().get(pk=student.pk)
        owner: Student | Guardian = locked
        if person != locked.pk:
            relation = locked.guardianships.filter(guardian=person).first()
            if relation is None or not relation.decides:
                raise LookupError
            owner = relation.guardian
        owner.email = Guardian._meta.get_field("email").clean(email.strip(), owner)
        if not owner.email:
            raise ValidationError(Guardian._meta.get_field("email").error_messages["blank"])
        owner.save(update_fields=["email"])
        asked = ConsentRequest.objects.for_institution(student.institution).filter(state=ConsentRequest.State.PENDING)
        own = (
            asked.filter(guardian=owner) if isinstance(owner, Guardian) else asked.filter(student=owner, guardian=None)
        )
        wrong = own.exclude(email__iexact=owner.email)  # nobody was told by these
        wrong.update(state=ConsentRequest.State.REVOKED, mail_error=_("This address was wrong."))
    access_record(Act.ADDRESS_CORRECTED, institution=student.institution, by=by, subject=student.pk)
    return owner.name


def _deciding(student: Student) -> Iterator[tuple[AddressToMend, UUID | None]]:
    """Each person who decides about a student, with the guardian's id; None for the adult student."""
    if is_adult(student.birth_date, timezone.localdate()):
        yield AddressToMend(student.pk, student.name, student.email), None
        return
    for relation in student.guardianships.all():
        guardian = relation.guardian
        if relation.decides:
            yield AddressToMend(guardian.pk, guardian.name, guardian.email), guardian.pk
