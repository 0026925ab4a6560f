"""Selectors of memberships and of schools' use of paid services."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, Membership, PaidCalls, Role, User
from accounts.pending import pending
from accounts.prices import dollars_of

NEAR = Decimal("0.8")  # of the cap: from here on the administrator is warned
Usage = dict[tuple[str, str], float]  # calls by service and operation


def memberships_of(user: User) -> QuerySet[Membership]:
    """A person's memberships with their institutions, by the institutions' names. None of one that is being erased.

    A practice school is its school's administrators', while they are.
    """
    administers = Membership.objects.filter(
        user=user, institution=OuterRef("institution__practice_of"), role=Role.ADMIN
    )
    is_entered = Q(institution__practice_of=None) | Exists(administers)
    rows = Membership.objects.filter(is_entered, user=user, institution__closing_at=None)
    return rows.select_related("institution").order_by("institution__name")


def membership_at(user: User, slug: str) -> Membership | None:
    """The person's membership of the institution with this slug; None for a stranger as for an unknown slug."""
    return memberships_of(user).filter(institution__slug=slug).first()


# -- Paid services -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Budget:
    """An institution's current month: estimated dollars of its calls so far, and the cap (None: no cap)."""

    month: date
    spent: Decimal
    cap: Decimal | None

    @property
    def is_spent(self) -> bool:
        return self.cap is not None and self.spent >= self.cap

    @property
    def is_near(self) -> bool:
        return self.cap is not None and self.spent >= self.cap * NEAR

    @property
    def percent(self) -> int:
        """Used part of the cap in per cent, rounded down; above 100 if it was overshot. 0 without a cap."""
        if self.cap is None:
            return 0
        return int(100 * self.spent / self.cap) if self.cap else 100

    @property
    def renews_on(self) -> date:
        """The first day of the next month."""
        return month_after(self.month)


def billing_month(at: datetime | None = None) -> date:
    """The first day of the month (UTC) in which AWS bills a call."""
    return (at or timezone.now()).astimezone(UTC).date().replace(day=1)


def month_after(month: date, months: int = 1) -> date:
    """The first day of the month `months` later; earlier if negative."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def dollars_in(month: date, usage: Mapping[tuple[str, str], float]) -> Decimal:
    """Estimated dollars of a month's calls, not rounded."""
    return sum((dollars_of(month, *key, calls) for key, calls in usage.items()), Decimal(0))


def read_budget(institution_id: UUID, *, at: datetime | None = None) -> Budget:
    """The institution's current month. One query; counts that this process has not written yet are included."""
    month = billing_month(at)
    rows = list(
        Institution.objects.filter(pk=institution_id)
        .annotate(used=FilteredRelation("paid_calls", condition=Q(paid_calls__month=month)))
        .values_list("monthly_cap", "used__service", "used__operation", "used__calls")
    )
    usage = _with_pending(institution_id, month, [row[1:] for row in rows if row[1]])
    return Budget(month, dollars_in(month, usage), rows[0][0] if rows else None)


def usage_by_month(institution: Institution, *, months: int, at: datetime | None = None) -> dict[date, Usage]:
    """Calls of the last `months` months, the current one last; months without calls are empty. One query."""
    last = billing_month(at)
    by_month: dict[date, Usage] = {month_after(last, -n): {} for n in reversed(range(months))}
    rows = PaidCalls.objects.for_institution(institution).filter(month__gte=min(by_month), month__lte=last)
    for month, service, operation, calls in rows.values_list("month", "service", "operation", "calls"):
        by_month[month][service, operation] = calls
    stored = ((*key, calls) for key, calls in by_month[last].items())
    by_month[last] = _with_pending(institution.pk, last, stored)
    return by_month


def _with_pending(institution_id: UUID, month: date, rows: Iterable[tuple[str, str, float]]) -> Usage:
    usage = {(service, operation): calls for service, operation, calls in rows}
    for key, calls in pending.of(institution_id, month).items():
        usage[key.service, key.operation] = usage.get((key.service, key.operation), 0) + calls
    return usage
