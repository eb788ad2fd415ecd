"""A stand-in for the service that checks what the simulation sends, in the words of the API."""

import copy
import json
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from geo_assign.simulate.client import NO_HEADERS, ServiceReply

POSITION_FIELDS = {"recorded_at", "lat", "lon", "accuracy_m", "speed_mps", "heading_deg", "battery", "mock"}
REASONS = {"too_far", "busy", "missing_skill", "missing_parts", "break", "other"}


class FakeService:
    """Offers each located lead to one technician after the other; refuses what the API would refuse."""

    def __init__(self):
        self.calls = Counter()
        self.complaints = []
        self.positions = {}
        self.on_duty = {}
        self.orders = {}
        self.offers = {}
        self.answers = Counter()
        self.cancelled = []
        self.progress = []
        self.away = False
        self.status_call = True
        self.created_at = "2026-03-02T12:00:00+00:00"

    def call(self, method, path, *, token=None, json=None, headers=NO_HEADERS):
        """OfferResponse without a network, in the place of `ServiceClient.call`."""
        status, body = self.handle(method, path, token, headers, json)
        return ServiceReply(status, copy.deepcopy(body))

    def handle(self, method, path, token, headers, body):
        parts = urlsplit(path)
        self.calls[method, parts.path.split("/")[2] if parts.path.startswith("/v1/") else parts.path] += 1
        if self.away:
            return 503, {"code": "unavailable"}
        if parts.path == "/openapi.json":
            return 200, {"paths": {"/v1/work-orders/{work_order_id}/status": {}} if self.status_call else {}}
        if not token:
            return 401, {"code": "unauthenticated"}
        route = getattr(
            self, f"{method.lower()}_{parts.path.removeprefix('/v1/').split('/')[0].replace('-', '_')}", None
        )
        if route is None:
            self.complaints.append(f"no such call: {method} {path}")
            return 404, {"code": "not_found"}
        return route(parts, token, headers, body)

    def expect(self, condition, complaint):
        if not condition:
            self.complaints.append(complaint)

    # Phones

    def post_positions(self, parts, token, headers, body):
        pings = body["positions"]
        self.expect(1 <= len(pings) <= 500, f"{len(pings)} positions in one request")
        results = []
        for index, ping in enumerate(pings):
            self.expect(set(ping) == POSITION_FIELDS, f"odd fields: {set(ping) ^ POSITION_FIELDS}")
            self.expect(datetime.fromisoformat(ping["recorded_at"]).tzinfo is not None, "a time without offset")
            self.expect(40.5 < ping["lat"] < 41.5 and -31 < ping["lon"] < -29, f"off the island: {ping}")
            known = self.positions.setdefault(token, {})
            verdict = "duplicate" if ping["recorded_at"] in known else "accepted"
            known[ping["recorded_at"]] = ping
            results.append({"index": index, "verdict": verdict})
        return 200, {"results": results, "next_interval_s": 8}

    def put_me(self, parts, token, headers, body):
        self.expect(parts.path == "/v1/me/presence" and isinstance(body["on_duty"], bool), f"odd presence {body}")
        self.on_duty[token] = body["on_duty"]
        return 200, {"on_duty": body["on_duty"]}

    def get_me(self, parts, token, headers, body):
        self.expect(parts.path == "/v1/me/offers", f"odd read {parts.path}")
        mine = [offer for offer in self.offers.values() if offer["token"] == token and offer["state"] == "offered"]
        return 200, {"items": mine, "next_cursor": None}

    def post_offers(self, parts, token, headers, body):
        offer_id, verdict = parts.path.split("/")[3:]
        offer = self.offers[offer_id]
        self.expect(offer["token"] == token, "another technician's offer")
        if offer["state"] != "offered":
            return 410, {"code": "offer_expired"}
        self.answers[verdict] += 1
        order = self.orders[offer["work_order_id"]]
        if verdict == "accept":
            offer["state"] = "accepted"
            order |= {"state": "assigned", "assignee": {"id": offer["technician_id"], "name": "-"}}
        else:
            self.expect(body["reason"] in REASONS, f"odd reason {body}")
            offer["state"] = "rejected"
            order |= {"state": "pending"}
        return 200, offer

    # The office

    def post_leads(self, parts, token, headers, body):
        self.expect(headers.get("Idempotency-Key") == body["external_id"], "no idempotency key")
        self.expect(body["customer"].keys() == {"name", "phone", "email"}, "odd customer")
        self.expect(body["device"].keys() == {"type", "brand", "model", "issue"}, "odd device")
        self.expect(body.get("address") or body.get("location"), "nowhere")
        if slot := body.get("slot"):
            start, end = (datetime.fromisoformat(slot[name]) for name in ("start", "end"))
            self.expect(timedelta(0) < end - start <= timedelta(hours=1), f"odd slot {slot}")
        replayed = next((one for one in self.orders.values() if one["external_id"] == body["external_id"]), None)
        if replayed:
            return 200, replayed
        number = f"order-{len(self.orders)}"
        order = {
            "id": number,
            "state": "pending",
            "version": 1,
            "created_at": self.created_at,
            "assignee": None,
            "collaborators": [],
        }
        self.orders[number] = order | {
            name: body.get(name)
            for name in ("external_id", "address", "location", "slot", "skills", "store_id", "group_id")
        }
        return 201, self.orders[number]

    def get_work_orders(self, parts, token, headers, body):
        states = parse_qs(parts.query)["state"][0].split(",")
        found = [order for order in self.orders.values() if order["state"] in states]
        first = int(parse_qs(parts.query).get("cursor", ["0"])[0])
        after = str(first + 5) if len(found) > first + 5 else None
        return 200, {"items": found[first : first + 5], "next_cursor": after}

    def post_work_orders(self, parts, token, headers, body):
        number, action = parts.path.split("/")[3:]
        order = self.orders[number]
        if action == "cancel":
            self.expect(headers.get("If-Match") == f'"{order["version"]}"', "no version")
            order["state"] = "cancelled"
            self.cancelled.append(number)
        else:
            order["state"] = body["state"]
            self.progress.append((number, body["state"]))
        return 200, order

    # What the tests do in the service's place

    def offer(self, work_order_id, technician):
        number = f"offer-{len(self.offers)}"
        self.offers[number] = {
            "id": number,
            "work_order_id": work_order_id,
            "technician_id": technician["id"],
            "token": technician["token"],
            "state": "offered",
        }
        self.orders[work_order_id]["state"] = "offered"


@contextmanager
def served(service):
    """Serve over HTTP; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, answer = service.handle(self.command, self.path, token, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
