"""The cursor of a student's pages: the last lesson that was shown. It stays valid whatever is written or erased."""

from datetime import UTC, datetime
from uuid import UUID

from attendance.domain.marks import Mark
from attendance.repositories.base import BadCursor


def cursor_of(mark: Mark) -> str:
    """The cursor of the page that follows this mark."""
    return f"{mark.held_at.astimezone(UTC).replace(tzinfo=None).isoformat()}~{mark.session_id}"


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Beginning (UTC) and session id of the last lesson shown. Raises BadCursor."""
    try:
        held_at, session_id = cursor.split("~")
        return _utc(datetime.fromisoformat(held_at)), UUID(session_id)
    except ValueError as error:
        raise BadCursor(cursor) from error


def _utc(time_of_cursor: datetime) -> datetime:
    if time_of_cursor.tzinfo:
        raise ValueError("a cursor's time has no offset")
    return time_of_cursor.replace(tzinfo=UTC)
