"""Template tags of a guardian's pages: the children whom the navigation names."""

from typing import Any

from django import template

from accounts.models import Membership
from enrollment.guardians.selectors import children_of
from enrollment.models import Student

register = template.Library()


@register.simple_tag(takes_context=True)
def own_children(context: dict[str, Any]) -> list[Student]:
    """The students of this school whom the page's visitor may look at as their guardian, by name."""
    membership: Membership = context["membership"]
    return list(children_of(membership.user, membership.institution))
