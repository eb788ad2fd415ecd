"""A fleet of thousands in a browser, a tenth of it moving each second: how long the page is blocked.

    .venv/bin/python -m tests.browser.crowd --people 10000 --seconds 60

prints the long tasks of the map, first of a view in which people are drawn one by one, then of the whole city.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep
from typing import Any

from flask import request
from playwright.sync_api import Page, sync_playwright

from geo_assign.mapview.domain import TechnicianStatus
from geo_assign.mapview.tallies import CellRow, PeopleRow, cell_size, clusters_of
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.scenario import Scenario, busy_morning

Json = dict[str, Any]
ONE_BY_ONE = 2_000
LONG_MS = 100
_WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((each) => each.duration)))
    .observe({ type: "longtask" });
}"""


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


def long_tasks(page: Page, seconds: float) -> list[float]:
    """The tasks of the page that blocked it for 50 ms or longer, in milliseconds."""
    page.evaluate(_WATCH)
    page.wait_for_timeout(seconds * 1000)
    found: list[float] = page.evaluate("window.longTasks")
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = run(Crowd(asked.people), ConsoleSettings())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{running.url}/console/")
        page.locator(".near").wait_for(timeout=60_000)
        page.keyboard.press("j")
        page.locator(".near .act").wait_for(timeout=60_000)
        with moving(running, share=0.1):
            _tell("a part, one by one", long_tasks(page, asked.seconds))
            page.keyboard.press("Escape")
            while not page.locator(".mark.cluster").count():
                page.get_by_role("button", name="Zoom out").click()
                sleep(2)
            _tell("whole city, clusters", long_tasks(page, asked.seconds))
        browser.close()
    running.stop()


def _tell(what: str, found: Sequence[float]) -> None:
    above = [each for each in found if each > LONG_MS]
    print(f"{what}: {len(above)} tasks over {LONG_MS} ms ({sum(above):.0f} ms), {len(found)} over 50 ms")


if __name__ == "__main__":
    main()
