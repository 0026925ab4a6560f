"""The drawings of the figures as SVG, each wide for a screen and narrow for a phone, with the same size of text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from math import ceil, floor

from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from attendance.domain.trends import Share, Trends
from attendance.trends.words import group_name, percent

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
    parts = [
        *(
            format_html(
                '<rect class="t-off" x="{}" y="{}" width="{}" height="{}"/>',
                max(_LEFT, x - step / 2), _TOP, round(step, 1), height - _TOP - _FOOT,
            )
            for x, monday in zip(xs, mondays, strict=True) if monday in off
        ),
        *_grid(scale, width),
        *(
            _text(x, height - 8, date_format(monday, "j M"), "end" if x > width - _RIGHT - 20 else "middle")
            for n, (x, monday) in enumerate(zip(xs, mondays, strict=True)) if n % every == 0
        ),
        format_html('<path class="t-then" d="{}"/>', _path(xs, then[: len(xs)], scale)),
        format_html('<path class="t-now" d="{}"/>', _path(xs, values, scale)),
        *_last_point(xs, values, scale),
    ]  # fmt: skip
    return _svg(width, height, label, parts)


def heat_drawing(cells: Mapping[tuple[int, time], Share], days: Sequence[str], label: str) -> Drawing:
    """A map of weekdays and hours: the share of those missing in each cell, and its tone."""
    return Drawing(_heat(520, cells, days, label), _heat(320, cells, [day[:2] for day in days], label))


def _heat(width: int, cells: Mapping[tuple[int, time], Share], days: Sequence[str], label: str) -> SafeString:
    hours = sorted({starts for _day, starts in cells})
    columns = sorted({day for day, _starts in cells})
    known = [share.missing for share in cells.values() if share.missing is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    cell_width = (width - 56) / max(1, len(columns))
    parts = [_text(56 + (n + 0.5) * cell_width, 14, days[day], "middle") for n, day in enumerate(columns)]
    for row, starts in enumerate(hours):
        y = 24 + row * 36
        parts.append(_text(48, y + 21, f"{starts:%H:%M}", "end"))
        for n, day in enumerate(columns):
            missing = cells[day, starts].missing if (day, starts) in cells else None
            tone = 0 if missing is None or high == low else min(4, floor((missing - low) / (high - low) * 5))
            x = 56 + n * cell_width
            parts.append(
                format_html(
                    '<rect class="t-h{}" x="{}" y="{}" width="{}" height="32" rx="6"/>',
                    tone, round(x + 2, 1), y, round(cell_width - 4, 1),
                )
            )  # fmt: skip
            said = "–" if missing is None else number_format(missing, 1)
            parts.append(
                format_html(
                    '<text class="t-v{}" x="{}" y="{}" text-anchor="middle">{}</text>',
                    tone, round(x + cell_width / 2, 1), y + 21, said,
                )
            )  # fmt: skip
    return _svg(width, 28 + len(hours) * 36, label, parts)


def group_drawing(now: Trends, then: Trends | None, label: str) -> Drawing:
    """The groups on one scale: a dot for this term, a ring for the one before."""
    rows = [
        (group_name(name), share.percent, then.groups[name].percent if then and name in then.groups else None)
        for name, share in now.groups.items()
        if share.percent is not None
    ]
    return Drawing(_dots(520, rows, label), _dots(320, rows, label))


def _dots(width: int, rows: Sequence[tuple[str, float | None, float | None]], label: str) -> SafeString:
    left, right = (130, 76) if width > 400 else (96, 66)
    scale = _horizontal([value for _name, *values in rows for value in values], left, width - right)
    height = 12 + len(rows) * 32 + 24
    parts = [
        format_html('<line class="t-grid" x1="{0}" x2="{0}" y1="4" y2="{1}"/>', scale.at(tick), height - 24)
        for tick in scale.ticks
    ]
    parts += [_text(scale.at(tick), height - 6, number_format(tick), "middle") for tick in scale.ticks]
    for n, (name, value, before) in enumerate(rows):
        y = 24 + n * 32
        parts.append(_text(0, y + 4, name if len(name) < 18 else f"{name[:16]}…", "start"))
        if value is not None and before is not None:
            parts.append(
                format_html(
                    '<line class="{}" x1="{}" x2="{}" y1="{y}" y2="{y}"/>',
                    "t-lost" if value < before else "t-won", scale.at(before), scale.at(value), y=y,
                )
            )  # fmt: skip
            parts.append(format_html('<circle class="t-ring" cx="{}" cy="{}" r="5"/>', scale.at(before), y))
        if value is not None:
            parts.append(format_html('<circle class="t-dot" cx="{}" cy="{}" r="6"/>', scale.at(value), y))
            parts.append(
                format_html('<text class="t-b" x="{}" y="{}" text-anchor="end">{}</text>', width, y + 4, percent(value))
            )
    return _svg(width, height, label, parts)


def bar_drawing(mondays: Sequence[date], values: Sequence[float | None], label: str) -> Drawing:
    """Bars by week, from 0 to 100; the latest in the accent."""
    return Drawing(*(_bars(width, mondays, values, label) for width in (520, 320)))


def _bars(width: int, mondays: Sequence[date], values: Sequence[float | None], label: str) -> SafeString:
    height = 180
    scale = _Scale(0, 100, height - _FOOT, _TOP)
    step = (width - _LEFT - _RIGHT) / max(1, len(mondays))
    every = ceil(len(mondays) / (7 if width > 400 else 4))
    last = max((n for n, value in enumerate(values) if value is not None), default=-1)
    parts = [
        format_html('<line class="t-grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>', _LEFT, width - _RIGHT, y=scale.at(tick))
        for tick in (0, 50, 100)
    ]
    parts += [_text(_LEFT - 8, scale.at(tick) + 4, number_format(tick), "end") for tick in (0, 50, 100)]
    for n, (monday, value) in enumerate(zip(mondays, values, strict=True)):
        x = _LEFT + n * step
        if value is not None:
            parts.append(
                format_html(
                    '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
                    "t-fill" if n == last else "t-pale", round(x + step * 0.15, 1), scale.at(value),
                    round(step * 0.7, 1), round(scale.at(0) - scale.at(value), 1),
                )
            )  # fmt: skip
        if n % every == 0:
            parts.append(_text(x + step / 2, height - 8, date_format(monday, "j M"), "middle"))
    return _svg(width, height, label, parts)


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
    return (low, high) if high - low >= 2 else (max(0, high - 2), high)


def _grid(scale: _Scale, width: int) -> list[SafeString]:
    lines = [
        format_html('<line class="t-grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>', _LEFT, width - _RIGHT, y=scale.at(tick))
        for tick in scale.ticks
    ]
    return lines + [_text(_LEFT - 8, scale.at(tick) + 4, number_format(tick), "end") for tick in scale.ticks]


def _path(xs: Sequence[float], values: Sequence[float | None], scale: _Scale) -> str:
    """A line through the values; where one is missing it begins again."""
    parts, is_on = [], False
    for x, value in zip(xs, values, strict=False):
        if value is not None:
            parts.append(f"{'L' if is_on else 'M'}{x} {scale.at(value)}")
        is_on = value is not None
    return "".join(parts)


def _last_point(xs: Sequence[float], values: Sequence[float | None], scale: _Scale) -> list[SafeString]:
    known = [(x, value) for x, value in zip(xs, values, strict=True) if value is not None]
    if not known:
        return []
    x, value = known[-1]
    y = scale.at(value)
    if x + 70 < xs[-1]:  # beside it, where the line has not been yet
        label_x, label_y, anchor = x + 12, y + 5, "start"
    else:
        label_x, label_y, anchor = x, y - 14 if y > _TOP + 20 else y + 24, "end"
    return [
        format_html('<circle class="t-dot" cx="{}" cy="{}" r="6"/>', x, y),
        format_html(
            '<text class="t-b" x="{}" y="{}" text-anchor="{}">{}</text>', label_x, label_y, anchor, percent(value)
        ),
    ]


def _text(x: float, y: float, text: str, anchor: str) -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', round(x, 1), round(y, 1), anchor, text)


def _svg(width: int, height: int, label: str, parts: Iterable[SafeString]) -> SafeString:
    inner = format_html_join("", "{}", ((part,) for part in parts))
    return format_html(
        '<svg class="t-plot {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        "t-wide" if width > 400 else "t-narrow", width, height, label, inner,
    )  # fmt: skip
