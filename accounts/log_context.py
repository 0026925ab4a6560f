"""Request and school of log lines: ids by which lines of one request are found together, and nobody's name."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_EMPTY: dict[str, str] = {}
_context: ContextVar[dict[str, str]] = ContextVar("log_context", default=_EMPTY)
# Both give up at once where they do not match: a visitor chooses the address that a line tells, and how long it is.
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_DETAIL = re.compile(r"^[ \t]*+(?:DETAIL|CONTEXT|HINT):.*$\n?", re.MULTILINE)


def log_add(**fields: object) -> None:
    """Say more of what this thread does now: request=…, school=…, job=…. Ids and short names of schools alone."""
    _context.set({**_context.get(), **{name: str(value) for name, value in fields.items()}})


def log_fields() -> dict[str, str]:
    """All that log lines of this thread bear now."""
    return dict(_context.get())


@contextmanager
def logged_as(**fields: object) -> Iterator[None]:
    """Within it, log lines of this thread bear these fields; whatever was added within is forgotten at its end."""
    token = _context.set({**_context.get(), **{name: str(value) for name, value in fields.items()}})
    try:
        yield
    finally:
        _context.reset(token)


def without_people(text: str) -> str:
    """The text without e-mail addresses, and without what a database tells of the row that it refused."""
    return _MAIL.sub("…@…", _DETAIL.sub("", text))


class ContextFilter(logging.Filter):
    """Puts request and school on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _context.get().items():
            setattr(record, name, value)
        return True


class PlainFormatter(logging.Formatter):
    """One line of text for people: as before, with the request's id where there is one, and nobody's address."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request_id", "")
        return without_people(super().format(record)) + (f" [{request}]" if request else "")


def json_formatter(**options: Any) -> logging.Formatter:
    """A formatter that writes a JSON object a line. The package is imported where it is wanted alone."""
    from pythonjsonlogger.json import JsonFormatter

    class PeoplelessFormatter(JsonFormatter):
        """As the package's, without people."""

        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            told: dict[str, Any] = super().process_log_record(log_data)
            told.pop("request", None)  # Django's own request object
            return {name: without_people(value) if isinstance(value, str) else value for name, value in told.items()}

    return PeoplelessFormatter(
        "{asctime}{levelname}{name}{message}", style="{", timestamp=False,
        rename_fields={"asctime": "at", "levelname": "level", "name": "logger"}, **options,
    )  # fmt: skip
