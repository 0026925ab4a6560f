"""A server between boto3 and ministack that does to DynamoDB's answers what networks and crowds do to them."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERRORS = {
    "throttled": "ThrottlingException",
    "denied": "AccessDeniedException",
    "failing": "InternalServerError",
}


class Proxy:
    """Passes everything on until `plan` says otherwise. url: where it listens. calls: what passed, by operation."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.calls = Counter()
        self._plans = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def plan(self, operation, *acts):
        """Plan the faults of the next calls of an operation, one act each. The last act "…" repeats the one before it.

        throttled, denied, failing: refused so, and not done. conflict: a transaction refused because of another.
        lost: it is done, and its answer never comes. left: of a batch the last two items are left undone.
        """
        self._plans[operation] = list(acts)

    def next_act(self, operation):
        with self._lock:
            self.calls[operation] += 1
            acts = self._plans.get(operation, [])
            if acts[1:] == ["…"]:
                return acts[0]
            return acts.pop(0) if acts else None

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


def _handler(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # the whole answer in one go

        def do_POST(self):
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            act = proxy.next_act(operation)
            if act in ERRORS:
                status = 500 if act == "failing" else 400
                return self.answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{ERRORS[act]}"})
            if act == "conflict":
                reasons = [{"Code": "TransactionConflict"} for _ in body["TransactItems"]]
                return self.answer(400, {"__type": "x#TransactionCanceledException", "CancellationReasons": reasons})
            left = _leave(body) if act == "left" else {}
            status, answer = self.forward(body) if _asks(body) else (200, {"Responses": {}})
            if act == "lost":
                self.close_connection = True
                return self.connection.close()
            return self.answer(status, answer | left)

        def forward(self, body):
            headers = {name: self.headers[name] for name in ("X-Amz-Target", "Content-Type", "Authorization")}
            request = urllib.request.Request(proxy.upstream, json.dumps(body).encode(), headers)  # noqa: S310
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                    return answer.status, json.loads(answer.read())
            except urllib.error.HTTPError as error:
                return error.code, json.loads(error.read())

        def answer(self, status, document):
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    return Handler


def _asks(body):
    """True if there is anything in a batch; DynamoDB refuses an empty one."""
    batches = body.get("RequestItems", {"": ["not a batch"]}).values()
    return any(batch["Keys"] if isinstance(batch, dict) else batch for batch in batches)


def _leave(body):
    """Takes the last two items out of a batch; what the answer says of them."""
    [(table, wanted)] = body["RequestItems"].items()
    if isinstance(wanted, list):
        kept, left = wanted[:-2], wanted[-2:]
        body["RequestItems"] = {table: kept}
        return {"UnprocessedItems": {table: left}}
    keys = wanted["Keys"]
    body["RequestItems"] = {table: {**wanted, "Keys": keys[:-2]}}
    return {"UnprocessedKeys": {table: {**wanted, "Keys": keys[-2:]}}}
