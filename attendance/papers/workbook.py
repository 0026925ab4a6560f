"""A matrix as a formatted workbook (XLSX): coloured letters, heads and names that stay, sums, a sheet with the key."""

from math import ceil
from typing import IO, Any

import xlsxwriter
from django.utils.formats import date_format
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.domain.statuses import Status
from attendance.papers.table import cell_words, column_words, heads, key_of, span_words, sum_heads, sums
from attendance.papers.typesetting import directed, paper_size
from attendance.papers.wanted import WantedMatrix
from attendance.rates.words import definition
from attendance.register.status_codes import ShownStatus
from attendance.reports.matrix import Matrix, Taken, in_order

LETTER, A4 = 1, 9  # Excel's numbers of sheets of paper
# The tones of the pages, light: text and ground.
_TONES = {
    "green": ("#12633d", "#dcefe4"), "teal": ("#0d5f66", "#d8eef0"), "blue": ("#1d4f91", "#dde9f8"),
    "indigo": ("#3f3d9e", "#e4e3f8"), "plum": ("#7a2c6c", "#f5e1f1"), "red": ("#a11d24", "#fbe2e2"),
    "orange": ("#8f4300", "#fde8d6"), "amber": ("#7a5200", "#fcefc9"), "grey": ("#4a4f57", "#e6e8eb"),
}  # fmt: skip
_KINDS = {Status.LATE: "amber", Status.ABSENT: "red", Status.EXCUSED: "blue", Status.LEFT_EARLY: "plum"}
# Written line by line, each forgotten once it is written; texts stay texts, whatever they begin with.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_TOP = 3  # lines above the students
_NAME = (20, 44)  # width of the column of names, in letters: at least and at most
_WIDE, _LINE = 1.3, 15  # room that a letter may take, in letters; height of a line of text, in points
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = 1, 2  # Excel's numbers of directions of a text


def workbook_write(file: IO[bytes], institution: Institution, wanted: WantedMatrix, matrix: Matrix) -> None:
    """Write the workbook into a binary file. Memory does not grow with the number of lines."""
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": wanted.name, "company": institution.name})
        _Sheet(book, institution, wanted, matrix).write()
        _key_sheet(book, institution, wanted, matrix)


class _Sheet:
    """The sheet with the students."""

    def __init__(self, book: Any, institution: Institution, wanted: WantedMatrix, matrix: Matrix) -> None:
        self.book, self.wanted, self.matrix, self.school = book, wanted, matrix, institution
        self.sheet = book.add_worksheet(_("Attendance"))
        self.formats: dict[Any, Any] = {}
        self.lead = len(heads(matrix))

    def write(self) -> None:
        self._set_up()
        self._heads()
        rows = in_order(self.matrix.rows, self.wanted.order)
        for number, row in enumerate(rows, _TOP):
            self.sheet.write_string(number, 0, row.student.roll_number)
            name = row.student.name
            if (lines := ceil(len(name) * _WIDE / _NAME[1])) > 1:  # not every program fits a line to its text
                self.sheet.set_row(number, lines * _LINE)
            self.sheet.write_string(number, 1, name, self._name(name, text_wrap=True, bold=row.rate.is_low))
            for at, cell in enumerate(row.cells, self.lead):
                begins = self.matrix.columns[at - self.lead].begins_week
                self.sheet.write_string(number, at, cell_words(cell), self._status(cell.said, begins))
            *counts, percent = sums(self.matrix, row)
            for at, count in enumerate(counts, self.lead + len(row.cells)):
                self.sheet.write_number(number, at, count or 0)
            low = self._format(num_format="0%", bold=row.rate.is_low, font_color="#a11d24" if row.rate.is_low else "")
            place = self.lead + len(row.cells) + len(counts)
            if percent is None:
                self.sheet.write_string(number, place, "–", self._format(align="right"))
            else:
                self.sheet.write_number(number, place, percent / 100, low)

    def _set_up(self) -> None:
        columns, sheet = len(self.matrix.columns), self.sheet
        if get_language_bidi():
            sheet.right_to_left()
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, self._width())
        sheet.set_column(self.lead, self.lead + columns - 1, 4.6) if columns else None
        sheet.set_column(self.lead + columns, self.lead + columns + len(sum_heads(self.matrix)), 9)
        sheet.freeze_panes(_TOP, self.lead)
        sheet.repeat_rows(0, _TOP - 1)
        sheet.repeat_columns(0, self.lead - 1)
        sheet.set_landscape()
        sheet.set_paper(LETTER if paper_size(self.school.time_zone, self.wanted.wished) == "us-letter" else A4)
        sheet.fit_to_pages(1, 0) if columns <= 40 else None
        sheet.set_footer("&L&8" + span_words(self.matrix) + "&R&8&P / &N")

    def _heads(self) -> None:
        title, about = self.wanted.name, f"{self.matrix.period.name} · {self.school.name}"
        self.sheet.write_string(0, 0, title, self._name(title, bold=True, font_size=14))
        self.sheet.write_string(1, 0, about, self._name(about, font_color="#4a4f57", font_size=9))
        for at, column in enumerate(self.matrix.columns, self.lead):
            if column.begins_week:
                words = date_format(column.day, "j M")
                self.sheet.write_string(1, at, words, self._format(font_color="#4a4f57", left=1, font_size=9))
        self.sheet.set_row(2, 82)
        head = self._format(bold=True, bottom=1, valign="bottom", text_wrap=True)
        for at, words in enumerate(heads(self.matrix)):
            self.sheet.write_string(2, at, words, head)
        for at, column in enumerate(self.matrix.columns, self.lead):
            colour = "#8a8f98" if column.taken in (Taken.CANCELLED, Taken.NOT_TAKEN) else ""
            shown = self._format(
                rotation=90, bottom=1, font_size=9, align="center", font_color=colour, left=int(column.begins_week)
            )
            self.sheet.write_string(2, at, column_words(column), shown)
        for at, words in enumerate(sum_heads(self.matrix), self.lead + len(self.matrix.columns)):
            self.sheet.write_string(2, at, words, head)

    def _width(self) -> float:
        """Width of the names: that of the longest, as far as it fits; longer ones take more lines."""
        return min(max([_NAME[0], *(len(row.student.name) + 2 for row in self.matrix.rows)]), _NAME[1])

    def _name(self, name: str, **wishes: Any) -> Any:
        """The format of a name: in its own direction, at the edge at which one begins to read the sheet."""
        order = _RIGHT_TO_LEFT if directed(name)["rtl"] else _LEFT_TO_RIGHT
        edge = "right" if get_language_bidi() else "left"
        return self._format(align=edge, valign="vcenter", reading_order=order, **wishes)

    def _status(self, said: ShownStatus | None, begins: bool) -> Any:
        edge = {"left": 1, "left_color": "#c9ccd1"} if begins else {}
        if said is None or (said.kind is Status.PRESENT and not said.colour):
            return self._format(align="center", font_color="#6b7078", **edge)
        ink, ground = _TONES[said.colour or _KINDS.get(said.kind, "grey")]
        return self._format(align="center", bold=True, font_color=ink, bg_color=ground, **edge)

    def _format(self, **wishes: Any) -> Any:
        """The format with these properties, made once."""
        told = {name: wish for name, wish in wishes.items() if wish}
        key = tuple(sorted(told.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(told)
        return self.formats[key]


def _key_sheet(book: Any, institution: Institution, wanted: WantedMatrix, matrix: Matrix) -> None:
    """The sheet that says what the letters mean and how the rate is computed."""
    sheet = book.add_worksheet(_("Key"))
    bold = book.add_format({"bold": True, "align": "center"})
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 90)
    lines = key_of(matrix)
    for number, (letter, word) in enumerate(lines):
        sheet.write_string(number, 0, letter, bold)
        sheet.write_string(number, 1, word)
    about = [
        (_("School"), institution.name),
        (_("Term"), f"{matrix.period.name}, {span_words(matrix)}"),
        (_("Attended"), definition(matrix.policy)),
    ]
    for number, (head, words) in enumerate(about, len(lines) + 1):
        sheet.write_string(number, 0, head)
        sheet.write_string(number, 1, words)
