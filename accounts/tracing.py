"""Traces by OpenTelemetry for those who want them (`TRACES_TO`): how long a request, a photo or a job took, and where.

A span bears a route, ids and a school's short name, as a log line does: no address, which may hold a link's secret, no
words of an error, which may hold a name. An unavailable collector costs spans, and nobody a moment.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.forks import ForkedLock

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_providers: dict[int, "TracerProvider"] = {}  # by process id: the thread that sends does not survive a fork
_lock = ForkedLock()


@dataclass
class Told:
    """A span's name, if another one is known at its end, and its attributes."""

    name: str = ""
    attributes: dict[str, str | int] = field(default_factory=dict)

    def write_to(self, span: "Span") -> None:
        """Give all of it to the span."""
        if self.name:
            span.update_name(self.name)
        span.set_attributes(self.attributes)


@contextmanager
def traced(name: str, attributes: Mapping[str, str | int] | None = None) -> Iterator[Told]:
    """A span until the block ends, within the one that this thread is in; nothing unless traces are wanted.

    An error is told by its type.
    """
    told = Told(attributes=dict(attributes or {}))
    if not settings.TRACES_TO:
        yield told
        return
    from opentelemetry.trace import StatusCode

    tracer = _provider().get_tracer("attendance")
    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
        try:
            yield told
        except BaseException as error:
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", type(error).__qualname__)
            raise
        finally:
            told.write_to(span)


def traces_flush() -> None:
    """Send what this process has noted."""
    if settings.TRACES_TO:
        _provider().force_flush()


def _provider() -> "TracerProvider":
    with _lock.lock:
        if os.getpid() not in _providers:
            _providers[os.getpid()] = _made()
        return _providers[os.getpid()]


def _made() -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "attendance"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.TRACES_TO)))
    return provider
