"""Services for consents: record an answer, withdraw, and erase the face where no consent is left."""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.access import Act, access_record
from enrollment.domain.consents import ADULT_AGE, is_adult, rules_of
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.models import Consent, ConsentForm, Guardian, Student, has_consent
from enrollment.readiness import is_erasure_due
from enrollment.services.erasure import Erasure, faces_erasure_note, photos_withdraw, student_erase_faces

logger = logging.getLogger(__name__)
Answer, Medium = Consent.Answer, Consent.Medium


@dataclass(frozen=True, slots=True)
class AnswerInput:
    """An answer as it was given. answer: GRANTED or REFUSED; wording: version of the form; language: in which it was
    read; form: None where the school keeps that form elsewhere; given_at: None for now."""

    answer: Consent.Answer
    given_by: str
    wording: str
    form: ConsentForm | None = None
    guardian: Guardian | None = None
    by_student: bool = False
    medium: Consent.Medium = Medium.PAPER
    language: str = ""
    given_at: datetime | None = None
    expires_on: date | None = None


def consent_record(
    *, student: Student, given_by: str, wording: str, recorded_by: User | None, given_at: datetime | None = None
) -> Consent:
    """Write down a consent on paper. Raises EnrollmentError `consent_exists`, or ValidationError."""
    consent = Consent(
        institution=student.institution,
        student=student,
        given_by=given_by,
        wording=wording,
        given_at=given_at or timezone.now(),
        recorded_by=recorded_by,
    )
    consent.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            consent.save(force_insert=True)
    except IntegrityError as error:
        raise EnrollmentError("consent_exists", _("A valid consent of %s is on record already.") % student) from error
    _record_access(consent, recorded_by)
    return consent


def consent_answer(*, student: Student, given: AnswerInput, recorded_by: User | None) -> Consent:
    """Write down an answer in place of the same person's earlier one; the same answer again changes nothing.

    A refusal holds from the moment that this returns, and `consent_settle` erases what is left of the face. A person
    who had agreed before has withdrawn. Raises EnrollmentError `is_adult`, `parent_needed` or `in_future`, and
    ValidationError.
    """
    with transaction.atomic():
        # Each writer of a vector holds this row until that is done, so that neither misses the other.
        locked = Student.objects.select_for_update(of=("self",)).select_related("institution").get(pk=student.pk)
        earlier = _standing(locked, given)
        _refuse_who_may_not(locked, given, earlier)
        answer = _as_stored(locked, given, earlier, recorded_by)
        answer.full_clean(validate_constraints=False)
        if same := next((each for each in earlier if _is_same(each, answer)), None):
            return same
        _end(earlier, answer, recorded_by)
        answer.save(force_insert=True)
        if answer.answer != Answer.GRANTED:
            photos_withdraw(student=locked)
            faces_erasure_note(locked)
    _record_access(answer, recorded_by)
    logger.info("Consent of student %s: %s", student.pk, answer.answer)
    return answer


def consent_settle(*, student: Student) -> Erasure | None:
    """Erase the student's face if a consent has ended; None if there is nothing to erase, or only later.

    Called outside transactions. What an engine cannot erase now is erased by the sweep.
    """
    answers = Consent.objects.for_institution(student.institution).filter(student=student)
    has_ended = answers.filter(answer=Answer.GRANTED).exists() and not student_has_consent(student)
    if not has_ended and not is_erasure_due(student):
        return None
    try:
        return student_erase_faces(student=student)
    except ErasureUnfinished as error:
        logger.warning("The face of student %s is erased later: %s", student.pk, error.code)
        return None


def student_has_consent(student: Student) -> bool:
    """True if the student has a valid consent that no refusal stands against."""
    return Student.objects.filter(has_consent(), pk=student.pk).exists()


def consent_withdraw(*, student: Student, by: User | None) -> Erasure:
    """End the student's consent and erase their face. From the first step on they are no longer searched for.

    A consent given later does not bring anything back. Repeating the call continues where it stopped. Raises
    ErasureUnfinished if the engine could not erase everything now: the consent is withdrawn all the same.
    """
    given = Consent.objects.for_institution(student.institution).filter(student=student, answer=Answer.GRANTED)
    with transaction.atomic():
        ended = given.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by)
        photos_withdraw(student=student)
        if ended:
            faces_erasure_note(student)
    if ended:
        access_record(Act.CONSENT_WITHDRAWN, institution=student.institution, by=by, subject=student.pk)
        logger.info("Consent of student %s withdrawn by %s", student.pk, by.pk if by else "nobody")
    return student_erase_faces(student=student)


def _record_access(answer: Consent, by: User | None) -> None:
    """Enter an answer in the access log. by: the member who recorded it; None: the giver, by a link."""
    acts = {Answer.REFUSED: Act.CONSENT_REFUSED, Answer.WITHDRAWN: Act.CONSENT_WITHDRAWN}
    act = acts.get(Answer(answer.answer), Act.CONSENT_RECORDED)
    access_record(act, institution=answer.institution, by=by, subject=answer.student_id, answer=answer.pk)


def _standing(student: Student, given: AnswerInput) -> list[Consent]:
    """The answers that this one replaces: the giver's own; an adult's own answer replaces everyone's."""
    standing = Consent.objects.for_institution(student.institution).standing().filter(student=student)
    if given.by_student and is_adult(student.birth_date, timezone.localdate()):
        return list(standing)
    given_by = Consent._meta.get_field("given_by").to_python(given.given_by)
    return [
        each
        for each in standing
        if (each.given_by == given_by)
        or (given.guardian is not None and each.guardian_id == given.guardian.pk)
        or (given.by_student and each.by_student)
    ]


def _refuse_who_may_not(student: Student, given: AnswerInput, earlier: list[Consent]) -> None:
    adult = is_adult(student.birth_date, timezone.localdate())
    takes_back = given.answer != Answer.GRANTED and any(each.answer == Answer.GRANTED for each in earlier)
    if adult and not given.by_student and not takes_back:
        sentence = _("%(name)s is %(age)d or older and answers in person. Record the student's own answer.")
        raise EnrollmentError("is_adult", sentence % {"name": student.name, "age": ADULT_AGE})
    needs_parent = rules_of(student.institution.law).parent_needed and not adult
    if given.answer == Answer.GRANTED and given.by_student and needs_parent:
        sentence = _("Under the school's rules a parent has to agree for %(name)s. The student can refuse alone.")
        raise EnrollmentError("parent_needed", sentence % {"name": student.name})
    if given.given_at and given.given_at > timezone.now():
        raise EnrollmentError("in_future", _("An answer cannot be given in the future. Please check the date."))


def _as_stored(student: Student, given: AnswerInput, earlier: list[Consent], recorded_by: User | None) -> Consent:
    answer = given.answer
    had_agreed = any(each.answer in (Answer.GRANTED, Answer.WITHDRAWN) for each in earlier)
    if answer != Answer.GRANTED:
        answer = Answer.WITHDRAWN if had_agreed else Answer.REFUSED
    return Consent(
        institution=student.institution,
        student=student,
        answer=answer,
        medium=given.medium,
        given_by=given.given_by,
        guardian=given.guardian,
        by_student=given.by_student,
        wording=given.wording,
        form=given.form,
        language=given.language,
        given_at=given.given_at or timezone.now(),
        expires_on=given.expires_on if answer == Answer.GRANTED else None,
        recorded_by=recorded_by,
    )


def _end(earlier: list[Consent], answer: Consent, by: User | None) -> None:
    """End the answers that this one replaces: a consent is withdrawn by a refusal, and only replaced by a renewal."""
    ended = Consent.objects.filter(pk__in=[each.pk for each in earlier])
    if answer.answer != Answer.GRANTED:
        given = ended.filter(answer=Answer.GRANTED)
        given.update(withdrawn_at=timezone.now(), withdrawn_by=by)
    ended.filter(withdrawn_at=None).update(replaced_at=timezone.now())


def _is_same(earlier: Consent, answer: Consent) -> bool:
    """True for the same words said twice on one day, as by a double click."""
    days = [timezone.localtime(each.given_at).date() for each in (earlier, answer)]
    same = ("answer", "given_by", "wording", "form_id", "language", "expires_on", "medium")
    return days[0] == days[1] and all(getattr(earlier, name) == getattr(answer, name) for name in same)
