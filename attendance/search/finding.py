"""Findings of a search, by the visitor's role: names by their folded keys, and numbers and codes by their beginning.

A name that begins with the first word comes before one with a part that does, and that before one that contains it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from accounts.names import folded
from attendance.reports.access import students_visible_to
from enrollment.models import Course, Group, Guardian
from enrollment.selectors import courses_of, groups_of

MOST_WORDS, LONGEST = 6, 80
# A student and a guardian have nobody to find. A principal, who sees figures and no names of students, finds courses
# and groups: what there are figures of.
SEARCHING = (Role.ADMIN, Role.TEACHER, Role.PRINCIPAL)
_NAMES = (Role.ADMIN, Role.TEACHER)
_STAFF = (Role.ADMIN, Role.TEACHER, Role.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Section:
    """Findings of one kind, the best first. has_more: there are others."""

    kind: str
    title: str | Promise
    rows: list[Any]
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing that can be found. rows: those that a member may find; key: the path of the folded name; code:
    of a number or code, empty if it has none; roles: members who may find it.
    """

    code: str
    title: str | Promise
    rows: Callable[[Membership], QuerySet[Any]]
    key: str = "name_key"
    number: str = ""
    roles: tuple[Role, ...] = SEARCHING


def _students(membership: Membership) -> QuerySet[Any]:
    return students_visible_to(membership).prefetch_related("groups")


def _courses(membership: Membership) -> QuerySet[Any]:
    if membership.role == Role.PRINCIPAL:
        return Course.objects.for_institution(membership.institution).filter(is_active=True)
    return courses_of(membership)


def _groups(membership: Membership) -> QuerySet[Any]:
    if membership.role == Role.PRINCIPAL:
        return Group.objects.for_institution(membership.institution).filter(is_active=True)
    return groups_of(membership).filter(is_active=True)


def _members(membership: Membership) -> QuerySet[Any]:
    members = Membership.objects.for_institution(membership.institution)
    return members.filter(role__in=_STAFF).select_related("user")


def _guardians(membership: Membership) -> QuerySet[Any]:
    return Guardian.objects.for_institution(membership.institution)


_KINDS = (
    _Kind("student", _("Students"), _students, number="roll_number", roles=_NAMES),
    _Kind("course", _("Courses"), _courses, number="code"),
    _Kind("group", _("Groups"), _groups),
    _Kind("member", _("Members"), _members, key="user__name_key", roles=(Role.ADMIN,)),
    _Kind("guardian", _("Guardians"), _guardians, roles=(Role.ADMIN,)),
)


def words_of(text: str) -> list[str]:
    """The folded words of a text that is searched for; none where it is too short to mean anybody."""
    words = folded(text[:LONGEST].replace("\x00", " ")).split()[:MOST_WORDS]
    return [] if len("".join(words)) < 2 and "".join(words).isascii() else words


def found_by(membership: Membership, text: str, *, most: int) -> list[Section]:
    """Findings by kind, `most` of each; kinds without any are left out. One query a kind, and one for groups' names."""
    words = words_of(text)
    if not words:
        return []
    sections = []
    for kind in _KINDS:
        if membership.role in kind.roles:
            rows = list(_matching(kind, membership, words)[: most + 1])
            if rows:
                sections.append(Section(kind.code, kind.title, rows[:most], len(rows) > most))
    return sections


def _matching(kind: _Kind, membership: Membership, words: list[str]) -> QuerySet[Any]:
    rows = kind.rows(membership)
    for word in words:
        one = Q(**{f"{kind.key}__contains": word})
        if kind.number and any(sign.isdigit() for sign in word):
            one |= Q(**{f"{kind.number}__istartswith": word})
        rows = rows.filter(one)
    nearness = Case(
        When(**{f"{kind.key}__startswith": words[0]}, then=Value(0)),
        When(**{f"{kind.key}__contains": f" {words[0]}"}, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.order_by(nearness, kind.key, "pk")
