"""Addresses of findings."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from accounts.models import Role

register = template.Library()


@register.simple_tag(takes_context=True)
def address_of_hit(context: dict[str, Any], kind: str, row: Any) -> str:
    """The page to which a finding of this kind leads."""
    slug = context["institution"].slug
    if kind == "member":
        return reverse("members", args=[slug]) + "?" + urlencode({"q": row.user.name})
    if context["membership"].role == Role.PRINCIPAL:  # who reads the figures of a course or group, and nobody's marks
        return reverse("trends", args=[slug]) + "?" + urlencode({"form" if kind == "group" else "course": row.pk})
    name = "group_attendance" if kind == "group" else kind
    return reverse(name, args=[slug, row.pk])
