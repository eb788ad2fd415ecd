"""Figures of the console by the clock, for people who work on it: `./scripts/console-figures` prints them.

Not among the tests of a run: it takes twenty minutes, and nothing else may run on the machine meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.crowd import Crowd, heap_mb, moving
from tests.browser.fake_service import ConsoleSettings, run
from tests.browser.figures import (
    LONG_MS,
    Figure,
    long_tasks,
    processor_tasks,
    table,
    tracing,
    watch_long_tasks,
)
from tests.browser.office import ZONE, Building, Office, office_in
from tests.browser.pages import ConsolePage
from tests.browser.test_board import crowded
from tests.browser.test_pending_and_order import SCREENS, SCROLL, pending_page
from tests.conftest import cloned
from tests.insight.masses import drop_what_insight_asks_nothing, sum_all, write_year

PATIENCE_MS = 120_000
_ROWS, _TECHNICIANS, _BOOKINGS = 5_000, 200, 2_000
_DRAWN_IN = """count => new Promise((done) => {
  const began = performance.now();
  document.querySelector("nav a[href*=board]").click();
  const look = () => {
    const rows = document.querySelectorAll(".bd-row").length;
    const bars = document.querySelectorAll(".bd-lane .bd-bar").length;
    if (rows > 200 && bars >= count) requestAnimationFrame(() => done(performance.now() - began));
    else requestAnimationFrame(look);
  };
  look();
})"""


def asked(name: str, otherwise: float) -> float:
    """An option of the script."""
    return float(os.environ.get(f"GEO_ASSIGN_TEST_FIGURES_{name}", otherwise))


def fetched_s(page: Page, path: str) -> float:
    """How long the browser waits for an answer."""
    began = perf_counter()
    answer = page.request.get(page.url.partition("/console")[0] + path)
    assert answer.ok, answer.text()
    return perf_counter() - began


def tasks_of(page: Page, seconds: float, what: str) -> list[Figure]:
    """The long tasks of the page in that time by the clock, then for ten seconds by their processor time.

    That is what the page does, whatever else the machine does. It takes a trace, which makes tasks longer by the clock.
    """
    watch_long_tasks(page)
    page.wait_for_timeout(seconds * 1000)
    long = long_tasks(page)
    with tracing(page) as events:
        page.wait_for_timeout(10_000)
    processor = processor_tasks(events)
    return [
        Figure(f"{what}: tasks over {LONG_MS} ms", len(long), "", 0),
        Figure(f"{what}: the longest", max(long, default=0), "ms"),
        Figure(f"{what}: the longest by processor time", max(processor, default=0), "ms"),
    ]


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> Iterator[list[Figure]]:
    """What was seen; all of it is printed at the end."""
    seen: list[Figure] = []
    yield seen
    manager = request.config.pluginmanager.getplugin("capturemanager")
    assert manager is not None
    with manager.global_and_fixture_disabled():
        print(f"\n\n{table(seen)}\n", flush=True)


@pytest.fixture
def tell(figures: list[Figure], capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Print figures as soon as they are known, and keep them for the table."""

    def told(*more: Figure) -> None:
        figures.extend(more)
        with capsys.disabled():
            print(f"\n{table(more)}", flush=True)

    return told


@pytest.mark.timeout(3_600)
def test_map(built_console: None, context: BrowserContext, tell: Callable[..., None]) -> None:
    """Technicians on the map, a tenth of whom moves each second."""
    people, seconds, minutes = int(asked("PEOPLE", 10_000)), asked("SECONDS", 60), asked("HEAP_MINUTES", 10)
    running = run(Crowd(people), ConsoleSettings())
    page = ConsolePage(context.new_page(), running.url).page
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{running.url}/console/")
    page.locator(".near").wait_for()
    page.keyboard.press("j")
    page.locator(".near .act").wait_for()
    with moving(running, share=0.1):
        heaps = [heap_mb(page)]
        began = perf_counter()
        tell(*tasks_of(page, seconds, f"map, {people:,} technicians, {seconds:.0f} s, told one by one"))
        for share in (0.5, 1) if minutes else ():
            page.wait_for_timeout(max(0, 60_000 * minutes * share - 1000 * (perf_counter() - began)))
            heaps.append(heap_mb(page))
        page.keyboard.press("Escape")
        for view in ("a part by tiles", "the city by rings"):
            for pause_ms in (1_500, 5_000):
                page.get_by_role("button", name="Zoom out").click()
                page.wait_for_timeout(pause_ms)
            tell(*tasks_of(page, seconds, f"map, {view}"))
    running.stop()
    for share, seen in zip((0, 0.5, 1), heaps, strict=False):
        # What each technician's last place takes comes in the first minutes; afterwards it is flat.
        aim = 1.1 * heaps[1] if share == 1 else None
        tell(Figure(f"map: heap after {minutes * share:.0f} min", seen, "MB", aim))


def test_board(office: Office, tell: Callable[..., None]) -> None:
    """Two hundred technicians with two thousand bookings against the same without any."""
    today = f"{datetime.now(ZONE):%Y-%m-%d}"
    page = office.open(f"board?day={today}")
    page.locator(".bd-row").first.wait_for()
    measured = office.api.get(f"/v1/calendar?from={today}&to={today}", by="root").get_json()
    calendar: dict[str, Any] = {}
    page.route("**/v1/calendar*", lambda route: route.fulfill(json=calendar))

    def drawn_s(bookings: int) -> float:
        calendar.clear()
        calendar.update(crowded(measured, technicians=_TECHNICIANS, bookings=bookings))
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Pending").click()
        expect(page.locator(".board")).to_have_count(0)
        took: float = page.evaluate(_DRAWN_IN, bookings)
        return took / 1000

    empty, full = (sorted(drawn_s(bookings) for _ in range(5))[2] for bookings in (0, _BOOKINGS))
    tell(
        Figure(f"board, {_TECHNICIANS} technicians without bookings", 1000 * empty, "ms"),
        Figure(f"board, {_TECHNICIANS} technicians, {_BOOKINGS:,} bookings", 1000 * full, "ms", 2000 * empty + 500),
    )


def test_pending(office: Office, tell: Callable[..., None]) -> None:
    """Five thousand rows, scrolled through."""
    page = pending_page(office, _ROWS)
    watch_long_tasks(page)
    for step in range(SCREENS):
        page.evaluate(SCROLL, step / SCREENS)
    long = long_tasks(page)
    tell(
        Figure(f"pending, {_ROWS:,} rows, {SCREENS} screens: tasks over 100 ms", len(long), "", 0),
        Figure("pending: the longest of them", max(long, default=0), "ms"),
    )


@pytest.mark.timeout(3_600)
def test_insight(template: str, built_console: None, context: BrowserContext, tell: Callable[..., None]) -> None:
    """A year of a million orders, summed; each call of the page as the browser waits for it, and the whole page."""
    orders = int(asked("ORDERS", 1_000_000))
    with cloned(template) as world:
        building = Building(world)
        office = office_in(building, context)
        drop_what_insight_asks_nothing(world)
        began = perf_counter()
        write_year(world, UUID(office.api.organization["id"]), orders)
        written = perf_counter()
        sum_all(world, building.services.database)
        tell(
            Figure(f"insight: {orders:,} orders written", written - began, "s"),
            Figure("insight: summed by the worker", perf_counter() - written, "s"),
        )
        page = office.open()
        first, last = datetime.now(ZONE).date() - timedelta(days=364), datetime.now(ZONE).date()
        for name, path in {
            "figures of a year": f"/v1/insight?from={first}&to={last}",
            "figures of a month": f"/v1/insight?from={last - timedelta(days=30)}&to={last}",
            "who went silent": "/v1/reachability?hours=12&limit=50",
        }.items():
            tell(Figure(f"insight: {name}", 1000 * max(fetched_s(page, path) for _ in range(3)), "ms", 2_000))
        began = perf_counter()
        page.goto(f"{office.url}/console/insight?from={first}&to={last}")
        expect(page.get_by_role("region", name="Workload")).to_contain_text("Person")
        tell(Figure("insight: the page of a year, from nothing", 1000 * (perf_counter() - began), "ms"))
        building.close()
