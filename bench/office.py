"""The office's pages in a large school: seconds and queries of every page without a person in its address.

    python bench/office.py [--students 50000] [--courses 2000] [--only WORD]

Fills a database of its own (an SQLite file, or the one that BENCH_DATABASE_URL names), opens each portal page and each
list of the office as an administrator, twice, and prints the second: milliseconds, those of this process's own
computing time (with SQLite's, without what others did to the machine meanwhile), queries, address.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 5_000


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
    from enrollment.models import Consent, Course, Enrollment, FacePhoto, Group, GroupPlace, Student, Teaching

    if school := Institution.objects.filter(slug="large").first():
        return school, User.objects.get(email="office@large.example")
    school = Institution.objects.create(
        slug="large", name="Large School", faces_enabled=True, setup_done_at=timezone.now()
    )
    user = User.objects.create_user("office@large.example", "x" * 20, name="Office")
    member = Membership.objects.create(institution=school, user=user, role=Role.ADMIN)
    own = {"institution": school}
    students = made(
        Student,
        (Student(**own, name=f"Pat Name{n}", roll_number=f"{n:06}", birth_date="2011-03-04") for n in range(number)),
    )
    agreed = students[: number * 9 // 10]
    made(Consent, (Consent(**own, student=each, given_by="a parent", wording="w") for each in agreed))
    now = timezone.now()
    made(
        FacePhoto,
        (
            FacePhoto(
                **own,
                student=each,
                picture="p",
                state=FacePhoto.State.ENROLLED,
                created_at=now - timedelta(days=(n * 7) % 500),
            )
            for n, each in enumerate(agreed[: number * 8 // 10])
            for _ in range(1 + n % 3)
        ),
    )
    groups = made(Group, (Group(**own, name=f"{n + 1}a") for n in range(number // 30)))
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
    return school, user


def addresses():
    """Each portal page that names the school alone, and each list of the office."""
    from django.contrib import admin
    from django.urls import get_resolver, reverse

    for name, routes in get_resolver().reverse_dict.lists():
        for possibilities, _pattern, _defaults, _converters in routes:
            if isinstance(name, str) and possibilities[0][1] == ["institution"]:
                yield reverse(name, args=["large"])
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
    school, user = fill(options.students, options.courses)
    print(f"{options.students} students, {options.courses} courses, made in {time.perf_counter() - before:.0f} s")
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False)
    client.force_login(user)
    client.get(f"/admin/school/{school.slug}/")
    found = []
    for address in sorted(set(addresses())):
        if options.only in address and (options.only or not address.endswith(".csv")):
            measure(client, address)
            found.append((*measure(client, address), address))
    for status, spent, computed, queries, address in sorted(found, key=lambda row: -row[2]):
        if status == 200:
            print(f"{spent:8.0f} ms {computed:8.0f} ms computed {queries:4} queries  {address}")


if __name__ == "__main__":
    main()
