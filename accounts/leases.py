"""Rows that one process at a time works on: taken without waiting for those that others are taking."""

from typing import TypeVar

from django.db import connections, models

Row = TypeVar("Row", bound=models.Model)


def unlocked(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """The rows that no other transaction is taking now, locked until this transaction ends (SKIP LOCKED).

    A database without it (SQLite, whose writers take turns anyway) gives all of them: whoever takes one has to do it by
    an UPDATE that asks again whether it is free.
    """
    if connections[rows.db].features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows
