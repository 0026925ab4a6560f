"""Template tags for imports: the bar of a preview, and texts that lead to a field of a form."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format

from accounts.names import initials_of

register = template.Library()
_STEPS = ("new", "change", "same", "left_out")
_LEAST = 0.8  # per cent of the bar: what there is can be seen


@register.inclusion_tag("enrollment/importing/_bar.html")
def import_bar(counts: Mapping[str, int]) -> dict[str, Any]:
    """A bar of the shares of new, changed, unchanged rows and those left out."""
    total = sum(counts.get(step, 0) for step in _STEPS) or 1
    shares = {step: max(100 * counts[step] / total, _LEAST) for step in _STEPS if counts.get(step)}
    segments, at = [], 0.0
    for step, share in shares.items():
        width = 100 * share / sum(shares.values())
        segments.append({"step": step, "x": f"{at:.2f}", "width": f"{max(width - 0.3, 0.3):.2f}"})
        at += width
    return {"segments": segments}


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands apart, as the language writes it."""
    return number_format(number, force_grouping=True)


@register.filter
def label_of(kind: Any, field: str) -> Any:
    """The label of a field of a kind of import."""
    return kind.labels.get(field, field)


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a portrait. What follows a name, such as a course, is none of it."""
    return initials_of(name.partition(" · ")[0])
