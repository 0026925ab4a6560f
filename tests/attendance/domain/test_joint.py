"""Joint decisions about a new picture and earlier ones of the lesson: pure, by cases and by properties."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.domain.decision import Decision, Outcome, Policy, Reason, decide
from attendance.domain.joint import EarlierFace, JointDecision, is_weak, join, joined_with
from enrollment.domain.faces import Box, FaceObservation, Match, Quality

ANN, BEN, EVE = (UUID(int=n) for n in range(1, 4))
POLICY = Policy(accept_threshold=0.5, review_threshold=0.3)
NOBODY_KNOWN = Decision(Outcome.UNKNOWN, Reason.NOBODY, None, None, ())


def mark(student, similarity=0.8):
    return Decision(Outcome.MARK, Reason.CLEAR, student, similarity, (Match(student, similarity),))


def ask(student, similarity=0.4):
    return Decision(Outcome.ASK, Reason.BELOW_THRESHOLD, student, similarity, (Match(student, similarity),))


def one(decision, *before):
    return join([decision], [range(len(before))], before)[0]


class TestWithoutAnythingBefore:
    def test_nothing_changes(self):
        for decision in (mark(ANN), ask(ANN), NOBODY_KNOWN):
            answer = one(decision)
            assert (answer.decision, answer.same_as, answer.stands_for) == (decision, None, ())


class TestFacesThatWereLeftOpen:
    def test_a_doubt_that_the_pictures_together_answer_is_answered(self):
        answer = one(mark(ANN), EarlierFace(Outcome.ASK, ANN))
        assert (answer.decision.outcome, answer.stands_for) == (Outcome.MARK, (0,))

    def test_a_stranger_who_is_recognised_after_all(self):
        assert one(mark(ANN), EarlierFace(Outcome.UNKNOWN, None)).stands_for == (0,)

    def test_the_same_doubt_is_asked_once_where_more_is_known(self):
        answer = one(ask(ANN), EarlierFace(Outcome.ASK, ANN), EarlierFace(Outcome.UNKNOWN, None))
        assert (answer.decision, answer.same_as, answer.stands_for) == (ask(ANN), None, (0, 1))

    def test_the_same_stranger_is_listed_once(self):
        answer = one(NOBODY_KNOWN, EarlierFace(Outcome.UNKNOWN, None))
        assert (answer.decision.outcome, answer.same_as, answer.stands_for) == (Outcome.UNKNOWN, 0, ())

    def test_two_who_turn_out_to_be_one_are_listed_once(self):
        answer = one(NOBODY_KNOWN, EarlierFace(Outcome.ASK, ANN), EarlierFace(Outcome.UNKNOWN, None))
        assert (answer.decision.outcome, answer.same_as, answer.stands_for) == (Outcome.UNKNOWN, 0, (1,))

    def test_one_whom_a_person_decided_covers_the_other(self):
        decided = EarlierFace(Outcome.UNKNOWN, None, is_decided=True)
        answer = one(NOBODY_KNOWN, EarlierFace(Outcome.UNKNOWN, None), decided)
        assert (answer.same_as, answer.stands_for) == (1, (0,))


class TestWhatAPersonSaid:
    def test_nobody_is_not_marked_in_the_next_picture(self):
        answer = one(mark(ANN), EarlierFace(Outcome.MARK, ANN, is_decided=True))
        assert (answer.decision, answer.same_as) == (NOBODY_KNOWN, 0)

    def test_a_name_holds_and_is_not_asked_again(self):
        answer = one(ask(BEN), EarlierFace(Outcome.ASK, BEN, is_decided=True, decided_student_id=ANN))
        assert (answer.decision.outcome, answer.decision.student_id, answer.same_as) == (Outcome.ASK, ANN, 0)

    @pytest.mark.parametrize(("chosen", "similarity"), [(ANN, 0.35), (BEN, 0.4), (EVE, 0.0)])
    def test_the_name_has_the_similarity_that_the_pictures_together_give_it(self, chosen, similarity):
        likely = (Match(BEN, 0.4), Match(ANN, 0.35))
        seen = Decision(Outcome.ASK, Reason.CLOSE_SECOND, BEN, 0.4, likely)
        answer = one(seen, EarlierFace(Outcome.ASK, BEN, is_decided=True, decided_student_id=chosen))
        assert answer.decision == Decision(Outcome.ASK, Reason.BELOW_THRESHOLD, chosen, similarity, likely)

    def test_it_counts_whatever_else_the_pictures_say(self):
        before = (EarlierFace(Outcome.MARK, BEN), EarlierFace(Outcome.ASK, BEN, is_decided=True))
        assert one(mark(BEN), *before).decision.outcome == Outcome.UNKNOWN


class TestPicturesThatDisagree:
    def test_a_mark_by_a_hair_becomes_a_question(self):
        for decision in (NOBODY_KNOWN, ask(ANN)):
            answer = one(decision, EarlierFace(Outcome.MARK, ANN))
            assert (answer.decision.outcome, answer.decision.reason) == (Outcome.ASK, Reason.OTHER_PICTURE)
            assert (answer.decision.student_id, answer.same_as) == (ANN, 0)
            assert ANN in {match.student_id for match in answer.decision.candidates}

    def test_somebody_else_after_all(self):
        answer = one(mark(BEN), EarlierFace(Outcome.MARK, ANN))
        assert (answer.decision.outcome, answer.decision.student_id) == (Outcome.ASK, ANN)
        assert [match.student_id for match in answer.decision.candidates] == [BEN, ANN]

    def test_the_one_who_is_asked_about_is_among_the_candidates_once(self):
        likely = (Match(BEN, 0.4), Match(ANN, 0.35))
        answer = one(Decision(Outcome.ASK, Reason.CLOSE_SECOND, BEN, 0.4, likely), EarlierFace(Outcome.MARK, ANN))
        assert answer.decision == Decision(Outcome.ASK, Reason.OTHER_PICTURE, ANN, 0.35, likely)

    def test_one_whom_the_pictures_together_do_not_show_is_the_last_candidate(self):
        answer = one(mark(BEN), EarlierFace(Outcome.MARK, ANN))
        likely = (Match(BEN, 0.8), Match(ANN, 0.0))
        assert answer.decision == Decision(Outcome.ASK, Reason.OTHER_PICTURE, ANN, 0.0, likely)

    def test_the_question_stands_for_the_doubts_besides(self):
        answer = one(ask(BEN), EarlierFace(Outcome.ASK, BEN), EarlierFace(Outcome.MARK, ANN))
        assert (answer.same_as, answer.stands_for) == (1, (0,))

    def test_a_mark_that_is_confirmed_stays_one(self):
        assert one(mark(ANN), EarlierFace(Outcome.MARK, ANN)).decision == mark(ANN)

    def test_only_marks_near_the_threshold_can_be_spoken_against(self):
        assert is_weak(0.55, POLICY)
        assert not is_weak(0.7, POLICY)  # as far above the accept threshold as the review threshold is below it
        assert not is_weak(0.71, POLICY)
        assert not is_weak(None, POLICY)


class TestLinks:
    def test_each_decision_has_links_of_its_own(self):
        with pytest.raises(ValueError, match="shorter"):
            join([mark(ANN)], [], [])
        with pytest.raises(ValueError, match="longer"):
            join([], [[]], [])

    @pytest.mark.parametrize(
        ("links", "joined"),
        [
            ([], {ANN}),
            ([(ANN, BEN)], {ANN, BEN}),
            ([(BEN, ANN)], {ANN, BEN}),
            ([(BEN, EVE)], {ANN}),
            ([(ANN, BEN), (BEN, EVE)], {ANN, BEN, EVE}),
            ([(EVE, BEN), (EVE, ANN)], {ANN, BEN, EVE}),
            ([(ANN, BEN), (BEN, ANN), (ANN, ANN)], {ANN, BEN}),
        ],
    )
    def test_those_that_are_linked_through_others_are_one(self, links, joined):
        assert joined_with(ANN, links) == joined

    def test_a_long_row_of_links_and_branches(self):
        faces = [UUID(int=n) for n in range(20)]
        branches = [(faces[4], faces[n]) for n in (10, 12, 14)] + [(faces[n], faces[n + 1]) for n in (10, 12, 14)]
        assert joined_with(faces[9], [*pairwise(faces[:10]), *branches]) == set(faces[:16])


students = st.sampled_from([ANN, BEN, EVE])
scores = st.floats(0, 1, allow_nan=False)
observations = st.lists(
    st.dictionaries(students, scores, max_size=3).map(
        lambda likely: FaceObservation(
            Box(0, 0, 9, 9),
            Quality(9, 1, 1, 1, 1),
            tuple(Match(pk, score) for pk, score in sorted(likely.items(), key=lambda pair: -pair[1])),
        )
    ),
    max_size=5,
)
befores = st.lists(
    st.builds(
        EarlierFace,
        outcome=st.sampled_from([Outcome.MARK, Outcome.ASK]),
        student_id=students,
        is_decided=st.booleans(),
        decided_student_id=st.none() | students,
    ),
    max_size=4,
)


@settings(deadline=None)  # the first one loads the solver
@given(observations, befores, st.randoms(use_true_random=False))
def test_earlier_pictures_never_mark_anybody_whom_the_new_one_does_not(faces, before, random):
    decisions = decide(faces, [ANN, BEN, EVE], POLICY)
    links = [[n for n in range(len(before)) if random.random() < 0.4] for _ in faces]
    answers = join(decisions, links, before)
    for decision, answer, own in zip(decisions, answers, links, strict=True):
        if answer.decision.outcome == Outcome.MARK:
            assert answer.decision == decision
            assert not any(before[n].is_decided for n in own)
        assert answer.same_as is None or answer.same_as in own
        assert set(answer.stands_for) <= set(own)
        assert answer.same_as not in answer.stands_for
        assert all(not before[n].is_decided and before[n].outcome != Outcome.MARK for n in answer.stands_for)
    marked = [answer.decision.student_id for answer in answers if answer.decision.outcome == Outcome.MARK]
    assert len(marked) == len(set(marked))


@settings(deadline=None)  # the first one loads the solver
@given(observations, befores)
def test_pictures_without_a_common_face_are_independent(faces, before):
    decisions = decide(faces, [ANN, BEN, EVE], POLICY)
    answers = join(decisions, [[] for _ in faces], before)
    assert [answer.decision for answer in answers] == decisions
    assert {answer.same_as for answer in answers} <= {None}


def test_a_clear_mark_stands_for_a_later_face_that_shows_nobody():
    """It is shown as the marked one, without a question; a weak mark is asked about."""
    clear, stranger = EarlierFace(Outcome.MARK, ANN, is_weak=False), EarlierFace(Outcome.UNKNOWN, None)
    [answer] = join([NOBODY_KNOWN], [[1, 0]], [clear, stranger])
    assert answer == JointDecision(NOBODY_KNOWN, same_as=0, stands_for=(1,))
    [weak] = join([NOBODY_KNOWN], [[0]], [EarlierFace(Outcome.MARK, ANN)])
    assert (weak.decision.outcome, weak.decision.reason) == (Outcome.ASK, Reason.OTHER_PICTURE)


def test_a_clear_mark_is_not_asked_about_where_a_later_face_is_in_doubt():
    [answer] = join([ask(BEN)], [[0]], [EarlierFace(Outcome.MARK, ANN, is_weak=False)])
    assert answer == JointDecision(ask(BEN))
