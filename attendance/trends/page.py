"""The principal's page: figures of a term beside those of the term before, with their drawings and findings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TypeVar
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.domain.rates import RatePolicy
from attendance.domain.trends import Share, Trends, monday_of, natural
from attendance.lessons.timetable import days_off_on, today_of
from attendance.models import Weekday
from attendance.rates.periods import Period, before, chosen, periods_of
from attendance.rates.policy import policy_of
from attendance.trends.drawing import Drawing, bar_drawing, dot_drawing, heat_drawing, week_drawing
from attendance.trends.figures import WHOLE, Figures, Part, figures_of, year_groups_of
from attendance.trends.words import (
    cell_finding,
    change_in_words,
    course_finding,
    group_finding,
    group_name,
    percent,
    register_finding,
    week_finding,
)
from enrollment.models import Course

Key = TypeVar("Key")
Compared = tuple[str, float | None, float | None]  # a name, its per cent now and in the term before
_MOST_WEEKS = 30  # of a term drawn to its end; of a longer span to today
_WORST = 8  # courses that are named
_RARE = 100  # an hour with less than the hundredth part of the lessons is not drawn


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its finding above it and its numbers as a table: heads, and rows of cells."""

    finding: str
    drawing: Drawing | None
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TrendsPage:
    """Everything on the page. previous: the term before, None where there is none or it has no figures."""

    period: Period
    periods: tuple[Period, ...]
    previous: Period | None
    part: Part
    groups: tuple[str, ...]
    figures: Figures
    then: Trends | None
    weeks: Chart
    cells: Chart
    by_group: Chart
    courses: Chart
    registers: Chart
    this_week: str
    week_change: str
    term: str
    term_before: str
    policy: RatePolicy

    @property
    def is_empty(self) -> bool:
        """True while no register of the term is closed, or too few students have marks to show figures."""
        return self.figures.trends.total.percent is None

    @property
    def chronic_before(self) -> int | None:
        """Students who were chronically absent in the term before."""
        return len(self.then.chronic) if self.then else None


def read_trends(institution: Institution, key: str | None = None, part: Part = WHOLE) -> TrendsPage:
    """The page of a term (`key`; None: the newest), of all students or a part of them. Raises StoreUnavailable."""
    periods = periods_of(institution)
    period = chosen(periods, key)
    previous = before(periods, period)
    groups = tuple(sorted(set(year_groups_of(institution).values()), key=natural))
    part = part if not part.year_group or part.year_group in groups else WHOLE
    policy = policy_of(institution)
    figures = figures_of(institution, period, policy, part)
    then = figures_of(institution, previous, policy, part).trends if previous else None
    if then is not None and then.total.percent is None:
        previous, then = None, None
    trends = figures.trends
    known = [share.percent for share in trends.weeks.values() if share.percent is not None]
    return TrendsPage(
        period=period,
        periods=tuple(periods),
        previous=previous,
        part=part,
        groups=groups,
        figures=figures,
        then=then,
        weeks=_weeks(institution, period, trends, previous, then),
        cells=_cells(trends, then),
        by_group=_groups(trends, then),
        courses=_courses(institution, trends, then),
        registers=_registers(figures),
        this_week=percent(known[-1] if known else None),
        week_change=change_in_words(known[-1], known[-2]) if len(known) > 1 else "",
        term=percent(trends.total.percent),
        term_before=percent(then.total.percent) if then else "",
        policy=policy,
    )


def _mondays(institution: Institution, period: Period) -> list[date]:
    first, last = monday_of(period.first), monday_of(period.last)
    if (last - first).days // 7 >= _MOST_WEEKS:
        last = monday_of(min(period.last, today_of(institution)))
    return [first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)]


def _weeks(
    institution: Institution, period: Period, trends: Trends, previous: Period | None, then: Trends | None
) -> Chart:
    mondays = _mondays(institution, period)
    old: list[float | None] = []
    if previous and then:
        first = monday_of(previous.first)
        shares = [then.weeks.get(first + timedelta(days=7 * n)) for n in range(len(mondays))]
        old = [share.percent if share else None for share in shares]
    off = _weeks_off(institution, mondays, trends.weeks)
    finding = week_finding(trends.weeks)
    rows = tuple(
        (date_format(monday, "j F"), _said(trends.weeks.get(monday), off.get(monday, "")), percent(_at(old, n)))
        for n, monday in enumerate(mondays)
    )
    heads = (_("Week of"), period.name, previous.name if previous else _("Term before"))
    label = _("Attendance by week. %s The table below has every week.") % finding
    return Chart(finding, week_drawing(mondays, trends.weeks, old, off, label), heads, rows)


def _at(values: Sequence[float | None], n: int) -> float | None:
    return values[n] if n < len(values) else None


def _said(share: Share | None, off: str) -> str:
    return off or percent(share.percent if share else None)


def _weeks_off(institution: Institution, mondays: Sequence[date], weeks: Mapping[date, Share]) -> dict[date, str]:
    """The weeks without a single lesson in which the school has days off, with the name of these."""
    offs = [off for off in days_off_on(institution, mondays[0], mondays[-1] + timedelta(6)) if off.course_id is None]
    found = {}
    for monday in mondays:
        names = [off.name for off in offs if off.first_day <= monday + timedelta(4) and off.last_day >= monday]
        if names and monday not in weeks:
            found[monday] = names[0]
    return found


def _usual(trends: Trends) -> dict[tuple[int, time], Share]:
    """The cells of hours at which lessons usually begin: not of one that was held once at an odd time."""
    by_hour: Counter[time] = Counter()
    for (_day, starts), share in trends.cells.items():
        by_hour[starts] += share.counted
    usual = {starts for starts, counted in by_hour.items() if counted * _RARE >= trends.total.counted}
    return {key: share for key, share in trends.cells.items() if key[1] in usual}


def _cells(trends: Trends, then: Trends | None) -> Chart:
    usual, before = _usual(trends), then.cells if then else {}
    finding = cell_finding(usual, before)
    days = [str(label) for _value, label in Weekday.choices]
    columns = sorted({day for day, _starts in usual})
    hours = sorted({starts for _day, starts in usual})
    rows = tuple(
        (
            f"{starts:%H:%M}",
            *(_missing_words(usual.get((day, starts)), before.get((day, starts))) for day in columns),
        )
        for starts in hours
    )
    label = _("Share of students missing, by weekday and hour. %s The table below has every number.") % finding
    drawing = heat_drawing(usual, before, days, label) if usual else None
    return Chart(finding, drawing, (_("Missing"), *(days[day] for day in columns)), rows)


def _missing_words(now: Share | None, then: Share | None) -> str:
    """The share of those missing, and in brackets that of the term before."""
    said = percent(now.missing if now else None)
    return said if now is None or then is None or then.missing is None else f"{said} ({percent(then.missing)})"


def _groups(trends: Trends, then: Trends | None) -> Chart:
    finding = group_finding(trends, then)
    shares = _against(trends.groups, then.groups if then else {}, {name: group_name(name) for name in trends.groups})
    label = _("Attendance by group. %s The table below has every group.") % finding
    return _dots(finding, shares, _("Group"), label)


def _courses(institution: Institution, trends: Trends, then: Trends | None) -> Chart:
    ids = list(trends.courses)
    names: dict[UUID, str] = dict(
        Course.objects.for_institution(institution).filter(pk__in=ids).values_list("pk", "name")
    )
    shown = {pk: share for pk, share in trends.courses.items() if share.percent is not None and pk in names}
    worst = sorted(shown, key=lambda pk: shown[pk].percent or 0)[:_WORST]
    finding = course_finding(shown, names, then.courses if then else {})
    label = _("The courses that are attended least. %s The table below has the numbers.") % finding
    shares = _against({pk: shown[pk] for pk in worst}, then.courses if then else {}, names)
    return _dots(finding, shares, _("Course"), label)


def _dots(finding: str, shares: Sequence[Compared], head: str, label: str) -> Chart:
    rows = tuple((name, percent(now), percent(before)) for name, now, before in shares)
    drawing = dot_drawing(shares, label) if shares else None
    return Chart(finding, drawing, (head, _("This term"), _("Term before")), rows)


def _against(now: Mapping[Key, Share], then: Mapping[Key, Share], names: Mapping[Key, str]) -> list[Compared]:
    return [
        (names[key], share.percent, then[key].percent if key in then else None)
        for key, share in now.items()
        if share.percent is not None
    ]


def _registers(figures: Figures) -> Chart:
    finding = register_finding(figures.registers)
    mondays = list(figures.registers)
    values = [each.percent for each in figures.registers.values()]
    rows = tuple(
        (date_format(monday, "j F"), percent(each.percent), str(each.late), str(each.missing))
        for monday, each in figures.registers.items()
    )
    label = _("Registers closed by the end of the lesson, by week. %s The table below has every week.") % finding
    drawing = bar_drawing(mondays, values, label) if mondays else None
    return Chart(finding, drawing, (_("Week of"), _("On time"), _("Later"), _("Not taken")), rows)
