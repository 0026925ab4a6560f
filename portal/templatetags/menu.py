"""The main menu as the header of each page draws it."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from enrollment.guardians.selectors import children_of
from portal.menu import MENUS, Section, section_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the menu. current: as `aria-current` says it, "page", "true" for a page within, or empty."""

    label: str | Promise
    address: str
    current: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """The entries, and on a page within a section, or beside all of them, the way back that a phone shows."""

    entries: list[Entry]
    back: Entry | None


@register.simple_tag(takes_context=True)
def main_menu(context: Context) -> Menu:
    """The menu of the visitor's role. A guardian's has a name for each child: one query."""
    request, school, membership = context["request"], context["institution"], context["membership"]
    role = membership.role if membership else ""
    match = request.resolver_match
    name, route = (match.url_name or "", match.route) if match else ("", "")
    start = Entry(_("Start"), reverse("institution", args=[school.slug]))
    if role == Role.GUARDIAN:
        return Menu(_children(context), None if name in ("child", "children") else start)
    here = section_of(role, name, route)
    entries = [_entry(section, school.slug, here, name) for section in MENUS.get(role, ())]
    within = next((entry for entry in entries if entry.current == "true"), start)
    return Menu(entries, None if any(entry.current == "page" for entry in entries) else within)


def _entry(section: Section, slug: str, here: Section | None, name: str) -> Entry:
    current = "" if section != here else "page" if section.page == name else "true"
    return Entry(section.label, reverse(section.page, args=[slug]), current)


def _children(context: Context) -> list[Entry]:
    school, shown = context["institution"], context.get("child")
    children: Any = children_of(context["user"], school)
    return [
        Entry(child.first_name, reverse("child", args=[school.slug, child.pk]), "page" if child == shown else "")
        for child in children
    ]
