"""Search across a school of 50,000 students, 50,000 guardians, 2,000 courses and 500 groups.

    python bench/search.py

Milliseconds of the processor, median of seven, SQLite in a file (it computes in the same process), warm: searches of an
administrator for a common and a rare name, a number and nothing, one of a teacher of 200 students; queries of a search.
"""

import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
FOLDER = tempfile.TemporaryDirectory(prefix="bench-search-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="false",
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
STUDENTS, COURSES, GROUPS, TAUGHT = 50_000, 2_000, 500, 200
GIVEN = ("Amina", "Bilal", "Chloé", "Dilan", "Émile", "Fatima", "Grace", "Hugo", "Ines", "Jakub", "Łukasz", "Özlem")
FAMILY = ("Okafor", "Mensah", "Kaya", "Novák", "Rossi", "Smith", "Nguyễn", "Silva", "Kowalska", "Müller", "Bello")


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    admin, teacher = a_school()
    print(json.dumps(measured(admin, teacher)))


def a_school():
    """The school's administrator, and a teacher."""
    from accounts.models import Institution, Membership, Role, User
    from enrollment.models import Course, Enrollment, Group, GroupPlace, Guardian, Student, Teaching

    chance = random.Random(1)
    school = Institution.objects.create(slug="bench", name="Bench")
    users = [User.objects.create(email=f"{role}@bench.example", name=f"Pat {role}") for role in ("admin", "teacher")]
    admin, teacher = [
        Membership.objects.create(institution=school, user=user, role=role)
        for user, role in zip(users, (Role.ADMIN, Role.TEACHER), strict=True)
    ]

    def name() -> str:
        return f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}-{chance.choice(FAMILY)}{chance.randrange(1000)}"

    students = Student.objects.bulk_create(
        [Student(institution=school, name=name(), roll_number=f"R-{n:06}") for n in range(STUDENTS)], batch_size=500
    )
    Guardian.objects.bulk_create([Guardian(institution=school, name=name()) for _ in range(STUDENTS)], batch_size=500)
    courses = Course.objects.bulk_create(
        [Course(institution=school, code=f"C-{n}", name=f"Course {n}") for n in range(COURSES)], batch_size=500
    )
    groups = Group.objects.bulk_create([Group(institution=school, name=f"{n}a") for n in range(GROUPS)])
    GroupPlace.objects.bulk_create(
        [GroupPlace(institution=school, group=groups[n % GROUPS], student=each) for n, each in enumerate(students)],
        batch_size=500,
    )
    Teaching.objects.create(institution=school, course=courses[0], teacher=teacher)
    Enrollment.objects.bulk_create(
        [Enrollment(institution=school, course=courses[0], student=each) for each in students[:TAUGHT]]
    )
    return admin, teacher


def measured(admin, teacher) -> dict[str, object]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from attendance.search.finding import found_by

    def find(member, text: str) -> float:
        """Milliseconds of the processor."""
        taken = []
        for _ in range(8):
            begun = time.process_time()
            found_by(member, text, most=5)
            taken.append((time.process_time() - begun) * 1000)
        return round(statistics.median(taken[1:]), 1)

    with CaptureQueriesContext(connection) as asked:
        found_by(admin, "emile kaya", most=5)
    return {
        "admin_common_ms": find(admin, "emile kaya"),
        "admin_rare_ms": find(admin, "kowalska-novak77"),
        "admin_number_ms": find(admin, "r-049999"),
        "admin_nothing_ms": find(admin, "zzzz"),
        "teacher_ms": find(teacher, "emile"),
        "queries": len(asked),
        "students": STUDENTS,
        "data_sets": ["names drawn by chance: 50,000 students, 50,000 guardians"],
    }


if __name__ == "__main__":
    main()
