"""Counting of dependent rows beside the rows that they hang on: no join, in which each kind multiplies the others."""

from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce


def counted(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """The number of rows, 0 if there are none, for an annotation. rows: bound to the outer row by its column `by`."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)
