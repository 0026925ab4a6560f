"""The school's day as its office sees it: the state of its registers, and the marks of the closed ones."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Institution
from attendance.domain.statuses import SETTABLE, Status
from attendance.lessons.selectors import OPEN_STATES
from attendance.models import ClassSession
from attendance.register.labels import status_word
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable

logger = logging.getLogger(__name__)
State = ClassSession.State
FEWEST = 10  # marks of which figures are shown to those who may not see names


@dataclass(frozen=True, slots=True)
class Day:
    """Numbers of a day's registers. missed: lessons that have begun, or are over, without one. counts: marks of the
    closed ones by status, in the usual order, without zeros; None while the store of marks is unavailable.
    """

    taken: int
    open: int
    missed: int
    to_come: int
    counts: tuple[tuple[Status, int], ...] | None

    @property
    def total(self) -> int:
        return self.taken + self.open + self.missed + self.to_come

    @property
    def headline(self) -> str:
        """The state of the registers, as a sentence."""
        parts = [
            ngettext("%(taken)d of %(n)d register taken", "%(taken)d of %(n)d registers taken", self.total)
            % {"taken": self.taken, "n": self.total},
            _("%d open") % self.open if self.open else "",
            _("%d not taken") % self.missed if self.missed else "",
            _("%d to come") % self.to_come if self.to_come else "",
        ]
        return " · ".join(filter(None, parts))

    @property
    def says_to_principal(self) -> str:
        """As `says`, once the marks are too many for a number to speak of one student."""
        marks = sum(n for _status, n in self.counts or ())
        return self.says if self.counts is None or marks >= FEWEST else ""

    @property
    def says(self) -> str:
        """The marks of the closed registers, as a sentence."""
        if self.counts is None:
            return _("The marks cannot be read now.")
        return " · ".join(f"{n} {status_word(status)}" for status, n in self.counts)


def read_day(institution: Institution, *, at: datetime | None = None) -> Day:
    """The institution's day, in its own time zone, as it is at an instant (default: now)."""
    at = at or timezone.now()
    day = timezone.localdate(at, institution.zone)
    sessions = ClassSession.objects.for_institution(institution).filter(local_date=day).order_by()
    numbers = sessions.aggregate(
        taken=Count("pk", filter=Q(state=State.CLOSED)),
        open=Count("pk", filter=Q(state__in=OPEN_STATES)),
        missed=Count("pk", filter=Q(state=State.SCHEDULED, starts_at__lte=at)),
        to_come=Count("pk", filter=Q(state=State.SCHEDULED, starts_at__gt=at)),
    )
    try:
        tally = marks_for(institution).day_tally(day).counts
    except StoreUnavailable as error:
        logger.warning("The day's tally of %s cannot be read: %s", institution.pk, error.code)
        return Day(**numbers, counts=None)
    return Day(**numbers, counts=tuple((status, tally[status]) for status in SETTABLE if tally.get(status)))
