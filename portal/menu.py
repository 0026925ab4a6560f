"""The main menu of each role, and the section of it to which an address belongs."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the menu. page: the name of its address."""

    page: str
    label: str | Promise


_TODAY, _COURSES = _("Today"), _("Courses")
_REPORTS = Section("reports", _("Reports"))
_TEACHING = (Section("today", _TODAY), Section("courses", _COURSES), _REPORTS)

MENUS: dict[str, tuple[Section, ...]] = {
    Role.TEACHER: _TEACHING,
    Role.ADMIN: (
        Section("office", _TODAY),
        Section("people", _("People")),
        Section("courses", _COURSES),
        _REPORTS,
        Section("manage", _("Manage")),
    ),
    Role.PRINCIPAL: (Section("figures", _TODAY), Section("trends", _("Reports"))),
    Role.STUDENT: (Section("my_attendance", _("Attendance")), Section("check_in", _("Check in"))),
}

# Of an address without a page of the menu: the section by the part of the path that follows the school, and in other
# parts by the address's name.
_BY_PART = {
    "today": ("today", "office"), "office": ("office", "today"), "sessions": ("today", "office"),
    "captures": ("today", "office"), "evacuation": ("today", "office"), "decisions": ("today", "office"),
    "disputes": ("today", "office"), "excuses": ("today", "office"), "calendar": ("today", "office"),
    "courses": ("courses",), "students": ("people", "courses"), "search": ("people",),
    "people": ("people",), "members": ("people",), "guardians": ("people",), "groups": ("people", "reports"),
    "imports": ("people",), "consents": ("people",), "readiness": ("people", "courses"),
    "photos": ("people", "courses"),
    "reports": ("reports",), "trends": ("reports", "trends"), "exports": ("reports",), "letters": ("reports",),
    "me": ("my_attendance",),
    "years": ("manage",), "rooms": ("manage",), "holidays": ("manage",), "setup": ("manage",), "costs": ("manage",),
    "calibration": ("manage",), "erasures": ("manage",), "dpia": ("manage",), "access-log": ("manage",),
    "practice": ("manage",), "absence-notices": ("manage",),
}  # fmt: skip
_BY_NAME = {"group_attendance": ("reports",), "group_file": ("reports",), "office_low": ("reports",)}


def section_of(role: str, name: str, route: str) -> Section | None:
    """The section of a role's menu to which an address belongs; None for one that belongs to none, as "Privacy".

    name: the address's; route: such as `<slug:institution>/courses/<uuid:course_id>/`.
    """
    sections = {section.page: section for section in MENUS.get(role, ())}
    if name in sections:
        return sections[name]
    _school, _slash, rest = route.partition("/")
    places = _BY_NAME.get(name) or _BY_PART.get(rest.partition("/")[0], ())
    return next((sections[place] for place in places if place in sections), None)
