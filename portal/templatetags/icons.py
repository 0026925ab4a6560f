"""Lucide's icons, each drawn once: Lucide's own tag builds a tree of elements each time, forty times a register."""

from functools import cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as drawn

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> SafeString:
    """The icon as inline SVG. Raises IconDoesNotExist."""
    return _kept(name, size, tuple(attributes.items()))


@cache
def _kept(name: str, size: int | None, attributes: tuple[tuple[str, object], ...]) -> SafeString:
    plain = name + ""  # a template's is a SafeString, which the package would keep apart
    return mark_safe(drawn(plain, size=size, **dict(attributes)))  # noqa: S308 - the package's own drawing
