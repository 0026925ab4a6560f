"""The definition of rates against cases computed by hand and by the formulas of a workbook, `rates.xlsx`."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from attendance.domain.england import CODES
from attendance.domain.marks import MarkKey
from attendance.domain.rates import Absence, Counting, DayMark, Rate, RatePolicy, absence_of, rate_of, rates_sum
from attendance.domain.statuses import Status

BOOK = Path(__file__).parent / "rates.xlsx"
STANDARD = RatePolicy()
ENGLAND = RatePolicy(codes={known.code: known.counting for known in CODES})
TRIP = RatePolicy(codes={"TR": Counting.ATTENDED, "HOM": Counting.MISSED, "X": Counting.OUT})


def tally(text):
    """`P18 L2 A4` and, with the school's code after the kind, `E:TR3`."""
    found = {}
    for word in text.split():
        letters = word.rstrip("0123456789")
        kind, _, code = letters.partition(":")
        found[MarkKey(Status(kind), code)] = int(word[len(letters) :])
    return found


def sheet(title):
    """The lines of a sheet, each by its heads: what was entered, and what the workbook's own formulas came to."""
    heads, *lines = openpyxl.load_workbook(BOOK, data_only=True)[title].iter_rows(values_only=True)
    return [dict(zip(heads, line, strict=True)) for line in lines if line[0] is not None]


def policy_of(case):
    """The choices of a case's school."""
    parts = {"attended": Counting.ATTENDED, "missed": Counting.MISSED, "left out": Counting.OUT}
    entered = [line for line in sheet("Codes") if line["Codes of the school"] == case["Codes of the school"]]
    return RatePolicy(
        late_is_attended=case["Late counts as attended"] == "yes",
        excused_counts=case["Excused counts"] == "yes",
        threshold=case["Lowest rate (%)"],
        codes={line["Code"]: parts[line["Counts as"]] for line in entered},
    )


def shown_in(case, *heads):
    """A case's result by hand, after it has been found to be the workbook's own too."""
    by_hand = [case[f"{head}, by hand"] for head in heads]
    assert by_hand == [case[head] for head in heads], "open rates.xlsx in a spreadsheet program and save it"
    return by_hand


CASES = {line["Case"]: line for line in sheet("Cases")}


@pytest.mark.parametrize("number", CASES)
def test_by_hand(number):
    case = CASES[number]
    marks = [line for line in sheet("Marks") if line["Case"] == number]
    counts = {MarkKey(Status(line["Mark"]), line["Code of the school"] or ""): line["Lessons"] for line in marks}
    rate = rate_of(counts, policy_of(case))
    said = [
        rate.attended,
        rate.counted,
        "none" if rate.percent is None else rate.percent,
        "yes" if rate.is_low else "no",
    ]
    assert said == shown_in(case, "Attended", "Counted", "Rate (%)", "Below"), case["What it shows"]


def test_there_are_thirty_and_the_workbook_computes_them_too():
    assert list(CASES) == list(range(1, 31))
    written = openpyxl.load_workbook(BOOK)
    for title, columns in (("Cases", "KLMN"), ("Marks", "EFGH"), ("Chronic", "IJK"), ("Days", "DE")):
        for line in range(2, len(sheet(title)) + 2):
            assert all(str(written[title][f"{column}{line}"].value).startswith("=") for column in columns)


def test_england_s_codes_in_the_workbook_are_the_portal_s():
    assert policy_of({**CASES[30]}).codes == ENGLAND.codes


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


CHRONIC = {line["Case"]: line for line in sheet("Chronic")}


@pytest.mark.parametrize("number", CHRONIC)
def test_chronic_absence(number):
    case = CHRONIC[number]
    lessons = [
        line["Marks of the lessons"]
        for line in sheet("Days")
        if line["Case"] == number
        for _ in range(line["Days like this"])
    ]
    policy = RatePolicy(
        late_is_attended=case["Late counts as attended"] == "yes",
        excused_counts=case["Excused counts"] == "yes",
        chronic_percent=case["Limit (%)"],
    )
    found = absence_of(days(*lessons), policy)
    said = [found.enrolled, found.missed, {True: "yes", False: "no", None: "none"}[found.is_chronic]]
    assert said == shown_in(case, "Days", "Missed", "Chronic"), case["What it shows"]


def test_a_day_on_which_nothing_was_possible_is_no_enrolled_day():
    closed = [DayMark(MONDAY, MarkKey(Status.EXCUSED, "X"))] * 4
    assert absence_of(closed, TRIP) == Absence(0, 0)
    trip = [DayMark(MONDAY, MarkKey(Status.EXCUSED, "TR"))] * 4
    assert absence_of(trip, TRIP) == Absence(1, 0)


def test_a_third_of_a_day_is_no_half_of_it():
    assert [absence_of(days(text), RatePolicy()).missed for text in ("APP", "AP", "AAP")] == [0, 1, 1]


def test_the_marks_of_a_kind_are_added_up_whatever_their_codes_and_none_is_no_kind():
    kinds = {MarkKey(Status.PRESENT): 2, MarkKey(Status.EXCUSED, "M"): 1, MarkKey(Status.EXCUSED): 3}
    rate = rate_of({**kinds, MarkKey(Status.NONE): 4, MarkKey(Status.ABSENT): 0}, RatePolicy())
    assert rate == Rate({Status.PRESENT: 2, Status.EXCUSED: 4}, 2, 6, 90)


def test_a_sum_of_rates_has_their_kinds_and_the_schools_threshold():
    policy = RatePolicy(threshold=75)
    rates = [rate_of({MarkKey(Status.PRESENT): n, MarkKey(Status.ABSENT): 1}, policy) for n in (2, 3)]
    assert rates_sum(rates, policy) == Rate({Status.PRESENT: 5, Status.ABSENT: 2}, 5, 7, 75)
