"""Files as they come: encodings, separators, spreadsheets, and what is refused with a sentence."""

import contextlib
import io
import zipfile
from datetime import date, time

import pytest
from openpyxl import load_workbook

from enrollment.importing import tables
from enrollment.importing.errors import EncodingUnknown, ImportFileError
from enrollment.importing.fields import scorer
from enrollment.importing.reading import table_read
from enrollment.importing.students_fields import FIELDS
from tests.damage import damaged
from tests.enrollment.importing.conftest import workbook

HEAD = "Roll number,Name"


def read(data, **options):
    return table_read(data if isinstance(data, bytes) else data.encode(), score=scorer(FIELDS), **options)


def cells(table):
    return [line.cells for line in table.lines]


def refused(data, **options):
    with pytest.raises(ImportFileError) as caught:
        read(data, **options)
    assert str(caught.value)
    return caught.value.code


class TestText:
    def test_a_mark_at_the_beginning_is_no_part_of_the_first_header(self):
        assert read(b"\xef\xbb\xbf" + f"{HEAD}\nR-1,Émile\n".encode()).headers == ("Roll number", "Name")

    def test_excel_s_unicode_text(self):
        table = read("\ufeffRoll number\tName\nR-1\tÉmile Zola\n".encode("utf-16-le"))
        assert cells(table) == [("R-1", "Émile Zola")]

    @pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
    def test_the_separator_that_matches_most_headers(self, separator):
        table = read(separator.join(["Roll number", "Name"]) + "\n" + separator.join(["R-1", "A"]))
        assert table.headers == ("Roll number", "Name")

    def test_a_single_column(self):
        assert cells(read("Name\nAda Obi\n")) == [("Ada Obi",)]

    def test_the_line_in_which_excel_names_its_separator(self):
        assert cells(read(f"sep=;\n{HEAD.replace(',', ';')}\nR-1;A,B\n")) == [("R-1", "A,B")]

    def test_leading_zeros_and_those_that_excel_keeps_by_a_formula(self):
        assert cells(read(f'{HEAD}\n0012,A\n="0013",B\n')) == [("0012", "A"), ("0013", "B")]

    def test_titles_above_the_headers_and_blank_rows(self):
        table = read(f"Students 2026,\n,\n{HEAD}\n,\nR-1,A\n,\n")
        assert [(line.number, line.cells) for line in table.lines] == [(5, ("R-1", "A"))]

    def test_quoted_cells(self):
        assert cells(read(f'{HEAD}\nR-1,"Obi, Ada ""Ad"""\n')) == [("R-1", 'Obi, Ada "Ad"')]

    @pytest.mark.parametrize("character", "\u2028\u2029\x0b\x0c\x1c\x1d\x1e\x85")
    def test_what_ends_a_line_elsewhere_ends_no_row(self, character):
        assert cells(read(f"{HEAD}\nR-1,Ada{character}Obi\nR-2,B\n")) == [("R-1", "Ada Obi"), ("R-2", "B")]

    @pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
    def test_the_ends_of_lines_of_every_system(self, end):
        assert cells(read(f'{HEAD}{end}R-1,"Ada{end}Obi"{end}R-2,B')) == [("R-1", "Ada Obi"), ("R-2", "B")]

    def test_a_missing_quotation_mark(self):
        assert refused(f'{HEAD}\nR-1,"Obi\nR-2,x\n') == "bad_quotes"

    def test_another_encoding_is_asked_for_with_the_names(self):
        data = "Roll number;Name\nR-1;Łukasz Zażółć\n".encode("cp1250")
        with pytest.raises(EncodingUnknown) as caught:
            read(data)
        shown = {each.encoding: each.words for each in caught.value.candidates}
        assert shown["cp1250"] == ("Łukasz", "Zażółć")
        assert len(shown) > 1
        assert cells(read(data, encoding="cp1250")) == [("R-1", "Łukasz Zażółć")]

    def test_an_encoding_that_cannot_be_it(self):
        assert refused(b"Name\n\x81\n", encoding="cp1252") == "not_this_encoding"

    @pytest.mark.parametrize("data", [b"", b"\n \n", b",,\n,,\n"])
    def test_nothing(self, data):
        assert refused(data) == "empty"

    def test_headers_alone(self):
        assert refused(HEAD) == "no_rows"

    @pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0\0", b"Name\nA\0B\n", b"\xff\xd8\xff\0\x81"])
    def test_no_text(self, data):
        assert refused(data) in ("not_a_table", "encoding_unknown")

    def test_too_many_rows_and_columns(self, monkeypatch):
        monkeypatch.setattr(tables, "MOST_ROWS", 3)
        assert refused(HEAD + "\nR,x" * 4) == "too_many_rows"
        assert refused("x," * 600 + "\nx") == "too_many_columns"


class TestSpreadsheets:
    def test_zeros_are_kept_as_they_are_shown(self):
        data = workbook([["Roll number", "Name"], [12, "A"], [12, "B"], [7.5, "C"]], formats={(2, 1): "0000"})
        assert [row[0] for row in cells(read(data))] == ["0012", "12", "7.5"]

    def test_dates_times_and_yes(self):
        data = workbook([["Roll number", "DOB", "x"], ["R", date(2010, 5, 1), time(9, 30)], ["S", "", True]])
        assert cells(read(data)) == [("R", "2010-05-01", "09:30"), ("S", "", "true")]

    def test_numbers_with_more_digits_than_a_spreadsheet_keeps(self):
        table = read(workbook([["Roll number", "Name"], [1234567890123456, "A"]]))
        assert "15" in table.bad[2, 0]

    def test_a_formula_without_its_result(self):
        table = read(workbook([["Roll number", "Name"], ["R-1", '="A"&"B"']]))
        assert "formula" in table.bad[2, 1]

    def test_an_error_in_a_cell(self):
        table = read(workbook([["Roll number", "Name"], ["R-1", "#N/A"]]))
        assert "#N/A" in table.bad[2, 1]

    def test_a_sheet_is_chosen_by_its_headers_or_by_hand(self):
        book = load_workbook(io.BytesIO(workbook([["Notes"], ["x"]], sheet="Notes")))
        second = book.create_sheet("Pupils")
        for row in (["Roll number", "Name"], ["R-1", "A"]):
            second.append(row)
        out = io.BytesIO()
        book.save(out)
        assert read(out.getvalue()).sheet == "Pupils"
        assert read(out.getvalue(), sheet="Notes").sheet == "Notes"
        assert read(out.getvalue()).sheets == ("Notes", "Pupils")

    def test_formatting_down_to_the_last_row_is_not_read(self):
        book = load_workbook(io.BytesIO(workbook([["Roll number", "Name"], ["R-1", "A"]])))
        book.active.cell(1_048_576, 1).number_format = "0000"
        out = io.BytesIO()
        book.save(out)
        assert len(read(out.getvalue()).lines) == 1

    def test_what_is_no_spreadsheet(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("students.csv", HEAD)
        assert refused(out.getvalue()) == "not_a_table"
        assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") == "old_excel"
        assert refused(workbook([["Name"], ["A"]])[:-40]) == "broken"

    def test_of_damaged_ones_each_is_read_or_refused_in_one_sentence(self):
        for data in damaged(workbook([["Roll number", "Name"], ["R-1", "Ada"]]), 300):
            with contextlib.suppress(ImportFileError, EncodingUnknown):  # and nothing else
                read(data)

    @pytest.mark.thorough
    def test_one_that_would_fill_the_disk(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "x")
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * (tables.MOST_UNPACKED + 1))
        assert refused(out.getvalue()) == "too_large"
