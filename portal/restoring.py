"""Erasures that are done again after a backup was restored: what was erased since it was made."""

import logging
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone

from accounts.erasure_journal import FACES, SCHOOL, STUDENT, Erased
from accounts.jobs.queue import job_claim
from accounts.jobs.running import job_run
from accounts.models import Institution, User
from attendance.erasing.school import school_erase
from attendance.erasing.student import student_erase
from enrollment.models import Consent, ErasureScope, Receipt, Student
from enrollment.services.erasure import photos_withdraw, student_erase_faces

logger = logging.getLogger(__name__)


class ReplayUnfinished(Exception):
    """An erasure could not be done again now. The message names it by its id; the same command goes on."""


def erasures_replay(erasures: Iterable[Erased], *, by: User) -> dict[str, int]:
    """Do these erasures again, oldest first; how many of each kind found something. by: the operator, for receipts.

    Safe to repeat. Raises ReplayUnfinished, and what an unavailable engine or store raises.
    """
    deeds: dict[str, Callable[[Erased, User], bool]] = {FACES: _faces, STUDENT: _student, SCHOOL: _school}
    done = dict.fromkeys(deeds, 0)
    for erased in erasures:
        done[erased.kind] += deeds[erased.kind](erased, by)
    return done


def _of(erased: Erased) -> Student | None:
    rows = Student.objects.filter(institution=erased.school, pk=erased.subject)
    return rows.select_related("institution").first()


def _faces(erased: Erased, by: User) -> bool:
    """End the consents that were given before that time, and erase the face."""
    if (student := _of(erased)) is None:
        return False
    given = Consent.objects.for_institution(student.institution).filter(
        student=student, answer=Consent.Answer.GRANTED, withdrawn_at=None, given_at__lte=erased.at
    )
    with transaction.atomic():
        given.update(withdrawn_at=timezone.now(), withdrawn_by=by)
        photos_withdraw(student=student)
    student_erase_faces(student=student)
    return True


def _student(erased: Erased, by: User) -> bool:
    """Erase the student's data with a receipt of its own."""
    if (student := _of(erased)) is None:
        return False
    scope = ErasureScope(erased.scope)
    receipt = student_erase(student=student, scope=scope, reason="erased before; a backup brought it back", by=by)
    if receipt.job and (job := job_claim(receipt.job)):
        job_run(job=job)
    receipt.refresh_from_db()
    if receipt.state != Receipt.State.DONE:
        raise ReplayUnfinished(f"The erasure of student {erased.subject} is not at its end. Run the command again.")
    return True


def _school(erased: Erased, by: User) -> bool:
    if (school := Institution.objects.filter(pk=erased.subject).first()) is None:
        return False
    for step in school_erase(institution=school, by=by.name):
        logger.info("%s: %s", school.pk, step)
    return True
