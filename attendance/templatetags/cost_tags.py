"""Template tags for amounts of money and numbers of paid calls."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from attendance.costs.report import Costs

register = template.Library()


@register.filter
def dollars(amount: Decimal, places: int = 2) -> str:
    """An amount with so many decimals, half upwards. An amount too small to be shown is never shown as zero."""
    unit = Decimal(1).scaleb(-places)
    rounded = amount.quantize(unit, ROUND_HALF_UP)
    if amount and not rounded:
        return _("under $%(amount)s") % {"amount": number_format(unit, places)}
    return f"${number_format(rounded, places, force_grouping=True)}"


@register.filter
def grouped(number: int) -> str:
    """A large number with its thousands grouped."""
    return str(number_format(number, 0, force_grouping=True))


@register.inclusion_tag("attendance/parts/_bar.html")
def amount_bar(share: float) -> dict[str, Any]:
    """A bar filled to `share`, 0 to 1; the least amount is a sliver."""
    return {"segments": _segments([("spent", share and max(share, 0.01))])}


@register.inclusion_tag("attendance/parts/_bar.html")
def cap_bar(costs: Costs) -> dict[str, Any]:
    """The part of the cap that is used, and in a paler shade the part expected by the month's end."""
    budget = costs.budget
    if not budget.cap:
        return {"segments": _segments([("over", 1.0)])}
    used = min(float(budget.spent / budget.cap), 1.0)
    ahead = min(float((costs.expected or budget.spent) / budget.cap), 1.0) - used
    kind = "over" if budget.is_spent else "near" if budget.is_near else "spent"
    return {"segments": _segments([(kind, used), ("ahead", ahead)])}


def _segments(parts: list[tuple[str, float]]) -> list[dict[str, str]]:
    segments, at = [], 0.0
    for kind, share in parts:
        if share > 0:
            segments.append({"status": kind, "x": f"{100 * at:.2f}", "width": f"{100 * share:.2f}"})
        at += share
    return segments
