"""Addresses of a list's earlier and later pages."""

from django import template
from django.template.context import RequestContext

register = template.Library()


@register.simple_tag(takes_context=True)
def page_address(context: RequestContext, number: int, name: str) -> str:
    """This address with page `number` of the list that `name` calls; the rest of its query stays as it is."""
    query = context["request"].GET.copy()
    query[name] = str(number)
    return f"?{query.urlencode()}"
