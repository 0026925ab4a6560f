"""The arithmetic of rotating check-in codes: pure, without a clock, a database or a network.

It is RFC 6238's (time-based one-time passwords, with SHA-256 and the truncation of RFC 4226, 5.3), over more than the
time: the school and the session are in it too, so that no code of one lesson is ever valid for another by design.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

STEP_SECONDS = 10  # of one code on the projector: six digits are typed in five, a forwarded photo takes longer
DIGITS = 6
SECRET_BYTES = 32


def new_secret() -> bytes:
    """A session's secret: it never leaves the server."""
    return token_bytes(SECRET_BYTES)


def step_at(at: datetime) -> int:
    """The number of the time step at an instant."""
    return int(at.timestamp()) // STEP_SECONDS


def seconds_left(at: datetime) -> float:
    """Seconds until the next code, above 0 and at most STEP_SECONDS."""
    return STEP_SECONDS - at.timestamp() % STEP_SECONDS


def code_at(*, secret: bytes, institution: UUID, session: UUID, step: int) -> str:
    """The code of a time step: six digits, leading zeros included."""
    message = institution.bytes + session.bytes + step.to_bytes(8, "big")
    return f"{truncated(hmac.digest(secret, message, sha256)) % 10**DIGITS:0{DIGITS}d}"


def truncated(digest: bytes) -> int:
    """31 bits of a digest, at the offset in its last four bits (RFC 4226, 5.3)."""
    offset = digest[-1] & 0x0F
    return int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF


def good_steps(*, now: int, last_shown: int) -> range:
    """The steps whose code is valid now: this one, the one before (typing takes time) and the next.

    Only those that were shown: without a projector that asks for codes none is valid, and the next one counts only if a
    server whose clock is a little ahead has shown it.
    """
    return range(now - 1, min(now + 1, last_shown) + 1)


def is_one_of(code: str, good: Iterable[str]) -> bool:
    """Return whether the code is among these, in a time that depends neither on the result nor on the match."""
    found = False
    for each in good:
        found |= hmac.compare_digest(code.encode(), each.encode())
    return found


def digits_of(typed: str) -> str:
    """The digits of a typed text, as 0 to 9: spaces and hyphens are removed, digits of other scripts converted."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())
