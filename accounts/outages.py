"""Outages of the portal's own ground, the database and the disk, told apart from faults of the code."""

import errno

from django.db import InterfaceError, OperationalError

RETRY_AFTER = 30  # seconds: what a 503 advises, whichever part of the ground is unavailable
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def is_outage(error: BaseException | None) -> bool:
    """True if the database or the disk is unavailable or full, by an error or by one in the chain of its causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OperationalError | InterfaceError) or getattr(error, "errno", None) in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False
