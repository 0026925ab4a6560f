"""The definition of rates against cases computed by hand, as one would on a sheet of paper."""

from datetime import date, timedelta

import pytest

from attendance.domain.england import CODES
from attendance.domain.marks import MarkKey
from attendance.domain.rates import Absence, Counting, DayMark, Rate, RatePolicy, absence_of, rate_of, rates_sum
from attendance.domain.statuses import Status

STANDARD = RatePolicy()
LATE_MISSED = RatePolicy(late_is_attended=False)
EXCUSED_OUT = RatePolicy(excused_counts=False)
NEITHER = RatePolicy(late_is_attended=False, excused_counts=False)
ENGLAND = RatePolicy(codes={known.code: known.counting for known in CODES})
TRIP = RatePolicy(codes={"TR": Counting.ATTENDED, "HOM": Counting.MISSED, "X": Counting.OUT})
RENAMED = RatePolicy(codes={"E": Counting.ATTENDED, "L": Counting.MISSED})


def tally(text):
    """`P18 L2 A4` and, with the school's code after the kind, `E:TR3`."""
    found = {}
    for word in text.split():
        letters = word.rstrip("0123456789")
        kind, _, code = letters.partition(":")
        if code and (digits := word[len(letters) :]) and len(digits) > 1 and code in ("C", "J", "Y"):
            code, digits = code + digits[0], digits[1:]
        else:
            digits = word[len(letters) :]
        found[MarkKey(Status(kind), code)] = int(digits)
    return found


CASES = [
    # the school's choices, the marks, attended of counted, per cent, below the mark
    (STANDARD, "P24", 24, 24, 100, False),
    (STANDARD, "P22 L1 A1", 23, 24, 95, False),  # 95.83
    (STANDARD, "P18 L2 A4", 20, 24, 83, True),  # 83.33
    (STANDARD, "P19 L1 A3 E1", 20, 24, 83, True),  # excused counts as missed
    (STANDARD, "P16 L1 A5 E1", 17, 23, 73, True),  # 73.91
    (STANDARD, "P23 E1", 23, 24, 95, False),
    (STANDARD, "P20 L1 E3", 21, 24, 87, True),  # 87.5, rounded down
    (STANDARD, "P9 A1", 9, 10, 90, False),  # exactly the mark is not below it
    (STANDARD, "P89 A10", 89, 99, 89, True),  # 89.899 is below, and reads so
    (STANDARD, "P199 A1", 199, 200, 99, False),  # 99.5 is not every lesson
    (STANDARD, "D3 P2", 5, 5, 100, False),  # left early was there
    (STANDARD, "A5", 0, 5, 0, True),
    (STANDARD, "P4", 4, 4, None, False),  # under five lessons there is no rate
    (STANDARD, "A4", 0, 4, None, False),
    (STANDARD, "", 0, 0, None, False),  # joined yesterday, or never taken
    (STANDARD, "P5 N3", 5, 5, 100, False),  # marks that were taken back
    (LATE_MISSED, "P22 L1 A1", 22, 24, 91, False),  # 91.67
    (LATE_MISSED, "P18 L2 A4", 18, 24, 75, True),
    (EXCUSED_OUT, "P19 L1 A3 E1", 20, 23, 86, True),  # 86.96
    (EXCUSED_OUT, "P20 L1 E3", 21, 21, 100, False),
    (EXCUSED_OUT, "P4 E20", 4, 4, None, False),  # of 24 lessons four count
    (NEITHER, "P16 L2 A1 E5", 16, 19, 84, True),  # 84.21
    (TRIP, "P17 E:TR3 A4", 20, 24, 83, True),  # the trip counts as attended
    (TRIP, "P20 P:HOM4", 20, 24, 83, True),  # present in kind, missed by the school's word
    (TRIP, "P20 E:X4", 20, 20, 100, False),  # left out
    (TRIP, "P20 E:OLD4", 20, 24, 83, True),  # a code that was deleted counts as its kind
    (RENAMED, "P20 L2 E2", 22, 24, 91, False),  # the school entered the portal's own letters itself
    (ENGLAND, "P20 L2 P:V2 P:B1 E:I3 A:O1 A:U1", 25, 30, 83, True),  # 25 of 30 possible
    (ENGLAND, "P18 E:M1 E:Y11 E:X4 E:DR5", 18, 19, 94, False),  # 94.74 of 19; ten were not possible
    (ENGLAND, "P2 P:SP3 P:W1 P:K1 E:C11 E:J12 A:G2 A:N1", 7, 13, 53, True),  # 53.85
]


@pytest.mark.parametrize(("policy", "marks", "attended", "counted", "percent", "is_low"), CASES)
def test_by_hand(policy, marks, attended, counted, percent, is_low):
    rate = rate_of(tally(marks), policy)
    assert (rate.attended, rate.counted, rate.percent, rate.is_low) == (attended, counted, percent, is_low)


def test_there_are_thirty():
    assert len(CASES) == 30


def test_every_code_of_england_counts_as_its_category():
    counted = {known.code: ENGLAND.counting(MarkKey(known.kind, known.code)) for known in CODES}
    assert " ".join(code for code, said in counted.items() if said is Counting.ATTENDED) == "K V SP W B"
    assert " ".join(code for code, said in counted.items() if said is Counting.OUT) == "DR X Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z"
    missed = [code for code, said in counted.items() if said is Counting.MISSED]
    assert " ".join(missed) == "C1 M J1 S C2 C T R I EX G N O U"


def test_the_school_s_own_threshold():
    assert rate_of(tally("P94 A6"), RatePolicy(threshold=95)).is_low
    assert not rate_of(tally("P95 A5"), RatePolicy(threshold=95)).is_low


def test_what_is_left_out_is_still_said():
    rate = rate_of(tally("P20 E:X4"), TRIP)
    assert (rate.marks - rate.counted, rate.marks, rate.missed) == (4, 24, 0)
    assert rate.shares == ((Status.PRESENT, 20), (Status.EXCUSED, 4))


def test_each_lesson_weighs_the_same_in_a_sum():
    """Of a course with 30 lessons and one with 10: 36 of 40, not the middle of 100 and 60."""
    rates = [rate_of(tally("P30"), STANDARD), rate_of(tally("P6 A4"), STANDARD)]
    total = rates_sum(rates, STANDARD)
    assert (total.attended, total.counted, total.percent) == (36, 40, 90)
    assert rates_sum([], STANDARD) == Rate(threshold=90)


# -- Chronic absence: by days --

MONDAY = date(2026, 9, 7)


def days(*texts):
    """A day each, with its lessons' kinds: `PPAA`."""
    return [DayMark(MONDAY + timedelta(days=n), MarkKey(Status(k))) for n, text in enumerate(texts) for k in text]


@pytest.mark.parametrize(
    ("policy", "lessons", "enrolled", "missed", "is_chronic"),
    [
        (STANDARD, ["PPPP"] * 9 + ["AAAA"], 10, 1, True),  # exactly 90 % attended is chronic
        (STANDARD, ["PPPP"] * 10 + ["AAAA"], 11, 1, False),
        (STANDARD, ["PPPP"] * 9 + ["EEEE"], 10, 1, True),  # excused included
        (EXCUSED_OUT, ["PPPP"] * 9 + ["EEEE"], 10, 1, True),  # whatever the rate leaves out
        (STANDARD, ["PPPP"] * 9 + ["AAPP"], 10, 1, True),  # half of the day
        (STANDARD, ["PPPP"] * 9 + ["APPP"], 10, 0, False),
        (STANDARD, ["AAAA"] * 9, 9, 9, None),  # under ten days nothing is said
        (LATE_MISSED, ["PPPP"] * 9 + ["LLLL"], 10, 0, False),  # late, but there
        (STANDARD, [], 0, 0, None),
        (RatePolicy(chronic_percent=20), ["PPPP"] * 9 + ["AAAA"], 10, 1, False),
    ],
)
def test_chronic_absence(policy, lessons, enrolled, missed, is_chronic):
    found = absence_of(days(*lessons), policy)
    assert (found.enrolled, found.missed, found.is_chronic) == (enrolled, missed, is_chronic)


def test_a_day_on_which_nothing_was_possible_is_no_enrolled_day():
    closed = [DayMark(MONDAY, MarkKey(Status.EXCUSED, "X"))] * 4
    assert absence_of(closed, TRIP) == Absence(0, 0)
    trip = [DayMark(MONDAY, MarkKey(Status.EXCUSED, "TR"))] * 4
    assert absence_of(trip, TRIP) == Absence(1, 0)
