"""Words, in the reader's language, for values that are stored as codes."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from attendance.domain.statuses import Status
from attendance.models import Capture
from attendance.models.status_codes import KINDS


def status_word(status: str) -> str:
    """A status as a word, in the reader's language."""
    return str(dict(KINDS).get(Status(status).value) or _("no mark"))


def doubt_words(reason: str) -> str:
    """The reason why the teacher is asked about a face. reason: a `decision.Reason`."""
    return {
        "look_alike": _("Two students look alike here. Choose the right one."),
        "close_second": _("Two students are nearly as similar. Choose the right one."),
        "not_live": _(
            "The tablet at the door could not tell this face from a photo of one. Say yes only if you see them."
        ),
        "covered": _("Part of this face is covered."),
        "twice_in_picture": _("This face looks like somebody who is in the photo already."),
        "other_picture": _("An earlier photo marked this person; this one speaks against it."),
    }.get(reason, _("Not certain from this photo."))


def similarity_words(similarity: float | None) -> str:
    """A similarity in its engine's own unit: the embedded engine's cosine, at most 1, or Rekognition's per cent, which
    is always more than 1 where somebody is named."""
    if similarity is None:
        return ""
    if similarity > 1:
        return _("%(number)s %%") % {"number": number_format(similarity, 1)}
    return str(number_format(similarity, 2))


def is_likely(similarity: float, accept_threshold: float | None, review_threshold: float | None) -> bool:
    """Return whether a similarity is nearer to the accept than to the review threshold, all in one engine's unit."""
    return (
        accept_threshold is not None
        and review_threshold is not None
        and similarity >= (accept_threshold + review_threshold) / 2
    )


def likeness_word(similarity: float | None, accept_threshold: float | None, review_threshold: float | None) -> str:
    """A similarity as a word, relative to the thresholds, so that it means the same whatever the engine's unit."""
    if similarity is None or accept_threshold is None:
        return ""
    if similarity >= accept_threshold:
        return _("sure")
    if is_likely(similarity, accept_threshold, review_threshold):
        return _("likely")
    return _("possible") if review_threshold is not None and similarity >= review_threshold else _("unlikely")


def capture_words(capture: Capture) -> str:
    """The state of a photo that is not recognised yet: a sentence or two that say what the teacher can do."""
    if capture.state == Capture.State.WAITING:
        return waiting_reason(capture.reason)
    if capture.state == Capture.State.FAILED:
        return failed_reason(capture.reason)
    return _("Looking for faces…")


def waiting_reason(code: str) -> str:
    """The reason why a photo waits, and what the teacher can do meanwhile. code: an error's, of engine or store."""
    if code == "cap_reached":
        return _("This month's budget for recognising faces is used up. The photo is kept; mark by hand.")
    meanwhile = _("The photo is kept and tried again; mark by hand meanwhile.")
    return f"{_obstacle(code)} {meanwhile}"


def _obstacle(code: str) -> str:
    if code.startswith("store_"):
        return _("The register's store cannot be reached.")
    return {
        "throttled": _("The face service is busy."),
        "circuit_open": _("The face service does not answer. We’ll retry shortly."),
        "cache_unavailable": _("The portal's shared cache does not answer, so the face service cannot be asked."),
        "failing": _("The face service reported an error."),
        "denied": _("The face service does not accept this portal's key: tell the office."),
        "refused": _("The face service refused the photo."),
        "networks_unusable": _("The face networks on this server are damaged: tell the operator."),
        "consents_change": _("A student's consent has just changed."),
        "storage_unavailable": _("The stored photo cannot be read now."),
    }.get(code, _("The face service cannot be reached."))


def failed_reason(code: str) -> str:
    """The reason why a photo was given up, and what the teacher can do. code: an error's, of engine or store."""
    return {
        "picture_missing": _("The photo did not arrive whole. Take it again, or mark by hand."),
        "expired": _("The photo was deleted on schedule before it could be recognised. Mark by hand."),
        "deleted": _("The photo was deleted before it could be recognised. Mark by hand."),
    }.get(code, _("The photo could not be recognised. Mark by hand, or take another one."))


def next_try(capture: Capture) -> str:
    """Time of the next try with a waiting photo, in the reader's time zone."""
    soon = timezone.now() + timedelta(minutes=1)
    if capture.retry_at is None or capture.retry_at < soon:
        return _("Next try within a minute.")
    is_today = timezone.localdate(capture.retry_at) == timezone.localdate()
    at = date_format(timezone.localtime(capture.retry_at), "H:i" if is_today else "l H:i")
    return _("Next try: %(at)s.") % {"at": at}
