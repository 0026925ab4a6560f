"""Template tags of reports. Cells are rendered here and not in a template: a term has eight thousand of them."""

from datetime import date

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi, gettext, ngettext

from attendance.domain.patterns import Pattern
from attendance.domain.rates import Rate, RatePolicy
from attendance.domain.statuses import Status
from attendance.rates.words import definition, rules
from attendance.reports.matrix import LAST_OF_A_STRIP, Cell, Column, Empty, Matrix, Row
from attendance.reports.students import ShownDay, ShownLesson, StudentReport
from attendance.reports.words import SIGNS, empty_word, marks_words, row_words
from enrollment.models import Student
from enrollment.spreadsheets import other_separator

register = template.Library()
register.filter("row_words", row_words)
register.filter("empty_word", empty_word)
register.filter("marks_words", marks_words)


@register.inclusion_tag("attendance/parts/_definition.html")
def rate_definition(policy: RatePolicy) -> dict[str, object]:
    """The definition of a rate at this school: a line, and all of it behind a fold."""
    return {"definition": definition(policy), "rules": rules(policy)}


@register.simple_tag
def csv_other() -> tuple[str, str]:
    """The separator of CSV files besides the one that the language's spreadsheets expect: its name and sign."""
    return other_separator()


@register.filter
def empty_sign(empty: Empty) -> str:
    """The sign of an empty cell."""
    return SIGNS[empty]


@register.simple_tag
def matrix_cells(row: Row, matrix: Matrix) -> SafeString:
    """The cells of a student's line, each with its letter; the page's script adds names and dates for the keyboard."""
    return mark_safe("".join(map(_cell, row.cells, matrix.columns)))  # noqa: S308, each part is escaped


def _cell(cell: Cell, column: Column) -> str:
    classes = " ".join(_classes(column))
    head = f'<td class="{classes}"' if classes else "<td"
    if cell.said is None:
        return f'{head} data-empty="{cell.empty.value}">{_sign(cell.empty)}</td>'
    more = f"<sup>{cell.more + 1}</sup>" if cell.more and cell.said.kind != "P" else ""
    return f'{head}><i class="{escape(cell.said.css)}">{escape(cell.said.letter)}{more}</i></td>'


def _sign(empty: Empty) -> str:
    if not SIGNS[empty]:
        return ""
    classes = ' class="Q"' if empty is Empty.TO_CONFIRM else ""
    return f"<i{classes}>{SIGNS[empty]}</i>"


def _classes(column: Column) -> list[str]:
    return ["wk"] * column.begins_week + ["td"] * column.is_today


@register.simple_tag
def strip(row: Row, matrix: Matrix) -> SafeString:
    """The last lessons as a strip for a phone; the sentence beneath it says the same."""
    pairs = list(zip(row.cells, matrix.columns, strict=True))[-LAST_OF_A_STRIP:]
    return format_html_join(
        "", '<i class="{}{}{}">{}</i>',
        (
            (
                cell.said.css if cell.said else f"O {cell.empty.value}",
                " w" if column.begins_week else "",
                " today" if column.is_today else "",
                (cell.said.letter if cell.said.kind != "P" else "") if cell.said else SIGNS[cell.empty],
            )
            for cell, column in pairs
        ),
    )  # fmt: skip


@register.simple_tag
def column_label(column: Column) -> str:
    """A column's date in words, with its hour, and what became of the lesson."""
    words = date_format(column.day, "l j F")
    if column.starts_at:
        words += f", {column.starts_at:%H:%M}"
    said = {"open": gettext("register still open"), "not_taken": gettext("register not taken")}
    said["cancelled"] = gettext("cancelled")
    if (state := said.get(column.taken.value)) is not None:
        words += f" · {state}"
    return f"{words} · {column.reason}" if column.reason else words


@register.simple_tag
def lesson_address(one: ShownLesson, student: Student) -> str:
    """The address of a lesson's mark: its history, or where the reader may not open that, the student's day."""
    school = student.institution.slug
    if one.may_open:
        return reverse("mark_history", args=[school, one.lesson.session_id, student.pk])
    return reverse("student_day", args=[school, student.pk, one.lesson.day])


@register.simple_tag
def level(value: int, most: int) -> SafeString:
    """A small upright bar of `value` of `most`."""
    height = 16 * value / most if most else 0
    return format_html(
        '<svg class="mini" viewBox="0 0 8 16" aria-hidden="true"><rect class="rest" width="8" height="16"/>'
        '<rect class="P" y="{}" width="8" height="{}"/></svg>',
        f"{16 - height:.1f}", f"{height:.1f}",
    )  # fmt: skip


@register.simple_tag
def rate_bar(rate: Rate) -> SafeString:
    """A short bar of a rate, red below the school's threshold."""
    return format_html(
        '<svg class="rate-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rest" width="100" height="8"/><rect class="{}" width="{}" height="8"/></svg>',
        "A" if rate.is_low else "P", rate.percent or 0,
    )  # fmt: skip


STEP = 26  # units of the calendar's and the heat map's grids


@register.simple_tag
def calendar(report: StudentReport) -> SafeString:
    """The cells of a term by week and weekday, each with the letter of its worst mark. Weeks run as the text does."""
    weeks = max((day.week for day in report.days), default=0) + 1
    days = max((day.day.weekday() for day in report.days), default=4) + 1
    width, height = 40 + weeks * STEP, 18 + days * STEP
    parts = [_label(36, 18 + n * STEP + 17, date_format(date(2024, 1, 1 + n), "D"), "r", width) for n in range(days)]
    month = None
    for day in report.days:
        if day.day.month != month and (day.day.day <= 7 or month is None):
            month = day.day.month
            parts.append(_label(42 + day.week * STEP, 11, date_format(day.day, "M"), "", width))
        parts.append(_day(day, width))
    return format_html(
        '<svg class="plot" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        width, height, width, height, gettext("Calendar of the term; the table beneath it says the same"),
        _joined(parts),
    )  # fmt: skip


def _day(day: ShownDay, width: int) -> SafeString:
    x, y = 42 + day.week * STEP, 18 + day.day.weekday() * STEP
    x = width - x - 22 if get_language_bidi() else x
    kind = day.said.kind.value if day.said else ("coming" if day.is_coming else "none")
    words = date_format(day.day, "D j M") + (f": {day.said.label}" if day.said else "")
    classes = f"cell {kind}{' today' if day.is_today else ''}"
    cell = format_html(
        '<rect class="{}" x="{}" y="{}" width="22" height="22" rx="6"><title>{}</title></rect>', classes, x, y, words
    )
    if day.said is None or day.said.kind == "P":
        return cell
    return cell + format_html('<text class="on" x="{}" y="{}">{}</text>', x + 11, y + 15, day.said.letter)


@register.simple_tag
def heat(pattern: Pattern) -> SafeString:
    """Absences by weekday and hour: the number in every cell, a dash where there never is a lesson."""
    column, row = 60, 28
    width, height = 52 + len(pattern.weekdays) * column, 22 + len(pattern.hours) * row
    parts = [
        _label(52 + n * column + 28, 13, date_format(date(2024, 1, 1 + day), "D"), "mid", width)
        for n, day in enumerate(pattern.weekdays)
    ]
    for line, hour in enumerate(pattern.hours):
        parts.append(_label(46, 22 + line * row + 18, f"{hour:%H:%M}", "r", width))
        for n, day in enumerate(pattern.weekdays):
            x, y = 52 + n * column, 22 + line * row
            x = width - x - 56 if get_language_bidi() else x
            missed, held = pattern.absences.get((day, hour), 0), pattern.lessons.get((day, hour), 0)
            level = -(-missed * 4 // max(pattern.most, 3)) if missed else 0
            text = str(missed) if missed else ("" if held else "–")
            parts.append(
                format_html(
                    '<rect class="h{}" x="{}" y="{}" width="56" height="24" rx="5"/>'
                    '<text class="hv{}" x="{}" y="{}">{}</text>',
                    level,
                    x,
                    y,
                    " on4" if level == 4 else "",
                    x + 28,
                    y + 17,
                    text,
                )
            )
    return format_html(
        '<svg class="plot heat" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        width, height, gettext("Absences by weekday and hour; the table beneath it says the same"),
        _joined(parts),
    )  # fmt: skip


def _joined(parts: list[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _label(x: int, y: int, text: str, place: str, width: int) -> SafeString:
    x = width - x if get_language_bidi() else x
    return format_html('<text class="{}" x="{}" y="{}">{}</text>', place, x, y, text)


@register.filter
def pattern_words(pattern: Pattern) -> str:
    """The finding in a sentence."""
    total = pattern.total
    if not total:
        return gettext("No absence in this term.")
    if pattern.weekday is None:
        said = ngettext("%(n)d absence; no weekday stands out.", "%(n)d absences; no weekday stands out.", total)
        return said % {"n": total}
    day = date_format(date(2024, 1, 1 + pattern.weekday), "l")
    said = {
        True: gettext("%(day)s mornings stand out: %(n)d of %(total)d absences."),
        False: gettext("%(day)s afternoons stand out: %(n)d of %(total)d absences."),
        None: gettext("%(day)ss stand out: %(n)d of %(total)d absences."),
    }[pattern.morning]
    return said % {"day": day, "n": pattern.on(pattern.weekday), "total": total}


@register.filter
def heat_rows(pattern: Pattern) -> list[tuple[str, list[str]]]:
    """The same as a table: each hour with its numbers by weekday."""
    return [
        (
            f"{hour:%H:%M}",
            [
                str(pattern.absences.get((day, hour), 0)) if (day, hour) in pattern.lessons else "–"
                for day in pattern.weekdays
            ],
        )
        for hour in pattern.hours
    ]


@register.filter
def weekday_name(day: int) -> str:
    """The weekday's short name, 0 for Monday."""
    return date_format(date(2024, 1, 1 + day), "D")


@register.filter
def number_of(rate: Rate, status: Status) -> int:
    """The number of a rate's marks of a kind."""
    return rate.counts.get(status, 0)
