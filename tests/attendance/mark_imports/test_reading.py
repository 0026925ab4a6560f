"""Files of other systems: dates, matrices, statuses."""

from datetime import date

import pytest

from attendance.domain.england import CODES
from attendance.mark_imports.dated import Dated, dated
from attendance.mark_imports.fields import FIELDS
from attendance.mark_imports.shaping import marks_score, marks_shape
from attendance.mark_imports.words import SKIP, reader_of
from attendance.models import StatusCode
from attendance.register.status_codes import statuses_of
from enrollment.importing.fields import columns_match
from enrollment.importing.reading import table_read
from tests.attendance.mark_imports.conftest import MONDAY, held, marks_of
from tests.enrollment.importing.conftest import counts, workbook


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("02.03.2026", ("02.03.2026", "")),
        ("2026-03-02 00:00:00", ("2026-03-02", "")),
        ("2026-03-02 09:00:00", ("2026-03-02", "9:00")),
        ("2026-03-02T09:00", ("2026-03-02", "9:00")),
        ("2 Mar 2026 9.00AM All students", ("2026-03-02", "9:00am")),
        ("02 Mar 2026 09.00AM Common", ("2026-03-02", "09:00am")),
        ("Mo., 2. März 2026", ("2026-03-02", "")),
        ("2 de marzo de 2026", ("2026-03-02", "")),
        ("March 2nd, 2026 14:30", ("2026-03-02", "14:30")),
        ("14 août 2026", ("2026-08-14", "")),
        ("14 juil. 2026", ("2026-07-14", "")),
        ("02/03/26 8h30", ("02/03/26", "8:30")),
        ("Points", None),
        ("2026", None),
        ("3 Blind 2026", None),
        ("Last name", None),
    ],
)
def test_dates_with_what_stands_around_them(text, found):
    at = dated(text)
    assert (at and (at.date, at.time.removeprefix("0") if found and found[1][:1] != "0" else at.time)) == found


def shaped(text):
    table = marks_shape(table_read(text.encode(), score=marks_score))
    return table, columns_match(table.headers, FIELDS)


MOODLE = (
    "Course\tPhysics 10B\nGroup\tAll participants\n\n"
    "Last name\tFirst name\tID number\t2 Mar 2026 9.00AM All students\t\t9 Mar 2026 9.00AM All students\t\t"
    "Taken sessions\tPoints\tPercentage\n"
    "Field\tSam\tR-001\tP (2/2)\t\tL (1/2)\tBus\t2\t3 / 4\t75.0\n"
    "Rao\tSita\tR-002\t?\t\tE (1/2)\t\t1\t1 / 2\t50.0\n"
)


def test_a_matrix_becomes_one_row_a_mark():
    table, fields = shaped(MOODLE)
    assert list(fields.values()) == [
        "family_name", "given_name", "external_id", "date", "hour", "status", "note", "course",
    ]  # fmt: skip
    assert [(line.number, *line.cells[2:]) for line in table.lines] == [
        (5, "R-001", "2026-03-02", "9:00am", "P (2/2)", "", "Physics 10B"),
        (5, "R-001", "2026-03-09", "9:00am", "L (1/2)", "Bus", "Physics 10B"),
        (6, "R-002", "2026-03-09", "9:00am", "E (1/2)", "", "Physics 10B"),
    ]


def test_a_moodle_export_is_imported(office, monday, physics, tess):
    session = held(physics, MONDAY, tess.user)
    run = office.upload(MOODLE, "marks")
    assert counts(run) == (2, 0, 0, 1)
    office.apply(run)
    second = physics.sessions.exclude(pk=session.pk).get()
    assert marks_of(second) == {"R-001": ("L", 0, "Bus"), "R-002": ("E", 0, "")}
    assert marks_of(session)["R-001"] == ("A", 0, "")


def test_a_spreadsheet_with_dates_for_headers_asks_for_the_course(office, monday, physics):
    rows = [["Name", date(2026, 3, 2), date(2026, 3, 9)], ["Sam Field", "anwesend", "fehlt"], ["Sita Rao", None, "-"]]
    run = office.upload(workbook(rows), "marks", "matrix.xlsx")
    [question] = run.summary["questions"]
    assert question["sentence"] == "Which course are these marks from?"
    run = office.choose(run, answers={"course": question["choices"][0]["answer"]})
    assert counts(run) == (2, 0, 0, 0)


def test_ambiguous_headers_are_asked_about(office, monday):
    run = office.upload("Name;Course;02/03/2026;09/03/2026\nSam Field;PHY-10B;P;P\n", "marks")
    assert [each["option"] for each in run.summary["questions"]] == ["order:date"]
    assert counts(office.choose(run, orders={"date": "dmy"})) == (2, 0, 0, 0)


def test_a_matrix_without_marks_is_refused(office, physics):
    run = office.upload("Name;Course;02.03.2026\nSam Field;PHY-10B;\n", "marks")
    assert (run.state, run.error[:30]) == ("failed", "The file has lessons, and no m")


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        ("P", "P"), ("p (2/2)", "P"), ("Anwesend", "P"), ("présent", "P"), ("Tardy", "L"), ("verspätet", "L"),
        ("Retard", "L"), ("unentschuldigt", "A"), ("Unexcused absence", "A"), ("E", "E"), ("justificado", "E"),
        ("left early", "D"), ("?", SKIP), ("#", SKIP), ("K9", ""), ("1", ""),
    ],
)  # fmt: skip
def test_words_of_several_languages(riverside, word, letter):
    reader = reader_of(statuses_of(riverside), [word], {})
    meaning = reader.read(word)
    assert reader.words().words[0].answer == letter
    assert (meaning is None) == (letter == "")


def test_minutes_stand_with_the_status(riverside):
    reader = reader_of(statuses_of(riverside), [], {})
    assert [reader.read(text).minutes for text in ("L (5 min)", "late 12 min.", "L 7'", "P 5 min", "L")] == [
        5, 12, 7, None, None,
    ]  # fmt: skip


def test_england_s_codes_are_read_as_such_beside_a_slash(riverside):
    StatusCode.objects.bulk_create(
        StatusCode(institution=riverside, code=each.code, label=each.label, kind=each.kind) for each in CODES
    )
    statuses = statuses_of(riverside)

    def letters(*texts):
        reader = reader_of(statuses, texts, {})
        return [meaning.status.letter if (meaning := reader.read(text)) and meaning.status else "" for text in texts]

    assert letters("/", "\\", "L", "P", "E", "D", "I", "N", "Y1", "#") == [
        "P", "P", "L", "SP", "EX", "DR", "I", "N", "Y1", "",
    ]  # fmt: skip
    assert letters("P", "E", "D") == ["P", "E", "D"]


def test_the_school_s_own_codes_and_labels_come_first(riverside):
    StatusCode.objects.create(institution=riverside, code="T", label="Tardy", kind="L")
    reader = reader_of(statuses_of(riverside), [], {})
    assert [reader.read(text).status.letter for text in ("t", "tardy")] == ["T", "T"]


def test_what_a_word_means_is_chosen_once(office, monday):
    rows = "Roll number;Course;Date;Status\nR-001;PHY-10B;2026-03-02;1\nR-002;PHY-10B;2026-03-02;0\n"
    run = office.upload(rows, "marks")
    assert counts(run) == (0, 0, 0, 2)
    run = office.choose(run, answers={"status:1": "P", "status:0": SKIP})
    assert counts(run) == (1, 0, 0, 0)
    assert [(word["text"], word["answer"], word["is_mine"]) for word in run.summary["words"]["words"]] == [
        ("1", "P", True),
        ("0", SKIP, True),
    ]


def test_a_date_is_a_value():
    assert dated("2.3.2026") == Dated("2.3.2026", "")
