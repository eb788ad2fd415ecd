"""Browser tests: Debian's Chromium, the built console, and a fake `/v1` that a test can steer."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from geo_assign.console.routes import DIST
from tests.browser.fake_service import ConsoleSettings, RunningService, run
from tests.browser.office import building, make_office, office, worker
from tests.browser.pages import ConsolePage
from tests.browser.scenario import Scenario, busy_morning

__all__ = ["building", "make_office", "office", "worker"]

Opener = Callable[..., ConsolePage]
ContextMaker = Callable[..., BrowserContext]
PATIENCE_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if __package__ and item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The distribution's browser; as root it refuses its own sandbox."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    return {"executable_path": chromium, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Drawing a map in software beside other tests takes its time; a fast machine waits no longer for it."""
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def new_context(new_context: ContextMaker) -> ContextMaker:
    """A browser's profile of its own, as patient with clicks and keys as with what is expected; closed afterwards."""

    def made(**arguments: Any) -> BrowserContext:
        context = new_context(**arguments)
        context.set_default_timeout(PATIENCE_MS)
        return context

    return made


@pytest.fixture(scope="session")
def base_url() -> None:
    """Every test has a server of its own; the plugin's fixture of this name is written in a deprecated way."""


@pytest.fixture(scope="session")
def built_console() -> None:
    """The pages under test are the built ones."""
    if not (DIST / "index.html").is_file():
        pytest.fail("The console is not built: npm ci && npm run build in geo_assign/console/web")


@pytest.fixture
def day() -> Scenario:
    """Who and what there is; change it before a page is opened."""
    return busy_morning()


@pytest.fixture
def running(day: Scenario, built_console: None) -> Iterator[RunningService]:
    """A fake service without tiles and without a basemap."""
    # One line a request would bury a failure.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    started = run(day, ConsoleSettings())
    yield started
    started.stop()


@pytest.fixture
def open_console(running: RunningService, context: BrowserContext) -> Opener:
    """Open the console in a page that notes every breach of policy and every uncaught error."""

    def opened(query: str = "", *, with_map: bool = False) -> ConsolePage:
        console = ConsolePage(context.new_page(), running.url, with_map=with_map)
        console.open(query)
        return console

    return opened


@pytest.fixture
def console(open_console: Opener) -> ConsolePage:
    """A dispatcher's lists, logged in; the map is left away for speed."""
    page = open_console()
    page.list.first.wait_for()
    return page


@pytest.fixture
def map_console(open_console: Opener) -> ConsolePage:
    """The same with its map."""
    page = open_console(with_map=True)
    page.list.first.wait_for()
    return page
