"""The option for the retention of marks, which all stores have."""

from django.core.exceptions import ImproperlyConfigured


def shortest(own: int | None, option: int | None) -> int | None:
    """The shorter of a school's own retention and the store's option, in days; None: neither is set."""
    return min((days for days in (own, option) if days is not None), default=None)


def checked_retention(days: int | None) -> int | None:
    """The option `retention_days` of a store. Raises ImproperlyConfigured unless it is a number of days above 0."""
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
        raise ImproperlyConfigured(
            f"ATTENDANCE_REPOSITORY: retention_days must be a whole number above 0, not {days!r}."
        )
    return days
