"""Times at which guardians are told: pure rules in the school's own wall-clock time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours without e-mails, over midnight if they begin later than they end; none if both are the same."""

    begins: time
    ends: time

    def covers(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


def after_quiet(at: datetime, quiet: QuietHours) -> datetime:
    """The same instant, or the end of the quiet hours that it lies in. `at` is in the school's zone."""
    if not quiet.covers(at.time()):
        return at
    day = at.date() if at.time() < quiet.ends else at.date() + timedelta(days=1)
    return datetime.combine(day, quiet.ends, at.tzinfo)


def digest_time(at: datetime, hour: time, quiet: QuietHours) -> datetime:
    """The day's hour of the daily mail; where it has passed, now; never within the quiet hours."""
    return after_quiet(max(at, datetime.combine(at.date(), hour, at.tzinfo)), quiet)
