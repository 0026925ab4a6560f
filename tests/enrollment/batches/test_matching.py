"""Matching of files with students by their names: certain, asked, and never guessed."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.batches.matching import Directory, Person, words_in

PEOPLE = {
    "imogen": Person(uuid4(), "R-1204", ("Imogen Ashworth",), ("10A",)),
    "deniz": Person(uuid4(), "R-1188", ("Deniz Kaya",)),
    "zeynep": Person(uuid4(), "R-1190", ("Zeynep Kaya",)),
    "mueller": Person(uuid4(), "0012", ("Jörg Müller", "Müller Jörg")),
    "obrien": Person(uuid4(), "77", ("Siobhán O’Brien",)),
    "kavitha": Person(uuid4(), "2026-4", ("கவிதா சுப்பிரமணியன்",)),
    "arabic": Person(uuid4(), "A/9", ("عبد الرحمن المنصوري",)),
    "twin": Person(uuid4(), "T-1", ("Sam Field",)),
    "other twin": Person(uuid4(), "T-2", ("Sam Field",)),
}
DIRECTORY = Directory.of(PEOPLE.values())
BY_ID = {person.pk: name for name, person in PEOPLE.items()}


def matched(file, manifest=None):
    match = DIRECTORY.match(file, manifest)
    return (BY_ID[match.student], match.by) if match.student else match.reason


@pytest.mark.parametrize(
    "file",
    [
        "R-1204.jpg", "r1204.JPEG", "R 1204.png", "R_1204 (2).jpg", "R-1204-left.jpg", "R-1204_Imogen Ashworth.jpg",
        "Ashworth R-1204.jpg", "10A/R-1204.jpg", "10A\\R-1204.heic", "R-1204-10a.jpg",
    ],
)  # fmt: skip
def test_by_roll_number(file):
    assert matched(file) == ("imogen", "roll_number")


@pytest.mark.parametrize(
    ("file", "whose"),
    [
        ("Imogen Ashworth.jpg", "imogen"),
        ("ASHWORTH, Imogen.jpg", "imogen"),
        ("ashworth_imogen_10a_new (3).jpg", "imogen"),
        ("Jo\u0308rg Mu\u0308ller.jpg", "mueller"),  # as macOS writes it
        ("mueller-joerg.jpg", "mueller"),
        ("Muller Jorg.jpg", "mueller"),
        ("Siobhan OBrien.jpg", "obrien"),
        ("siobhan o'brien.jpg", "obrien"),
        ("கவிதா சுப்பிரமணியன்.jpg", "kavitha"),
        ("المنصوري عبد الرحمن.jpg", "arabic"),
    ],
)
def test_by_name_in_either_order(file, whose):
    assert matched(file) == (whose, "name")


@pytest.mark.parametrize(
    ("file", "reason", "may_be"),
    [
        ("kaya.jpg", "several", {"deniz", "zeynep"}),
        ("Sam Field.jpg", "several", {"twin", "other twin"}),
        ("10a-ashworth-imogen-maria-retake-final (2).jpg", "nearly", {"imogen"}),
        ("Imogen.jpg", "nearly", {"imogen"}),
        ("R-118.jpg", "unknown_roll_number", set()),
        ("IMG_2231.jpg", "no_name", set()),
        ("12.jpg", "unknown_roll_number", set()),  # 0012 has zeros before it
        ("photo.jpg", "no_name", set()),
        (".jpg", "no_name", set()),
    ],
)
def test_what_is_not_certain_is_asked(file, reason, may_be):
    match = DIRECTORY.match(file)
    assert (match.student, match.reason) == (None, reason)
    assert {BY_ID[pk] for pk in match.candidates} == may_be


@pytest.mark.parametrize(
    "file",
    [
        "IMG_77.jpg",  # the camera counted
        "77-09-21.jpg",  # a date
        "Imogen Ashworth 77.jpg",  # two people
        "R-1188 Imogen Ashworth.jpg",
        "R-1204 R-1188.jpg",
    ],
)
def test_a_number_that_something_speaks_against_is_not_believed(file):
    assert matched(file) in ("no_name", "unknown_roll_number", "several", "nearly", ("imogen", "name"))


def test_the_list_goes_before_the_name():
    manifest = {"img_1.jpg": "R-1188", "10a/img_1.jpg": "R-1190", "img_2": "12", "img_3.jpg": "R-999"}
    assert matched("IMG_1.jpg", manifest) == ("deniz", "manifest")
    assert matched("10A/IMG_1.JPG", manifest) == ("zeynep", "manifest")
    assert matched("x/IMG_2.JPG", manifest) == ("mueller", "manifest")  # spreadsheets drop zeros
    assert matched("photos/10A/IMG_1.jpg", manifest) == ("zeynep", "manifest")  # a folder that was chosen as a whole
    assert matched("IMG_3.jpg", manifest) == "unknown_roll_number"
    assert matched("R-1204.jpg", manifest) == ("imogen", "roll_number")


@pytest.mark.parametrize(
    ("typed", "whose"),
    [("R-1204 Imogen Ashworth", "imogen"), ("77", "obrien"), ("kaya deniz", "deniz"), ("A/9", "arabic")],
)
def test_whom_a_person_means(typed, whose):
    assert BY_ID[DIRECTORY.find(typed).student] == whose


def test_what_a_person_types_is_not_guessed_either():
    assert DIRECTORY.find("kaya").student is DIRECTORY.find("nobody").student is DIRECTORY.find("").student is None


@given(st.text(max_size=60))
def test_any_file_name_is_answered(name):
    match = DIRECTORY.match(name)
    assert (match.student is None) == bool(match.reason)
    assert all(word == word.strip() for word in words_in(name))
