"""Upkeep: work that is due without a click, such as resuming unfinished captures and deleting old pictures."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from prometheus_client import Counter, Summary

from accounts.database import erased_rows_remove
from accounts.jobs import jobs_expire, jobs_resume
from accounts.leases import duty_take
from accounts.models import Institution
from accounts.outbox import mails_expire, mails_send_due
from attendance.captures.backlog import captures_give_up, captures_resume, frames_discard
from attendance.captures.deleting import withdrawn_pictures_delete
from attendance.captures.growth import learned_photos_revoke, photos_learn
from attendance.captures.state import UNDERWAY
from attendance.checkin.codes import check_ins_expire
from attendance.disclosing.bundle import bundle_files
from attendance.disclosing.exports import letter_files, matrix_files
from attendance.excuses.deciding import excuses_resume
from attendance.kiosk.checks import attempts_expire
from attendance.lessons.planning import days_plan
from attendance.models import ClassSession
from attendance.office.desk import entries_follow
from attendance.register.sessions import session_finish_closing, session_sum_up
from attendance.repositories.base import RegisterError
from attendance.retaining.rules import rules_apply
from attendance.telling.planning import absences_tell, notices_expire
from enrollment.batches.expiring import batches_expire
from enrollment.domain.faces import FaceError
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.files import is_search_due, search_again
from enrollment.importing.runs import imports_expire
from enrollment.models import FacePhoto
from enrollment.readiness import schools_with_erasures_due
from enrollment.services.erasure import erasures_resume
from enrollment.services.leavers import leavers_erase
from enrollment.services.photos import face_photo_examine, face_photos_waiting, schools_with_photos_waiting
from enrollment.services.reconciliation import faces_reconcile
from enrollment.services.refused import refused_pictures_delete
from enrollment.services.renewal import faces_renew, schools_outdated

logger = logging.getLogger(__name__)
CHORES = Summary("portal_chore_seconds", "Seconds that a chore took, and how often it was done.", ["chore"])
FAILED = Counter("portal_chore_failures", "Chores that went wrong: the log says why.", ["chore"])
Chore = Callable[[], int]
SWEEP = "sweep"  # name of the duty
_SWEEP_MAY_TAKE = timedelta(minutes=10)  # for one chore; another process sweeps so long after one died amidst a sweep
_COMPARED_EVERY = timedelta(days=1)
_EVERY_HOUR = timedelta(hours=1)
MOST_PHOTOS = 50  # enrolment photos of a school in one round: class photos do not wait for an import


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Numbers of things done, by chore. failed: names of chores that went wrong, see the log; the others were done."""

    captures: int = 0
    worked: int = 0
    given_up: int = 0
    frames: int = 0
    closings: int = 0
    summaries: int = 0
    deleted: int = 0
    planned: int = 0
    photos: int = 0
    renewed: int = 0
    learned: int = 0
    revoked: int = 0
    erasures: int = 0
    differences: int = 0
    withdrawn: int = 0
    refused: int = 0
    batches: int = 0
    left: int = 0
    marks: int = 0
    leftovers: int = 0
    check_ins: int = 0
    checks: int = 0
    jobs: int = 0
    imports: int = 0
    excuses: int = 0
    documents: int = 0
    desk: int = 0
    told: int = 0
    mails: int = 0
    mails_ended: int = 0
    failed: tuple[str, ...] = ()


def upkeep() -> Upkeep:
    """Do everything that is due, in every institution, once; without the sweep while another process is at it."""
    mine = _do({"captures": captures_resume, "worked": jobs_resume, "mails": mails_send_due})
    swept = sweep(every=timedelta(0), is_stopping=lambda: False) or Upkeep()
    return replace(
        swept, captures=mine.captures, worked=mine.worked, mails=mine.mails, failed=mine.failed + swept.failed
    )


def sweep(*, every: timedelta, is_stopping: Callable[[], bool]) -> Upkeep | None:
    """Do everything that is due but captures and jobs, which workers take one by one. Ends between two chores if asked.

    One process at a time, for all schools; None where another one is at it, or ended less than `every` ago.
    """
    duty = duty_take(SWEEP, term=_SWEEP_MAY_TAKE, rest=every)
    if duty is None:
        return None
    done = _do(_chores(), lambda: is_stopping() or not duty.extend())
    if is_stopping():
        duty.give_back()
    else:
        duty.end()
    return done


def _chores() -> dict[str, Chore]:
    return {
        "given_up": captures_give_up,
        "frames": frames_discard,
        "closings": closings_resume,
        "summaries": summaries_renew,
        "deleted": pictures_expire,
        "planned": days_plan,
        "desk": entries_follow,
        "photos": photos_examine,
        "renewed": photos_renew,
        "revoked": learned_photos_revoke,
        "learned": photos_learn,
        "erasures": erasures_finish,
        "differences": faces_put_right,
        "withdrawn": withdrawn_pictures_delete,
        "refused": refused_pictures_delete,
        "batches": batches_expire,
        "left": leavers_forget,
        "marks": marks_expire,
        "leftovers": leftovers_expire,
        "check_ins": check_ins_expire,
        "checks": attempts_expire,
        "jobs": jobs_expire,
        "imports": imports_expire,
        "excuses": excused_marks_finish,
        "documents": documents_expire,
        "told": absences_tell,
        "mails_ended": mails_expire,
    }


def _do(chores: Mapping[str, Chore], is_stopping: Callable[[], bool] = lambda: False) -> Upkeep:
    """Do the chores in this order. One that goes wrong is logged and does not keep the others from being done."""
    counts: dict[str, int] = {}
    failed = []
    for name, chore in chores.items():
        if is_stopping():
            break
        try:
            with CHORES.labels(name).time():
                counts[name] = chore()
        except Exception:  # of any kind: the next chore has nothing to do with it
            logger.exception("Upkeep failed at: %s", name)
            FAILED.labels(name).inc()
            failed.append(name)
    return Upkeep(**counts, failed=tuple(failed))


def closings_resume() -> int:
    """Finish registers whose closing was cut short; returns their number. Those of an unavailable store come later."""
    before = timezone.now() - UNDERWAY
    unfinished = ClassSession.objects.filter(state=ClassSession.State.CLOSING, closed_at__lt=before)
    finished = 0
    for session in list(unfinished.select_related("institution", "course")):
        try:
            session_finish_closing(session=session)
            finished += 1
        except RegisterError as error:
            logger.warning("The register of session %s is closed later: %s", session.pk, error.code)
    return finished


def summaries_renew() -> int:
    """Sum up registers again whose correction was cut short before their summary followed; returns their number."""
    before = timezone.now() - UNDERWAY
    rows = ClassSession.objects.filter(summary_due__lt=before)
    renewed = 0
    for session in list(rows.select_related("institution")):
        try:
            session_sum_up(session=session)
        except RegisterError as error:
            logger.warning("The register of session %s is summed up later: %s", session.pk, error.code)
            continue
        renewed += rows.filter(pk=session.pk, summary_due=session.summary_due).update(summary_due=None)
    return renewed


def pictures_expire() -> int:
    """Delete class photos whose retention is over; returns their number."""
    return rules_apply("pictures")


def photos_examine() -> int:
    """Enrol photos that wait for the engine or whose process died; returns the number examined."""
    return sum(_examine(institution) for institution in schools_with_photos_waiting())


def _examine(institution: Institution) -> int:
    """Examine a school's photos until the first one that has to wait: the others would wait as well."""
    examined = 0
    for photo in face_photos_waiting(institution)[:MOST_PHOTOS]:
        try:
            state = face_photo_examine(photo=photo).state
        except EnrollmentError as error:
            logger.warning("Photo %s cannot be examined: %s", photo.pk, error.code)
            continue
        examined += 1
        if state == FacePhoto.State.WAITING:
            break
    return examined


def photos_renew() -> int:
    """Enrol photos of another face model again; returns their number. Those of a school wait for its engine.

    A few a round, so that class photos do not wait for a thousand of them; `reenrol_faces` does all at once.
    """
    return sum(_renew(institution) for institution in schools_outdated())


def _renew(institution: Institution) -> int:
    try:
        return faces_renew(institution=institution, most=MOST_PHOTOS).enrolled
    except (ErasureUnfinished, FaceError) as error:
        logger.warning("Photos of %s are enrolled again later: %s", institution.slug, error.code)
        return 0


def erasures_finish() -> int:
    """Finish erasures that were cut short; returns how many students' faces were erased.

    Once an hour in every school, for files that a crash left without a row.
    """
    erased = 0
    for institution in Institution.objects.all() if is_search_due() else schools_with_erasures_due():
        try:
            erased += erasures_resume(institution=institution)
        except (ErasureUnfinished, FaceError) as error:
            search_again()
            logger.warning("Erasures of %s go on later: %s", institution.slug, error.code)
    erased_rows_remove()  # of the database's log: what an earlier call could not, because of a reader
    return erased


def faces_put_right() -> int:
    """Reconcile the faces of every school, once a day; returns the number of differences put right.

    A school whose engine or storage is unavailable has its turn with the next day.
    """
    if not cache.add("faces-compared", True, timeout=_COMPARED_EVERY.total_seconds()):
        return 0
    mended = 0
    for institution in Institution.objects.all():
        try:
            found, left = faces_reconcile(institution=institution)
            mended += len(found) - left
        except (ErasureUnfinished, FaceError) as error:
            logger.warning("Faces of %s are compared another day: %s", institution.slug, error.code)
    return mended


def leavers_forget() -> int:
    """Erase students who left long enough ago, once an hour; returns their number."""
    return leavers_erase() if _is_hour("leavers") else 0


def marks_expire() -> int:
    """Delete marks past their school's or their store's retention, once an hour; returns the number of registers."""
    return rules_apply("marks") if _is_hour("marks-expired") else 0


def excused_marks_finish() -> int:
    """Let marks follow decisions on reasons for absences that a crash or an outage cut short; returns their number."""
    try:
        return excuses_resume()
    except RegisterError as error:
        logger.warning("Marks follow decisions on absences later: %s", error.code)
        return 0


def documents_expire() -> int:
    """Delete documents that families sent, and reasons for absences, once they are past their time; once an hour.

    Returns their number.
    """
    return rules_apply("excuse_documents", "dispute_documents", "excuses") if _is_hour("documents") else 0


def leftovers_expire() -> int:
    """Delete what else is past its time: entries of the access log and of the desk, people on lists of evacuations,
    notices and visitors; and downloads of students' data and exports a day after they were made. Once an hour; returns
    their number."""
    if not _is_hour("leftovers"):
        return 0
    files = sum(each.delete_old() for each in (bundle_files, matrix_files, letter_files))
    return files + notices_expire() + rules_apply("desk", "evacuations", "visitors", "access_log")


def _is_hour(chore: str) -> bool:
    """True once an hour."""
    return cache.add(chore, True, timeout=_EVERY_HOUR.total_seconds())
