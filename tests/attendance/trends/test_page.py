"""The principal's page: figures from closed registers, compared with the term before; names for the office alone."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags

from accounts.models import Role
from attendance.models import ClassSession, DayOff, MarkRow, RosterEntry, SessionSummary
from attendance.trends.drawing import arrow
from attendance.trends.figures import Part
from attendance.trends.page import read_trends
from enrollment.models import Course, Group, GroupPlace, SchoolYear, Student, Term
from tests.conftest import make_member

pytestmark = pytest.mark.django_db
WEEKS = 4  # of this term so far; the one before was as long


@pytest.fixture
def monday(riverside):
    today = timezone.localdate(timezone=riverside.zone)
    return today - timedelta(days=today.weekday())


@pytest.fixture
def school(riverside, monday):
    """Twelve students with a lesson a week: in this term one more is missing every week, before nobody was."""
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on=monday - timedelta(weeks=20),
        ends_on=monday + timedelta(weeks=20),
    )  # fmt: skip
    first = monday - timedelta(weeks=WEEKS)
    for name, begins, ends in (
        ("Summer", first - timedelta(weeks=WEEKS), first - timedelta(days=3)),
        ("Autumn", first, monday + timedelta(60)),
    ):  # fmt: skip
        Term.objects.create(institution=riverside, year=year, name=name, starts_on=begins, ends_on=ends)
    course = Course.objects.create(institution=riverside, code="M", name="Mathematics")
    students = Student.objects.bulk_create(
        Student(institution=riverside, name=f"Pat {n}", roll_number=f"P-{n}") for n in range(12)
    )
    group = Group.objects.create(institution=riverside, name="9A", grade="Year 9")
    GroupPlace.objects.bulk_create(GroupPlace(institution=riverside, group=group, student=each) for each in students)
    for week in range(2 * WEEKS):
        held(course, first + timedelta(weeks=week - WEEKS), students, max(0, week - WEEKS + 1))
    return riverside


def held(course, day, students, missing):
    """A closed register of a day, at nine, with so many absent."""
    starts = timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 9), timezone=course.institution.zone)
    session = ClassSession.objects.create(
        institution=course.institution, course=course, starts_at=starts, ends_at=starts + timedelta(minutes=45),
        state="closed", closed_at=starts + timedelta(minutes=40),
    )  # fmt: skip
    MarkRow.objects.bulk_create(
        MarkRow(
            institution=course.institution, session=session, student=student, status="A" if n < missing else "P",
            source="hand", marked_at=starts,
        )
        for n, student in enumerate(students)
    )  # fmt: skip
    SessionSummary.objects.create(institution=course.institution, session=session, day=day, closed_at=starts)


@pytest.fixture
def principal(riverside):
    return make_member(riverside, "Pia", Role.PRINCIPAL)


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


def test_this_term_against_the_one_before(school, monday):
    page = read_trends(school)
    shares = [round(share.percent, 1) for share in page.figures.trends.weeks.values()]
    assert shares == [91.7, 83.3, 75.0, 66.7]
    assert (page.this_week, page.term, page.term_before) == ("66.6 %", "79.1 %", "100.0 %")
    assert page.week_change == "down 8.3 points"
    assert page.by_group.finding == "Year 9 has lost the most: 20.8 points."
    assert page.courses.rows == (("Mathematics", "79.1 %", "100.0 %"),)
    assert page.cells.finding.startswith("Monday at 09:00: 20.8 % missing")
    assert page.cells.finding.endswith("In the term before: 0.0 %.")
    assert page.cells.rows == (("09:00", "20.8 % (0.0 %)"),)
    assert "20.8\u2009▲" in page.cells.drawing.wide
    assert page.courses.finding == "Least attended: Mathematics, 79.1 %. In the term before: 100.0 %."
    assert page.courses.drawing.wide.count("t-ring") == page.courses.drawing.wide.count("t-dot") == 1
    assert page.registers.finding.startswith("100.0 % of the registers")


@pytest.mark.parametrize(
    ("now", "then", "said"), [(9.0, 8.0, "▲"), (8.0, 9.0, "▼"), (8.9, 8.0, ""), (None, 8.0, ""), (8.0, None, "")]
)
def test_a_change_of_a_point_or_more_has_an_arrow(now, then, said):
    assert arrow(now, then).strip() == said


def test_the_first_term_is_compared_with_nothing(school):
    first = next(term for term in read_trends(school).periods if term.name.startswith("Summer"))
    page = read_trends(school, first.key)
    assert (page.previous, page.cells.rows) == (None, (("09:00", "0.0 %"),))
    assert "▲" not in page.cells.drawing.wide
    assert "In the term before" not in page.courses.finding


def test_a_week_of_holidays_is_a_gap_with_its_name(school, monday):
    off = monday - timedelta(weeks=2)
    MarkRow.objects.filter(session__local_date=off).delete()
    ClassSession.objects.filter(local_date=off).delete()
    DayOff.objects.create(institution=school, name="Half-term", first_day=off, last_day=off + timedelta(4))
    page = read_trends(school)
    assert "Half-term" in [row[1] for row in page.weeks.rows]
    line = ElementTree.fromstring(page.weeks.drawing.wide).find("path[@class='t-now']")  # noqa: S314 - our own
    assert line.get("d").count("M") == 2
    assert 'class="t-off"' in page.weeks.drawing.wide


def test_one_year_group_alone_and_an_unknown_one_is_all(school):
    alone = Student.objects.get(roll_number="P-0")
    GroupPlace.objects.filter(student=alone).delete()
    cache.clear()
    assert read_trends(school, None, Part(year_group="Year 9")).figures.trends.total.students == 11
    assert read_trends(school, None, Part(year_group="Year 99")).figures.trends.total.students == 12


def test_one_course_or_form_group_alone(school, principal, sign_in, monday):
    art = Course.objects.create(institution=school, code="A", name="Art")
    students = list(Student.objects.order_by("roll_number"))
    held(art, monday, students[:10], 10)
    GroupPlace.objects.filter(student=students[0]).delete()
    cache.clear()
    client, group = sign_in(principal), Group.objects.get()
    page = client.get(reverse("trends", args=["riverside"]), {"course": art.pk})
    assert page.context["page"].term == "0.0 %"
    said = words(page)
    assert "Attendance in Art" in said
    assert "The whole school" in said
    assert "Registers taken on time" not in said
    assert "Mathematics" not in said
    page = client.get(reverse("trends", args=["riverside"]), {"form": group.pk})
    assert page.context["page"].figures.trends.total.students == 11
    assert "Attendance in 9A" in words(page)


def test_a_course_of_few_students_has_no_figures(school, principal, sign_in, monday):
    art = Course.objects.create(institution=school, code="A", name="Art")
    held(art, monday, list(Student.objects.all())[:9], 1)
    cache.clear()
    page = sign_in(principal).get(reverse("trends", args=["riverside"]), {"course": art.pk})
    assert "No figures yet" in words(page)


def test_a_form_group_is_not_shown_where_the_others_of_its_year_are_a_few(school, principal, sign_in, monday):
    few = Student.objects.bulk_create(
        Student(institution=school, name=f"Few {n}", roll_number=f"F-{n}") for n in range(9)
    )
    group = Group.objects.create(institution=school, name="9B", grade="Year 9")
    GroupPlace.objects.bulk_create(GroupPlace(institution=school, group=group, student=each) for each in few)
    art = Course.objects.create(institution=school, code="A", name="Art")
    held(art, monday, [*Student.objects.filter(name__startswith="Pat"), *few], 3)
    cache.clear()
    client, address = sign_in(principal), reverse("trends", args=["riverside"])
    assert "No figures yet" in words(client.get(address, {"form": Group.objects.get(name="9A").pk}))
    page = client.get(address, {"group": "Year 9"}).context["page"]
    assert (page.figures.trends.total.students, page.is_empty) == (21, False)
    assert client.get(address, {"course": art.pk}).context["page"].term == "85.7 %"
    Student.objects.filter(pk__in=[each.pk for each in few]).delete()
    cache.clear()
    assert client.get(address, {"form": Group.objects.get(name="9A").pk}).context["page"].term == "78.3 %"


def test_a_course_is_not_shown_where_the_others_are_of_a_few(school, principal, sign_in, monday):
    few = Student.objects.bulk_create(
        Student(institution=school, name=f"Few {n}", roll_number=f"F-{n}") for n in range(9)
    )
    held(Course.objects.create(institution=school, code="A", name="Art"), monday, few, 3)
    cache.clear()
    client, address = sign_in(principal), reverse("trends", args=["riverside"])
    assert "No figures yet" in words(client.get(address, {"course": Course.objects.get(code="M").pk}))


def test_guests_do_not_count_for_the_course(school, monday):
    course, students = Course.objects.get(), list(Student.objects.order_by("roll_number"))
    lesson = ClassSession.objects.filter(course=course).order_by("starts_at").last()
    RosterEntry.objects.create(institution=school, session=lesson, student=students[0], is_guest=True)
    cache.clear()
    alone = read_trends(school, None, Part(course=course.pk)).figures.trends.total
    whole = read_trends(school).figures.trends.total
    assert (alone.counted, whole.counted) == (4 * 12 - 1, 4 * 12)
    assert alone.attended == whole.attended  # the guest was absent


@pytest.mark.parametrize("name", ["course", "form"])
def test_no_other_school_s_course_or_group(school, hilltop, principal, sign_in, name):
    course = Course.objects.create(institution=hilltop, code="H", name="Hindi")
    group = Group.objects.create(institution=hilltop, name="1A")
    client, address = sign_in(principal), reverse("trends", args=["riverside"])
    for value in ({"course": course, "form": group}[name].pk, "nonsense", "00000000-0000-4000-8000-000000000000"):
        assert client.get(address, {name: value}).status_code == 404


def test_the_principal_sees_figures_and_the_office_names(school, principal, ada, sign_in):
    for lesson in ClassSession.objects.filter(local_date__gte=timezone.localdate() - timedelta(weeks=5)):
        for n in range(1, 4):
            held(lesson.course, lesson.local_date + timedelta(n), list(Student.objects.order_by("roll_number")), 1)
    cache.clear()
    page = words(sign_in(principal).get(reverse("trends", args=["riverside"])))
    assert "Attendance at Riverside School" in page
    assert "Pat 0" not in page
    assert "Pat 0" in words(sign_in(ada).get(reverse("trends", args=["riverside"])))


def test_an_empty_school_is_told_what_is_missing(riverside, principal, sign_in):
    assert "No figures yet" in words(sign_in(principal).get(reverse("trends", args=["riverside"])))


def test_drawings_are_described_and_have_two_widths(school):
    page = read_trends(school)
    for chart in (page.weeks, page.cells, page.by_group, page.courses, page.registers):
        for drawing in (chart.drawing.wide, chart.drawing.narrow):
            svg = ElementTree.fromstring(drawing)  # noqa: S314 - our own
            assert svg.get("role") == "img"
            assert chart.finding in svg.get("aria-label")
            assert svg.findall("text")
        assert chart.rows


def test_drawings_are_read_from_the_side_from_which_one_writes(school):
    def places(language):
        with translation.override(language):
            page = read_trends(school)
        for chart in (page.weeks, page.cells, page.by_group, page.courses, page.registers):
            svg = ElementTree.fromstring(chart.drawing.wide)  # noqa: S314 - our own
            width = float(svg.get("viewBox").split()[2])
            yield width, [float(text.get("x")) for text in svg.findall("text")]
            yield width, [float(rect.get("x")) + float(rect.get("width")) / 2 for rect in svg.findall("rect")]

    for (width, ours), (_same, theirs) in zip(places("en"), places("ar"), strict=True):
        assert theirs == pytest.approx([width - x for x in ours], abs=0.2)


def test_the_figures_are_kept_for_some_minutes(school):
    read_trends(school)
    with CaptureQueriesContext(connection) as asked:
        read_trends(school)
    assert not any("markrow" in query["sql"] for query in asked)
