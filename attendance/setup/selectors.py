"""Selectors of what a school has entered so far, and of the class that is nearest to its first lesson."""

from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.face_law import may_take_faces
from accounts.members.selectors import staff_counts
from accounts.models import Institution
from attendance.domain.setup import SchoolCounts
from attendance.lessons.timetable import today_of
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Consent, ConsentRequest, Course, Enrollment, FacePhoto, Group, SchoolYear, Student

MOST_COMPARED = 60  # courses


def read_counts(institution: Institution) -> SchoolCounts:
    """Numbers of the rows that the school has entered so far. Ten queries, whatever its size."""
    year = current_year(institution)
    staff, invited = staff_counts(institution)
    courses = Course.objects.for_institution(institution).filter(is_active=True)
    return SchoolCounts(
        year=year.name if year else "",
        terms=year.terms.count() if year else 0,
        holidays=_days(institution, today_of(institution)),
        takes_faces=institution.faces_enabled,
        is_barred=not may_take_faces(institution.law),
        staff=staff,
        invited=invited,
        groups=Group.objects.for_institution(institution).filter(is_active=True).count(),
        registers=int(
            ClassSession.objects.for_institution(institution).filter(state=ClassSession.State.CLOSED).exists()
        ),
        **courses.aggregate(courses=Count("pk"), with_lessons=Count("pk", filter=Q(Exists(_slots())))),
        **_students(institution),
    )


def current_year(institution: Institution) -> SchoolYear | None:
    """The school year that is on, else the next one that begins."""
    today = today_of(institution)
    years = SchoolYear.objects.for_institution(institution).filter(ends_on__gte=today)
    return years.order_by("starts_on").first()


def _days(institution: Institution, today: date) -> int:
    """Days off of the whole school that are not over yet, weekends counted."""
    spans = DayOff.objects.for_institution(institution).filter(course=None, last_day__gte=today)
    return sum((last - first).days + 1 for first, last in spans.values_list("first_day", "last_day"))


def _slots() -> QuerySet[TimetableSlot]:
    return TimetableSlot.objects.filter(course=OuterRef("pk"))


def _students(institution: Institution) -> dict[str, int]:
    """Counts of active students by what is known of their consent and photos. One query."""
    answers = Consent.objects.filter(student=OuterRef("pk"))
    asked = ConsentRequest.objects.filter(student=OuterRef("pk"), state=ConsentRequest.State.PENDING)
    photos = FacePhoto.objects.filter(student=OuterRef("pk"), state=FacePhoto.State.ENROLLED)
    students: Any = Student.objects.for_institution(institution).filter(is_active=True)
    students = students.annotate(
        refuses=Exists(answers.refusing()),
        agrees=Exists(answers.valid()),
        has_photo=Exists(photos),
        waits=Exists(asked),
    )
    counts = dict.fromkeys(("students", "consenting", "refused", "asked", "with_photo"), 0)
    flags = students.order_by().values("refuses", "agrees", "has_photo", "waits").annotate(number=Count("pk"))
    for row in flags:  # sixteen at most: each student's flags are read once
        agreed = row["agrees"] and not row["refuses"]
        counts["students"] += row["number"]
        counts["consenting"] += row["number"] * agreed
        counts["refused"] += row["number"] * row["refuses"]
        counts["asked"] += row["number"] * (row["waits"] and not row["agrees"] and not row["refuses"])
        counts["with_photo"] += row["number"] * (agreed and row["has_photo"])
    return counts


def nearest_course(institution: Institution) -> Any:
    """The course with lessons whose students have consented most: a school can start with it. None: there is none.

    Among the first courses by name, which is enough to begin with one.

    Annotated: size, consenting, with_photo (students of its roster).
    """
    valid = Consent.objects.valid().filter(student=OuterRef("student"))
    refusing = Consent.objects.refusing().filter(student=OuterRef("student"))
    photos = FacePhoto.objects.filter(student=OuterRef("student"), state=FacePhoto.State.ENROLLED)
    agreed = Q(Exists(valid)) & ~Q(Exists(refusing))
    slots = TimetableSlot.objects.filter(course=OuterRef("pk"))
    planned = Course.objects.for_institution(institution).filter(Exists(slots), is_active=True).order_by("name_key")
    among = list(planned.values_list("pk", flat=True)[:MOST_COMPARED])
    rows = (
        Enrollment.objects.for_institution(institution)
        .filter(student__is_active=True, course__in=among)
        .order_by()
        .values("course", name=F("course__name"))
        .annotate(
            size=Count("student", distinct=True),
            consenting=Count("student", filter=agreed, distinct=True),
            with_photo=Count("student", filter=agreed & Q(Exists(photos)), distinct=True),
        )
    )
    found = [row for row in rows if row["consenting"]]
    return max(found, key=lambda row: (row["consenting"] / row["size"], row["name"]), default=None)
