"""The real application behind a browser: one service for all tests of a process, an organization of its own for each.

`office` is logged in as an administrator of an organization that `tests.access.api.SEED` describes, with other slugs
and the same people. What a test needs further it makes over the API, as the pages would. `worker` runs the real worker.
"""

from __future__ import annotations

import copy
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from geo_assign.app import EXTENSION, create_app
from geo_assign.seed import load, read_document
from geo_assign.worker import open_worker
from tests.access.api import SEED, Api
from tests.browser.complaints import collect_complaints
from tests.browser.maps import leave_maps_out
from tests.conftest import World, cloned

M_PER_DEGREE = 111_195.0
# That of the stores of the seed.
ZONE = ZoneInfo("Europe/Lisbon")
_numbers = itertools.count(1)


class Quiet(WSGIRequestHandler):
    """One line a request would bury a failure."""

    def log(self, *_args: object) -> None:
        """Nothing."""


class Building:
    """The application on a port, known before it is made: it names its own address."""

    def __init__(self, world: World) -> None:
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # Pages hold streams and long polls: more connections than a browser of one test has.
        self.settings = world.settings(public_url=self.url, map_tiles_url="", sweep_interval_s=0.3)
        self.app = create_app(self.settings)
        self.services = self.app.extensions[EXTENSION]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, environ: Mapping[str, Any], start_response: Any) -> Any:
        return self.app.wsgi_app(environ, start_response)

    def close(self) -> None:
        """Stop to answer."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        self.services.close()


@dataclass
class Office:
    """An organization, its people over the API, and the pages that are open in it."""

    building: Building
    api: Api
    slug: str
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.building.url

    def open(self, address: str = "", *, by: str | None = "root", with_map: bool = False) -> Page:
        """A tab at `/console/<address>`, logged in as that user of the seed (None: without logging in).

        Without its maps a page is drawn in a fraction of the time.
        """
        if by is not None:
            self.log_in(by)
        page = self.context.new_page()
        if not with_map:
            leave_maps_out(page)
        collect_complaints(page, self.complaints)
        page.goto(address if address.startswith("http") else f"{self.url}/console/{address}")
        return page

    def log_in(self, who: str = "root") -> None:
        """The cookie of a new session, without the form."""
        account = {
            "organization": self.slug,
            "email": f"{who}@acme.example",
            "password": f"{who}-password",
            "cookie": True,
        }
        answer = self.context.request.post(f"{self.url}/v1/sessions", data=account)
        assert answer.ok, answer.text()

    def make(self, path: str, body: Mapping[str, Any], *, by: str = "root", **more: Any) -> dict[str, Any]:
        """POST to `path` over the API; the answer's body."""
        answer = self.api.post(path, by=by, json=dict(body), **more)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return dict(answer.get_json() or {})

    def ping(self, who: str = "ana", *, north_m: float = 300, east_m: float = 0) -> None:
        """A technician's phone says that it is so far from the store `centre`."""
        now = datetime.now(UTC).isoformat()
        at = near_store(north_m=north_m, east_m=east_m)
        position = {**at, "recorded_at": now, "accuracy_m": 7.0}
        answer = self.make("/v1/positions", {"positions": [position]}, by=who)
        assert answer["results"][0]["verdict"] == "accepted", answer

    def lead(self, name: str = "Helena Duarte", **more: Any) -> dict[str, Any]:
        """A lead beside the store `centre`, for an hour from now on; `more` has other members of its body.

        In the last hour of the store's day it is for now: pages show it as today's.
        """
        now = datetime.now(ZONE)
        start = now + timedelta(hours=1)
        start = start if start.date() == now.date() else now
        slot = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
        body = {
            "store_id": self.api.id("stores", "centre"),
            "customer": {"name": name},
            "location": near_store(),
            "slot": slot,
            "device": {"type": "Laptop", "issue": "no power"},
        }
        return self.make("/v1/leads", body | more)


def near_store(*, north_m: float = 0, east_m: float = 0) -> dict[str, float]:
    """A point by metres from the store `centre` of the seed."""
    return {"lat": 41.15 + north_m / M_PER_DEGREE, "lon": -8.61 + east_m / (M_PER_DEGREE * 0.753)}


@pytest.fixture(scope="session")
def building(template: str, built_console: None) -> Iterator[Building]:
    """One service for every test of this process."""
    with cloned(template) as world:
        started = Building(world)
        yield started
        started.close()


@pytest.fixture(scope="session")
def worker(building: Building) -> Iterator[None]:
    """The worker beside it: for tests of what happens by itself."""
    with ExitStack() as closing:
        services = building.services
        process = closing.enter_context(open_worker(building.settings, services.dispatch, services.webhooks))
        running = threading.Thread(target=process.run)
        running.start()
        closing.callback(running.join)
        closing.callback(process.stop.set)
        yield


def office_in(building: Building, context: BrowserContext, **changes: Any) -> Office:
    """An office over the seed's organization, with the members of `changes` in place of the seed's."""
    document = copy.deepcopy(SEED)
    slug = f"acme-{next(_numbers)}"
    document["organizations"][0] |= {"slug": slug} | changes
    tree = load(building.services.database, building.settings, read_document(json.dumps(document)))
    return Office(building, Api(building.app.test_client(), tree), slug, context)


@pytest.fixture
def make_office(building: Building, context: BrowserContext) -> Callable[..., Office]:
    """Offices in one building: see `office_in`."""
    return partial(office_in, building, context)


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Iterator[Office]:
    """An office in which no page may complain."""
    opened = make_office()
    yield opened
    assert opened.complaints == []
