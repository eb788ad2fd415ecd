"""How the times of the service grow with the fleet: the same calls among few technicians and among many."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any
from urllib.request import Request

import psycopg

from scripts.benchmark.fleet import AREA, Fleet
from scripts.benchmark.memory import held_mb
from scripts.benchmark.service import NO_PROXY, Running
from scripts.benchmark.wrk import Asked, load

_LEADS = 50
_POINTS = 400
_VIEW_DEGREES = 0.1
_AUTOMATION_OFF = """
UPDATE stores SET settings = settings || '{"lead_auto_user_assignment": "off"}' WHERE org_id = %(org_id)s"""


@dataclass(frozen=True)
class Grown:
    """Medians in microseconds by what was asked, and what the processes hold in megabytes."""

    technicians: int
    p50_us: Mapping[str, float]
    memory_mb: Mapping[str, float]


def measure_growth(service: Running, owner_url: str, fleet: Fleet, seconds: float, rounds: int) -> Grown:
    """Each question asked by one client for so long, after a first time that is not counted."""
    points = random_points(_POINTS)
    leads = _add_leads(service.port, owner_url, fleet)
    asked = {
        "nearest, brief": nearest_of(fleet, points, "brief"),
        "nearest, full": nearest_of(fleet, points, "full"),
        "map, a view of 0.1°": [_view(fleet, lat, lon) for lat, lon in points],
        "calendar, a day": [_calendar(fleet)],
    }
    p50_us = {name: _p50_us(service.port, requests, seconds) for name, requests in asked.items()}
    optimised = {f"preview of {_LEADS} leads together": _optimise_us(service.port, fleet, leads, rounds)}
    return Grown(fleet.technicians, {**p50_us, **optimised}, held_mb(service.pid))


def random_points(number: int) -> list[tuple[float, float]]:
    """Latitudes and longitudes in the middle of the fleet, the same at every call."""
    chosen = random.Random(7)  # noqa: S311 - a measurement repeats itself
    south, north, west, east = AREA
    return [(chosen.randint(south, north) / 1e6, chosen.randint(west, east) / 1e6) for _ in range(number)]


def nearest_of(fleet: Fleet, points: Sequence[tuple[float, float]], detail: str) -> list[Asked]:
    """The nearest five to each point, by the keys in turn."""
    keys = fleet.keys
    return [
        Asked(
            "POST",
            "/v1/technicians/nearest",
            keys[turn % len(keys)],
            {"point": {"lat": lat, "lon": lon}, "store_id": str(fleet.store_id), "limit": 5, "detail": detail},
        )
        for turn, (lat, lon) in enumerate(points)
    ]


def answer_of(port: int, asked: Asked) -> Any:
    """What is answered to one request, read as JSON. Raises urllib.error.HTTPError for a refusal."""
    data = None if asked.body is None else json.dumps(asked.body).encode()
    request = Request(f"http://127.0.0.1:{port}{asked.path}", data, method=asked.method)
    request.add_header("Authorization", f"Bearer {asked.token}")
    request.add_header("Content-Type", "application/json")
    with NO_PROXY.open(request, timeout=300) as answer:
        return json.load(answer)


def _p50_us(port: int, asked: Sequence[Asked], seconds: float) -> float:
    load(port, asked, connections=1, seconds=1)
    return load(port, asked, connections=1, seconds=seconds).p50_us


def _view(fleet: Fleet, lat: float, lon: float) -> Asked:
    half = _VIEW_DEGREES / 2
    bbox = f"{lon - half:.6f},{lat - half:.6f},{lon + half:.6f},{lat + half:.6f}"
    return Asked("GET", f"/v1/map?bbox={bbox}", fleet.keys[0])


def _calendar(fleet: Fleet) -> Asked:
    today = datetime.now(UTC).date().isoformat()
    return Asked("GET", f"/v1/calendar?from={today}&to={today}&store_id={fleet.store_id}", fleet.keys[0])


def _add_leads(port: int, owner_url: str, fleet: Fleet) -> list[str]:
    """Leads that wait for a dispatcher; their ids."""
    with psycopg.connect(owner_url) as conn:
        conn.execute(_AUTOMATION_OFF, {"org_id": fleet.org_id})
    leads = [
        {
            "store_id": str(fleet.store_id),
            "customer": {"name": f"Customer {turn}"},
            "location": {"lat": lat, "lon": lon},
        }
        for turn, (lat, lon) in enumerate(random_points(_LEADS))
    ]
    answer = answer_of(port, Asked("POST", "/v1/leads/bulk", fleet.desk_key, {"leads": leads}))
    return [result["lead"]["id"] for result in answer["results"]]


def _optimise_us(port: int, fleet: Fleet, leads: Sequence[str], rounds: int) -> float:
    asked = Asked("POST", "/v1/assignments/optimize", fleet.desk_key, {"work_order_ids": leads, "commit": False})
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        answer_of(port, asked)
        taken.append(perf_counter() - began)
    return median(taken) * 1e6
