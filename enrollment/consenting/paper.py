"""Bulk entry of paper answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from accounts.models import User
from enrollment.domain.consents import State
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, Student
from enrollment.services.consents import AnswerInput, consent_answer, consent_settle


@dataclass(frozen=True, slots=True)
class PaperOutcome:
    """Outcome of a pile of answers. errors: a sentence for each student whose answer was not recorded."""

    granted: int
    refused: int
    erased: int
    errors: dict[Student, str]


def paper_answers_record(*, answers: Iterable[tuple[Student, AnswerInput]], recorded_by: User | None) -> PaperOutcome:
    """Record each answer by itself, so that one that cannot be recorded stops none of the others.

    All refusals hold before the first face is erased.
    """
    stored: list[tuple[Student, Consent]] = []
    errors: dict[Student, str] = {}
    for student, given in answers:
        try:
            stored.append((student, consent_answer(student=student, given=given, recorded_by=recorded_by)))
        except EnrollmentError as error:
            errors[student] = str(error)
        except ValidationError as error:
            errors[student] = " ".join(error.messages)
    refused = [student for student, consent in stored if consent.answer != State.GRANTED]
    erasures = [consent_settle(student=student) for student in refused]
    erased = sum(erasure is not None and erasure.photos > 0 for erasure in erasures)
    return PaperOutcome(len(stored) - len(refused), len(refused), erased, errors)
