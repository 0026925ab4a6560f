"""The arrival of pictures: each is stored before anything else, once a nonce, and recognised when it has a turn."""

import time
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from attendance.captures.errors import FacesOff, PictureLost, PictureNotStored
from attendance.captures.pictures import most_pixels_of, store_picture, stored_image
from attendance.captures.recognition import Recognition, capture_recognise, recognition_of
from attendance.captures.turns import STORED_WITHIN, photo_turn
from attendance.costs.budget import refuse_past_cap
from attendance.models import Capture, ClassSession, Kiosk, capture_path
from attendance.register.marks import require_open
from attendance.register.moments import credible_moment
from enrollment.pictures import Picture, picture_held

ARRIVES = timedelta(seconds=3)  # a picture whose row is so old and whose file is missing will not arrive any more


def capture_take(
    *,
    session: ClassSession,
    upload: BinaryIO,
    nonce: UUID,
    kind: Capture.Kind,
    by: User | None,
    taken_at: datetime | None = None,
    kiosk: Kiosk | None = None,
    liveness: Capture.Liveness = Capture.Liveness.NOT_CHECKED,
) -> Recognition:
    """Take a picture into an open session and mark the students in it.

    by: None if a kiosk took it. taken_at: the time on a device that had no connection; within bounds it counts from
    then (`credible_moment`). liveness: the result of a check; a tablet that nobody watches marks only those who passed.
    A repeated nonce returns the result of the first picture; if the process died before that one was stored, this one
    counts as the first. Raises SessionNotOpen, SessionClosed, FacesOff, CapReached, PictureError, PictureNotStored.
    While the engine or the store of marks is unavailable, the capture waits with the reason; nothing is lost.
    """
    if earlier := _with_nonce(session, nonce):
        return _again(earlier, upload)
    require_open(session)
    if not session.institution.faces_enabled:
        raise FacesOff
    refuse_past_cap(session.institution)
    with ExitStack() as holding:
        in_turn = kind != Capture.Kind.PHOTO or holding.enter_context(photo_turn(session, STORED_WITHIN))
        picture = holding.enter_context(picture_held(upload, most_pixels=most_pixels_of(kind)))
        try:
            row = _row(session, picture, nonce, kind, taken_at)
            row.taken_by, row.kiosk, row.liveness = by, kiosk, liveness
            capture = _store(row, picture)
        except IntegrityError:
            earlier = Capture.objects.for_institution(session.institution).get(session=session, nonce=nonce)
            return recognition_of(earlier)
        if in_turn:
            return capture_recognise(capture=capture, image=picture.image)
    del picture
    return _recognise_in_turn(capture, upload)


def _recognise_in_turn(capture: Capture, upload: BinaryIO) -> Recognition:
    """Recognise a stored photo once it has a turn, its pixels read again.

    While it waits it holds none: those who have the turns may wait for that room, and neither would ever go on.
    """
    upload.seek(0)
    with photo_turn(capture.session), picture_held(upload, most_pixels=most_pixels_of(capture.kind)) as picture:
        return capture_recognise(capture=capture, image=picture.image)


def _with_nonce(session: ClassSession, nonce: UUID) -> Capture | None:
    return Capture.objects.for_institution(session.institution).filter(session=session, nonce=nonce).first()


def _again(capture: Capture, upload: BinaryIO) -> Recognition:
    """The result of a known nonce: the first one, unless the first picture's process died before it was stored."""
    if not _never_arrived(capture):
        return recognition_of(capture)
    with picture_held(upload, most_pixels=most_pixels_of(capture.kind)) as picture:
        with suppress(OSError):
            capture.picture.storage.delete(str(capture.picture.name))  # a part of it, if anything
        store_picture(capture, picture)
        failed = Capture.objects.filter(pk=capture.pk, state=Capture.State.FAILED)
        failed.update(state=Capture.State.RECEIVED, attempts=0)
        return capture_recognise(capture=capture, image=picture.image)


def _never_arrived(capture: Capture) -> bool:
    """True if the row exists without its picture. A picture that may be on its way is waited for."""
    waited_since = time.monotonic()  # a clock that is set back makes nobody wait longer
    while capture.state != Capture.State.DONE and capture.picture:
        try:
            stored_image(capture)
        except PictureLost:
            waited = timedelta(seconds=time.monotonic() - waited_since)
            if max(waited, timezone.now() - capture.taken_at) >= ARRIVES:
                return True
        else:
            return False
        time.sleep(0.2)
        capture.refresh_from_db()
    return False


def _row(
    session: ClassSession, picture: Picture, nonce: UUID, kind: Capture.Kind, taken_at: datetime | None
) -> Capture:
    """A capture of this picture, not stored yet."""
    now = timezone.now()
    return Capture(
        institution=session.institution,
        session=session,
        nonce=nonce,
        kind=kind,
        width=picture.width,
        height=picture.height,
        taken_at=now,
        seen_at=credible_moment(taken_at, session=session, now=now),
    )


def _store(capture: Capture, picture: Picture) -> Capture:
    """Store the row, then its file: a crash between the two leaves a row without a picture, never the other way round.

    Raises IntegrityError for a known nonce, PictureNotStored if the storage is full or unavailable.
    """
    capture.picture.name = capture_path(capture, "")
    with transaction.atomic():
        capture.save(force_insert=True)
    try:
        store_picture(capture, picture)
    except PictureNotStored:
        capture.delete()
        raise
    return capture
