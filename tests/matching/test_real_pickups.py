"""Real customers and a real fleet: how much travel the batch saves against sending the nearest to each in turn.

GEO_ASSIGN_TEST_PICKUPS   a folder with sf_cabs_pings_2008-05-21.csv.gz and sf_cabs_pickups_2008-05-21.csv.gz
"""

import csv
import gzip
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import Connection, text

from geo_assign.dispatch.commands.optimizing import BatchRequest
from tests.day import Day

DATA = os.environ.get("GEO_ASSIGN_TEST_PICKUPS", "")
WINDOW = timedelta(minutes=15)
# From the night over both rush hours to the busiest hour of the evening.
BEGINS = [
    datetime(2008, 5, day, hour, tzinfo=UTC) for day, hour in ((21, 8), (21, 12), (21, 16), (21, 20), (22, 0), (22, 3))
]

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not DATA, reason="GEO_ASSIGN_TEST_PICKUPS is not set"),
]


@dataclass(frozen=True)
class Seen:
    """A cab's last ping."""

    cab: str
    at: datetime
    lat: float
    lon: float
    occupied: bool


def rows_of(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(Path(DATA) / f"sf_cabs_{name}_2008-05-21.csv.gz", "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def instant(row: Mapping[str, str]) -> datetime:
    return datetime.fromtimestamp(int(row["unix_time"]), UTC)


def fleets() -> dict[datetime, dict[str, Seen]]:
    """The last ping of every cab at the beginning of each window."""
    last: dict[str, Seen] = {}
    found: dict[datetime, dict[str, Seen]] = {}
    waiting = iter(BEGINS)
    begin = next(waiting)
    for row in sorted(rows_of("pings"), key=lambda row: int(row["unix_time"])):
        at = instant(row)
        while at > begin:
            found[begin] = dict(last)
            following = next(waiting, None)
            if following is None:
                return found
            begin = following
        place = float(row["lat"]), float(row["lon"])
        last[row["cab"]] = Seen(row["cab"], at, *place, row["occupied"] == "1")
    return found | {begin: dict(last)}


def customers() -> dict[datetime, list[dict[str, float]]]:
    """Where a cab was taken within each window, in the order in which they asked."""
    asked: dict[datetime, list[dict[str, float]]] = {begin: [] for begin in BEGINS}
    for row in sorted(rows_of("pickups"), key=lambda row: int(row["unix_time"])):
        at = instant(row)
        for begin in BEGINS:
            if begin <= at < begin + WINDOW:
                asked[begin].append({"lat": float(row["lat"]), "lon": float(row["lon"])})
    return asked


def hire(admin: Connection, day: Day, cabs: list[str]) -> dict[str, UUID]:
    people = {cab: uuid5(day.org_id, cab) for cab in cabs}
    rows = [{**_keys(day), "id": person, "slug": f"cab-{n}"} for n, person in enumerate(people.values())]
    admin.execute(
        text(
            "INSERT INTO technicians (org_id, id, slug, name, store_id, base_lat, base_lon, created_at, updated_at) "
            "VALUES (:org_id, :id, :slug, :slug, :store_id, 37.77, -122.42, :begun, :begun)"
        ),
        rows,
    )
    admin.execute(
        text("INSERT INTO duty_intervals (org_id, id, technician_id, started_at) VALUES (:org_id, :id, :id, :begun)"),
        rows,
    )
    return people


def place(admin: Connection, day: Day, people: Mapping[str, UUID], fleet: Mapping[str, Seen]) -> None:
    """All drivers where they were seen last; a driver who has a customer is not free."""
    admin.execute(text("DELETE FROM current_positions WHERE org_id = :org_id"), _keys(day))
    rows = [
        {**_keys(day), "id": people[one.cab], "lat": one.lat, "lon": one.lon, "at": one.at, "free": not one.occupied}
        for one in fleet.values()
    ]
    admin.execute(text("UPDATE technicians SET on_duty = :free WHERE org_id = :org_id AND id = :id"), rows)
    admin.execute(
        text(
            "INSERT INTO current_positions "
            "(org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at) "
            "VALUES (:org_id, :id, :lat, :lon, :at, :at, :at, :at, :at)"
        ),
        rows,
    )


def ask(admin: Connection, day: Day, places: list[dict[str, float]], begin: datetime, number: int) -> tuple[UUID, ...]:
    """A waiting lead for each customer, wanted now."""
    rows = [
        {**_keys(day), **one, "id": uuid4(), "number": number + n, "at": begin, "end": begin + WINDOW}
        for n, one in enumerate(places)
    ]
    admin.execute(
        text(
            "INSERT INTO work_orders (org_id, id, kind, number, store_id, state, pending_reason, pending_detail, "
            "customer, lat, lon, location_source, slot_start, slot_end, slot_given, created_by, changed_by, "
            "created_at, updated_at) VALUES (:org_id, :id, 'lead', :number, :store_id, 'pending', 'automation_off', "
            "'{}', '{}', :lat, :lon, 'client', :at, :end, false, '{}', '{}', :at, :at)"
        ),
        rows,
    )
    return tuple(row["id"] for row in rows)


def _keys(day: Day) -> dict[str, Any]:
    return {"org_id": day.org_id, "store_id": day.store_id, "begun": BEGINS[0] - timedelta(days=1)}


def test_the_batch_saves_travel_on_real_pickups(
    day: Day, admin: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, seen = customers(), fleets()
    people = hire(admin, day, sorted({cab for fleet in seen.values() for cab in fleet}))
    lines, number = [], 1
    optimal_m = greedy_m = 0.0
    for begin in BEGINS:
        day.clock.set(begin)
        place(admin, day, people, seen[begin])
        orders = ask(admin, day, asked[begin], begin, number)
        number += len(orders)
        found, _ = day.dispatch.optimize(day.boss, BatchRequest(work_order_ids=orders, explain=False), commit=False)
        totals = found.totals
        assert (totals.assigned, -totals.optimal_m) >= (totals.greedy_assigned, -totals.greedy_m)
        optimal_m, greedy_m = optimal_m + totals.optimal_m, greedy_m + totals.greedy_m
        free = sum(not one.occupied and begin - one.at <= timedelta(minutes=5) for one in seen[begin].values())
        lines.append(
            f"{begin:%d %H:%M}: {len(orders):3} customers, {free:3} cabs free; "
            f"given {totals.assigned:3} on {totals.optimal_m / 1000:6.1f} km, "
            f"greedy {totals.greedy_assigned:3} on {totals.greedy_m / 1000:6.1f} km"
        )
    with capsys.disabled():
        print("", *lines, f"together {optimal_m / 1000:.1f} km, greedy {greedy_m / 1000:.1f} km", sep="\n")
    assert optimal_m < greedy_m
