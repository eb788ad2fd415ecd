"""Flask beside Redis: positions in a geo set, and a radius that grows until five are found who can go.

Who is busy is a sorted set by the moment until which. Nothing is judged beyond that.
"""

import os
import time
from typing import Any

import psycopg
import redis
from flask import Flask, Response, jsonify, request

FLEET, FREE_FROM, NAMES, KEYS = "fleet", "free-from", "names", "keys"
ANSWERED = 5
RADII_KM = (1, 2, 4, 8, 16, 32, 50)
_AT_ONCE = 5_000


def make_app() -> Flask:
    """The application; `RIVAL_REDIS_PORT` says where Redis is, which `fill` has filled."""
    app = Flask("rival")
    store = redis.Redis(port=int(os.environ["RIVAL_REDIS_PORT"]), decode_responses=True)

    @app.post("/nearest")
    def nearest() -> Response | tuple[Response, int]:
        asked = request.get_json()
        if not store.sismember(KEYS, request.headers.get("Authorization", "").removeprefix("Bearer ")):
            return jsonify(error="unauthenticated"), 401
        found = _nearest(store, asked["lon"], asked["lat"])
        names = store.hmget(NAMES, [who for who, _ in found]) if found else []
        told = zip(found, names, strict=True)
        return jsonify(
            candidates=[{"technician_id": who, "name": name, "distance_m": metres} for (who, metres), name in told]
        )

    return app


def _nearest(store: "redis.Redis[str]", lon: float, lat: float) -> list[tuple[str, float]]:
    free: list[tuple[str, float]] = []
    for radius_km in RADII_KM:
        near: Any = store.geosearch(
            FLEET, longitude=lon, latitude=lat, radius=radius_km, unit="km", sort="ASC", count=64, withdist=True
        )
        if not near:
            continue
        busy = store.zmscore(FREE_FROM, [who for who, _ in near])
        now = time.time()
        free = [(who, km * 1000) for (who, km), until in zip(near, busy, strict=True) if until is None or until <= now]
        if len(free) >= ANSWERED:
            break
    return free[:ANSWERED]


def fill(port: int, owner_url: str, keys: tuple[str, ...]) -> None:
    """Take over who is on duty, where, and who has work within the next hour."""
    store = redis.Redis(port=port)
    store.flushall()
    store.sadd(KEYS, *keys)
    with psycopg.connect(owner_url) as conn:
        people = conn.execute(
            "SELECT t.id::text, t.name, c.lon, c.lat FROM technicians t JOIN current_positions c "
            "ON c.org_id = t.org_id AND c.technician_id = t.id WHERE t.active AND t.on_duty"
        ).fetchall()
        busy = conn.execute(
            "SELECT technician_id::text, extract(epoch FROM max(occupied_until))::float8 FROM bookings "
            "WHERE occupied_until > now() AND occupied_from < now() + interval '1 hour' GROUP BY technician_id"
        ).fetchall()
    for first in range(0, len(people), _AT_ONCE):
        some = people[first : first + _AT_ONCE]
        store.geoadd(FLEET, [part for who, _, lon, lat in some for part in (lon, lat, who)])
        store.hset(NAMES, mapping={who: name for who, name, _, _ in some})
    if busy:
        store.zadd(FREE_FROM, dict(busy))
