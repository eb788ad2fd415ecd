"""A fleet of thousands in a browser, of which a share moves each second."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import request
from playwright.sync_api import Page

from geo_assign.mapview.domain import TechnicianStatus
from geo_assign.mapview.tallies import CellRow, PeopleRow, cell_size, clusters_of
from geo_assign.mapview.tiling import CELL_BITS, SINGLE_ZOOM, Tile, cell_on_tile, middle_of_cell, place_on_grid
from tests.browser.fake_service import RunningService, point_of
from tests.browser.scenario import Scenario, busy_morning
from tests.mapview.vector_tiles import tile_of

Json = dict[str, Any]
ONE_BY_ONE = 2_000


class Crowd(Scenario):
    """As many people as are wanted, all over the city, of whom the map's answer tells what is in view."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.drawn = random.Random(7)
        self.orders = busy_morning().orders
        self.fill(people)

    def fill(self, people: int) -> None:
        statuses = ["free", "free", "busy", "silent", "offered"]
        for number in range(people):
            east, north = self.drawn.gauss(0, 6_000), self.drawn.gauss(0, 6_000)
            self.technician(f"Person {number}", east, north, status=self.drawn.choice(statuses))

    def features(self) -> list[Json]:
        return [held["feature"] for held in self.technicians.values()]

    def tile(self, tile: Tile) -> bytes:
        """As the service makes it."""
        inside = [one for one in self.features() if tile.holds(point_of(one))]
        if tile.z >= SINGLE_ZOOM and len(inside) <= ONE_BY_ONE:
            return tile_of("technicians", [_on_tile(one, tile) for one in inside])
        cells: dict[tuple[int, int], list[Json]] = {}
        bits = tile.z + CELL_BITS
        for one in inside:
            cell = cell_on_tile(*place_on_grid(point_of(one), bits), tile, bits=bits)
            cells.setdefault(cell or (0, 0), []).append(one)
        middles = {cell: middle_of_cell(*cell) for cell in cells}
        rings = [
            {"x": middles[cell][0], "y": middles[cell][1], "total": len(held), "provider": 0} | _statuses(held)
            for cell, held in cells.items()
        ]
        return tile_of("clusters", rings)

    def snapshot(self, cursor: str) -> Json:
        whole = super().snapshot(cursor)
        pins = [one for one in whole["features"] if one["properties"]["kind"] == "work_order"]
        west, south, east, north = (float(each) for each in request.args["bbox"].split(","))
        inside = [one for one in self.features() if _within(one, west, south, east, north)]
        crowded = len(inside) > ONE_BY_ONE
        shown = {**whole["counts"]["technicians"], **_statuses(inside)}
        return whole | {
            "features": pins if crowded else inside + pins,
            "clusters": _clusters(inside) if crowded else [],
            "past": None,
            "truncated": crowded,
            "counts": {**whole["counts"], "technicians": shown},
        }


def _on_tile(feature: Json, tile: Tile) -> Json:
    x, y = tile.steps_to(point_of(feature))
    told = feature["properties"]
    heard = datetime.fromisoformat(told["recorded_at"]).timestamp()
    return {"x": x, "y": y, "heard": heard} | {
        member: told[member]
        for member in ("id", "name", "status", "provider", "coarse", "heading_deg", "speed_mps", "accuracy_m")
    }


def _within(feature: Json, west: float, south: float, east: float, north: float) -> bool:
    lon, lat = feature["geometry"]["coordinates"]
    return bool(west <= lon <= east and south <= lat <= north)


def _statuses(features: Sequence[Json]) -> dict[str, int]:
    told = [one["properties"]["status"] for one in features]
    return {status.value: told.count(status.value) for status in TechnicianStatus}


def _clusters(features: Sequence[Json]) -> list[Json]:
    """As the service makes them."""
    places = [one["geometry"]["coordinates"] for one in features]
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    count = len(features)
    step = cell_size([PeopleRow("free", False, count, count, min(lons), min(lats), max(lons), max(lats))])
    rows = [
        CellRow(math.floor(lon / step), math.floor(lat / step), one["properties"]["status"], False, 1, lat, lon)
        for one, (lon, lat) in zip(features, places, strict=True)
    ]
    return [
        {
            "lat": one.middle.lat,
            "lon": one.middle.lon,
            "cell": [one.cell.west, one.cell.south, one.cell.east, one.cell.north],
            "technicians": {status.value: number for status, number in one.technicians.items()} | {"provider": 0},
        }
        for one in clusters_of(rows, step)
    ]


@contextmanager
def moving(running: RunningService, *, share: float) -> Iterator[None]:
    """That share of the people moves each second, told as the stream tells it."""
    crowd, stop = running.service.scenario, threading.Event()
    assert isinstance(crowd, Crowd)

    def drive() -> None:
        features = crowd.features()
        while not stop.wait(0.7):
            movers = crowd.drawn.sample(features, int(len(features) * share * 0.7))
            for one in movers:
                lon, lat = one["geometry"]["coordinates"]
                one["geometry"]["coordinates"] = [lon + 0.0002, lat + 0.0001]
            for at in range(0, len(movers), 500):
                running.service.publish("technicians", {"features": movers[at : at + 500], "gone": []})

    driving = threading.Thread(target=drive, daemon=True)
    driving.start()
    try:
        yield
    finally:
        stop.set()
        driving.join()


def heap_mb(page: Page) -> float:
    """What the page's scripts hold, garbage collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["JSHeapUsedSize"] / 1e6)
