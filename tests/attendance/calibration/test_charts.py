"""Curves with their bands: within the frame, more is higher, and what never happened lies on the axis."""

import re

from hypothesis import given
from hypothesis import strategies as st

from attendance.calibration.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Spot, chart_of

shares = st.tuples(*[st.floats(0, 1)] * 3).map(sorted)
spots = st.lists(st.tuples(st.floats(0, 100), shares), min_size=1, max_size=50, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [Spot(x, *three) for x, three in sorted(pairs, key=lambda pair: pair[0])]
)


def corners(path):
    return [tuple(map(float, pair.split(" "))) for pair in re.split("[ML]", path.rstrip("Z"))[1:]]


@given(spots)
def test_all_is_within_the_frame(given_spots):
    chart = chart_of(given_spots)
    for x, y in corners(chart.line) + corners(chart.band):
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM


@given(spots)
def test_the_line_lies_within_the_band(given_spots):
    chart, n = chart_of(given_spots), len(given_spots)
    line, band = corners(chart.line), corners(chart.band)
    above, below = band[:n], band[n:][::-1]
    assert all(high[1] <= value[1] <= low[1] for high, value, low in zip(above, line, below, strict=True))


def test_each_tenth_is_a_line_further_down():
    line = corners(chart_of([Spot(n, share, share, share) for n, share in enumerate((1, 0.1, 0.01, 0.001, 0))]).line)
    assert [y for _x, y in line] == [8, 38, 68, 98, 128]


def test_lines_across_only_where_there_is_an_axis():
    chart = chart_of([Spot(0.3, 0, 0, 1), Spot(0.7, 0, 0, 1)], [("now", 0.5), ("proposed", 0.2)])
    assert chart.verticals == (("now", 174.0),)
    assert [x for _at, x in chart.ticks_x] == [0.3, 0.7]
