"""Typesetting: data are text in any script, never code; names keep their direction; the sheet is the usual one."""

import pytest

from attendance.papers.typesetting import directed, file_name, isolated, paper_size


@pytest.mark.parametrize(
    ("text", "rtl"),
    [("Ada", False), ("كريم", True), ("שרה Levi", True), ("அருண்", False), ("12 كريم", True), ("…", False), ("", False)],
)
def test_a_text_has_the_direction_of_its_first_letter(text, rtl):
    assert directed(text)["rtl"] is rtl


def test_words_too_long_for_a_line_can_be_broken_and_names_with_hyphens_break_there():
    assert directed("A" * 30)["text"].count("\u200b") == 2
    assert isolated(f"Ada {'W' * 30}") == f"\u2068Ada {'W' * 12}\u200b{'W' * 12}\u200b{'W' * 6}\u2069"
    assert "\u200b" not in directed("Fitzgerald-Konstantinopoulos van der Westhuizen")["text"]


@pytest.mark.parametrize(
    ("zone", "wished", "sheet"),
    [
        ("Europe/London", "", "a4"),
        ("America/New_York", "", "us-letter"),
        ("America/Sao_Paulo", "", "a4"),
        ("Europe/London", "letter", "us-letter"),
        ("America/New_York", "a4", "a4"),
    ],
)
def test_the_sheet_is_the_usual_one_in_the_time_zone_unless_another_is_wished_for(zone, wished, sheet):
    assert paper_size(zone, wished) == sheet


def test_a_download_has_a_name_in_letters_that_every_system_can_store():
    assert file_name('Register "10B" / a;b\n') == "register-10b-ab"
    assert file_name("كريم") == "attendance"
