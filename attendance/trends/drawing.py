"""The drawings of the figures as SVG, each wide for a screen and narrow for a phone, with the same size of text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from math import ceil, floor

from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi

from attendance.domain.trends import Share
from attendance.trends.words import percent

Cells = Mapping[tuple[int, time], Share]
_TOP, _FOOT, _LEFT, _RIGHT = 12, 30, 44, 16


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing in its two widths, with the description that both have."""

    wide: SafeString
    narrow: SafeString


@dataclass(frozen=True, slots=True)
class _Scale:
    """A scale of per cent over a drawing's height, or its width."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return round(self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin), 1)

    @property
    def ticks(self) -> list[int]:
        step = max(1, ceil((self.high - self.low) / 5))
        return list(range(int(self.low), int(self.high) + 1, step))


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The parts of a drawing, put where they are counted from the side on which one begins to read."""

    width: int
    height: int
    parts: list[SafeString] = field(default_factory=list)

    def x(self, x: float, width: float = 0) -> float:
        """The place on the screen of what is `width` wide and begins at `x`."""
        return round(self.width - x - width if get_language_bidi() else x, 1)

    def text(self, x: float, y: float, text: str, anchor: str, css: str = "") -> None:
        """Anchors are those of the writing: "start" is its right side in Arabic, as SVG has it."""
        self.parts.append(
            format_html(
                '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', css, self.x(x), round(y, 1), anchor, text
            )
        )

    def rect(self, css: str, x: float, y: float, width: float, height: float, rx: int = 0) -> None:
        self.parts.append(
            format_html(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
                css, self.x(x, width), round(y, 1), round(width, 1), round(height, 1), rx,
            )
        )  # fmt: skip

    def line(self, css: str, x1: float, x2: float, y1: float, y2: float) -> None:
        self.parts.append(
            format_html(
                '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', css, self.x(x1), self.x(x2), round(y1, 1), y2
            )
        )

    def circle(self, css: str, x: float, y: float, r: int) -> None:
        self.parts.append(format_html('<circle class="{}" cx="{}" cy="{}" r="{}"/>', css, self.x(x), y, r))

    def path(self, css: str, xs: Sequence[float], values: Sequence[float | None], scale: _Scale) -> None:
        """A line through the values; where one is missing it begins again."""
        steps, is_on = [], False
        for x, value in zip(xs, values, strict=False):
            if value is not None:
                steps.append(f"{'L' if is_on else 'M'}{self.x(x)} {scale.at(value)}")
            is_on = value is not None
        self.parts.append(format_html('<path class="{}" d="{}"/>', css, "".join(steps)))

    def svg(self, label: str) -> SafeString:
        inner = format_html_join("", "{}", ((part,) for part in self.parts))
        return format_html(
            '<svg class="t-plot {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
            "t-wide" if self.width > 400 else "t-narrow", self.width, self.height, label, inner,
        )  # fmt: skip


def week_drawing(
    mondays: Sequence[date],
    now: Mapping[date, Share],
    then: Sequence[float | None],
    off: Mapping[date, str],
    label: str,
) -> Drawing:
    """Lines by week: this term's with its latest value, the term before dashed; weeks without school are gaps."""
    values = [now[monday].percent if monday in now else None for monday in mondays]
    return Drawing(
        *(_weeks(width, 260 if width > 500 else 210, mondays, values, then, off, label) for width in (1120, 320))
    )


def _weeks(
    width: int,
    height: int,
    mondays: Sequence[date],
    values: Sequence[float | None],
    then: Sequence[float | None],
    off: Mapping[date, str],
    label: str,
) -> SafeString:
    scale = _vertical([*values, *then], height)
    step = (width - _LEFT - _RIGHT) / max(1, len(mondays) - 1)
    xs = [round(_LEFT + n * step, 1) for n in range(len(mondays))]
    every = ceil(len(mondays) / (14 if width > 500 else 4))
    canvas = _Canvas(width, height)
    for x, monday in zip(xs, mondays, strict=True):
        if monday in off:
            canvas.rect("t-off", max(_LEFT, x - step / 2), _TOP, step, height - _TOP - _FOOT)
    _grid(canvas, scale, scale.ticks)
    for n, (x, monday) in enumerate(zip(xs, mondays, strict=True)):
        if n % every == 0:
            anchor = "end" if x > width - _RIGHT - 20 else "middle"
            canvas.text(x, height - 8, date_format(monday, "j M"), anchor)
    canvas.path("t-then", xs, then[: len(xs)], scale)
    canvas.path("t-now", xs, values, scale)
    _last_point(canvas, xs, values, scale)
    return canvas.svg(label)


def heat_drawing(cells: Cells, then: Cells, days: Sequence[str], label: str) -> Drawing:
    """A map of weekdays (their names, from Monday on) and hours: the share of those missing in each cell, its tone.

    then: the cells of the term before; an arrow shows where it was another by a point or more.
    """
    short = [date_format(date(2024, 1, 1 + n), "D") for n in range(len(days))]
    return Drawing(_heat(520, cells, then, days, label), _heat(320, cells, then, short, label))


def arrow(now: float | None, then: float | None) -> str:
    """Up or down where a share has changed by a point or more, to stand behind it; else nothing."""
    if now is None or then is None or abs(now - then) < 1:
        return ""
    return "\u2009▲" if now > then else "\u2009▼"


def _heat(width: int, cells: Cells, then: Cells, days: Sequence[str], label: str) -> SafeString:
    hours = sorted({starts for _day, starts in cells})
    columns = sorted({day for day, _starts in cells})
    known = [share.missing for share in cells.values() if share.missing is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    cell_width = (width - 56) / max(1, len(columns))
    canvas = _Canvas(width, 28 + len(hours) * 36)
    for n, day in enumerate(columns):
        canvas.text(56 + (n + 0.5) * cell_width, 14, days[day], "middle")
    for row, starts in enumerate(hours):
        y = 24 + row * 36
        canvas.text(48, y + 21, f"{starts:%H:%M}", "end")
        for n, day in enumerate(columns):
            missing = cells[day, starts].missing if (day, starts) in cells else None
            tone = 0 if missing is None or high == low else min(4, floor((missing - low) / (high - low) * 5))
            x = 56 + n * cell_width
            canvas.rect(f"t-h{tone}", x + 2, y, cell_width - 4, 32, 6)
            before = then[day, starts].missing if (day, starts) in then else None
            said = "–" if missing is None else number_format(missing, 1) + arrow(missing, before)
            canvas.text(x + cell_width / 2, y + 21, said, "middle", f"t-v{tone}")
    return canvas.svg(label)


def dot_drawing(rows: Sequence[tuple[str, float | None, float | None]], label: str) -> Drawing:
    """Names on one scale, each with a dot for this term and a ring for the one before."""
    return Drawing(_dots(520, rows, label), _dots(320, rows, label))


def _dots(width: int, rows: Sequence[tuple[str, float | None, float | None]], label: str) -> SafeString:
    left, right, letters = (150, 76, 18) if width > 400 else (118, 66, 14)
    scale = _horizontal([value for _name, *values in rows for value in values], left, width - right)
    canvas = _Canvas(width, 12 + len(rows) * 32 + 24)
    for tick in scale.ticks:
        canvas.line("t-grid", scale.at(tick), scale.at(tick), 4, canvas.height - 24)
        canvas.text(scale.at(tick), canvas.height - 6, number_format(tick), "middle")
    for n, (name, value, before) in enumerate(rows):
        y = 24 + n * 32
        canvas.text(0, y + 4, name if len(name) <= letters else f"{name[: letters - 1]}…", "start")
        if value is not None and before is not None:
            canvas.line("t-lost" if value < before else "t-won", scale.at(before), scale.at(value), y, y)
            canvas.circle("t-ring", scale.at(before), y, 5)
        if value is not None:
            canvas.circle("t-dot", scale.at(value), y, 6)
            canvas.text(width, y + 4, percent(value), "end", "t-b")
    return canvas.svg(label)


def bar_drawing(mondays: Sequence[date], values: Sequence[float | None], label: str) -> Drawing:
    """Bars by week, from 0 to 100; the latest in the accent."""
    return Drawing(*(_bars(width, mondays, values, label) for width in (520, 320)))


def _bars(width: int, mondays: Sequence[date], values: Sequence[float | None], label: str) -> SafeString:
    height = 180
    scale = _Scale(0, 100, height - _FOOT, _TOP)
    step = (width - _LEFT - _RIGHT) / max(1, len(mondays))
    every = ceil(len(mondays) / (7 if width > 400 else 4))
    last = max((n for n, value in enumerate(values) if value is not None), default=-1)
    canvas = _Canvas(width, height)
    _grid(canvas, scale, (0, 50, 100))
    for n, (monday, value) in enumerate(zip(mondays, values, strict=True)):
        x = _LEFT + n * step
        if value is not None:
            tall = scale.at(0) - scale.at(value)
            canvas.rect("t-fill" if n == last else "t-pale", x + step * 0.15, scale.at(value), step * 0.7, tall, 3)
        if n % every == 0:
            canvas.text(x + step / 2, height - 8, date_format(monday, "j M"), "middle")
    return canvas.svg(label)


def _vertical(values: Iterable[float | None], height: int) -> _Scale:
    low, high = _bounds(values)
    return _Scale(low, high, height - _FOOT, _TOP)


def _horizontal(values: Iterable[float | None], begin: float, end: float) -> _Scale:
    low, high = _bounds(values)
    return _Scale(low, high, begin, end)


def _bounds(values: Iterable[float | None]) -> tuple[float, float]:
    """Whole per cent around the values, at least two apart."""
    known = [value for value in values if value is not None] or [90.0, 100.0]
    low, high = floor(min(known)), min(100, ceil(max(known)))
    if high - low >= 2:
        return low, high
    low = max(0, high - 2)
    return low, low + 2


def _grid(canvas: _Canvas, scale: _Scale, ticks: Iterable[int]) -> None:
    for tick in ticks:
        canvas.line("t-grid", _LEFT, canvas.width - _RIGHT, scale.at(tick), scale.at(tick))
        canvas.text(_LEFT - 8, scale.at(tick) + 4, number_format(tick), "end")


def _last_point(canvas: _Canvas, xs: Sequence[float], values: Sequence[float | None], scale: _Scale) -> None:
    known = [(x, value) for x, value in zip(xs, values, strict=True) if value is not None]
    if not known:
        return
    x, value = known[-1]
    y = scale.at(value)
    canvas.circle("t-dot", x, y, 6)
    if x + 70 < xs[-1]:  # beside it, where the line has not been yet
        canvas.text(x + 12, y + 5, percent(value), "start", "t-b")
    else:
        canvas.text(x, y - 14 if y > _TOP + 20 else y + 24, percent(value), "end", "t-b")
