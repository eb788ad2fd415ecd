"""Whether the service lives, whether it may be given work, and what it counts."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import exposition, gauge, get_logger, sample_with
from geo_assign.core.trouble import find_trouble
from geo_assign.core.vetting import (
    durability_objections,
    read_facts,
    role_objections,
    standby_objections,
    version_objections,
)
from geo_assign.distribution.servers import unreachable_servers
from geo_assign.http.admission import Capacity
from geo_assign.http.response import API_HEADERS, to_json

KEPT_S = 1.0
# A trial writes, so it is not made at every probe; after one that failed, the next is not long in coming.
TRIAL_KEPT_S = 15.0
FAILED_TRIAL_KEPT_S = 3.0
_log = get_logger()
_in_use = gauge("pool_permits_in_use", "Requests that hold a permit of the database pool.")
_waiting = gauge("pool_waiting", "Requests that wait for a permit of the database pool.")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be well before the service is given work."""

    name: str
    ok: bool
    detail: str


class Trial:
    """Tries something that costs more than a look. `objections` says what stands against it; that is kept a while."""

    def __init__(self, name: str, objections: Callable[[], list[str]], *, well: str) -> None:
        self._name, self._objections, self._well = name, objections, well
        self._kept: tuple[float, Check] | None = None

    def check(self) -> Check:
        """The last answer while it is good enough, else a new one."""
        now = time.monotonic()
        if self._kept is None or now >= self._kept[0]:
            check = _check(self._name, self._objections(), self._well)
            self._kept = (time.monotonic() + (TRIAL_KEPT_S if check.ok else FAILED_TRIAL_KEPT_S), check)
        return self._kept[1]


class Readiness:
    """Judges the database and the settings; the answer is kept for `KEPT_S`, so that probes cost nothing.

    `current` reads the revision that a database is at, `head` knows the newest one. `trials` are made where the
    database answers; `pooler` says what stands against the one in between, where there is one.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        current: Callable[[Connection], str | None],
        head: Callable[[], str | None],
        trials: Sequence[Trial] = (),
        pooler: Trial | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._current = current
        self._head = head
        self._trials = trials
        self._pooler = pooler
        self._lock = threading.Lock()
        self._kept: tuple[float, list[Check]] | None = None

    def checks(self) -> list[Check]:
        """Every check, now or within the last second."""
        with self._lock:
            now = time.monotonic()
            if self._kept is None or now - self._kept[0] > KEPT_S:
                found = list(self._look())
                if not all(check.ok for check in found):
                    _log.warning("not_ready", failed={check.name: check.detail for check in found if not check.ok})
                self._kept = (time.monotonic(), found)
            return self._kept[1]

    def _look(self) -> Iterator[Check]:
        keys = bool(self._settings.fernet_keys)
        yield Check("secret_keys", keys, "set" if keys else "GEO_ASSIGN_SECRET_KEYS is not set")
        try:
            with self._database.across_organizations() as conn:
                yield from self._look_at_database(conn)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("readiness_database_unreachable", exc_info=error)
            seen = find_trouble(error)
            yield Check("database", ok=False, detail="cannot be asked" if seen is None else str(seen))
            return
        yield from (trial.check() for trial in self._trials)

    def _look_at_database(self, conn: Connection) -> Iterator[Check]:
        facts = read_facts(conn)
        objections = [*standby_objections(facts), *version_objections(facts)]
        yield _check("database", objections, f"PostgreSQL {facts.server_version}")
        yield _check("role", [*role_objections(facts)], "bound by row security")
        if self._settings.allow_unsafe_database:
            yield Check("durability", ok=True, detail="not asked for: GEO_ASSIGN_ALLOW_UNSAFE_DATABASE is set")
        else:
            yield _check("durability", [*durability_objections(facts)], "fsync and synchronous_commit are on")
        current, head = self._current(conn), self._head()
        yield Check("migrations", current == head, f"at {current}" if current == head else f"at {current}, not {head}")
        if facts.is_distributed:
            yield _check("servers", [*unreachable_servers(conn)], "each gives a row")
        if facts.is_pooled and self._pooler is not None:
            yield self._pooler.check()


def health_blueprint(readiness: Readiness, capacity: Capacity) -> Blueprint:
    """`/health/live`, `/health/ready` and `/metrics`. Public: nothing in them is secret or personal."""
    blueprint = Blueprint("health", __name__)
    sample_with("capacity", partial(_sample_capacity, capacity))

    @blueprint.get("/health/live")
    def live() -> Response:
        return _answer({"status": "ok"}, 200)

    @blueprint.get("/health/ready")
    def ready() -> Response:
        checks = readiness.checks()
        well = all(check.ok for check in checks)
        body = {"status": "ok" if well else "unavailable", "checks": [asdict(check) for check in checks]}
        return _answer(body, 200 if well else 503)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(), content_type=CONTENT_TYPE_LATEST, headers=_headers())

    return blueprint


def _sample_capacity(capacity: Capacity) -> None:
    _in_use.set(capacity.pool.in_use)
    _waiting.set(capacity.pool.waiting + capacity.work.waiting)


def _check(name: str, objections: list[str], well: str) -> Check:
    return Check(name, not objections, "; ".join(objections) or well)


def _answer(body: object, status: int) -> Response:
    return Response(to_json(body), status, _headers(), content_type="application/json")


def _headers() -> dict[str, str]:
    return {**dict(API_HEADERS), "Cache-Control": "no-store"}


def _object(**members: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "required": list(members), "properties": members}


_TEXT: dict[str, object] = {"type": "string"}
_ALIVE = _object(status={"const": "ok"})
_READY = _object(
    status={"enum": ["ok", "unavailable"]},
    checks={"type": "array", "items": _object(name=_TEXT, ok={"type": "boolean"}, detail=_TEXT)},
)


def _path(
    operation_id: str, summary: str, responses: dict[str, str], *, schema: dict[str, object], media_type: str
) -> dict[str, object]:
    told = {
        status: {"description": meaning, "content": {media_type: {"schema": schema}}}
        for status, meaning in responses.items()
    }
    return {
        "get": {
            "operationId": operation_id,
            "tags": ["Operation"],
            "summary": summary,
            "responses": told,
            "security": [],
            "x-access": {"roles": [], "scopes": [], "permission": None, "public": True},
        }
    }


HEALTH_PATHS: Mapping[str, object] = {
    "/health/live": _path(
        "get_liveness", "Whether the process answers", {"200": "It does."}, schema=_ALIVE, media_type="application/json"
    ),
    "/health/ready": _path(
        "get_readiness",
        "Whether the service may be given work",
        {"200": "Everything is well.", "503": "Something is not: see `checks`."},
        schema=_READY,
        media_type="application/json",
    ),
    "/metrics": _path(
        "get_metrics",
        "Metrics in Prometheus' text format",
        {"200": "The metrics."},
        schema=_TEXT,
        media_type="text/plain",
    ),
}
