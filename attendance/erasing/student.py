"""Erasure of a student's data with a receipt: asked for on a page, done by a job, read again until it is gone."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.database import erased_rows_remove
from accounts.erasure_journal import STUDENT, erasure_note
from accounts.jobs import JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Institution, Job, Role, User
from attendance.captures.errors import PictureNotDeleted
from attendance.erasing.parts import Part, Subject, face_ids_of, files_of, parts_of, subject_of
from attendance.erasing.receipts import receipt_sign
from attendance.repositories.base import RegisterError
from enrollment.access import Act, access_record
from enrollment.errors import ErasureUnfinished
from enrollment.models import Consent, ErasureReceipt, ErasureScope, Receipt, Student
from enrollment.services.erasure import erased_later_if_unavailable, photos_withdraw

KIND = "student_erase"
_ROUNDS = 3  # in which a part is erased and read again before the job waits: indexes follow their tables
_PAUSE = 0.3  # seconds between two rounds


def student_erase(*, student: Student, scope: ErasureScope, reason: str, by: User) -> ErasureReceipt:
    """Ask for the erasure of a student's data; a worker does it. Returns the receipt, which is signed at the end.

    From now on the student is not searched for. While one erasure is in progress, asking again returns its receipt.
    """
    school = student.institution
    running = ErasureReceipt.objects.for_institution(school).filter(subject=student.pk, state=Receipt.State.RUNNING)
    if found := running.first():
        return found
    try:
        with transaction.atomic():
            _consents_end(student, by)
            receipt = ErasureReceipt.objects.create(
                institution=school, subject=student.pk, label=str(student)[:200], scope=scope, reason=reason,
                asked_by=by, asked_by_name=by.name,
            )  # fmt: skip
            transaction.on_commit(partial(_journal, receipt))
            access_record(Act.ERASURE_ASKED, institution=school, by=by, subject=student.pk, scope=str(scope))
            return _start(receipt, by)
    except IntegrityError:  # another request was faster
        return running.get()


def erasure_continue(*, receipt: ErasureReceipt, by: User) -> ErasureReceipt:
    """Start the job of an unfinished erasure again, after it failed or was stopped."""
    if receipt.is_done or (receipt.job and not receipt.job.is_ended):
        return receipt
    return _start(receipt, by)


def _receipt_page(job: Job) -> str:
    return reverse("erasure", args=[job.institution.slug, job.parameters["receipt"]])


@job_kind(KIND, title=gettext_lazy("Erasure of a student's data"), roles=[Role.ADMIN], result_page=_receipt_page)
def student_erase_run(job: JobHandle) -> Mapping[str, Any]:
    """Erase part by part. After a crash the same parts are erased again: what is gone stays gone."""
    receipt = ErasureReceipt.objects.for_institution(job.institution).get(pk=job.parameters["receipt"])
    if receipt.is_done:
        return {}
    try:
        with erased_later_if_unavailable():
            _erase(job, receipt)
    except (ErasureUnfinished, RegisterError, PictureNotDeleted) as error:
        raise JobPostponed(str(error)) from error
    except OSError as error:
        sentence = _(
            "The store of photos could not be reached, so files are still to be deleted. It will be tried again."
        )
        raise JobPostponed(sentence) from error
    return {}


def _erase(job: JobHandle, receipt: ErasureReceipt) -> None:
    parts = parts_of(ErasureScope(receipt.scope))
    job.progress(0, len(parts), _("Looking for what there is"))
    subject = _inventory(receipt, parts)
    for number, part in enumerate(parts):
        if job.should_stop:
            return
        job.progress(number, len(parts), part.title)
        _erase_part(part, subject)
        subject = _subject(receipt)
        job.checkpoint({"done": part.code})
    # Everything once more: what was written between two parts would be found here.
    left = {part.code: part.left(subject) for part in parts}
    if any(left.values()):
        raise JobPostponed(_("Something came in while it was being erased. It will be tried again."))
    erased_rows_remove()
    now = timezone.now()
    receipt.steps = [step | {"left": left[step["part"]], "read_at": now} for step in receipt.steps]
    receipt_sign(receipt=receipt)
    job.progress(len(parts), len(parts))


def _inventory(receipt: ErasureReceipt, parts: list[Part]) -> Subject:
    """Count everything, noted before anything goes: after a crash the receipt still says what was found."""
    if receipt.steps:
        return _subject(receipt)
    _journal(receipt)  # again: the process may have died before, or the journal was not to be written
    subject = _subject(receipt)
    subject.files, subject.face_ids = files_of(subject), face_ids_of(subject)
    receipt.inventory = {"files": subject.files, "face_ids": subject.face_ids}
    receipt.steps = [{"part": part.code, "found": part.left(subject)} for part in parts]
    receipt.save(update_fields=["inventory", "steps"])
    return subject


def _subject(receipt: ErasureReceipt) -> Subject:
    known = receipt.inventory
    return subject_of(
        receipt.institution, receipt.subject, files=known.get("files", []), face_ids=known.get("face_ids", [])
    )


def _erase_part(part: Part, subject: Subject) -> None:
    """Erase a part and read it again until nothing is left. Raises JobPostponed if something stays."""
    for round_ in range(_ROUNDS):
        if not part.left(subject):
            return
        if round_:
            time.sleep(_PAUSE)
        part.erase(subject)
    if left := part.left(subject):
        sentence = _("%(part)s: %(left)d are still there. It will be tried again.")
        raise JobPostponed(sentence % {"part": part.title, "left": left})


def _journal(receipt: ErasureReceipt) -> None:
    erasure_note(STUDENT, school=receipt.institution_id, subject=receipt.subject, scope=str(receipt.scope))


def _consents_end(student: Student, by: User) -> None:
    given = Consent.objects.for_institution(student.institution).filter(student=student, answer=Consent.Answer.GRANTED)
    given.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by)
    photos_withdraw(student=student)  # a consent that is recorded meanwhile brings nothing back


def _start(receipt: ErasureReceipt, by: User) -> ErasureReceipt:
    receipt.job = job_start(institution=receipt.institution, kind=KIND, by=by, parameters={"receipt": str(receipt.pk)})
    receipt.save(update_fields=["job"])
    return receipt


def erasures_of(institution: Institution) -> QuerySet[ErasureReceipt]:
    """The school's erasures, newest first."""
    return ErasureReceipt.objects.for_institution(institution).select_related("job", "asked_by")
