"""All users act at once, while processes die: the invariants hold at every moment at which they are checked.

API and worker run on two hosts that share nothing but the database (`tests/scaling/hosts.py`).

Four seconds unless GEO_ASSIGN_TEST_STORM_S says otherwise; a minute in an exhaustive run.
"""

import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import Connection, Engine, create_engine, make_url

from tests.conftest import World
from tests.live import Client, LiveService, seed_document
from tests.races.invariants import broken_rules
from tests.races.test_claims import deadlocks
from tests.scaling.hosts import two_hosts
from tests.thoroughness import STORM_S

pytestmark = [pytest.mark.races, pytest.mark.slow, pytest.mark.timeout(600)]

PHONES, POSTERS, DISPATCHERS = 16, 8, 4
HERE = {"lat": 41.15, "lon": -8.61}
# What a service may answer to those who act on what others are changing. 5xx but 503 is never one of them.
TOLD = {200, 201, 204, 403, 404, 409, 410, 412, 422, 503}


@dataclass
class Storm:
    """The processes, the people, and what they were answered."""

    services: Sequence[LiveService]
    stop: Event = field(default_factory=Event)
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    unreachable: int = 0
    leads: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def call(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of a good answer, None for a refusal. A process that was killed is asked no more: the other is."""
        while True:
            service = self.chance.choice(self.services)
            began = monotonic()
            try:
                answer = Client(service.base_url, token).call(method, path, body, **headers)
            except requests.RequestException:
                self.unreachable += 1
                if self.stop.wait(0.05):
                    return None
                if method != "GET" and "Idempotency_Key" not in headers:
                    return None
                continue
            self.seconds.append(monotonic() - began)
            self.answers[answer.status_code] += 1
            assert answer.status_code in TOLD, (method, path, answer.status_code, answer.text)
            return answer.json() if answer.ok and answer.content else None

    def percentile(self, share: float) -> float:
        """Of the answers' times, in seconds."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


def test_invariants_hold_while_all_users_act_and_processes_die(
    world: World, admin: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"offer_limit": 3, "lead_time_tat_minutes": 0.05, "reoffer_after_minutes": 0.05}
    document = seed_document(technicians=PHONES, settings=settings)
    document["organizations"][0]["stores"].append({**document["organizations"][0]["stores"][0], "slug": "north"})
    before = deadlocks(admin)
    with two_hosts(world, document, tmp_path) as hosts:
        first, _ = hosts
        storm = Storm(hosts)
        acts: list[Callable[[], None]] = [
            *(lambda number=number: carry_a_phone(storm, number) for number in range(PHONES)),  # type: ignore[misc]
            *(lambda: post_leads(storm) for _ in range(POSTERS)),
            *(lambda number=number: dispatch(storm, number) for number in range(DISPATCHERS)),  # type: ignore[misc]
            lambda: kill_and_restart(storm),
            lambda: watch(storm, world),
        ]
        with ThreadPoolExecutor(len(acts)) as pool:
            jobs = [pool.submit(guarded, storm, act) for act in acts]
            storm.stop.wait(STORM_S)
            storm.stop.set()
            for job in jobs:
                job.result()
        root = first.user()
        known = {lead for lead in storm.leads if root.call("GET", f"/v1/work-orders/{lead}").ok}
    assert known == set(storm.leads), "a lead that was acknowledged is gone"
    assert broken_rules(admin) == []
    assert storm.leads
    with capsys.disabled():
        told = ", ".join(f"{status}: {count}" for status, count in sorted(storm.answers.items()))
        print(
            f"[{len(storm.seconds)} answers ({told}), {storm.unreachable} cut off, {len(storm.leads)} leads, "
            f"p50 {storm.percentile(0.5) * 1000:.0f} ms, p99 {storm.percentile(0.99) * 1000:.0f} ms, "
            f"{'two hosts with networks of their own' if first.namespace else 'one network'}]",
            end=" ",
        )
    assert deadlocks(admin) == before


def guarded(storm: Storm, act: Callable[[], None]) -> None:
    """A failure of one ends it for all."""
    try:
        act()
    finally:
        storm.stop.set()


def carry_a_phone(storm: Storm, number: int) -> None:
    """Report, answer, work."""
    token = storm.services[0].technician(f"t{number}").token
    assert token
    own = random.Random(number)
    while not storm.stop.is_set():
        place = {"lat": HERE["lat"] + own.uniform(-0.02, 0.02), "lon": HERE["lon"] + own.uniform(-0.02, 0.02)}
        storm.call(
            token, "POST", "/v1/positions", {"positions": [{"recorded_at": datetime.now(UTC).isoformat(), **place}]}
        )
        for offer in (storm.call(token, "GET", "/v1/me/offers") or {"items": []})["items"]:
            if own.random() < 0.6:
                storm.call(token, "POST", f"/v1/offers/{offer['id']}/accept")
            else:
                storm.call(token, "POST", f"/v1/offers/{offer['id']}/reject", {"reason": "busy"})
        for order in (storm.call(token, "GET", "/v1/me/schedule") or {"items": []})["items"][:3]:
            step = own.choice(["travelling", "on_site", "in_progress", "completed"])
            storm.call(token, "POST", f"/v1/work-orders/{order['id']}/status", {"state": step})


def post_leads(storm: Storm) -> None:
    """Leads here and there, now and later, each under a key, until it is acknowledged."""
    token = storm.services[0].organization["api_keys"][0]["key"]
    while not storm.stop.is_set():
        start = datetime.now(UTC) + timedelta(minutes=storm.chance.choice([10, 20, 40, 90, 180]))
        body = {
            "store_id": storm.services[0].store_id(storm.chance.choice(["centre", "north"])),
            "customer": {"name": "Invented Customer"},
            "location": HERE,
            "slot": {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()},
        }
        lead = storm.call(token, "POST", "/v1/leads", body, Idempotency_Key=uuid4().hex)
        if lead is not None:
            storm.leads.append(lead["id"])
        storm.stop.wait(0.1)


def dispatch(storm: Storm, number: int) -> None:
    """A dispatcher who is never content."""
    token = storm.services[0].user().token
    assert token
    own = random.Random(100 + number)
    while not storm.stop.is_set():
        listed = storm.call(
            token, "GET", "/v1/work-orders?state=pending,offered,assigned,travelling&limit=50&sort=-created_at"
        )
        orders = (listed or {"items": []})["items"]
        if not orders:
            storm.stop.wait(0.05)
            continue
        order = own.choice(orders)
        act = own.choice(list(ACTS))
        storm.call(
            token,
            "POST" if act != "slot" else "PATCH",
            f"/v1/work-orders/{order['id']}" + ("" if act == "slot" else f"/{act}"),
            ACTS[act](storm, own),
            If_Match=f'"{order["version"]}"',
        )


def _any_technician(storm: Storm, own: random.Random) -> str:
    return storm.services[0].technician_id(f"t{own.randrange(PHONES)}")


def _slot(_storm: Storm, own: random.Random) -> dict[str, Any]:
    start = datetime.now(UTC) + timedelta(minutes=own.choice([15, 30, 60, 120]))
    return {"slot": {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}}


ACTS: Mapping[str, Callable[[Storm, random.Random], Any]] = {
    "assign": lambda storm, own: {
        "technician_id": _any_technician(storm, own),
        "mode": own.choice(["offer", "assign"]),
    },
    "unassign": lambda _storm, _own: {},
    "auto-assign": lambda _storm, _own: {},
    "reallocate": lambda storm, own: {"technician_id": _any_technician(storm, own), "mode": "assign"},
    "transfer": lambda storm, own: {"store_id": storm.services[0].store_id(own.choice(["centre", "north"]))},
    "cancel": lambda _storm, _own: {"reason": "changed my mind"},
    "convert": lambda _storm, _own: {},
    "slot": _slot,
}


def kill_and_restart(storm: Storm) -> None:
    """An API process or a worker of one of the hosts dies every few seconds, without being asked."""
    for host, name in cycle([(0, "serve"), (1, "worker"), (1, "serve"), (0, "worker")]):
        if storm.stop.wait(min(2.0, STORM_S / 4)):
            return
        storm.services[host].kill(name, signal.SIGKILL)
        storm.stop.wait(0.3)
        storm.services[host].start(name)


def watch(storm: Storm, world: World) -> None:
    """Reads the calendar as people do, and the rules as the owner of the database."""
    token = storm.services[0].user().token
    assert token
    today = datetime.now(UTC).date()
    engine = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with closing_engine(engine), engine.connect() as admin:
        while not storm.stop.is_set():
            path = f"/v1/calendar?from={today}&to={today + timedelta(days=1)}"
            calendar = storm.call(token, "GET", path)
            if calendar is not None:
                assert double_booked(calendar) == []
            assert broken_rules(admin) == []
            storm.stop.wait(0.2)


@contextmanager
def closing_engine(engine: Engine) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()


def double_booked(calendar: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Overlapping bookings that one reading of the calendar shows; finished work holds no technician any more."""
    found = []
    for person in calendar["items"]:
        held = [one["slot"] for one in person["bookings"] if one["state"] != "completed"]
        spans = sorted((slot["start"], slot["end"]) for slot in held)
        found += [(person["name"], first[1], then[0]) for first, then in pairwise(spans) if then[0] < first[1]]
    return found
