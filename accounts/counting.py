"""Counting of dependent rows beside the rows that they hang on, and of unlike rows of a school at once.

No join, in which each kind multiplies the others.
"""

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Institution


class _Number(Subquery):
    """The number of a query's rows as a column."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counted(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """The number of rows, 0 if there are none, for an annotation. rows: bound to the outer row by its column `by`."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


def numbers_of(institution: Institution, **rows: QuerySet[Any]) -> dict[str, int]:
    """The numbers of rows of these queries by name, in one query."""
    columns = {name: _Number(found.order_by().values("pk")) for name, found in rows.items()}
    found: Any = Institution.objects.filter(pk=institution.pk).values(**columns).get()
    return dict(found)
