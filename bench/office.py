"""The office's pages in a large school: seconds and queries of every page that an administrator can open.

    python bench/office.py [--students 50000] [--courses 2000] [--only WORD]

Fills a database of its own (an SQLite file, or the one that BENCH_DATABASE_URL names): students with consents, photos,
guardians, groups and courses; a year; a lesson of each course today; of the first 200 courses a closed register of
yesterday; excuses. Opens each portal page (the school's own, and those of one student, course, group, lesson, guardian,
year) and each list of the office as an administrator, twice, and prints the second on standard error: milliseconds,
those of this process's own computing time (with SQLite's, without what others did to the machine meanwhile), queries,
address. Downloads that end in .csv are left out.

    pages, most_queries   pages opened, and the queries of the one with the most
    over_14               pages with more queries than 14, and how many
    slowest_computed_ms   the slowest page's computing time
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE, CLOSED = 5_000, 200


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=50_000)
    parser.add_argument("--courses", type=int, default=2_000)
    parser.add_argument("--only", default="", help="addresses that contain this")
    parser.add_argument("--keep", default="", metavar="FILE", help="keep the SQLite file, or use it again")
    return parser.parse_args()


def begin(database):
    """Django with a database of its own."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("SECRET_KEY", "only-for-a-bench")
    os.environ.update(DEBUG="true", HTTPS="false", ALLOWED_HOSTS="testserver", DJANGO_SETTINGS_MODULE="portal.settings")
    os.environ.update(DATA_DIR=tempfile.mkdtemp(), DATABASE_URL=os.environ.get("BENCH_DATABASE_URL", database))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def made(model, rows):
    """Insert rows some thousands at a time; returns them."""
    rows, done = iter(rows), []
    while part := list(islice(rows, AT_ONCE)):
        done += model.objects.bulk_create(part)
    return done


def fill(number, courses_number):
    """A school of that size, and its administrator."""
    from django.utils import timezone

    from accounts.models import Institution, Membership, Role, User

    if school := Institution.objects.filter(slug="large").first():
        return school, User.objects.get(email="office@large.example"), places_of(school)
    school = Institution.objects.create(
        slug="large", name="Large School", faces_enabled=True, setup_done_at=timezone.now()
    )
    user = User.objects.create_user("office@large.example", "x" * 20, name="Office")
    member = Membership.objects.create(institution=school, user=user, role=Role.ADMIN)
    own = {"institution": school}
    students = people(own, number)
    courses = rosters(own, students, member, courses_number)
    families(own, students)
    lessons(own, courses)
    return school, user, places_of(school)


def people(own, number):
    """Students; nine in ten have a consent, and eight in ten up to three photos."""
    from django.utils import timezone

    from enrollment.models import Consent, FacePhoto, Student

    students = made(
        Student,
        (Student(**own, name=f"Pat Name{n}", roll_number=f"{n:06}", birth_date="2011-03-04") for n in range(number)),
    )
    agreed = students[: number * 9 // 10]
    made(Consent, (Consent(**own, student=each, given_by="a parent", wording="w") for each in agreed))
    now, enrolled = timezone.now(), {"picture": "p", "state": FacePhoto.State.ENROLLED}
    made(
        FacePhoto,
        (
            FacePhoto(**own, **enrolled, student=each, created_at=now - timedelta(days=(n * 7) % 500))
            for n, each in enumerate(agreed[: number * 8 // 10])
            for _ in range(1 + n % 3)
        ),
    )
    return students


def rosters(own, students, member, courses_number):
    """A form group for each student, and six of the courses, which the member teaches; returns the courses."""
    from enrollment.models import Course, Enrollment, Group, GroupPlace, Teaching

    groups = made(Group, (Group(**own, name=f"{n + 1}a") for n in range(len(students) // 30)))
    made(
        GroupPlace, (GroupPlace(**own, group=groups[n % len(groups)], student=each) for n, each in enumerate(students))
    )
    courses = made(Course, (Course(**own, code=f"C-{n}", name=f"Course {n}") for n in range(courses_number)))
    made(Teaching, (Teaching(**own, course=each, teacher=member) for each in courses))
    made(
        Enrollment,
        (
            Enrollment(**own, course=courses[(n + step * 331) % courses_number], student=each)
            for n, each in enumerate(students)
            for step in range(6)
        ),
    )
    return courses


def families(own, students):
    """A guardian of each student; of every hundredth student a reason for an absence today."""
    from django.utils import timezone

    from attendance.models import Excuse
    from enrollment.models import Guardian, Guardianship

    guardians = made(
        Guardian, (Guardian(**own, name=f"Parent {n}", email=f"p{n}@example.org") for n, _each in enumerate(students))
    )
    pairs = zip(guardians, students, strict=True)
    made(Guardianship, (Guardianship(**own, guardian=guardian, student=student) for guardian, student in pairs))
    today = timezone.localdate()
    ill = {"giver": "school", "kind": "illness", "first_day": today, "last_day": today}
    made(Excuse, (Excuse(**own, student=each, **ill) for each in students[::100]))


def lessons(own, courses):
    """A year; a lesson of each course today; of the first CLOSED courses a closed register of yesterday."""
    from django.utils import timezone

    from attendance.models import ClassSession, MarkRow, RosterEntry, SessionSummary, TimetableSlot
    from enrollment.models import Enrollment, SchoolYear

    now, day = timezone.now(), timezone.localdate()
    SchoolYear.objects.create(
        **own, name="This year", starts_on=day - timedelta(days=90), ends_on=day + timedelta(days=200)
    )
    span = {"starts": "00:05", "ends": "00:50", "first_day": day}
    made(TimetableSlot, (TimetableSlot(**own, course=each, weekday=day.weekday(), **span) for each in courses))
    before = now - timedelta(days=1)
    closed = made(
        ClassSession,
        (
            ClassSession(
                **own,
                course=each,
                local_date=before.date(),
                starts_at=before,
                ends_at=before + timedelta(minutes=45),
                state="closed",
                closed_at=before + timedelta(minutes=45),
            )
            for each in courses[:CLOSED]
        ),
    )
    by_course = {each.course_id: each for each in closed}
    places = Enrollment.objects.filter(course__in=by_course).values_list("course_id", "student_id")
    rows = [{**own, "session": by_course[course], "student_id": student} for course, student in places]
    made(RosterEntry, (RosterEntry(**row) for row in rows))
    mark = {"status": "P", "source": "rest", "marked_at": before}
    made(MarkRow, (MarkRow(**row, **mark) for row in rows))
    made(SessionSummary, (SessionSummary(**own, session=each, day=each.local_date, closed_at=now) for each in closed))


def places_of(school):
    """Parts of addresses by name: the id of one of each."""
    from attendance.models import ClassSession
    from enrollment.models import Course, Group, Guardian, SchoolYear, Student

    kinds = {
        "student_id": Student, "course_id": Course, "group_id": Group, "session_id": ClassSession,
        "guardian_id": Guardian, "year_id": SchoolYear,
    }  # fmt: skip
    first = {part: kind.objects.for_institution(school).order_by("pk").first().pk for part, kind in kinds.items()}
    return {"institution": school.slug, **first, "form": "csv"}


def addresses(places):
    """Each portal page about the school, or about one of `places`, and each list of the office."""
    from django.contrib import admin
    from django.urls import get_resolver, reverse

    for name, routes in get_resolver().reverse_dict.lists():
        for possibilities, _pattern, _defaults, _converters in routes:
            parts = possibilities[0][1]
            if isinstance(name, str) and "institution" in parts and set(parts) <= set(places):
                yield reverse(name, kwargs={part: places[part] for part in parts})
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    yield reverse("admin:index")


def measure(client, address):
    """Status, milliseconds, those of computing time, and queries of one GET."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        before, computed = time.perf_counter(), time.process_time()
        response = client.get(address)
        if response.streaming:
            list(response.streaming_content)
    spent, computed = time.perf_counter() - before, time.process_time() - computed
    return response.status_code, 1000 * spent, 1000 * computed, len(queries)


def main():
    options = parse()
    file = options.keep or f"{tempfile.mkdtemp()}/office.sqlite3"
    begin(f"sqlite:///{file}")
    before = time.perf_counter()
    school, user, places = fill(options.students, options.courses)
    size = f"{options.students} students, {options.courses} courses"
    print(f"{size}, made in {time.perf_counter() - before:.0f} s", file=sys.stderr)
    from django.conf import settings
    from django.test import Client

    logging.disable(logging.WARNING)  # of addresses to which one only posts

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False)
    client.force_login(user)
    client.get(f"/admin/school/{school.slug}/")
    found = []
    for address in sorted(set(addresses(places))):
        if options.only in address and (options.only or not address.endswith(".csv")):
            measure(client, address)
            found.append((*measure(client, address), address))
    shown = sorted((row for row in found if row[0] == 200), key=lambda row: -row[2])
    for _status, spent, computed, queries, address in shown:
        said = f"{spent:8.0f} ms {computed:8.0f} ms computed {queries:4} queries  {address}"
        print(said, file=sys.stderr)
    figures = {
        "pages": len(shown),
        "most_queries": max(row[3] for row in shown),
        "over_14": {without_ids(row[4]): row[3] for row in shown if row[3] > 14},
        "slowest_computed_ms": round(shown[0][2]),
    }
    print(json.dumps({**figures, "data_sets": [f"{size}, invented"]}))


def without_ids(address):
    """An address with a star for each id in it; without dots, by which figures are named."""
    parts = ("*" if len(part) == 36 and part.count("-") == 4 else part for part in address.split("/"))
    return "/".join(parts).replace(".", "-")


if __name__ == "__main__":
    main()
