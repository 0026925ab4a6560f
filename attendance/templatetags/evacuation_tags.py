"""The rows of an evacuation list. It may have tens of thousands, so they are no template each."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from attendance.domain.evacuation import Person

register = template.Library()
_ROW = """
<li class="e-row{}"{}><label><input type="checkbox" data-subject="{}"{}{}>
<span class="e-who"><span class="name"><bdi>{}</bdi></span> <span class="small soft"><bdi>{}</bdi> {}{}</span></span>
<span class="e-seen small"><span data-time>{}</span> <span class="soft" data-by>{}</span></span></label></li>"""
_HERE, _OTHER, _CHECKED, _DISABLED = (SafeString(f" {word}") for word in ("here", "data-other", "checked", "disabled"))


class ListedPerson(Protocol):
    """A person of the list, with the time at which they were seen and by whom, both empty if not."""

    @property
    def person(self) -> Person: ...
    @property
    def seen(self) -> str: ...
    @property
    def seen_by(self) -> str: ...


@register.simple_tag
def evacuation_rows(people: Iterable[ListedPerson], running: object, *, is_other: bool = False) -> SafeString:
    """The people to be ticked off. running: the evacuation; None before it begins. is_other: they are not expected."""
    return format_html_join("", _ROW, _cells(people, bool(running), is_other))


def _cells(people: Iterable[ListedPerson], is_running: bool, is_other: bool) -> Iterator[tuple[object, ...]]:
    kinds = {"visitor": _("visitor"), "staff": _("staff")}
    standings = {
        "unknown": " · " + _("not known"), "absent": " · " + _("absent"), "explained": " · " + _("absent"),
        "left": " · " + _("left early"),
    }  # fmt: skip
    disabled, other = "" if is_running else _DISABLED, _OTHER if is_other else ""
    for each in people:
        person = each.person
        yield (
            _HERE if each.seen else "", other, person.subject, _CHECKED if each.seen else "", disabled,
            person.name, person.group, kinds.get(person.kind, ""), standings.get(person.standing, ""),
            each.seen, each.seen_by,
        )  # fmt: skip
