"""The decision exactly at its limits, and where two of its rules meet. All numbers are exact in binary."""

from dataclasses import replace
from itertools import pairwise

import pytest

from attendance.domain.decision import Decision, Outcome, Policy, Reason, decide, not_live
from enrollment.domain.faces import Box, Calibration, FaceObservation, Match
from tests.attendance.domain.test_decision import ANN, BEN, CAT, DAN, QUALITY, ROSTER, face, one

POLICY = Policy(accept_threshold=0.5, review_threshold=0.25)
WIDE = replace(POLICY, margin=0.25)


def told(decision):
    return decision.outcome, decision.reason, decision.student_id


def test_a_candidate_exactly_at_the_review_threshold_is_one():
    assert [match.student_id for match in one(face(ann=0.5, ben=0.25, cat=0.125), POLICY).candidates] == [ANN, BEN]


def test_a_lead_of_exactly_the_margin_is_enough():
    assert told(one(face(ann=0.75, ben=0.5), WIDE)) == (Outcome.MARK, Reason.CLEAR, ANN)
    assert told(one(face(ann=0.75, ben=0.625), WIDE)) == (Outcome.ASK, Reason.CLOSE_SECOND, ANN)


def test_a_lead_of_exactly_the_margin_over_somebody_elsewhere_is_enough():
    assert told(one(face(ann=0.75, elsewhere=0.5), WIDE)) == (Outcome.MARK, Reason.CLEAR, ANN)
    assert told(one(face(ann=0.75, elsewhere=0.625), WIDE)) == (Outcome.ASK, Reason.NOT_ON_ROSTER, ANN)
    assert told(one(face(ann=0.75, elsewhere=0.75), POLICY)) == (Outcome.MARK, Reason.CLEAR, ANN)


def test_a_doubt_counts_exactly_from_the_accept_threshold():
    """Below it the face would not be marked anyway: that is the reason which is given."""
    twins = replace(POLICY, look_alikes=frozenset({frozenset({ANN, BEN})}))
    assert told(one(face(ann=0.5), twins)) == (Outcome.ASK, Reason.LOOK_ALIKE, ANN)
    assert told(one(face(ann=0.375), twins)) == (Outcome.ASK, Reason.BELOW_THRESHOLD, ANN)


def test_the_second_face_of_one_who_is_marked_is_asked_about_exactly_from_the_accept_threshold():
    marked, second = decide([face(0, ann=0.75), face(100, ann=0.5)], ROSTER, POLICY)
    assert told(marked) == (Outcome.MARK, Reason.CLEAR, ANN)
    assert second == Decision(Outcome.ASK, Reason.TWICE_IN_PICTURE, ANN, 0.5, second.candidates)
    assert [match.student_id for match in second.candidates] == [ANN]
    _marked, faint = decide([face(0, ann=0.75), face(100, ann=0.375)], ROSTER, POLICY)
    assert told(faint) == (Outcome.UNKNOWN, Reason.NOBODY, None)


def test_a_face_that_is_marked_takes_no_one_from_those_that_are_asked_about():
    marked, asked = decide([face(0, ann=0.75, ben=0.4375), face(100, ben=0.375)], ROSTER, POLICY)
    assert told(marked) == (Outcome.MARK, Reason.CLEAR, ANN)
    assert told(asked) == (Outcome.ASK, Reason.BELOW_THRESHOLD, BEN)


def test_one_who_is_nobody_elsewhere_is_exactly_from_the_accept_threshold_somebody():
    assert one(face(elsewhere=0.5), POLICY) == Decision(Outcome.ELSEWHERE, Reason.NOT_ON_ROSTER, DAN, 0.5, ())
    assert told(one(face(elsewhere=0.375), POLICY)) == (Outcome.UNKNOWN, Reason.NOBODY, None)


ANN_SEEN = FaceObservation(Box(10, 10, 80, 80), QUALITY, (Match(ANN, 0.75), Match(BEN, 0.125)))


@pytest.mark.parametrize(
    "other",
    [
        replace(ANN_SEEN, box=Box(10, 11, 80, 80)),
        replace(ANN_SEEN, box=Box(11, 10, 80, 80)),
        replace(ANN_SEEN, box=Box(10, 10, 81, 80)),
        replace(ANN_SEEN, box=Box(10, 10, 80, 81)),
        replace(ANN_SEEN, matches=(Match(ANN, 0.75), Match(BEN, 0.0625))),
        replace(ANN_SEEN, matches=(Match(ANN, 0.75), Match(CAT, 0.125))),
        replace(ANN_SEEN, elsewhere=Match(DAN, 0.0625)),
        replace(ANN_SEEN, elsewhere=Match(DAN, -0.5)),
    ],
)
def test_of_two_faces_that_are_alike_the_same_one_is_marked_in_any_order(other):
    """They differ in one thing, which makes neither more similar to Ann: it settles the tie all the same."""
    there, back = decide([ANN_SEEN, other], ROSTER, POLICY), decide([other, ANN_SEEN], ROSTER, POLICY)
    assert there == back[::-1]
    assert sorted(each.outcome for each in there) == [Outcome.ASK, Outcome.MARK]


def test_which_one_it_is_goes_by_their_places():
    """From above, then from the left, then the smaller one, then by its likenesses, the best first."""
    order = [
        replace(ANN_SEEN, box=Box(90, 9, 80, 80)),
        replace(ANN_SEEN, box=Box(9, 10, 90, 90)),
        replace(ANN_SEEN, box=Box(10, 10, 79, 90)),
        replace(ANN_SEEN, box=Box(10, 10, 80, 79)),
        replace(ANN_SEEN, matches=(Match(ANN, 0.75), Match(BEN, 0.1875))),
        ANN_SEEN,
        replace(ANN_SEEN, elsewhere=Match(DAN, 0.0625)),
    ]
    firsts = [decide(pair[::-1], ROSTER, POLICY)[1].outcome for pair in map(list, pairwise(order))]
    assert firsts == [Outcome.MARK] * 6


def test_an_engines_own_thresholds_are_a_policy():
    own = Calibration("local", "model", 0.5, 0.25, 0.125, "measured", covered_accept=0.0625, covered_review=0.03125)
    assert Policy.of(own) == Policy(0.5, 0.25, 0.125, frozenset(), 0.0625, 0.03125)


def test_a_face_that_shows_no_life_is_asked_about_and_never_marked():
    decisions = decide([face(0, ann=0.75), face(100, ben=0.375), face(200)], ROSTER, POLICY)
    marked, asked, nobody = not_live(decisions)
    assert marked == replace(decisions[0], outcome=Outcome.ASK, reason=Reason.NOT_LIVE)
    assert asked == replace(decisions[1], reason=Reason.NOT_LIVE)
    assert nobody == decisions[2]


@pytest.mark.parametrize(
    ("thresholds", "sentence"),
    [
        ({"review_threshold": 0.75}, "^The review threshold cannot be above the accept threshold.$"),
        ({"covered_accept": -0.5}, "^A covered face is never marked below the accept threshold, and asked about from"),
        ({"covered_review": -0.5}, " and asked about from the review threshold.$"),
    ],
)
def test_thresholds_that_contradict_each_other(thresholds, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(POLICY, **thresholds)
    assert replace(POLICY, review_threshold=0.5)  # equal ones do not: nobody is asked about
