"""The printed matrix's cells: counts of a day's like marks, and what is framed."""

import pytest

from attendance.domain.statuses import Status
from attendance.papers.matrix_paper import cell_of
from attendance.register.status_codes import statuses_of
from attendance.reports.matrix import Cell, Empty


@pytest.mark.parametrize(
    ("status", "more", "shown"),
    [
        (Status.PRESENT, 2, {"letter": "P", "more": "", "framed": False}),
        (Status.ABSENT, 0, {"letter": "A", "more": "", "framed": True}),
        (Status.ABSENT, 2, {"letter": "A", "more": "3", "framed": True}),
    ],
)
def test_how_many_of_a_day_is_said_of_exceptions_alone(riverside, status, more, shown):
    assert cell_of(Cell(statuses_of(riverside).of(status), more=more)) == shown


def test_an_empty_cell_has_its_sign(db):
    assert cell_of(Cell(None, Empty.NOT_TAKEN)) == {"letter": "○", "more": "", "framed": False}
