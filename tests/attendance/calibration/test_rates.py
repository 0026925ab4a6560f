"""Rates from verdicts: bounds that hold, a false-match rate that only falls, no threshold from too few."""

from math import comb, inf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attendance.calibration.rates import (
    Judged,
    Judgement,
    Rate,
    Sample,
    at_threshold,
    curve,
    false_matches,
    impostors,
    misses,
    needed,
    propose,
    to_step,
    upper_bound,
)
from attendance.models import Verdict

RIGHT, WRONG, MISSED = Judgement
unhurried = settings(deadline=None)  # the first bound imports scipy
ASKED = {"said": "ask", "reason": "below_threshold"}
similarities = st.floats(0.3, 0.999)
faces = st.builds(
    Judged,
    said=st.sampled_from(["mark", "ask", "unknown", "elsewhere", ""]),
    judgement=st.sampled_from(Judgement),
    similarity=similarities,
    reason=st.sampled_from(["clear", "below_threshold", "close_second", "look_alike"]),
    is_findable=st.booleans(),
)
marks = st.dictionaries(st.integers(300, 999).map(lambda n: n / 1000), st.integers(1, 50), max_size=20)


def sample(*judged, unchallenged=None, open_=0, lowest=0.3):
    return Sample(tuple(judged), unchallenged or {}, open_, 1, lowest, 0.001)


samples = st.builds(
    lambda judged, unchallenged, open_: sample(*judged, unchallenged=unchallenged, open_=open_),
    st.lists(faces, max_size=60),
    marks,
    st.integers(0, 20),
)
thresholds = st.integers(300, 1000).map(lambda n: n / 1000)


def wrong(similarity, **how):
    return Judged(**{**ASKED, **how}, judgement=WRONG, similarity=similarity)


def right(similarity, **how):
    return Judged(**{**ASKED, **how}, judgement=RIGHT, similarity=similarity)


def test_the_words_are_those_of_the_verdicts():
    assert [judgement.value for judgement in Judgement] == Verdict.Kind.values


# -- Bounds --


@unhurried
@given(st.integers(0, 400), st.integers(1, 400))
def test_a_rate_lies_within_its_bounds(events, trials):
    assume(events <= trials)
    rate = Rate(events, trials)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


@unhurried
@given(st.integers(0, 200), st.integers(1, 200))
def test_bounds_move_with_the_events_and_narrow_with_the_trials(events, trials):
    assume(events < trials)
    rate, more, twice = Rate(events, trials), Rate(events + 1, trials), Rate(2 * events, 2 * trials)
    assert rate.low <= more.low
    assert rate.high <= more.high
    assert twice.high - twice.low < rate.high - rate.low


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    # The last two as tables of the binomial have them: exact bounds of 5 of 10 and of 1 of 20.
    [(0, 300, 0, 0.009936), (300, 300, 0.990064, 1), (5, 10, 0.187086, 0.812914), (1, 20, 0.001265, 0.248733)],
)
def test_known_bounds(events, trials, low, high):
    rate = Rate(events, trials)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-6)


@unhurried
@given(st.integers(10, 10_000))
def test_no_event_at_all_is_the_rule_of_three(trials):
    assert Rate(0, trials).high == pytest.approx(3 / trials, rel=0.15)


def test_without_trials_nothing_is_known():
    assert (Rate(0, 0).value, Rate(0, 0).low, Rate(0, 0).high) == (None, 0, 1)


@pytest.mark.parametrize(("trials", "truth"), [(30, 0.02), (200, 0.05), (400, 0.01)])
def test_the_upper_bound_is_seldom_below_the_truth(trials, truth):
    """Of all that could be seen under the truth, what leads to a bound below it has 5 % at the most."""
    chances = [comb(trials, k) * truth**k * (1 - truth) ** (trials - k) for k in range(trials + 1)]
    assert sum(chance for k, chance in enumerate(chances) if upper_bound(k, trials) < truth) <= 0.05


# -- The rates of today --


def test_unchallenged_marks_are_between():
    known = sample(
        wrong(0.6, said="mark", reason="clear"), *[right(0.8, said="mark", reason="clear")] * 3, unchallenged={0.7: 96}
    )
    found = false_matches(known)
    assert (found.least, found.most) == (Rate(1, 100), Rate(1, 4))


def test_who_was_missed():
    known = sample(
        right(0.4),
        Judged("unknown", MISSED),
        wrong(0.35, is_findable=True),
        wrong(0.35),  # who that was could perhaps not be found
        Judged("", MISSED),  # may not have been in the photo
        Judged("unknown", RIGHT),
        right(0.8, said="mark", reason="clear"),
        unchallenged={0.7: 6},
        open_=2,
    )
    found = misses(known)
    assert (found.least, found.most) == (Rate(3, 10), Rate(5, 12))


@unhurried
@given(samples)
def test_the_two_estimates_are_in_order(known):
    for found in (false_matches(known), misses(known)):
        if found.least.trials and found.most.trials:
            assert found.least.value <= found.most.value


# -- Against the threshold --


def test_what_counts_as_somebody_else():
    known = sample(
        wrong(0.35),
        wrong(0.7, said="mark", reason="clear"),
        wrong(0.9, reason="look_alike"),  # never marked without asking, whatever the threshold
        wrong(0.9, said="elsewhere", reason="not_on_roster"),
        right(0.4),
        Judged("unknown", RIGHT),
        unchallenged={0.8: 1000},
    )
    assert impostors(known) == [-inf, 0.35, 0.7]
    assert at_threshold(known, 0.7).false_matches == Rate(1, 3), "at the threshold is above it"
    assert at_threshold(known, 0.701).false_matches == Rate(0, 3)


def test_misses_at_a_threshold():
    known = sample(
        right(0.4), right(0.9, reason="look_alike"), Judged("unknown", MISSED), unchallenged={0.5: 5, 0.6: 2}
    )
    assert at_threshold(known, 0.4).misses == Rate(2, 10)
    assert at_threshold(known, 0.5).misses == Rate(3, 10)
    assert at_threshold(known, 0.501).misses == Rate(8, 10)


@unhurried
@given(samples, thresholds, thresholds)
def test_a_higher_threshold_never_has_more_false_matches_nor_fewer_misses(known, one, other):
    low, high = (at_threshold(known, threshold) for threshold in sorted((one, other)))
    assert high.false_matches.events <= low.false_matches.events
    assert high.false_matches.high <= low.false_matches.high
    assert high.misses.events >= low.misses.events
    assert (high.false_matches.trials, high.misses.trials) == (low.false_matches.trials, low.misses.trials)


@unhurried
@given(samples, st.lists(thresholds, max_size=2))
def test_the_curve_rises_to_beyond_all_that_is_known(known, shown):
    points = curve(known, shown, 1.0)
    drawn = [point.threshold for point in points]
    assert drawn == sorted(drawn)
    assert 1 <= len(points) <= 42
    assert drawn[0] == 0.3
    assert drawn[-1] <= 1
    assert all(drawn[-1] >= threshold for threshold in shown)
    assert points[-1].false_matches.events == 0


# -- The threshold for a wish --


@pytest.mark.parametrize(("wish", "faces_needed"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_how_many_it_takes(wish, faces_needed):
    assert needed(wish) == faces_needed
    assert upper_bound(0, faces_needed) <= wish < upper_bound(0, faces_needed - 1)


@pytest.mark.parametrize("wish", [0, 1, -0.1, 2])
def test_an_impossible_wish(wish):
    with pytest.raises(ValueError, match="between 0 and 1"):
        propose(sample(), wish, 1.0)


def test_no_threshold_from_too_few():
    found = propose(sample(*[wrong(0.4)] * 58), 0.05, 1.0)
    assert (found.threshold, found.have, found.needed, found.is_too_few) == (None, 58, 59, True)


def test_the_lowest_threshold_that_keeps_the_wish():
    known = sample(*[wrong(0.4)] * 58, wrong(0.512))
    found = propose(known, 0.05, 1.0)
    assert (found.threshold, found.point.false_matches) == (0.513, Rate(0, 59))
    assert at_threshold(known, 0.512).false_matches.events == 1


def test_with_many_faces_a_few_may_be_above():
    known = sample(*[wrong(0.4)] * 990, *[wrong(0.6)] * 5, *[wrong(0.9)] * 5)
    found = propose(known, 0.02, 1.0)
    assert found.threshold == 0.401
    assert found.point.false_matches == Rate(10, 1000)
    assert propose(known, 0.005, 1.0).threshold == 0.901


def test_nobody_above_the_lowest():
    assert propose(sample(*[Judged("unknown", RIGHT)] * 300), 0.01, 1.0).threshold == 0.3


def test_where_no_threshold_is_high_enough():
    found = propose(sample(*[wrong(1.0)] * 300), 0.01, 1.0)
    assert (found.threshold, found.is_too_few) == (None, False)


def test_in_per_cent_thresholds_are_tenths():
    known = Sample((*[wrong(99.21)] * 300,), {}, 0, 1, 80.0, 0.1)
    assert propose(known, 0.01, 100.0).threshold == 99.3
    assert to_step(80.01, 0.1) == 80.1


@unhurried
@given(
    st.lists(similarities, min_size=15, max_size=80),
    st.sampled_from([0.2, 0.1, 0.05]),
    st.lists(faces.filter(lambda each: each.judgement is RIGHT), max_size=20),
)
def test_a_proposed_threshold_keeps_the_wish_and_is_the_lowest_that_does(scores, wish, others):
    known = sample(*map(wrong, scores), *others)
    found = propose(known, wish, 1.0)
    assert found.is_too_few is (found.have < needed(wish))
    if found.is_too_few:
        assert found.threshold is None
        return
    rate = found.point.false_matches
    assert upper_bound(rate.events, rate.trials) <= wish
    below = round(found.threshold - 0.001, 6)
    if below >= known.lowest:
        worse = at_threshold(known, below).false_matches
        assert upper_bound(worse.events, worse.trials) > wish


@unhurried
@given(samples, st.sampled_from([0.2, 0.1, 0.05]))
def test_a_stricter_wish_never_has_a_lower_threshold(known, wish):
    lax, strict = propose(known, 2 * wish, 1.0), propose(known, wish, 1.0)
    if strict.threshold is not None:
        assert lax.threshold <= strict.threshold
