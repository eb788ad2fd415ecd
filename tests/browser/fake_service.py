"""A stand-in for `/v1` that the pages can be driven against: deterministic answers, refusals on demand, live events.

The console itself is served by the real blueprint, so its policy and its file types are the real ones.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from geo_assign.console.routes import console_blueprint
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.http.routes.map_tiles import MEDIA_TYPE
from geo_assign.mapview.queries import is_in
from geo_assign.mapview.tiling import Tile
from tests.api.conformance import undescribed
from tests.browser.scenario import GROUPS, STORE, Json, Scenario, order_pin, text
from tests.operations import find_operation

ME: Json = {
    "user": {
        "id": "05e70000-0000-4000-8000-000000000001",
        "name": "Marta Castro",
        "email": "marta@example.org",
        "role": "dispatcher",
        "permissions": [],
        "language": None,
    },
    "organization": {
        "id": "0e600000-0000-4000-8000-000000000001",
        "slug": "demo",
        "name": "Demo repairs",
        "language": "en",
    },
    "stores": [STORE],
    "groups": GROUPS,
    "technician_id": None,
    "presence": None,
    "api_key": None,
    "session_expires_at": None,
    "csrf_token": "csrf-of-this-session",
}
PASSWORD = "correct horse"
Event = tuple[int, str, Json]
"""Number, kind and data of what the stream tells."""
COUNTED_AT_MOST = 1000
"""As the list of work orders counts: beyond it there are only "more"."""
OPEN = ("/v1/sessions", "/v1/log-in-ways/")


@dataclass(frozen=True)
class ConsoleSettings:
    """What the console's blueprint reads."""

    map_tiles_url: str = ""
    map_tiles_attribution: str = ""
    basemap_path: Path | None = None


@dataclass
class Refusal:
    """The next write is answered with this problem."""

    status: int
    body: Json


@dataclass
class FakeService:
    """State, event log and open streams; every method may be called from the test's thread."""

    scenario: Scenario
    logged_in: bool = True
    refusals: list[Refusal] = field(default_factory=list)
    requests: list[tuple[str, str, Json | None, dict[str, str]]] = field(default_factory=list)
    streams: list[queue.Queue[Event | None]] = field(default_factory=list)
    stream_cursors: list[str] = field(default_factory=list)
    stream_views: list[str | None] = field(default_factory=list)
    """The `bbox` that each stream was asked for."""
    log: list[Event] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def publish(self, kind: str, data: Json) -> None:
        """Send an event to every open stream and keep it for those that resume."""
        with self.lock:
            number = len(self.log) + 1
            self.log.append((number, kind, data))
            for stream in self.streams:
                stream.put((number, kind, data))

    def move(self, name: str, **place_and_more: float) -> Json:
        """Move a technician, and send the event."""
        self.scenario.now = self.scenario.clock()
        feature = self.scenario.technician(name, **place_and_more)  # type: ignore[arg-type]
        self.publish("technicians", {"features": [feature], "gone": []})
        return feature

    def change(self, order: Json) -> None:
        """Let an order be as given, and say so."""
        with self.lock:
            self.scenario.orders[order["id"]] = order
        self.publish("work_orders", {"items": [order]})

    def break_streams(self) -> None:
        """Cut every live connection, as a proxy or a restart does."""
        with self.lock:
            for stream in self.streams:
                stream.put(None)
            self.streams.clear()

    def refuse(self, status: int, **body: Any) -> None:
        """Answer the next write with a problem."""
        self.refusals.append(Refusal(status, body))

    def writes(self, suffix: str) -> list[tuple[Json | None, dict[str, str]]]:
        """Bodies and headers of the writes whose path ends so."""
        return [
            (body, headers)
            for method, path, body, headers in self.requests
            if method != "GET" and path.endswith(suffix)
        ]

    def listen(self, cursor: int, view: BoundingBox | None = None) -> Iterator[str]:
        """What a stream sends: everything after the cursor, then what comes; of the moves those within the view."""
        own: queue.Queue[Event | None] = queue.Queue()
        with self.lock:
            missed = [event for event in self.log if event[0] > cursor]
            self.streams.append(own)
        yield from (event_text(*_in_part(event, view)) for event in missed)
        yield self.heartbeat()
        while True:
            try:
                event = own.get(timeout=5)
            except queue.Empty:
                yield self.heartbeat()
                continue
            if event is None:
                return
            yield event_text(*_in_part(event, view))

    def heartbeat(self) -> str:
        """The time, at the present end of the log."""
        return event_text(len(self.log), "heartbeat", {"server_now": text(self.scenario.clock())})


def _in_part(event: Event, view: BoundingBox | None) -> Event:
    """As the service narrows it: who is not in the view is gone."""
    number, kind, data = event
    if view is None or kind != "technicians":
        return event
    inside = [one for one in data["features"] if is_in(view, point_of(one))]
    here = {one["id"] for one in inside}
    left = [one["id"] for one in data["features"] if one["id"] not in here]
    return number, kind, {"features": inside, "gone": [*data["gone"], *left]}


def point_of(feature: Json) -> Point:
    """Where a feature of the map is."""
    lon, lat = feature["geometry"]["coordinates"]
    return Point(lat, lon)


def event_text(number: int, kind: str, data: Json) -> str:
    """One server-sent event."""
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"


def problem(status: int, body: Json) -> Response:
    """RFC 9457."""
    content = json.dumps({"status": status, **body})
    return Response(content, status=status, mimetype="application/problem+json")


def build_app(service: FakeService, settings: ConsoleSettings) -> Flask:
    """The console over the fake API."""
    app = Flask(__name__)
    app.register_blueprint(console_blueprint(settings))

    @app.before_request
    def note() -> Response | None:
        body = request.get_json(silent=True) if request.method != "GET" else None
        service.requests.append((request.method, request.path, body, dict(request.headers)))
        if request.path.startswith("/v1/") and not request.path.startswith(OPEN) and not service.logged_in:
            return problem(401, {"code": "not_authenticated", "title": "Log in first."})
        if request.method in ("POST", "PATCH") and service.refusals and "nearest" not in request.path:
            refusal = service.refusals.pop(0)
            return problem(refusal.status, refusal.body)
        return None

    @app.after_request
    def hold_against_the_document(response: Response) -> Response:
        """An answer that the real service could not give would prove nothing of the console."""
        if request.path.startswith("/v1/") and response.is_json and response.status_code < 300:
            wrong = undescribed(find_operation(request.method, request.path), response.status_code, response.get_json())
            assert wrong == [], (request.method, request.path, wrong)
        return response

    add_session_routes(app, service)
    add_read_routes(app, service)
    add_write_routes(app, service)
    return app


def add_session_routes(app: Flask, service: FakeService) -> None:
    @app.post("/v1/sessions")
    def log_in() -> Response | tuple[Response, int]:
        if request.get_json()["password"] != PASSWORD:
            return problem(401, {"code": "wrong_credentials", "title": "Wrong credentials."})
        service.logged_in = True
        return jsonify(
            {
                "token": None,
                "csrf_token": ME["csrf_token"],
                "must_enrol": False,
                "user": ME["user"],
                "expires_at": text(service.scenario.clock()),
            }
        ), 201

    @app.get("/v1/log-in-ways/<organization>")
    def log_in_ways(organization: str) -> Json:
        return {"single_sign_on": False, "password": bool(organization)}

    @app.delete("/v1/sessions/current")
    def log_out() -> tuple[str, int]:
        service.logged_in = False
        return "", 204

    @app.get("/v1/me")
    def me() -> Json:
        return {**ME, "server_now": text(service.scenario.clock())}

    @app.patch("/v1/me")
    def write_to() -> Json:
        return {**ME["user"], "language": request.json["language"]}


def add_read_routes(app: Flask, service: FakeService) -> None:
    @app.get("/v1/map")
    def snapshot() -> Json:
        with service.lock:
            return service.scenario.snapshot(str(len(service.log)))

    @app.get("/v1/work-orders")
    def orders() -> Json:
        found = list(service.scenario.orders.values())
        return {
            "items": found,
            "next_cursor": None,
            "count": min(len(found), COUNTED_AT_MOST),
            "count_is_at_least": len(found) > COUNTED_AT_MOST,
        }

    @app.get("/v1/work-orders/<order_id>")
    def one_order(order_id: str) -> Json:
        return {**service.scenario.orders[order_id], "group_stays": [], "has_customer_link": False}

    @app.get("/v1/work-orders/<order_id>/events")
    def history(order_id: str) -> Json:
        return {"items": [], "next_cursor": None}

    @app.get("/v1/learned-pins")
    def learned_pins() -> Json:
        return {"items": [], "next_cursor": None}

    @app.post("/v1/technicians/nearest")
    def nearest() -> Json:
        body = request.get_json()
        return service.scenario.nearest(service.scenario.orders[body["work_order_id"]], body["limit"])

    @app.get("/v1/live")
    def live() -> Response:
        cursor = request.headers.get("Last-Event-ID") or request.args["cursor"]
        asked = request.args.get("bbox")
        service.stream_cursors.append(cursor)
        service.stream_views.append(asked)
        view = None if asked is None else BoundingBox(*(float(each) for each in asked.split(",")))
        return Response(service.listen(int(cursor), view), mimetype="text/event-stream")

    @app.get("/v1/map/tiles/<int:z>/<int:x>/<int:y>.mvt")
    def tile(z: int, x: int, y: int) -> Response:
        return Response(service.scenario.tile(Tile(z, x, y)), mimetype=MEDIA_TYPE)


def add_write_routes(app: Flask, service: FakeService) -> None:
    @app.post("/v1/work-orders/<order_id>/assign")
    def assign(order_id: str) -> Json:
        body = request.get_json()
        day = service.scenario
        order = day.orders[order_id]
        name = day.technicians[body["technician_id"]]["feature"]["properties"]["name"]
        if body["mode"] == "assign":
            order = {
                **day.taken(order, name),
                "changed_by": {"kind": "user", "id": ME["user"]["id"], "name": ME["user"]["name"]},
            }
        else:
            order = {**order, "version": order["version"] + 1}
            day.now = day.clock()
            day.offered(order, name, left_s=600)
        service.change(order)
        return order

    @app.patch("/v1/work-orders/<order_id>")
    def patch(order_id: str) -> Json:
        body = request.get_json()
        order = service.scenario.orders[order_id]
        order = {**order, **body, "version": order["version"] + 1}
        if "location" in body:
            order["location"] = {**body["location"], "source": "pin", "confidence": None, "learned": None}
            order["pending_reason"] = "nobody_eligible"
        service.change(order)
        return order


@dataclass
class RunningService:
    """A fake service on a port of its own."""

    service: FakeService
    server: BaseWSGIServer
    thread: threading.Thread

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.service.break_streams()
        self.server.shutdown()
        self.thread.join(timeout=5)
        self.server.server_close()


def run(scenario: Scenario, settings: ConsoleSettings | None = None, *, port: int = 0) -> RunningService:
    """Serve a scenario until `stop()`."""
    service = FakeService(scenario)
    app = build_app(service, settings or ConsoleSettings())
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return RunningService(service, server, thread)


__all__ = ["ConsoleSettings", "FakeService", "RunningService", "order_pin", "run"]
