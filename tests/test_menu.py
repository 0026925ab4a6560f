"""The main menu: each role's entries, the section of each page, and the way back that a phone shows."""

import re

import pytest
from django.urls import get_resolver, reverse

from accounts.models import Role
from enrollment.models import Guardian, Guardianship
from portal.menu import MENUS, section_of
from tests.conftest import make_member

ASIDE = {
    "",
    "manage",
    "figures",
    "check-in",
    "children",
    "privacy",
    "jobs",
    "portraits",
}  # menu pages, and no section's
ENTRY = re.compile(r'<a href="([^"]+)"(?:\s+aria-current="(\w+)")?><bdi>([^<]+)</bdi>')


def menu_of(client, address):
    html = client.get(address, follow=True).content.decode()
    nav = html.partition('id="main-menu"')[2].partition("</nav>")[0]
    back = re.search(r'class="back" href="([^"]+)"', html)
    return [(label, current) for _href, current, label in ENTRY.findall(nav)], back and back.group(1)


@pytest.fixture
def people(riverside, physics, sam, tess, ada):
    return {"teacher": tess, "admin": ada, "principal": make_member(riverside, "Pia", Role.PRINCIPAL),
            "student": sam.user.memberships.get()}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        ("teacher", ["Today", "Courses", "Reports"]),
        ("admin", ["Today", "People", "Courses", "Reports", "Manage"]),
        ("principal", ["Today", "Reports"]),
        ("student", ["Attendance", "Check in"]),
    ],
)
def test_each_role_has_its_menu_and_every_entry_opens(sign_in, people, role, labels):
    client = sign_in(people[role])
    for section in MENUS[role]:
        address = reverse(section.page, args=["riverside"])
        assert client.get(address).status_code == 200, section.page
        entries, back = menu_of(client, address)
        assert [label for label, _current in entries] == labels
        assert [label for label, current in entries if current == "page"] == [section.label]
        assert back is None


def test_a_page_within_a_section_names_it_and_leads_back(sign_in, people, riverside, physics, sam):
    pages = {
        "teacher": [("course_attendance", physics.pk, "courses"), ("student", sam.pk, "courses")],
        "admin": [("course_attendance", physics.pk, "courses"), ("student", sam.pk, "people")],
    }
    for role, found in pages.items():
        for name, pk, section in found:
            entries, back = menu_of(sign_in(people[role]), reverse(name, args=["riverside", pk]))
            assert [current for _label, current in entries].count("true") == 1
            assert back == reverse(section, args=["riverside"])


def test_a_page_of_no_section_leads_back_to_the_start(sign_in, people):
    entries, back = menu_of(sign_in(people["teacher"]), reverse("privacy", args=["riverside"]))
    assert not any(current for _label, current in entries)
    assert back == reverse("institution", args=["riverside"])


def test_a_guardian_s_menu_has_the_children(sign_in, riverside, sam, sita):
    fay = make_member(riverside, "Fay", Role.GUARDIAN)
    guardian = Guardian.objects.create(institution=riverside, name="Fay Field", user=fay.user)
    for student in (sam, sita):
        Guardianship.objects.create(institution=riverside, guardian=guardian, student=student)
    entries, back = menu_of(sign_in(fay), reverse("child", args=["riverside", sita.pk]))
    assert entries == [("Sam", ""), ("Sita", "page")]
    assert back is None


def addresses():
    """Every address of a school with its name, as `(name, route)`."""

    def walk(patterns, before=""):
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif route.startswith("<slug:institution>/"):
                yield pattern.name, route

    return list(walk(get_resolver().url_patterns))


def test_every_page_of_a_school_belongs_to_a_section_of_the_office_s_or_the_students_menu():
    lost = {
        route
        for name, route in addresses()
        if route.split("/")[1] not in ASIDE
        and not any(section_of(role, name, route) for role in (Role.ADMIN, Role.STUDENT))
    }
    assert lost == set()
