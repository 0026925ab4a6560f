"""Kiosks: pairing and revoking them, and the frames that they send."""

import secrets
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.network import Address
from attendance.captures.frames import frame_take
from attendance.captures.recognition import Recognition
from attendance.checkin.rotating import digits_of
from attendance.kiosk.device import hashed
from attendance.kiosk.door import lesson_at
from attendance.kiosk.errors import NoRegisterHere, NotAttended, PairingCodeWrong, TooManyPairingCodes
from attendance.kiosk.limits import count_within, refuse_too_many_frames
from attendance.models import ClassSession, Kiosk

CODE_DIGITS = 8
CODE_FOR = timedelta(minutes=15)
WINDOW = 15 * 60  # seconds in which attempts to pair are counted
MOST_OF_AN_ADDRESS = 10
MOST_OF_A_SCHOOL = 100  # from all addresses: a pairing code is then guessed once in a million windows


def kiosk_pairing_code_new(*, kiosk: Kiosk) -> str:
    """A pairing code of eight digits for one tablet within fifteen minutes: returned here and never again.

    An earlier code is void at once; a paired tablet stays so until another one replaces it. A revoked kiosk works again
    once a tablet types the code.
    """
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        try:
            with transaction.atomic():
                Kiosk.objects.for_institution(kiosk.institution).filter(pk=kiosk.pk).update(
                    code_hash=hashed(code), code_until=timezone.now() + CODE_FOR
                )
        except IntegrityError:  # another kiosk of the school waits with the same code
            continue
        return code


def kiosk_pair(*, slug: str, typed: str, address: Address | None) -> tuple[Kiosk, str]:
    """Pair a tablet by a code. Returns the kiosk and the device's new secret, of which only a hash is stored.

    slug: of any school, or of none; the answers are the same. Raises PairingCodeWrong, TooManyPairingCodes.
    """
    of_address, of_school = (count_within(f"pairing:{key}", WINDOW) for key in (f"a:{address}", f"s:{slug}"))
    if of_address > MOST_OF_AN_ADDRESS or of_school > MOST_OF_A_SCHOOL:
        raise TooManyPairingCodes
    now, secret = timezone.now(), secrets.token_urlsafe(32)
    waiting = Kiosk.objects.filter(institution__slug=slug, code_hash=hashed(digits_of(typed)), code_until__gt=now)
    kiosk = waiting.select_related("institution").first()
    if kiosk is None:
        raise PairingCodeWrong
    used = waiting.filter(pk=kiosk.pk).update(  # of two tablets that type it at once the first gets it
        code_hash="", code_until=None, secret_hash=hashed(secret), paired_at=now, last_seen_at=now, revoked_at=None
    )
    if not used:
        raise PairingCodeWrong
    return kiosk, secret


def kiosk_revoke(*, kiosk: Kiosk) -> None:
    """Revoke a kiosk: its tablet is a stranger from the next request on, and no pairing code is waiting for it."""
    Kiosk.objects.for_institution(kiosk.institution).filter(pk=kiosk.pk).update(
        code_hash="", code_until=None, secret_hash="", revoked_at=timezone.now()
    )


def kiosk_frame_take(*, kiosk: Kiosk, upload: BinaryIO, nonce: UUID) -> tuple[ClassSession, Recognition]:
    """Recognise a frame of the tablet for the open register of its room, by the webcam's rules.

    For a tablet with staff beside it; any other marks through `check_answer` alone. The server decides which lesson it
    is, whatever the tablet's page shows. Raises NotAttended, NoRegisterHere, TooManyFrames, and the errors of
    `frame_take`.
    """
    if not kiosk.is_attended:
        raise NotAttended
    refuse_too_many_frames(kiosk)
    here = lesson_at(kiosk)
    if here is None or not here.is_open:
        raise NoRegisterHere
    return here.session, frame_take(session=here.session, upload=upload, nonce=nonce, by=None, kiosk=kiosk)
