"""Long lists, page by page."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from tests.aws.rekognition.wire import Document, ServiceError

T = TypeVar("T")


def page_of(entries: Sequence[T], request: Document, *, most: int) -> tuple[Sequence[T], Document]:
    """The page that a request's NextToken and MaxResults want, and `{"NextToken": ...}` if there is another.

    Raises ServiceError for a token that is none of ours.
    """
    start = _start(request.get("NextToken"))
    end = start + (request.get("MaxResults") or most)
    more = {"NextToken": base64.urlsafe_b64encode(f"after {end}".encode()).decode()} if end < len(entries) else {}
    return entries[start:end], more


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token).decode().partition(" ")
        if word == "after":
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise ServiceError("InvalidPaginationTokenException", "Pagination token in the request is not valid.")
