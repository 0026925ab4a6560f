"""Registers and rates as pages read them: by the states of lessons, terms, joining and leaving, corrections."""

from datetime import date, datetime, timedelta
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from attendance.domain.marks import MarkKey
from attendance.domain.rates import Counting
from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, SessionSummary, StatusCode
from attendance.rates.periods import before, chosen, periods_of, year_of
from attendance.rates.policy import policy_of
from attendance.rates.registers import rates_by_student, registers_between
from attendance.rates.students import absence_in, lessons_of, rates_in
from attendance.rates.words import definition, rules
from attendance.register.corrections import Correction, mark_correct
from attendance.register.marks import new_mark
from attendance.repositories import marks_for
from attendance.upkeep import summaries_renew
from enrollment.models import SchoolYear, Term
from tests.attendance.held import lesson_held

pytestmark = pytest.mark.django_db
State = ClassSession.State
P, L, A, E = Status.PRESENT, Status.LATE, Status.ABSENT, Status.EXCUSED
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def now():
    moment = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_fixed_timezone(0))
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield moment


@pytest.fixture
def held(riverside, physics):
    """Make a lesson of so many days ago, with these students' marks and roster, in a state."""

    def make(ago, marks, *, course=physics, **how):
        return lesson_held(course, ago, marks, **how)

    return make


@pytest.fixture
def autumn(riverside):
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on=date(2026, 9, 1), ends_on=date(2027, 7, 20)
    )
    for name, starts_on, ends_on in [
        ("Autumn", date(2026, 9, 1), date(2026, 12, 18)), ("Spring", date(2027, 1, 4), date(2027, 3, 26)),
    ]:  # fmt: skip
        Term.objects.create(institution=riverside, year=year, name=name, starts_on=starts_on, ends_on=ends_on)
    return year


def between(riverside, physics):
    return registers_between(riverside, [physics.pk], first=TODAY - timedelta(days=60), last=TODAY)


def test_closed_registers_count_and_no_others(riverside, physics, held, sam, sita):
    closed = held(4, {sam: P, sita: A})
    opened = held(0, {sam: L}, state=State.OPEN)
    cancelled = held(1, {sam: A}, state=State.CANCELLED)
    waiting = held(2, {}, state=State.SCHEDULED)
    found = between(riverside, physics)
    assert [(one.session, one.is_counted, len(one.marks)) for one in found] == [
        (closed, True, 2), (waiting, False, 0), (cancelled, False, 0), (opened, False, 1),
    ]  # fmt: skip
    rates = rates_by_student(found, policy_of(riverside))
    assert {student: (rate.attended, rate.counted) for student, rate in rates.items()} == {
        sam.pk: (1, 1), sita.pk: (0, 1),
    }  # fmt: skip


def test_a_reopened_register_shows_the_marks_of_now(riverside, physics, held, sam):
    session = held(1, {sam: A})
    ClassSession.objects.filter(pk=session.pk).update(state=State.OPEN)
    marks_for(riverside).correct(
        new_mark(session, sam.pk, status=P, source=Source.HAND, at=timezone.now()), expected_version=1
    )
    [found] = between(riverside, physics)
    assert (found.is_counted, found.marks[sam.pk].status) == (False, P)


def test_who_joined_or_left_has_only_the_lessons_in_between(riverside, physics, held, sam, sita):
    for ago in range(10, 4, -1):
        held(ago, {sam: P})
    for ago in range(4, -1, -1):
        held(ago, {sita: P if ago else A})
    rates = rates_by_student(between(riverside, physics), policy_of(riverside))
    assert (rates[sam.pk].percent, rates[sam.pk].counted) == (100, 6)
    assert (rates[sita.pk].percent, rates[sita.pk].counted) == (80, 5)


def test_the_queries_stay_the_same(riverside, physics, held, sam, django_assert_num_queries):
    for ago in range(8):
        held(ago, {sam: P}, state=State.CLOSED if ago else State.OPEN)
    with django_assert_num_queries(5):
        assert len(between(riverside, physics)) == 8
    year = year_of(riverside)
    with django_assert_num_queries(2):
        assert len(lessons_of(sam, year)) == 8


def test_a_student_s_lessons(riverside, physics, held, sam, sita, autumn):
    held(200, {sam: A})  # last year
    for ago in range(6, 0, -1):
        held(ago, {sam: A if ago == 3 else P, sita: A})
    held(0, {sam: A}, state=State.OPEN)
    held(0, {sam: A}, state=State.CANCELLED, hour=11)
    lessons = lessons_of(sam, year_of(riverside))
    assert [lesson.is_counted for lesson in lessons] == [True] * 6 + [False]
    assert lessons[0].day == TODAY - timedelta(days=6)
    rate = rates_in(lessons, policy_of(riverside)).courses[physics.pk]
    assert (rate.attended, rate.counted, rate.percent) == (5, 6, 83)
    absence = absence_in(lessons, policy_of(riverside))
    assert (absence.enrolled, absence.missed, absence.is_chronic) == (6, 1, None)


def test_terms_and_years(riverside, autumn):
    found = periods_of(riverside)
    assert [(one.name, one.is_term) for one in found] == [("Autumn 2026/27", True)]
    past = SchoolYear.objects.create(
        institution=riverside, name="2025/26", starts_on=date(2025, 9, 1), ends_on=date(2026, 7, 20)
    )
    for name, month in (("Autumn", 9), ("Winter", 11)):
        Term.objects.create(
            institution=riverside, year=past, name=name, starts_on=date(2025, month, 1), ends_on=date(2025, month, 28)
        )
    found = periods_of(riverside)
    assert [one.name for one in found] == ["Autumn 2026/27", "Winter 2025/26", "Autumn 2025/26", "2025/26"]
    assert chosen(found, found[2].key) == found[2]
    assert chosen(found, "nonsense") == found[0]
    assert before(found, found[0]) == found[1]
    assert before(found, found[2]) is None


def test_without_years_the_last_twelve_months(riverside):
    [only] = periods_of(riverside)
    assert (only.first, only.last) == (date(2025, 11, 24), TODAY)
    assert year_of(riverside) == only


def test_the_school_s_choices(riverside):
    assert definition(policy_of(riverside)).startswith("Late counts as attended, excused as missed.")
    riverside.late_is_attended, riverside.excused_counts, riverside.attendance_threshold = False, False, 95
    policy = policy_of(riverside)
    assert (policy.late_is_attended, policy.excused_counts, policy.threshold) == (False, False, 95)
    assert "excused lessons are left out" in definition(policy)


def test_the_school_s_own_words_for_late_and_excused_are_in_the_definition(riverside):
    """A school that entered the portal's own letters itself decided for them there."""
    StatusCode.objects.create(institution=riverside, code="L", label="Tardy", kind="L", counts_as_attended=False)
    assert definition(policy_of(riverside)).startswith("Late and excused count as missed.")
    StatusCode.objects.create(institution=riverside, code="E", label="Away", kind="E", counts_as_attended=True)
    said = definition(policy_of(riverside))
    assert said.startswith("Count as attended: present, excused, left early. Count as missed: late, absent. Only")


def test_all_that_makes_up_a_rate_is_said(riverside):
    riverside.excused_counts, riverside.attendance_threshold, riverside.chronic_percent = False, 92, 15
    for code, kind, counting in (("V", "P", "attended"), ("I", "E", "missed"), ("X", "E", "out"), ("O", "A", "missed")):
        StatusCode.objects.create(
            institution=riverside, code=code, label=code, kind=kind, is_counted=counting != "out",
            counts_as_attended=counting == "attended",
        )  # fmt: skip
    attended, missed, out, *rest = rules(policy_of(riverside))
    assert attended == "Count as attended: present, late, left early, V."
    assert missed == "Count as missed: absent, O."
    assert out == "Are left out: excused, I, X."  # illness is excused, and excused lessons do not count here
    said = " ".join(rest)
    for words in ("Cancelled lessons", "not closed", "joined", "left", "A term", "a year", "guest", "92 %", "15 % of"):
        assert words in said, words


def test_england_s_codes_are_added_once(riverside):
    row = StatusCode.objects.create(institution=riverside, code="M", label="Music", kind="P", counts_as_attended=True)
    for said in ("29 status codes added, 1 were there already.", "0 status codes added, 30 were there already."):
        out = StringIO()
        call_command("add_status_codes", "england", "riverside", stdout=out)
        assert out.getvalue().strip() == said
    row.refresh_from_db()
    assert row.label == "Music"
    policy = policy_of(riverside)
    assert policy.counting(MarkKey(E, "Y4")) is Counting.OUT
    assert policy.counting(MarkKey(P, "SP")) is Counting.ATTENDED
    for row in StatusCode.objects.for_institution(riverside):
        row.full_clean()


# -- Summaries that follow --


def correct(session, sam, tess, status=P):
    return mark_correct(
        session=session, student_id=sam.pk, correction=Correction(status, "Was there"), by=tess.user, expected_version=1
    )


def test_a_correction_is_in_the_registers_at_once(riverside, physics, held, sam, tess):
    session = held(1, {sam: A})
    correct(session, sam, tess)
    [found] = between(riverside, physics)
    assert found.marks[sam.pk].status is P
    session.refresh_from_db()
    assert session.summary_due is None


def test_a_crash_before_the_summary_is_made_good(riverside, held, sam, tess, now):
    session = held(1, {sam: A})
    dying = mock.patch("attendance.register.sessions.session_sum_up", side_effect=KeyboardInterrupt)
    with dying, pytest.raises(KeyboardInterrupt):
        correct(session, sam, tess)
    assert marks_for(riverside).day_tally(session.local_date).counts == {A: 1}
    assert summaries_renew() == 0  # the process may still be at it
    with mock.patch("django.utils.timezone.now", return_value=now + timedelta(hours=1)):
        assert summaries_renew() == 1
        assert summaries_renew() == 0
    assert marks_for(riverside).day_tally(session.local_date).counts == {P: 1}


def rebuild(**options):
    out = StringIO()
    call_command("rebuild_summaries", stdout=out, **options)
    return out.getvalue()


def test_summaries_are_rebuilt_from_the_marks(riverside, hilltop, held, sam):
    days = [held(ago, {sam: P}).local_date for ago in (3, 1)]
    SessionSummary.objects.all().delete()
    assert rebuild(school="riverside", since=days[1]) == "riverside: 1 registers summed up\n"
    assert [marks_for(riverside).day_tally(day).sessions for day in days] == [0, 1]
    assert "riverside: 2 registers summed up" in rebuild()
    assert [marks_for(riverside).day_tally(day).counts for day in days] == [{P: 1}] * 2
    with pytest.raises(CommandError, match="There is no school “nowhere”"):
        rebuild(school="nowhere")
