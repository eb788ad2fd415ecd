"""How the times of the service grow with the fleet: the same calls among few technicians and among many."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any
from urllib.request import Request

import psycopg

from scripts.benchmark.attempts import Attempts, say
from scripts.benchmark.fleet import AREA, Fleet
from scripts.benchmark.memory import Held, held_by
from scripts.benchmark.questions import BATCH, batch_at
from scripts.benchmark.service import NO_PROXY, Running
from scripts.benchmark.wrk import Asked, load

_LEADS = 50
BRIEF, FULL = "nearest, brief", "nearest, full"
MAP, CALENDAR = "map, a view of 0.1°", "calendar, a day"
INGEST, OPTIMISE = f"a batch of {BATCH} positions", f"preview of {_LEADS} leads together"
API = "geo-assign serve"
_POINTS = 400
_OPTIMISE_FOR_S = 60.0
_VIEW_DEGREES = 0.1
# More than the service takes, and no time of a phone comes twice.
_MOST_BATCHES_PER_S = 200
_BEHIND = timedelta(seconds=30)
_AUTOMATION_OFF = """
UPDATE stores SET settings = settings || '{"lead_auto_user_assignment": "off"}' WHERE org_id = %(org_id)s"""


@dataclass(frozen=True)
class Grown:
    """Medians in microseconds by what was asked, and what each process holds by its name.

    `failed`: why a measurement is missing, by what was asked.
    """

    technicians: int
    p50_us: Mapping[str, float]
    memory: Mapping[str, Held]
    failed: Mapping[str, str] = field(default_factory=dict)


def measure_growth(service: Running, owner_url: str, fleet: Fleet, seconds: float, rounds: int) -> Grown:
    """Each question by one client for so long, in turn, so many times; a first time of a second is not counted."""
    points, attempts = random_points(_POINTS), Attempts()
    asked = {
        BRIEF: nearest_of(fleet, points, "brief"),
        FULL: nearest_of(fleet, points, "full"),
        MAP: [_view(fleet, lat, lon) for lat, lon in points],
        CALENDAR: [_calendar(fleet)],
        INGEST: _batches(fleet, int(_MOST_BATCHES_PER_S * max(1, seconds)) * (rounds + 1)),
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(rounds + 1):
        say(f"{fleet.technicians:,}, growth, {turn} of {rounds} rounds made")
        for name, requests in asked.items():
            part = _part(requests, turn, rounds + 1)
            measure = partial(load, service.port, part, connections=1, seconds=seconds if turn else 1)
            measured = None if name in attempts.failed else attempts.make(name, measure)
            if measured is not None and turn:
                taken[name].append(measured.p50_us)
    previews = attempts.make(OPTIMISE, lambda: _optimise_us(service.port, owner_url, fleet, rounds))
    held = attempts.make("memory", lambda: held_by(service.pid))
    p50_us = {name: median(times) for name, times in {**taken, OPTIMISE: previews}.items() if times}
    for name, us in p50_us.items():
        say(f"{fleet.technicians:,}, {name}: p50 {us / 1000:,.1f} ms")
    return Grown(fleet.technicians, p50_us, {} if held is None else {API: held}, attempts.failed)


def _part(asked: Sequence[Asked], turn: int, turns: int) -> Sequence[Asked]:
    """What is asked in this turn: others than before, where there are enough."""
    size = len(asked) // turns
    return asked[turn * size : (turn + 1) * size] if size else asked


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


def _view(fleet: Fleet, lat: float, lon: float) -> Asked:
    half = _VIEW_DEGREES / 2
    bbox = f"{lon - half:.6f},{lat - half:.6f},{lon + half:.6f},{lat + half:.6f}"
    return Asked("GET", f"/v1/map?bbox={bbox}", fleet.keys[0])


def _calendar(fleet: Fleet) -> Asked:
    today = datetime.now(UTC).date().isoformat()
    return Asked("GET", f"/v1/calendar?from={today}&to={today}&store_id={fleet.store_id}", fleet.keys[0])


def _batches(fleet: Fleet, number: int) -> list[Asked]:
    """Phones in turn; the time of each goes forward."""
    began, phones = datetime.now(UTC) - _BEHIND, fleet.phones
    return [
        Asked(
            "POST",
            "/v1/positions",
            phones[turn % len(phones)].token,
            {"positions": batch_at(began, turn // len(phones), BATCH)},
        )
        for turn in range(number)
    ]


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
    return [result["work_order"]["id"] for result in answer["results"]]


def _optimise_us(port: int, owner_url: str, fleet: Fleet, rounds: int) -> list[float]:
    leads = _add_leads(port, owner_url, fleet)
    asked = Asked("POST", "/v1/assignments/optimize", fleet.desk_token, {"work_order_ids": leads, "commit": False})
    taken: list[float] = []
    # Fewer rounds of what takes long.
    while len(taken) < rounds and sum(taken) < _OPTIMISE_FOR_S * 1e6:
        began = perf_counter()
        answer_of(port, asked)
        taken.append((perf_counter() - began) * 1e6)
    return taken
