"""Curves with a band of uncertainty, as coordinates for SVG: geometry alone, in the units of the view box."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10

WIDTH, HEIGHT = 320.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 8.0, 22.0
TICKS = (1.0, 0.1, 0.01, 0.001, 0.0001)  # rates of interest lie between a ten-thousandth and all: logarithmic


@dataclass(frozen=True, slots=True)
class Spot:
    """A share and its bounds at x. low <= value <= high, each from 0 to 1; x in the engine's unit."""

    x: float
    low: float
    value: float
    high: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Geometry of a chart. line, band: `d` of SVG paths. ticks_x, ticks_y: (coordinate, label). verticals: (kind,
    coordinate).
    """

    line: str
    band: str
    ticks_x: tuple[tuple[float, float], ...]
    ticks_y: tuple[tuple[float, float], ...]
    verticals: tuple[tuple[str, float], ...]


def chart_of(spots: Sequence[Spot], verticals: Iterable[tuple[str, float]] = ()) -> Chart:
    """The chart of one spot or more, x ascending. verticals: (kind, x) of lines; those beside the axis are left out.

    Shares have a logarithmic axis. Zero, and any other share below its lowest tick, is drawn on that tick.
    """
    first, last = spots[0].x, spots[-1].x

    def across(x: float) -> float:
        share = (x - first) / (last - first) if last > first else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 2)

    def up(share: float) -> float:
        depth = log10(min(max(share, TICKS[-1]), TICKS[0])) / log10(TICKS[-1])
        return round(TOP + depth * (HEIGHT - TOP - BOTTOM), 2)

    above = [(across(spot.x), up(spot.high)) for spot in spots]
    below = [(across(spot.x), up(spot.low)) for spot in reversed(spots)]
    return Chart(
        line=_path([(across(spot.x), up(spot.value)) for spot in spots]),
        band=_path([*above, *below]) + "Z",
        ticks_x=tuple((across(x), x) for x in sorted({first, spots[len(spots) // 2].x, last})),
        ticks_y=tuple((up(share), share) for share in TICKS),
        verticals=tuple((kind, across(x)) for kind, x in verticals if first <= x <= last),
    )


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners)
