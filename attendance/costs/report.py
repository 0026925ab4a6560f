"""Costs of a school's use of paid services, as the administrator's page shows them: estimates, never a bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import dropwhile
from math import ceil

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Institution
from accounts.prices import PriceTable, dollars_of, prices_of
from accounts.selectors import Budget, Usage, billing_month, dollars_in, month_after, read_budget, usage_by_month
from attendance.costs.errors import NoSuchMonth
from attendance.lessons.selectors import PLANNED
from attendance.models import ClassSession
from enrollment.faces.door import door_for
from enrollment.models import FacePhoto

MONTHS = 12
_SOON = timedelta(days=3)  # at the beginning of a month its pace says nothing


@dataclass(frozen=True, slots=True)
class Line:
    """One operation of a month. calls: capacity units where `is_units`, a part of one counted whole.

    share: of the dearest operation's dollars, 0 to 1.
    """

    operation: str
    words: str
    calls: int
    is_units: bool
    dollars: Decimal
    share: float


@dataclass(frozen=True, slots=True)
class Month:
    """A month's estimate. share: of the dearest month, 0 to 1."""

    month: date
    dollars: Decimal
    share: float


@dataclass(frozen=True, slots=True)
class Work:
    """The month's work: lessons whose register was opened, and the marks on those registers."""

    sessions: int
    marks: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Everything on the page, about one month. months: oldest first, the present one last. Dollars are not rounded.

    is_past: the month is over. is_example: the engine's calls cost nothing, and yet some are counted.
    expected: dollars at the month's end if it goes on like this; None where it is too early to say. cap_day: the day on
    which the cap will be reached at this pace, None if not this month. kept_faces: number of faces in the collection;
    they cost `kept_dollars` a month, which do not count towards the cap.
    """

    budget: Budget
    expected: Decimal | None
    cap_day: date | None
    lines: tuple[Line, ...]
    months: tuple[Month, ...]
    work: Work
    kept_faces: int
    kept_dollars: Decimal
    prices: PriceTable
    is_metered: bool
    is_past: bool

    @property
    def is_example(self) -> bool:
        return not self.is_metered and any(each.dollars for each in self.months)

    @property
    def shown_months(self) -> tuple[Month, ...]:
        """The months from the first with a call on: there is nothing to read in those before."""
        return tuple(dropwhile(lambda each: not each.dollars, self.months[:-1])) + self.months[-1:]

    @property
    def per_session(self) -> Decimal | None:
        return self.budget.spent / self.work.sessions if self.work.sessions else None

    @property
    def per_thousand_marks(self) -> Decimal | None:
        return 1000 * self.budget.spent / self.work.marks if self.work.marks else None

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return self.budget.renews_on - timedelta(days=1)


def read_costs(institution: Institution, *, month: date | None = None, at: datetime | None = None) -> Costs:
    """An institution's costs of a month, as they are at an instant (default: now). A fixed number of queries.

    month: its first day, one of the last twelve; by default the present one, and where calls cost nothing the last one
    with calls. Raises NoSuchMonth.
    """
    at = at or timezone.now()
    usage = usage_by_month(institution, months=MONTHS, at=at)
    is_metered = door_for(institution).is_metered
    month = month or _shown(usage, is_metered)
    if month not in usage:
        raise NoSuchMonth
    is_past = month != billing_month(at)
    budget, prices = read_budget(institution.pk, at=_instant(month) if is_past else at), prices_of(month)
    expected, faces = _expected(budget, at), _kept_faces(institution) if is_metered and not is_past else 0
    return Costs(
        budget=budget,
        expected=expected,
        cap_day=_cap_day(budget, expected),
        lines=_lines(month, usage[month]),
        months=_months(usage),
        work=_work(institution, month),
        kept_faces=faces,
        kept_dollars=faces * prices.kept_face,
        prices=prices,
        is_metered=is_metered,
        is_past=is_past,
    )


def _shown(usage: Mapping[date, Usage], is_metered: bool) -> date:
    """The month that is shown unless another is asked for: on its first day the present one is still empty."""
    present = max(usage)
    return present if is_metered else max((month for month, calls in usage.items() if calls), default=present)


def operation_words(service: str, operation: str) -> str:
    """Description of an operation of AWS in plain words; AWS's own name where there is none."""
    return {
        "DetectFaces": _("Looking for faces in a photo"),
        "SearchFacesByImage": _("Finding out who a face is"),
        "SearchUsersByImage": _("Finding out who a face is"),
        "SearchFaces": _("Looking for look-alikes"),
        "SearchUsers": _("Looking for look-alikes"),
        "CompareFaces": _("Comparing two faces"),
        "IndexFaces": _("Learning a face from a photo"),
        "AssociateFaces": _("Joining a person's faces"),
        "DisassociateFaces": _("Parting a person's faces"),
        **dict.fromkeys(
            ("CreateUser", "DeleteUser", "ListUsers", "DeleteFaces", "ListFaces"), _("Keeping faces in order")
        ),
        "ReadUnits": _("Reading registers"),
        "WriteUnits": _("Writing registers"),
        "PutObject": _("Storing photos"),
        "GetObject": _("Fetching photos"),
        "HeadObject": _("Asking for photos"),
        "DeleteObject": _("Deleting photos"),
    }.get(operation, f"{service.title()} {operation}")


def _lines(month: date, usage: Usage) -> tuple[Line, ...]:
    """The operations of a month, the dearest first; of equal cost, the most frequent first."""
    dollars = {key: dollars_of(month, *key, calls) for key, calls in usage.items()}
    dearest = max(dollars.values(), default=Decimal(0))
    lines = [
        Line(
            operation=operation,
            words=operation_words(service, operation),
            calls=ceil(calls),
            is_units=operation.endswith("Units"),
            dollars=dollars[service, operation],
            share=_share(dollars[service, operation], dearest),
        )
        for (service, operation), calls in usage.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.dollars, -line.calls, line.operation)))


def _months(usage: Mapping[date, Usage]) -> tuple[Month, ...]:
    dollars = {month: dollars_in(month, calls) for month, calls in usage.items()}
    dearest = max(dollars.values())
    return tuple(Month(month, each, _share(each, dearest)) for month, each in dollars.items())


def _share(part: Decimal, whole: Decimal) -> float:
    return float(part / whole) if whole else 0.0


def _expected(budget: Budget, at: datetime) -> Decimal | None:
    """Dollars at the month's end, in proportion to the days passed. Weekdays even out over weeks."""
    begins, ends = _instant(budget.month), _instant(budget.renews_on)
    if at - begins < _SOON or at >= ends or not budget.spent:
        return None
    return budget.spent * Decimal((ends - begins) / (at - begins))


def _cap_day(budget: Budget, expected: Decimal | None) -> date | None:
    if budget.cap is None or budget.is_spent or expected is None or expected <= budget.cap:
        return None
    days = (budget.renews_on - budget.month).days
    return budget.month + timedelta(days=int(days * budget.cap / expected))


def _work(institution: Institution, month: date) -> Work:
    sessions = ClassSession.objects.for_institution(institution).filter(
        starts_at__gte=_instant(month), starts_at__lt=_instant(month_after(month))
    )
    taken = sessions.exclude(state__in=PLANNED)
    return Work(**taken.aggregate(sessions=Count("pk", distinct=True), marks=Count("roster")))


def _kept_faces(institution: Institution) -> int:
    return FacePhoto.objects.for_institution(institution).filter(state=FacePhoto.State.ENROLLED).count()


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
