"""Template tags for rates, their bounds and thresholds."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from attendance.calibration.charts import HEIGHT, WIDTH, Spot, chart_of
from attendance.calibration.rates import Point, Rate
from attendance.calibration.report import Report

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """A rate in per cent, with as many decimals as are significant."""
    if value is None:
        return "–"
    percent = round(100 * value, 9)
    places = 0 if percent >= 10 or not percent else 1 if percent >= 1 else 2
    if percent and round(percent, 2) == 0:
        return _("under %s %%") % number_format(0.01)
    return f"{number_format(round(percent, places), places)} %"


@register.filter
def round_share(value: float) -> str:
    """A rate that is a round number, with no more decimals than it has."""
    return f"{number_format(Decimal(f'{100 * value:g}'))} %"


@register.filter
def similarity(value: float) -> str:
    """A threshold in the engine's own unit."""
    return str(number_format(round(value, 4)))


@register.filter
def bounds(rate: Rate) -> str:
    """The bounds of a rate, in words; of a rate of none or all, the one bound that there is."""
    if not rate.trials:
        return _("nothing is known yet")
    if not rate.events:
        return _("at most %s") % share(rate.high)
    if rate.events == rate.trials:
        return _("at least %s") % share(rate.low)
    return _("%(low)s to %(high)s") % {"low": share(rate.low), "high": share(rate.high)}


@register.inclusion_tag("attendance/calibration/_rate.html")
def rate_line(rate: Rate, words: str) -> dict[str, Any]:
    """A rate with its sample and its bounds, after the words that describe the sample."""
    return {"rate": rate, "words": words}


@register.inclusion_tag("attendance/calibration/_rate_chart.html")
def rate_chart(report: Report, which: str, title: str) -> dict[str, Any]:
    """Chart of a rate ("false_matches", "misses") against the threshold; thresholds in force and proposed as lines."""
    spots = [_spot(point, which) for point in report.points]
    proposed = report.proposal.threshold
    lines = [("now", report.accept_threshold), *([("proposed", proposed)] if proposed is not None else [])]
    is_known = bool(getattr(report.points[0], which).trials)
    return {
        "chart": chart_of(spots, lines) if is_known else None,
        "title": title,
        "which": which,
        "width": WIDTH,
        "height": HEIGHT,
    }


@register.filter
def a_tenth(points: tuple[Point, ...]) -> list[Point]:
    """About ten points of a curve, the first and the last among them, for a table."""
    width = max(len(points) // 10, 1)
    return [*points[:-1:width], points[-1]]


def _spot(point: Point, which: str) -> Spot:
    rate: Rate = getattr(point, which)
    return Spot(point.threshold, rate.low, rate.value or 0.0, rate.high)
