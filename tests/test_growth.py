# ruff: noqa: F811 - fixtures of the walls are imported by name
"""No page asks the database more because the school is larger.

Every address of the walls' table is looked at twice, in a small school and in one ten times its size, by the visitor
for whom it is made. Lists are paged or read at once: the number of queries stays.
"""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Invitation, Membership, Role, User
from attendance.lessons.timetable import sessions_plan
from attendance.models import (
    ClassSession,
    DayOff,
    Dispute,
    Excuse,
    RosterEntry,
    StatusCode,
    Substitution,
    TimetableSlot,
)
from enrollment.models import Consent, Course, Enrollment, FacePhoto, Group, GroupPlace, Student, Teaching
from tests.conftest import rows_kept
from tests.test_walls import LINES, VISITORS, address_of, module_world, world  # noqa: F401 - fixtures

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

MOST = 14  # queries of any page: session, permissions and the entry of the access log included
# The open register and what is made of it; pages that put together what is kept in many places, such as all data of a
# student.
MORE = {
    "session": 18, "live": 18, "session_close": 19, "decide": 19, "register_pdf": 18, "blank_pdf": 18,
    "api_session": 16, "api_marks": 16,
    "student": 22, "child": 18, "my_attendance": 16, "course_file": 16, "group_file": 16,
    "student_data": 40, "my_data": 40,
}  # fmt: skip
# Pages that show a picture of somebody first, then their list: the first row brings queries that none does not.
SPARE = 3
STUDENTS, COURSES = 40, 15


def _viewer(line):
    """The visitor who is shown the page, the one with the most rows first."""
    shown = dict(zip(VISITORS, line.expected, strict=True))
    return next((who for who in ("admin", "teacher", "student", "guardian", "principal") if shown[who] == 200), None)


SHOWN = [line for line in LINES if line.method == "GET" and _viewer(line)]


def _grow(world):
    """Ten times as many students, courses, lessons, members, and whatever else is listed."""
    school, physics = world.physics.institution, world.physics
    users = User.objects.bulk_create(User(email=f"g{n}@riverside.example", name=f"Member {n}") for n in range(COURSES))
    members = Membership.objects.bulk_create(
        Membership(institution=school, user=user, role=Role.TEACHER) for user in users
    )
    students = Student.objects.bulk_create(
        Student(institution=school, name=f"Pat {n}", roll_number=f"G-{n:03}") for n in range(STUDENTS)
    )
    Consent.objects.bulk_create(
        Consent(institution=school, student=student, given_by="a parent", wording="w") for student in students
    )
    for state in (FacePhoto.State.ENROLLED, FacePhoto.State.REFUSED):
        FacePhoto.objects.bulk_create(
            FacePhoto(institution=school, student=student, picture="p", state=state) for student in students
        )
    FacePhoto.objects.bulk_create(
        FacePhoto(institution=school, student=one, looks_like=other, picture="p", state=FacePhoto.State.HELD)
        for one, other in pairwise(students)
    )
    _say(world, students)
    courses = Course.objects.bulk_create(
        Course(institution=school, code=f"C-{n}", name=f"Course {n}", room=f"R{n}") for n in range(COURSES)
    )
    _teach(world, school, [physics, *courses], members, students)
    groups = Group.objects.bulk_create(Group(institution=school, name=f"{n}a") for n in range(COURSES))
    GroupPlace.objects.bulk_create(
        GroupPlace(institution=school, group=groups[n % COURSES], student=each) for n, each in enumerate(students)
    )
    DayOff.objects.bulk_create(
        DayOff(institution=school, name=f"Day {n}", first_day=f"2027-01-{n + 1:02}", last_day=f"2027-01-{n + 1:02}")
        for n in range(COURSES)
    )
    StatusCode.objects.bulk_create(
        StatusCode(institution=school, code=f"X{n}", label=f"Code {n}", kind="E") for n in range(COURSES)
    )
    Invitation.objects.bulk_create(
        Invitation(
            institution=school, email=f"i{n}@example.org", name=f"Invited {n}", role=Role.TEACHER, token_hash=f"h{n}",
            expires_at=timezone.now() + timedelta(days=1),
        )
        for n in range(COURSES)
    )  # fmt: skip


def _say(world, students):
    """An excuse and a dispute of each student's."""
    school, day, session = world.physics.institution, world.session.local_date, world.session
    Excuse.objects.bulk_create(
        Excuse(institution=school, student=student, giver="student", kind="illness", first_day=day, last_day=day)
        for student in students
    )
    Dispute.objects.bulk_create(
        Dispute(institution=school, student=student, giver="student", session=session, status="A", version=1)
        for student in students
    )


def _teach(world, school, courses, members, students):
    """Rosters, teachers, weekly lessons, substitutes, and lessons of today and before."""
    tess = world.visitors["teacher"].memberships.get(institution=school)
    now = timezone.now()
    rows = [(course, student) for course in courses for student in students]
    Enrollment.objects.bulk_create(Enrollment(institution=school, course=c, student=s) for c, s in rows)
    new = courses[1:]
    Teaching.objects.bulk_create(
        Teaching(institution=school, course=course, teacher=who) for course in new for who in (tess, members[0])
    )
    TimetableSlot.objects.bulk_create(
        TimetableSlot(
            institution=school, course=course, weekday=day, starts="10:00", ends="10:50", first_day="2026-01-01"
        )
        for course in courses for day in range(5)
    )  # fmt: skip
    Substitution.objects.bulk_create(
        Substitution(
            institution=school, course=courses[0], teacher=who, first_day=now.date(), last_day=now.date()
        )
        for who in members
    )  # fmt: skip
    sessions = ClassSession.objects.bulk_create(
        ClassSession(
            institution=school, course=course, local_date=(now - timedelta(days=days)).date(), state=state,
            starts_at=now - timedelta(days=days, minutes=5), ends_at=now - timedelta(days=days) + timedelta(minutes=40),
        )
        for course in courses for days, state in ((0, "scheduled"), (1, "closed"), (2, "closed"), (3, "scheduled"))
    )  # fmt: skip
    RosterEntry.objects.bulk_create(
        RosterEntry(institution=school, session=session, student=student)
        for session in [world.session, *sessions] for student in students
    )  # fmt: skip
    # The lessons of a day are added once, by the first who looks: no page of this module is to be the first.
    sessions_plan(institution=school, day=timezone.localdate(timezone=school.zone))


def _queries(line, world):
    cache.clear()
    client = Client(raise_request_exception=False)
    client.cookies.load(world.cookies[_viewer(line)])
    with rows_kept(), CaptureQueriesContext(connection) as asked, TestCase.captureOnCommitCallbacks(execute=True):
        status = client.get(address_of(line, world), line.send(world)).status_code
    assert status == 200
    return [query["sql"] for query in asked]


@pytest.fixture(scope="module")
def small(module_world):
    """The queries of each page in the small school; after that the school is ten times as large for this module."""
    for line in SHOWN:
        _queries(line, module_world)  # what is read once a process is read now
    asked = {line.label: _queries(line, module_world) for line in SHOWN}
    _grow(module_world)
    return asked


@pytest.mark.parametrize("line", SHOWN, ids=lambda line: line.label)
def test_queries_stay_as_the_school_grows(line, small, world):
    before, after = small[line.label], _queries(line, world)
    assert len(after) <= len(before) + SPARE, (len(before), len(after), _more(before, after))
    assert len(after) <= MORE.get(line.name, MOST), "\n".join(sql[:300] for sql in after)


def _more(before, after):
    """Beginnings of the queries that the larger school added, for the message."""
    rest = list(after)
    for sql in before:
        if sql in rest:
            rest.remove(sql)
    return [sql[:140] for sql in rest[:12]]
