"""Addresses of findings."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def address_of_hit(context: dict[str, Any], kind: str, row: Any) -> str:
    """The page to which a finding of this kind leads."""
    slug = context["institution"].slug
    if kind == "member":
        return reverse("members", args=[slug]) + "?" + urlencode({"q": row.user.name})
    name = "group_attendance" if kind == "group" else kind
    return reverse(name, args=[slug, row.pk])
