"""Error rates of an engine at one school, and the threshold for a target rate: counts in, rates with bounds out. Pure.

Three groups of faces that the engine compared, and the claims that each supports:

* *judged*: a person said who the face was. No random sample: people correct what looks wrong, and answer questions.
  Among judged faces mistakes are therefore more frequent than among all.
* *unchallenged*: the engine marked somebody by the face, a person closed the register, and nobody contradicted. Mostly
  right; but a mistake that nobody noticed is in here too. It is never counted as confirmed.
* *open*: the engine asked, and nobody answered. Nothing is known.

So nothing here is "the" error rate. A share among all marks takes the unchallenged ones for right and is too low by the
unnoticed mistakes; a share among the judged ones is too high as long as people look at wrong marks rather than at right
ones. The truth lies between, on that condition. Bounds are exact (Clopper & Pearson 1934, "The use of confidence or
fiducial limits illustrated in the case of the binomial") and treat each face as a trial of its own. The same students
come every day, so trials resemble each other and the real uncertainty is larger than the bounds say.

Rates against the threshold are those of ISO/IEC 19795-1 in kind, not in sample: of faces that were not who the engine
proposed, the share at or above the threshold; of faces that were, the share below it. The first is taken among judged
faces alone, never diluted with unchallenged ones. A wrong mark that nobody noticed is in no figure at all.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import ceil, floor, inf, log, log1p

from attendance.domain.decision import Outcome, Reason

CONFIDENCE = 0.95
STEPS = 1000  # thresholds are multiples of a thousandth of the engine's highest similarity
THRESHOLD_BOUND = frozenset({Reason.CLEAR, Reason.BELOW_THRESHOLD})  # reasons that the threshold alone decides
POINTS = 40  # thresholds on a curve, approximately


class Judgement(StrEnum):
    """A person's judgement on the engine's decision: the values of `Verdict.Kind`."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Judged:
    """One face, or one student without a face, that a person has judged.

    said: the `Outcome`; empty where no photo had named or asked about a student whom somebody then marked as present.
    similarity: to the student that the engine named, in its unit; None where it named nobody. reason: the `Reason` of
    the outcome. is_findable: of a face that was somebody else than proposed: true if that other one is known to have
    been searched for. by_hand: a mark by the engine, contradicted on the register and not at the face.
    """

    said: str
    judgement: Judgement
    similarity: float | None = None
    reason: str = Reason.CLEAR
    is_findable: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """The evidence that one school has about one engine and model.

    unchallenged: similarity, cut down to a multiple of `step` -> number of faces. open: number of questions without an
    answer in closed registers. lessons: number of lessons with judged faces. lowest: below this threshold nothing can
    be said, since such faces were not shown to anybody.
    """

    judged: tuple[Judged, ...]
    unchallenged: Mapping[float, int]
    open: int
    lessons: int
    lowest: float
    step: float

    def count(self, said: Iterable[str], *judgements: Judgement) -> int:
        """Number of those with one of these outcomes that were judged as one of `judgements`."""
        outcomes = frozenset(said)
        return sum(each.said in outcomes and each.judgement in judgements for each in self.judged)

    @property
    def unchallenged_total(self) -> int:
        return sum(self.unchallenged.values())


@dataclass(frozen=True, slots=True)
class Rate:
    """`events` of `trials`, with exact 95 % bounds: 0 <= low <= value <= high <= 1. Without trials value is None.

    With no event at all (or nothing but events) only one bound is informative, and it has the whole 5 %: about
    3 / trials, the rule of three (Hanley & Lippman-Hand 1983, "If nothing goes wrong, is everything all right?").
    """

    events: int
    trials: int

    @property
    def value(self) -> float | None:
        return self.events / self.trials if self.trials else None

    @property
    def low(self) -> float:
        rest = self.trials - self.events
        return 1 - upper_bound(rest, self.trials, _tail(rest)) if self.trials else 0.0

    @property
    def high(self) -> float:
        return upper_bound(self.events, self.trials, _tail(self.events)) if self.trials else 1.0

    @property
    def at_most(self) -> float:
        """The upper bound alone, with the whole 5 %: this is compared with a target rate."""
        return upper_bound(self.events, self.trials) if self.trials else 1.0


@dataclass(frozen=True, slots=True)
class Between:
    """Two estimates of one rate, by two assumptions about the faces that nobody judged.

    least: the engine was right about all of them. most: see `false_matches` and `misses`.
    """

    least: Rate
    most: Rate


@dataclass(frozen=True, slots=True)
class Point:
    """The rates at one threshold. false_matches: of judged faces that were not the one proposed, those at or above it.

    misses: of faces of people who could be found, those below it or held back for another reason.
    """

    threshold: float
    false_matches: Rate
    misses: Rate


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lowest threshold that keeps a target rate, or the reason why there is none.

    wish: the target rate. have: number of judged faces that were not the one proposed. needed: the least number that it
    takes, all of them below the threshold. point: the rates at the threshold; None where there are too few faces, or
    where even the highest threshold is not enough.
    """

    wish: float
    have: int
    needed: int
    point: Point | None

    @property
    def threshold(self) -> float | None:
        return self.point.threshold if self.point else None

    @property
    def is_too_few(self) -> bool:
        return self.have < self.needed


def false_matches(sample: Sample) -> Between:
    """Rate of the engine's marks that named somebody else than the face's own person.

    least: contradicted marks among all marks, the unchallenged ones taken for right: omits mistakes that nobody
    noticed. most: among judged marks; too high where wrong marks draw attention. A mark that was set to absent without
    a decision about the face counts as wrong in both, even if its student left after the photo.
    """
    wrong, right = sample.count([Outcome.MARK], Judgement.WRONG), sample.count([Outcome.MARK], Judgement.RIGHT)
    judged = wrong + right
    return Between(Rate(wrong, judged + sample.unchallenged_total), Rate(wrong, judged))


def misses(sample: Sample) -> Between:
    """Rate of faces of people who could be found that were not marked as them: asked about, not known, or misnamed.

    least: among those and the marks that are confirmed or unchallenged. most: as if each open question had been about
    one who was there. Faces that the engine did not know and nobody named are in neither.
    """
    right = sample.count([Outcome.MARK], Judgement.RIGHT) + sample.unchallenged_total
    missed = sum(_is_miss(each) for each in sample.judged)
    return Between(Rate(missed, missed + right), Rate(missed + sample.open, missed + sample.open + right))


def impostors(sample: Sample) -> list[float]:
    """The similarities of judged faces to somebody who they were not, ascending.

    A face that is nobody on the roster, and was not proposed as anybody, is below every threshold (-inf). Left out are
    faces that the threshold does not decide (a close second, look-alikes), and those recognised as of another class.
    """
    scores = [_impostor(each) for each in sample.judged]
    return sorted(score for score in scores if score is not None)


def at_threshold(sample: Sample, threshold: float) -> Point:
    """The sample's rates at a threshold, at or above `sample.lowest`.

    Unchallenged marks count as people rightly found; they are no part of the false matches.
    """
    wrong, found = impostors(sample), _found(sample)
    false = sum(score >= threshold for score in wrong)
    below = sum(n for score, n in found.items() if score < threshold)
    return Point(threshold, Rate(false, len(wrong)), Rate(below, found.total()))


def curve(sample: Sample, marks: Iterable[float], most: float) -> tuple[Point, ...]:
    """Points at evenly spaced thresholds, ascending, that span every similarity of the sample and `marks`, thresholds
    that are to be seen. most: no threshold is higher."""
    seen = [score for score in (*impostors(sample), *_found(sample), *marks) if score > -inf]
    first = to_step(sample.lowest, sample.step)
    last = max([first, *(min(score + sample.step, most) for score in seen)])
    width = max(ceil((last - first) / sample.step / POINTS), 1) * sample.step
    thresholds = [round(first + i * width, 6) for i in range(ceil(round((last - first) / width, 6)) + 1)]
    return tuple(at_threshold(sample, min(threshold, most)) for threshold in thresholds)


def propose(sample: Sample, wish: float, most: float) -> Proposal:
    """The lowest threshold of which it can be said with 95 % confidence that its false-match rate is at most `wish`.

    wish: above 0, below 1. most: the highest threshold that the engine can have. False matches only become fewer as the
    threshold rises, so taking the lowest threshold whose upper bound keeps the wish needs no correction for having
    looked at many (Bates et al. 2021, "Distribution-free, risk-controlling prediction sets"). That holds for faces like
    those that were judged: mostly harder ones, as far as wrong marks were noticed. Raises ValueError for another wish.
    """
    scores, least = impostors(sample), needed(wish)
    allowed = _allowed(len(scores), wish)
    if allowed is None:
        return Proposal(wish, len(scores), least, None)
    threshold = to_step(sample.lowest, sample.step)
    if allowed < len(scores) and (first := scores[-allowed - 1]) >= threshold:
        threshold = _above(first, sample.step)
    return Proposal(wish, len(scores), least, at_threshold(sample, threshold) if threshold <= most else None)


def needed(wish: float) -> int:
    """Least number of faces that, without one false match, show with 95 % confidence a rate of at most `wish`.

    Raises ValueError unless it is above 0 and below 1.
    """
    if not 0 < wish < 1:
        raise ValueError("A wished rate lies between 0 and 1.")
    return ceil(round(log(1 - CONFIDENCE) / log1p(-wish), 9))


@cache
def upper_bound(events: int, trials: int, tail: float = 1 - CONFIDENCE) -> float:
    """The highest rate at which so few events have at least the probability `tail` (Clopper & Pearson 1934)."""
    if events >= trials:
        return 1.0
    from scipy.special import betaincinv

    return float(betaincinv(events + 1, trials - events, 1 - tail))


def to_step(threshold: float, step: float) -> float:
    """The threshold, or the next higher multiple of `step`."""
    return round(ceil(round(threshold / step, 6)) * step, 6)


def _tail(events: int) -> float:
    return (1 - CONFIDENCE) / 2 if events else 1 - CONFIDENCE


def _above(score: float, step: float) -> float:
    """The lowest multiple of `step` that is higher than the similarity."""
    above = round((floor(score / step) + 1) * step, 6)
    return above if above > score else round(above + step, 6)


def _allowed(trials: int, wish: float) -> int | None:
    """The largest number of false matches among so many trials that keeps the target; None if not even zero does."""
    if upper_bound(0, trials) > wish:
        return None
    return bisect_right(range(trials), wish, key=lambda events: upper_bound(events, trials)) - 1


def _impostor(each: Judged) -> float | None:
    if each.said == Outcome.UNKNOWN and each.judgement is Judgement.RIGHT:
        return -inf
    is_compared = each.said in (Outcome.MARK, Outcome.ASK) and each.reason in THRESHOLD_BOUND
    return each.similarity if is_compared and each.judgement is Judgement.WRONG else None


def _found(sample: Sample) -> Counter[float]:
    """Similarities of faces to their own students; -inf where no threshold would have named them."""
    found: Counter[float] = Counter(sample.unchallenged)
    for each in sample.judged:
        named = each.said in (Outcome.MARK, Outcome.ASK) and each.judgement is Judgement.RIGHT
        if named and each.reason in THRESHOLD_BOUND:
            found[-inf if each.similarity is None else each.similarity] += 1
        elif _is_miss(each):
            found[-inf] += 1
    return found


def _is_miss(each: Judged) -> bool:
    """True if a face of somebody who could be found was not marked as theirs."""
    if each.judgement is Judgement.WRONG:
        return each.said in (Outcome.MARK, Outcome.ASK) and each.is_findable
    return (each.said == Outcome.ASK and each.judgement is Judgement.RIGHT) or (
        each.said == Outcome.UNKNOWN and each.judgement is Judgement.MISSED
    )
