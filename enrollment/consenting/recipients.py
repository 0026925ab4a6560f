"""Recipients of the question for consent: guardians who decide, or the adult student."""

from dataclasses import dataclass

from django.utils import timezone

from enrollment.domain.consents import is_adult
from enrollment.models import ConsentRequest, Guardian, Student


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who is asked about a student. guardian: None for the student; language: empty if not known."""

    name: str
    email: str
    language: str
    guardian: Guardian | None


def recipients_of(student: Student) -> list[Recipient]:
    """Those who decide about the student and have an e-mail address, one for each address.

    The student if they are known to be an adult, otherwise every guardian who may decide and be contacted.
    """
    if is_adult(student.birth_date, timezone.localdate()):
        return [Recipient(student.name, student.email.lower(), "", None)] if student.email else []
    found: dict[str, Recipient] = {}
    for relation in student.guardianships.all():
        guardian = relation.guardian
        if relation.decides and guardian.email:
            recipient = Recipient(guardian.name, guardian.email.strip().lower(), guardian.language, guardian)
            found.setdefault(recipient.email, recipient)
    return list(found.values())


def may_answer(request: ConsentRequest) -> bool:
    """True while the request's recipient still decides about a student who is at the school."""
    student, today = request.student, timezone.localdate()
    if not student.is_active:
        return False
    if request.guardian_id is None:
        return is_adult(student.birth_date, today)
    relation = student.guardianships.filter(guardian=request.guardian_id).first()
    return relation is not None and relation.decides
