"""Pages of the API's lists: so many rows, and the cursor of the next page, which new rows do not shift."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class BadCursor(ParseError):
    default_code = "bad_cursor"
    default_detail = _("This cursor is not one that the API gave. Begin with the first page.")


class _Pages(CursorPagination):
    """The framework's cursors; the next one is given alone, not within an address."""

    def __init__(self, ordering: tuple[str, ...], limit: int) -> None:
        self.ordering = ordering
        self.page_size = limit

    def encode_cursor(self, cursor: Any) -> str:
        [token] = parse_qs(urlsplit(super().encode_cursor(cursor)).query)[self.cursor_query_param]
        return token

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is None and not cursor.offset:  # of signs that mean nothing
            raise BadCursor
        return cursor


def page_of(
    rows: QuerySet[Any], request: Request, *, order: tuple[str, ...], limit: int
) -> tuple[list[Any], str | None]:
    """The page that the request's `cursor` names, and the cursor of the next one (None: no more). One query.

    order: fields from the first to one that is unique; the first is an attribute of the rows. Raises BadCursor.
    """
    pages = _Pages(order, limit)
    try:
        found = pages.paginate_queryset(rows, request)
    except (NotFound, ValidationError, ValueError) as error:
        raise BadCursor from error
    return list(found or []), pages.get_next_link()
