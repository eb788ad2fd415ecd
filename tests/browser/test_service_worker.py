"""What a push service was sent, read with a browser's keys, wakes the service worker of a real Chromium.

Chromium subscribes at the server of its maker, which no test may need. So the subscription is one of the tests, and
what arrives there is handed to the browser through its debugging interface, as its maker's server would.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage

from tests.conftest import World
from tests.docs.pages import ROOT, Page
from tests.phones.conftest import new_lead
from tests.phones.test_push import PushTown, opened_town
from tests.providers.stub import Exchange, StubServer, answer
from tests.waiting import wait_until

SLOT = {"start": "2031-05-21T10:00:00Z", "end": "2031-05-21T11:00:00Z"}
_REGISTER = """async () => {
  await navigator.serviceWorker.register("/worker.js");
  await navigator.serviceWorker.ready;
}"""
_SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map((one) => [one.title, one.body, one.tag]);
}"""


@contextmanager
def site_with_worker() -> Iterator[StubServer]:
    """A page, and the service worker of `docs/phones.md`."""
    (worker,) = (block for block in Page(ROOT / "docs" / "phones.md").blocks("js") if '"push"' in block)

    def serve(exchange: Exchange) -> None:
        is_worker = exchange.request.path == "/worker.js"
        kind = "text/javascript" if is_worker else "text/html"
        answer(worker if is_worker else "<!doctype html><title>App</title>", content_type=kind)(exchange)

    with StubServer(serve) as site:
        yield site


@pytest.fixture
def town(world: World) -> Iterator[PushTown]:
    with opened_town(world) as town:
        yield town


def test_a_push_shows_a_notification_and_what_is_newer_replaces_it(town: PushTown, page: BrowserPage) -> None:
    browser = town.subscribe()
    lead = new_lead(town.api, slot=SLOT)
    with site_with_worker() as site:
        deliver = _opened(page, site)
        town.send()
        offered = browser.read_text(town.server.requests[-1])

        def shown() -> bool:
            # The debugging interface drops what comes while it starts the worker; the same again changes nothing.
            deliver(offered)
            return bool(page.evaluate(_SHOWN))

        wait_until(shown, "the notification is shown", pause_s=1.0)
        ((title, body, tag),) = page.evaluate(_SHOWN)
        assert (title, tag) == (f"New offer: {lead['number']}", lead["id"])
        assert body.startswith("Wed 21 May, 11:00 to 12:00.")
        path = f"/v1/work-orders/{lead['id']}"
        version = town.api.get(path, by="root").json["version"]
        assert town.api.post(f"{path}/cancel", json={}, by="root", version=version).status_code == 200
        town.send()
        deliver(browser.read_text(town.server.requests[-1]))
        withdrawn = [[f"Offer withdrawn: {lead['number']}", "", lead["id"]]]
        wait_until(lambda: page.evaluate(_SHOWN) == withdrawn, "the newer one takes its place", pause_s=0.1)


def _opened(page: BrowserPage, site: StubServer) -> Any:
    """Open the site with its worker; returns what delivers a push to it."""
    page.context.grant_permissions(["notifications"], origin=site.url)
    page.goto(site.url)
    registrations: list[str] = []
    debugger = page.context.new_cdp_session(page)
    debugger.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(
            one["registrationId"] for one in told["registrations"] if one["scopeURL"].startswith(site.url)
        ),
    )
    debugger.send("ServiceWorker.enable")
    page.evaluate(_REGISTER)
    wait_until(lambda: page.evaluate("1") and registrations, "the worker is registered", pause_s=0.1)

    def deliver(data: str) -> None:
        named = {"origin": site.url, "registrationId": registrations[-1], "data": data}
        debugger.send("ServiceWorker.deliverPushMessage", named)

    return deliver
