"""Door tablets: pairing and revoking them, and the frames that they send."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.network import Address
from attendance.captures.frames import frame_take
from attendance.captures.recognition import Recognition
from attendance.checkin.rotating import digits_of
from attendance.kiosk.device import hashed
from attendance.kiosk.door import lesson_at
from attendance.kiosk.errors import KioskCodeWrong, KioskTooManyCodes, NoRegisterHere, NotAttended
from attendance.models import ClassSession, Kiosk

CODE_DIGITS = 8
CODE_FOR = timedelta(minutes=15)
WINDOW = 15 * 60  # seconds in which attempts to pair are counted
MOST_OF_AN_ADDRESS = 10
MOST_OF_A_SCHOOL = 100  # from all addresses: a code is then guessed once in a million windows


def kiosk_code_new(*, kiosk: Kiosk) -> str:
    """A code that pairs one tablet within fifteen minutes, in eight digits: it is told here and never again.

    An earlier code is void at once; a tablet that is paired stays so until another one takes its place. A revoked
    kiosk is one again once a tablet types the code.
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
    """Make a tablet the kiosk that the code was made for: the kiosk and the device's new secret, which is not stored.

    slug: of any school, or of none; the answers are the same. Raises KioskCodeWrong, KioskTooManyCodes.
    """
    if _attempts(f"a:{address}") > MOST_OF_AN_ADDRESS or _attempts(f"s:{slug}") > MOST_OF_A_SCHOOL:
        raise KioskTooManyCodes
    now, secret = timezone.now(), secrets.token_urlsafe(32)
    waiting = Kiosk.objects.filter(institution__slug=slug, code_hash=hashed(digits_of(typed)), code_until__gt=now)
    kiosk = waiting.select_related("institution").first()
    if kiosk is None:
        raise KioskCodeWrong
    used = waiting.filter(pk=kiosk.pk).update(  # of two tablets that type it at once the first gets it
        code_hash="", code_until=None, secret_hash=hashed(secret), paired_at=now, last_seen_at=now, revoked_at=None
    )
    if not used:
        raise KioskCodeWrong
    return kiosk, secret


def kiosk_revoke(*, kiosk: Kiosk) -> None:
    """From the tablet's next request on it is a stranger's, and no code waits for it."""
    Kiosk.objects.for_institution(kiosk.institution).filter(pk=kiosk.pk).update(
        code_hash="", code_until=None, secret_hash="", revoked_at=timezone.now()
    )


def kiosk_frame_take(*, kiosk: Kiosk, upload: BinaryIO, nonce: UUID) -> tuple[ClassSession, Recognition]:
    """Recognise a frame of the tablet for the open register of its room, by the webcam's rules.

    For a tablet beside which somebody of the school stands; any other marks through `check_answer` alone. Which lesson
    it is the server decides, whatever the tablet's page shows. Raises NotAttended, NoRegisterHere, and what
    `frame_take` raises.
    """
    if not kiosk.is_attended:
        raise NotAttended
    here = lesson_at(kiosk)
    if here is None or not here.is_open:
        raise NoRegisterHere
    return here.session, frame_take(session=here.session, upload=upload, nonce=nonce, by=None, kiosk=kiosk)


def _attempts(key: str) -> int:
    """How many attempts there were in this window, this one included. Right ones count too: pairing is rare."""
    key = "kiosk-pairing:" + hashed(key)  # neither addresses nor what a stranger wrote stands in the cache
    count: Callable[[str], int] = cache.incr
    cache.add(key, 0, WINDOW)
    try:
        return count(key)
    except ValueError:  # the window ended between the two
        cache.set(key, 1, WINDOW)
        return 1
