"""Traces: spans of requests, photos and jobs as a collector receives them; nobody's name and no address is in them."""

import http.server
import threading

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from accounts import tracing
from accounts.jobs import job_run, job_start
from accounts.jobs.kinds import _kinds, job_kind
from accounts.jobs.queue import job_claim
from accounts.tracing import traced, traces_flush
from tests.engines import face


class Collector(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def do_POST(self):
        self.server.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def spans(settings):
    """A running collector; called, the spans that it has, by name, and all that was sent as bytes."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TRACES_TO = f"http://127.0.0.1:{server.server_port}/v1/traces"
    tracing._providers.clear()

    def received():
        traces_flush()
        sent = b"".join(server.received)
        parts = [ExportTraceServiceRequest.FromString(body) for body in server.received]
        found = [span for part in parts for r in part.resource_spans for s in r.scope_spans for span in s.spans]
        return {span.name: span for span in found}, sent

    yield received
    for provider in tracing._providers.values():
        provider.shutdown()
    tracing._providers.clear()
    server.shutdown()
    server.server_close()


def told(span):
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_request_by_its_route(spans, sign_in, ada, sam):
    answer = sign_in(ada).get("/riverside/search/?q=Sam")
    found, sent = spans()
    span = found["GET <slug:institution>/search/"]
    about = told(span)
    assert (about["http.route"], about["http.response.status_code"]) == ("<slug:institution>/search/", 200)
    assert (about["portal.school"], about["portal.request_id"]) == ("riverside", answer["X-Request-ID"])
    assert b"Sam" not in sent


def test_a_photo_s_wait_and_recognition_within_its_request(spans, script, sign_in, tess, take, sam):
    script.sees(face((sam.pk, 0.9)))
    with traced("outer"):
        take()
    found, sent = spans()
    outer = found["outer"].span_id
    assert found["wait for photos"].parent_span_id == found["recognise photo"].parent_span_id == outer
    assert told(found["recognise photo"])["portal.school"] == "riverside"
    assert b"Sam" not in sent


def test_a_job(spans, riverside, ada):
    @job_kind("trying", title="Trying", roles=())
    def try_it(handle):
        return None

    try:
        job = job_start(kind="trying", institution=riverside, by=ada.user)
        job_run(job=job_claim(job))
    finally:
        del _kinds["trying"]
    assert told(spans()[0]["job trying"]) == {"portal.school": "riverside", "portal.job": str(job.pk)}


def test_an_error_is_told_by_its_type_and_not_by_its_words(spans):
    with pytest.raises(ValueError, match="Sam"), traced("it"):
        raise ValueError("Sam Field's mark")
    found, sent = spans()
    assert (told(found["it"]), found["it"].status.code) == ({"error.type": "ValueError"}, 2)
    assert b"Sam" not in sent


def test_without_the_setting_nothing_is_even_imported(settings, monkeypatch):
    settings.TRACES_TO = ""
    monkeypatch.setattr(tracing, "_provider", None)
    with traced("it") as about:
        about.attributes["x"] = 1
    traces_flush()
