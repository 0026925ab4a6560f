"""Services of personal photo links: made by the office, used once by the student or a guardian."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.link_secrets import hash_of, secret_for, secret_new
from accounts.models import Institution, User
from enrollment.domain.liveness import Challenge, Frame, LivenessError, Outcome, Pose, Step
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable
from enrollment.liveness import liveness_for
from enrollment.models import FacePhoto, PhotoLink, Student
from enrollment.pictures import read_picture
from enrollment.readiness import POSES
from enrollment.services.photos import face_photo_add

LIFETIMES = (3, 7, 14, 30)  # days to choose from
MOST_SENT = 60  # pictures and checks of a link, refused ones included
WINDOW, MOST_IN_WINDOW = 60, 20  # seconds; pictures and checks of a link in them
CHECKED_FOR = timedelta(minutes=30)  # so long photos may be taken after the check
_MAILED = "photo_link"  # purpose of the secret of links that are mailed
_TURNS = "turns"  # the kind of check that the page can show


@dataclass(frozen=True, slots=True)
class Consenting:
    """State of the consent, for the person who opened a link. words: one sentence."""

    is_given: bool
    words: str


def photo_link_create(*, student: Student, days: int, with_liveness: bool, by: User | None) -> tuple[PhotoLink, str]:
    """A new link and its secret, which is shown once. An earlier unused link of the student ends.

    Raises EnrollmentError `faces_off`.
    """
    token = secret_new()
    return _create(student, days, with_liveness, by, token_hash=hash_of(token)), token


def photo_link_create_mailed(*, student: Student, days: int, with_liveness: bool, by: User | None) -> PhotoLink:
    """A new link as `photo_link_create` makes, whose secret each of its mails can write: see `photo_link_secret`."""
    pk = uuid4()
    return _create(student, days, with_liveness, by, pk=pk, token_hash=hash_of(secret_for(_MAILED, pk)))


def photo_link_secret(link: PhotoLink) -> str | None:
    """The secret of a link made to be mailed; None if it is not the link's, as once the portal's key was changed."""
    secret = secret_for(_MAILED, link.pk)
    return secret if hash_of(secret) == link.token_hash else None


def _create(student: Student, days: int, with_liveness: bool, by: User | None, **fields: Any) -> PhotoLink:
    now = timezone.now()
    if not student.institution.faces_enabled:
        sentence = _("Taking attendance by face is switched off. Switch it on in the school's settings first.")
        raise EnrollmentError("faces_off", sentence)
    with transaction.atomic():
        PhotoLink.objects.for_institution(student.institution).filter(student=student).revoke()
        return PhotoLink.objects.create(
            institution=student.institution,
            student=student,
            with_liveness=with_liveness and checks_turns(student.institution),
            created_by=by,
            expires_at=now + timedelta(days=days),
            **fields,
        )


def photo_link_revoke(*, link: PhotoLink) -> None:
    """End a link that was not used."""
    PhotoLink.objects.filter(pk=link.pk).revoke()


def photo_link_by_token(token: str) -> PhotoLink | None:
    """The link with this secret, in whatever state; None if there is none."""
    links = PhotoLink.objects.select_related("institution", "student__institution")
    return links.filter(token_hash=hash_of(token)).first()


def photo_links_of(institution: Institution) -> QuerySet[PhotoLink]:
    """The institution's links, newest first."""
    return PhotoLink.objects.for_institution(institution).select_related("student", "created_by")


def consenting(student: Student) -> Consenting:
    """The state of the student's consent in words for them and their family."""
    try:
        require_enrollable(student)
    except EnrollmentError as error:
        if error.code == "faces_off":
            return Consenting(False, _("The school does not use face recognition at the moment."))
        return Consenting(
            False,
            _(
                "The school has no valid consent for face recognition yet, so no photo can be taken. Please give the "
                "consent or ask for it at the school office first; then open this link again."
            ),
        )
    return Consenting(True, _("The school has a valid consent for face recognition."))


def checks_turns(institution: Institution) -> bool:
    """True if the configured check for a living face is one that a phone's page can show."""
    from enrollment.liveness.turns import HeadTurns  # loads the image library: not before a page asks

    return isinstance(liveness_for(institution), HeadTurns)


# -- Using a link -----------------------------------------------------------------------------------------------------


def photo_link_take(*, link: PhotoLink, upload: BinaryIO) -> FacePhoto:
    """Enrol one photo that came by the link.

    Raises EnrollmentError `link_ended`, `too_many_pictures`, `check_first`, and what `face_photo_add` raises.
    """
    locked = _counted(link)
    if locked.with_liveness and not is_checked(locked):
        raise EnrollmentError("check_first", _("Please do the check first."))
    return face_photo_add(student=locked.student, upload=upload, added_by=None)


def photo_link_finish(*, link: PhotoLink) -> None:
    """End a link that has done its work: it opens nothing any more."""
    PhotoLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())


def photos_by(link: PhotoLink) -> int:
    """Number of photos that were enrolled since the link was made, at most as many as there are poses.

    Earlier ones do not count: a link may be for newer photos.
    """
    photos = FacePhoto.objects.for_institution(link.institution).filter(student=link.student, cut_from=None)
    photos = photos.filter(created_at__gte=link.created_at)
    return min(photos.filter(state=FacePhoto.State.ENROLLED).count(), POSES)


def is_checked(link: PhotoLink) -> bool:
    return link.lived_at is not None and link.lived_at > timezone.now() - CHECKED_FOR


def photo_link_challenge(*, link: PhotoLink) -> Challenge:
    """Hand out a new check for a living face; it replaces an earlier one.

    Raises EnrollmentError as `photo_link_take`, and `check_unavailable`.
    """
    locked = _counted(link)
    try:
        challenge = liveness_for(locked.institution).challenge()
    except LivenessError as error:
        raise _unavailable(error) from error
    steps = [[step.pose.value, step.milliseconds] for step in challenge.steps]
    told = {"steps": steps, "seconds": challenge.seconds, "at": timezone.now().isoformat()}
    PhotoLink.objects.filter(pk=locked.pk).update(challenge=told)
    return challenge


def photo_link_check(*, link: PhotoLink, frames: list[tuple[BinaryIO, int]]) -> bool:
    """Judge the answer to the check that was handed out last; each counts once. True if the face is alive.

    frames: pictures with their milliseconds. Raises EnrollmentError as `photo_link_challenge`, and PictureError.
    """
    locked = _counted(link)
    told: dict[str, Any] = locked.challenge
    taken = PhotoLink.objects.filter(pk=locked.pk).exclude(challenge={}).update(challenge={})
    if not taken or timezone.now() > datetime.fromisoformat(told["at"]) + timedelta(seconds=told["seconds"]):
        raise EnrollmentError("check_expired", _("That took too long. Please try again."))
    steps = tuple(Step(Pose(pose), milliseconds) for pose, milliseconds in told["steps"])
    elapsed = (timezone.now() - datetime.fromisoformat(told["at"])) / timedelta(milliseconds=1)
    if frames and frames[-1][1] > elapsed:
        return False  # taken later than they were sent
    pictures = [Frame(read_picture(file, most_pixels=settings.FRAME_MAX_PIXELS).image, at) for file, at in frames]
    try:
        verdict = liveness_for(locked.institution).judge(Challenge(_TURNS, steps, "", told["seconds"]), pictures)
    except LivenessError as error:
        raise _unavailable(error) from error
    if verdict.outcome is not Outcome.LIVE:
        return False
    PhotoLink.objects.filter(pk=locked.pk).update(lived_at=timezone.now())
    return True


def _unavailable(error: LivenessError) -> EnrollmentError:
    sentence = _("The check is not available now. Please try again later.")
    return EnrollmentError("check_unavailable", sentence, retryable=error.retryable)


def _counted(link: PhotoLink) -> PhotoLink:
    """The link as it is now, with one more picture counted.

    Raises EnrollmentError `link_ended`, `too_many_pictures`, `too_fast`.
    """
    _refuse_haste(link)
    PhotoLink.objects.filter(pk=link.pk, pictures__lte=MOST_SENT).update(pictures=F("pictures") + 1)
    now = PhotoLink.objects.select_related("institution", "student__institution").get(pk=link.pk)
    if not now.is_valid or not now.student.is_active:
        raise EnrollmentError("link_ended", _("This link has been used or has expired. Please ask for a new one."))
    if now.pictures > MOST_SENT:
        raise EnrollmentError("too_many_pictures", _("Too many photos came by this link. Please ask for a new one."))
    return now


def _refuse_haste(link: PhotoLink) -> None:
    """Bound the pictures of a link in a minute, in the shared cache. Raises EnrollmentError `too_fast`."""
    key = f"photo-link:{link.pk}"
    count: Callable[[str], int] = cache.incr
    cache.add(key, 0, WINDOW)
    try:
        within = count(key)
    except ValueError:  # the window ended between the two calls
        cache.set(key, 1, WINDOW)
        within = 1
    if within > MOST_IN_WINDOW:
        raise EnrollmentError("too_fast", _("That was very quick. Please wait a minute."), retryable=True)
