"""`python -m tests.payments.stripe_fake`: serves on a free port of this machine, which it prints, until its stdin ends.

Besides Stripe's own paths there are `/_knobs` (how it is to fail), `/_webhooks` (where to send events),
`/_bank/{intent}` (the shopper answers) and `/_comes_back/{refund}`.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.payments.stripe_fake.books import Books, Object, Refused, shown

LOCK = threading.RLock()
BOOKS = Books()
ANSWERS: dict[str, tuple[str, int, bytes]] = {}
KNOBS: Object = {}
LISTENER: Object = {}


class Desk(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Something is read."""
        self._serve(dict_of(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        """Something is done, once under its key."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/_"):
            with LOCK:
                self._answer(200, self._own(json.loads(body or b"{}")))
            send_events()
            return
        self._serve(dict_of(parse_qsl(body.decode(), keep_blank_values=True)), body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def _serve(self, asked: Object, body: bytes = b"") -> None:
        knob = taken_knob(self.path)
        if knob.get("slow_seconds"):
            time.sleep(knob["slow_seconds"])
        if knob.get("drop") == "before":
            self.close_connection = True
            return
        with LOCK:
            status, answer = self._once(asked, body, knob)
        send_events(twice=bool(knob.get("tell_twice")))
        if knob.get("drop") == "after":
            self.close_connection = True
            return
        self._answer(status, answer)

    def _once(self, asked: Object, body: bytes, knob: Object) -> tuple[int, Any]:
        """https://docs.stripe.com/api/idempotent_requests: the answer is kept once the work has begun, a 500 too."""
        if not self.headers.get("authorization", "").endswith("sk_test_fake"):
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        key = self.headers.get("idempotency-key") if self.command == "POST" else None
        if key in ANSWERS:
            before, status, kept = ANSWERS[key]
            if before != f"{self.path} {body!r}":
                return 400, {"error": {"type": "idempotency_error", "message": "Keys may not be used anew."}}
            return status, json.loads(kept)
        if knob.get("fail") and not knob.get("keeps"):
            return knob["fail"], {"error": {"type": "api_error", "message": "told to fail"}}
        answer: Any
        try:
            status, answer = 200, self._do(asked)
        except Refused as refused:
            status, answer = refused.status, refused.body
        if knob.get("fail"):
            status, answer = knob["fail"], {"error": {"type": "api_error", "message": "told to fail"}}
        if key is not None:
            ANSWERS[key] = (f"{self.path} {body!r}", status, json.dumps(answer).encode())
        return status, answer

    def _do(self, asked: Object) -> Any:
        path = urlsplit(self.path).path.split("/")[2:]
        expand = tuple(each.removeprefix("data.") for each in asked.get("expand", {}).values())
        match self.command, path:
            case "POST", ["payment_intents"]:
                return shown(BOOKS.create(asked), expand)
            case "GET", ["payment_intents"]:
                since = int(asked.get("created", {}).get("gte", 0))
                return page(asked, [shown(each, expand) for each in BOOKS.intents.values() if each["created"] >= since])
            case "GET", ["payment_intents", intent_id]:
                return shown(BOOKS.intent(intent_id), expand)
            case "POST", ["payment_intents", intent_id, "capture"]:
                return shown(BOOKS.capture(BOOKS.intent(intent_id), asked), expand)
            case "POST", ["payment_intents", intent_id, "cancel"]:
                return shown(BOOKS.cancel(BOOKS.intent(intent_id)), expand)
            case "POST", ["payment_intents", intent_id, "confirm"]:
                return shown(BOOKS.confirm(BOOKS.intent(intent_id), asked["payment_method"]), expand)
            case "POST", ["refunds"]:
                return BOOKS.refund(asked)
            case "GET", ["refunds"]:
                of = asked["payment_intent"]
                return page(asked, [each for each in BOOKS.refunds.values() if each["payment_intent"] == of])
            case "POST", ["customers"]:
                return {"id": f"cus_fake{next(BOOKS.numbers):06}", "object": "customer"}
        raise Refused(404, "invalid_request_error", None, f"Unrecognized request URL ({self.command}: {self.path}).")

    def _own(self, asked: Object) -> Any:
        match self.path.split("/")[1:]:
            case ["_knobs"]:
                KNOBS.clear()
                KNOBS.update(asked)
            case ["_webhooks"]:
                LISTENER.clear()
                LISTENER.update(asked)
            case ["_bank", intent_id]:
                return BOOKS.answer_bank(BOOKS.intents[intent_id], yes=asked["yes"])
            case ["_comes_back", refund_id]:
                return BOOKS.refund_comes_back(BOOKS.refunds[refund_id])
            case ["_strange"]:
                return BOOKS.create(asked | {"confirm": "true", "payment_method": "pm_card_visa"})
        return {"intents": list(BOOKS.intents.values()), "refunds": list(BOOKS.refunds.values())}

    def _answer(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def taken_knob(path: str) -> Object:
    """How this request is to fare: `times` requests whose path has `on` in it."""
    with LOCK:
        if not KNOBS or KNOBS.get("on", "") not in path or KNOBS.get("times", 1) < 1:
            return {}
        KNOBS["times"] = KNOBS.get("times", 1) - 1
        return dict(KNOBS)


def page(asked: Object, rows: list[Object]) -> Object:
    """https://docs.stripe.com/api/pagination: newest first, after `starting_after`."""
    rows = rows[::-1]
    if "starting_after" in asked:
        rows = rows[[row["id"] for row in rows].index(asked["starting_after"]) + 1 :]
    limit = int(asked.get("limit", 10))
    return {"object": "list", "url": "/v1", "data": rows[:limit], "has_more": len(rows) > limit}


def dict_of(pairs: list[tuple[str, str]]) -> Object:
    """`metadata[order]=1` as `{"metadata": {"order": "1"}}`."""
    found: Object = {}
    for name, value in pairs:
        first, _, rest = name.partition("[")
        into, key = found, first
        while rest:
            into = into.setdefault(key, {})
            key, _, rest = rest.partition("]")
            rest = rest.removeprefix("[")
        into[key] = value
    return found


def send_events(*, twice: bool = False) -> None:
    """Send what happened, in the background, signed as https://docs.stripe.com/webhooks#verify-manually says."""
    with LOCK:
        events, BOOKS.events[:] = list(BOOKS.events), []
        listener = dict(LISTENER)
    if listener:
        threading.Thread(target=deliver, args=(events * (2 if twice else 1), listener), daemon=True).start()


def deliver(events: list[Object], listener: Object) -> None:
    """Each in turn; later, where that is told."""
    time.sleep(listener.get("late_seconds", 0))
    for event in events:
        body = json.dumps(event).encode()
        at = int(time.time())
        signed = hmac.new(listener["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "stripe-signature": f"t={at},v1={signed}"}
        request = urllib.request.Request(listener["url"], body, headers)
        try:
            urllib.request.urlopen(request, timeout=10).read()
        except OSError as error:
            sys.stderr.write(f"not delivered: {error}\n")


def main() -> None:
    """Serve until whoever started it is gone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
