"""The decision, by example and by property."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.domain.decision import Outcome, Policy, Reason, decide
from enrollment.domain.faces import Box, Cover, FaceObservation, Match, Quality

ANN, BEN, CAT, DAN = (UUID(int=n) for n in range(1, 5))
ROSTER = {ANN, BEN, CAT}
POLICY = Policy(accept_threshold=0.38, review_threshold=0.30)
QUALITY = Quality(80, 1.0, 120, 40, 0.9)
MASKED = replace(QUALITY, cover=Cover.LOWER)
CAREFUL = Policy(accept_threshold=0.38, review_threshold=0.30, covered_accept=0.1, covered_review=0.05)


def face(at=0, *, elsewhere=None, **similarities):
    """A face at some place, with similarities by name (ann=0.5)."""
    people = {"ann": ANN, "ben": BEN, "cat": CAT, "dan": DAN}
    matches = sorted((Match(people[name], value) for name, value in similarities.items()), key=lambda m: -m.similarity)
    return FaceObservation(Box(at, 0, 80, 80), QUALITY, tuple(matches), elsewhere and Match(DAN, elsewhere))


def one(observation, policy=POLICY, roster=ROSTER):
    return decide([observation], roster, policy)[0]


def test_a_clear_face_is_marked():
    decision = one(face(ann=0.62, ben=0.12))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.MARK, Reason.CLEAR, ANN)
    assert decision.similarity == 0.62
    assert [match.student_id for match in decision.candidates] == [ANN]


def test_exactly_at_the_threshold_is_marked_and_exactly_at_the_lower_threshold_is_asked():
    assert one(face(ann=0.38)).outcome == Outcome.MARK
    assert one(face(ann=0.30)).outcome == Outcome.ASK


def test_between_the_thresholds_the_teacher_is_asked():
    decision = one(face(ann=0.35, ben=0.31, cat=0.2))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.ASK, Reason.BELOW_THRESHOLD, ANN)
    assert [match.student_id for match in decision.candidates] == [ANN, BEN]


def test_below_both_thresholds_nobody_is_named():
    decision = one(face(ann=0.29))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.UNKNOWN, Reason.NOBODY, None)
    assert decision.candidates == ()


def covered(observation):
    return replace(observation, quality=MASKED)


@pytest.mark.parametrize(
    ("similarity", "outcome", "reason"),
    [
        (0.48, Outcome.MARK, Reason.CLEAR),
        (0.47, Outcome.ASK, Reason.COVERED),
        (0.35, Outcome.ASK, Reason.COVERED),
        (0.26, Outcome.ASK, Reason.COVERED),
        (0.24, Outcome.UNKNOWN, Reason.NOBODY),
    ],
)
def test_a_covered_face_is_asked_about_earlier_and_marked_later(similarity, outcome, reason):
    decision = one(covered(face(ann=similarity)), CAREFUL)
    assert (decision.outcome, decision.reason) == (outcome, reason)
    assert one(face(ann=similarity), CAREFUL) == one(face(ann=similarity))


def test_a_covered_face_does_not_take_a_student_from_one_that_is_seen_whole():
    mask, whole = decide([covered(face(0, ann=0.46)), face(100, ann=0.40)], ROSTER, CAREFUL)
    assert (whole.outcome, whole.student_id) == (Outcome.MARK, ANN)
    assert (mask.outcome, mask.reason) == (Outcome.UNKNOWN, Reason.NOBODY)


def test_look_alikes_are_named_as_the_reason_before_the_cover():
    policy = replace(CAREFUL, look_alikes=frozenset({frozenset({ANN, BEN})}))
    assert one(covered(face(ann=0.9)), policy).reason == Reason.LOOK_ALIKE


def test_the_distances_of_a_covered_face_are_never_negative():
    for distance in ("covered_accept", "covered_review"):
        with pytest.raises(ValueError, match="covered"):
            replace(POLICY, **{distance: -0.01})


def test_no_faces_and_no_students():
    assert decide([], ROSTER, POLICY) == []
    assert one(face(), roster=set()).outcome == Outcome.UNKNOWN


def test_a_close_second_is_asked_where_a_margin_is_set():
    assert one(face(ann=0.52, ben=0.50)).outcome == Outcome.MARK
    decision = one(face(ann=0.52, ben=0.50), replace(POLICY, margin=0.05))
    assert (decision.outcome, decision.reason) == (Outcome.ASK, Reason.CLOSE_SECOND)


def test_look_alikes_are_always_asked():
    decision = one(face(ann=0.9, ben=0.4), replace(POLICY, look_alikes=frozenset({frozenset({ANN, BEN})})))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.ASK, Reason.LOOK_ALIKE, ANN)


def test_somebody_enrolled_who_is_not_on_the_roster_is_said_so():
    decision = one(face(ann=0.1, elsewhere=0.6))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.ELSEWHERE, Reason.NOT_ON_ROSTER, DAN)
    assert one(face(ann=0.1, elsewhere=0.37)).outcome == Outcome.UNKNOWN


def test_a_face_more_like_somebody_not_on_the_roster_is_not_marked():
    decision = one(face(ann=0.45, elsewhere=0.7))
    assert (decision.outcome, decision.reason, decision.student_id) == (Outcome.ASK, Reason.NOT_ON_ROSTER, ANN)


def test_the_second_face_of_a_student_is_asked():
    first, second = decide([face(0, ann=0.7), face(100, ann=0.6)], ROSTER, POLICY)
    assert (first.outcome, first.student_id) == (Outcome.MARK, ANN)
    assert (second.outcome, second.reason, second.student_id) == (Outcome.ASK, Reason.TWICE_IN_PICTURE, ANN)


def test_a_faint_likeness_to_somebody_who_is_marked_is_no_question():
    first, second = decide([face(0, ann=0.7), face(100, ann=0.35)], ROSTER, POLICY)
    assert (first.outcome, first.student_id) == (Outcome.MARK, ANN)
    assert second.outcome == Outcome.UNKNOWN
    _, elsewhere = decide([face(0, ann=0.7), face(100, ann=0.35, elsewhere=0.6)], ROSTER, POLICY)
    assert elsewhere.outcome == Outcome.ELSEWHERE


def test_two_faces_that_may_be_the_same_student_are_both_asked():
    first, second = decide([face(0, ann=0.36), face(100, ann=0.34)], ROSTER, POLICY)
    assert (first.outcome, first.reason) == (Outcome.ASK, Reason.BELOW_THRESHOLD)
    assert (second.outcome, second.reason, second.student_id) == (Outcome.ASK, Reason.TWICE_IN_PICTURE, ANN)


def test_the_whole_picture_is_decided_together():
    """The left face is most like Ann, but only the right one can be nobody else: the left one is Ben."""
    left, right = decide([face(0, ann=0.60, ben=0.58), face(100, ann=0.59)], ROSTER, POLICY)
    assert (left.outcome, left.student_id) == (Outcome.MARK, BEN)
    assert (right.outcome, right.student_id) == (Outcome.MARK, ANN)


def test_somebody_marked_already_is_not_suggested_where_another_is_possible():
    first, second = decide([face(0, ann=0.8), face(100, ann=0.36, ben=0.33)], ROSTER, POLICY)
    assert first.student_id == ANN
    assert (second.outcome, second.reason, second.student_id) == (Outcome.ASK, Reason.BELOW_THRESHOLD, BEN)


def test_a_student_not_on_the_roster_is_no_candidate_even_if_the_engine_says_so():
    decision = one(face(dan=0.9, ann=0.33))
    assert decision.student_id == ANN
    assert all(match.student_id in ROSTER for match in decision.candidates)


def test_a_review_threshold_above_the_accept_threshold_is_refused():
    with pytest.raises(ValueError, match="review threshold"):
        Policy(accept_threshold=0.3, review_threshold=0.4)


# The first call imports scipy; the machine may be busy.
unhurried = settings(deadline=None)

PEOPLE = [UUID(int=n) for n in range(1, 7)]
# Few values make ties; many make general positions.
SIMILARITY = st.one_of(st.sampled_from([0.0, 0.3, 0.38, 0.5, 0.7]), st.floats(-0.2, 1.0))


@st.composite
def observations(draw):
    similarities = draw(st.dictionaries(st.sampled_from(PEOPLE), SIMILARITY, max_size=5))
    matches = sorted((Match(s, v) for s, v in similarities.items()), key=lambda m: (-m.similarity, m.student_id))
    elsewhere = draw(st.none() | st.builds(Match, st.just(DAN), SIMILARITY))
    box = Box(draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6)), 80, 80)
    return FaceObservation(box, draw(st.sampled_from([QUALITY, MASKED])), tuple(matches), elsewhere)


pictures = st.lists(observations(), max_size=7, unique_by=lambda observation: observation.box)
rosters = st.sets(st.sampled_from(PEOPLE))
pairs = st.sets(st.sampled_from(PEOPLE), min_size=2, max_size=2).map(frozenset)


@st.composite
def policies(draw):
    ask, mark = sorted((draw(SIMILARITY), draw(SIMILARITY)))
    look_alikes = frozenset(draw(st.sets(pairs, max_size=2)))
    distances = [draw(st.sampled_from([0.0, 0.05, 0.2])) for _ in range(2)]
    return Policy(mark, ask, draw(st.sampled_from([0.0, 0.02, 0.1])), look_alikes, *distances)


def marked(picture, roster, policy):
    return [d.student_id for d in decide(picture, roster, policy) if d.outcome == Outcome.MARK]


@unhurried
@given(pictures, rosters, policies())
def test_nobody_is_marked_twice_in_a_picture(picture, roster, policy):
    students = marked(picture, roster, policy)
    assert len(students) == len(set(students))


@unhurried
@given(pictures, rosters, policies(), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.2))
def test_raising_a_threshold_never_marks_anybody_more(picture, roster, policy, mark, ask, margin):
    higher = Policy(
        max(policy.accept_threshold, mark),
        min(max(policy.review_threshold, ask), max(policy.accept_threshold, mark)),
        max(policy.margin, margin),
        policy.look_alikes,
        policy.covered_accept,
        policy.covered_review,
    )
    assert set(marked(picture, roster, higher)) <= set(marked(picture, roster, policy))


@unhurried
@given(pictures, rosters, policies(), st.randoms(use_true_random=False))
def test_the_order_of_the_faces_does_not_matter(picture, roster, policy, random):
    expected = dict(zip((o.box for o in picture), decide(picture, roster, policy), strict=True))
    shuffled = random.sample(picture, len(picture))
    assert dict(zip((o.box for o in shuffled), decide(shuffled, roster, policy), strict=True)) == expected


@unhurried
@given(pictures, rosters, policies())
def test_only_the_roster_is_marked_or_asked_about(picture, roster, policy):
    for decision in decide(picture, roster, policy):
        if decision.outcome in (Outcome.MARK, Outcome.ASK):
            assert decision.student_id in roster
        assert {match.student_id for match in decision.candidates} <= roster


@unhurried
@given(pictures, rosters, policies())
def test_marks_reach_the_threshold_and_doubts_the_lower_one(picture, roster, policy):
    for seen, decision in zip(picture, decide(picture, roster, policy), strict=True):
        accept_threshold, review_threshold = policy.thresholds(covered=seen.quality.cover is not None)
        if decision.outcome == Outcome.MARK:
            assert decision.similarity >= accept_threshold
        if decision.outcome == Outcome.ASK:
            assert decision.similarity >= review_threshold


@unhurried
@given(pictures, rosters, policies())
def test_looking_for_covers_never_marks_anybody_more(picture, roster, policy):
    blind = replace(policy, covered_accept=0.0, covered_review=0.0)
    assert set(marked(picture, roster, policy)) <= set(marked(picture, roster, blind))
