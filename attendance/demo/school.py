"""Data of the demo school: invented people, courses, a timetable, logins."""

from dataclasses import dataclass
from datetime import time

from accounts.models import Role
from attendance.demo.pictures import LATECOMER, STUDENTS, WITHOUT_CONSENT

PASSWORD = "demo-attendance"  # noqa: S105 - printed on purpose: the demo school exists only where DEMO is set
CONSENT_WORDING = "Face consent 2026-09"


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the demo."""

    email: str
    name: str
    role: Role
    school: str  # slug


@dataclass(frozen=True, slots=True)
class School:
    slug: str
    name: str
    time_zone: str
    faces_enabled: bool


@dataclass(frozen=True, slots=True)
class DemoStudent:
    """A student of the demo. person: their number in the AT&T/ORL set, None without photos. consents: to its use."""

    name: str
    roll_number: str
    person: int | None
    consents: bool = True


@dataclass(frozen=True, slots=True)
class Lesson:
    """A weekly lesson; weekday as in `date.weekday()`."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A course of the demo. students: positions in `RIVERSIDE_STUDENTS`."""

    code: str
    name: str
    room: str
    teacher: str
    students: range
    lessons: tuple[Lesson, ...]


RIVERSIDE = School("riverside", "Riverside School", "Europe/London", faces_enabled=True)
HILLTOP = School("hilltop", "Hilltop School", "Asia/Kolkata", faces_enabled=False)

TEACHER = Login("teacher@riverside.example", "Ms Okafor", Role.TEACHER, "riverside")
STUDENT = Login("student@riverside.example", "Ade Bello", Role.STUDENT, "riverside")
ADMIN = Login("admin@riverside.example", "Mr Lindqvist", Role.ADMIN, "riverside")
GUARDIAN = Login("guardian@riverside.example", "Mrs Bello", Role.GUARDIAN, "riverside")
PRINCIPAL = Login("principal@riverside.example", "Dr Amin", Role.PRINCIPAL, "riverside")
HILLTOP_ADMIN = Login("admin@hilltop.example", "Mrs Iyer", Role.ADMIN, "hilltop")
LOGINS = (TEACHER, STUDENT, ADMIN, GUARDIAN, PRINCIPAL, HILLTOP_ADMIN)

# Invented names, in the order of the set's people 1 to 32, then students of another year without photos.
_NAMES = (
    "Ade Bello", "Ben Ashworth", "Chen Wei", "Dilan Aydın", "Emil Sørensen", "Femi Adeyemi", "Georg Brandt",
    "Hana Nováková", "Ivan Petrov", "Julia Mendes", "Karim Haddad", "Luca Ferri", "Mateo Ríos", "Noah Goldstein",
    "Omar Siddiqui", "Pavel Dvořák", "Quentin Roy", "Rafael Oliveira", "Sami Virtanen", "Tariq Mansour",
    "Umar Farooq Abdul-Rahman Ibn Yusuf al-Qurtubi Montgomery", "Viktor Mbeki", "Wim de Vries", "Xavi Puig",
    "Yusuf Kaya", "Zoltán Kiss", "Arjun Nair", "Bilal Khan", "செல்வன் முருகன்", "سليم حداد", "Carlo Neri",
    "Denise Wolf", "Aiko Tanaka", "Bronwen Hughes", "Ciarán Doyle", "Dina Halabi", "Esra Demir", "Fatou Diop",
    "Grace Mwangi", "Hemi Parata", "Imani Okoye", "Jonas Weber",
)  # fmt: skip
YEAR_10 = range(32)
YEAR_9 = range(32, 42)  # ten: of fewer the principal is shown no figures


def _student(position: int, name: str) -> DemoStudent:
    person = position + 1
    return DemoStudent(
        name=name,
        roll_number=f"R-{1001 + position}",
        person=person if person in STUDENTS or person == LATECOMER else None,
        consents=person != WITHOUT_CONSENT,
    )


RIVERSIDE_STUDENTS = tuple(_student(position, name) for position, name in enumerate(_NAMES))
HILLTOP_STUDENTS = tuple(
    DemoStudent(name, f"H-{n}", None)
    for n, name in enumerate(("Anika Rao", "Dev Malhotra", "Ishaan Bose", "Meera Pillai", "Rohan Shetty"), start=1)
)

PHYSICS = CoursePlan(
    "PHY-10B", "Physics 10B", "12", TEACHER.email, YEAR_10,
    (Lesson(1, time(9), time(9, 50)), Lesson(3, time(11), time(11, 50))),
)  # fmt: skip
CHEMISTRY = CoursePlan(
    "CHE-10A", "Chemistry 10A", "Lab 2", TEACHER.email, range(18),
    tuple(Lesson(weekday, time(14), time(14, 50)) for weekday in range(5)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoTerm:
    """A term; first and last day as years after the school year's first, month, day."""

    name: str
    first: tuple[int, int, int]
    last: tuple[int, int, int]


YEAR_BEGINS = 8  # the month
TERMS = (
    DemoTerm("Autumn term", (0, 8, 20), (0, 12, 31)),
    DemoTerm("Spring term", (1, 1, 1), (1, 4, 10)),
    DemoTerm("Summer term", (1, 4, 11), (1, 7, 31)),
)
FORM_GROUP = "10B"  # the teacher's
FORM_GROUPS = ((FORM_GROUP, "10", YEAR_10, TEACHER.email), ("9A", "9", YEAR_9, ADMIN.email))  # name, level, who, tutor

COURSES = (
    PHYSICS,
    CHEMISTRY,
    CoursePlan(
        "MAT-10C", "Mathematics 10C", "7", TEACHER.email, range(0, 32, 2),
        (Lesson(0, time(10), time(10, 50)), Lesson(2, time(10), time(10, 50)), Lesson(4, time(9), time(9, 50))),
    ),
    CoursePlan("HIS-9A", "History 9A", "21", ADMIN.email, YEAR_9, (Lesson(1, time(13), time(13, 50)),)),
)  # fmt: skip
