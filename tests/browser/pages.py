"""The console as a dispatcher would name its parts."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, FloatRect, Locator, Page

from tests.browser.maps import leave_maps_out
from tests.waiting import wait_until


class ConsolePage:
    """One tab. `complaints` are policy breaches and uncaught errors; a clean page has none."""

    def __init__(self, page: Page, url: str, *, with_map: bool = True) -> None:
        """A tab at `url`. Without the map it is drawn in a fraction of the time."""
        if not with_map:
            leave_maps_out(page)
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "violates" in message.text:
            self.complaints.append(message.text)

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.url}/console/{query}")

    def order(self, number: str) -> Locator:
        """The row of an order in the pending list."""
        return self.page.locator(".todo li").filter(has_text=number)

    def candidate(self, name: str) -> Locator:
        """The row of a technician in "who can take it"."""
        return self.page.locator("[data-candidate]").filter(has_text=name)

    def marker(self, rank: int) -> Locator:
        """The numbered person on the map."""
        return self.page.locator(".mark.ranked").filter(has=self.page.locator(f".number:text-is('{rank}')"))

    @property
    def list(self) -> Locator:
        return self.page.locator(".todo [data-row]")

    @property
    def panel(self) -> Locator:
        return self.page.locator(".near")

    @property
    def badge(self) -> Locator:
        return self.page.locator(".todo header .count, .bottom .count").first

    @property
    def live(self) -> Locator:
        return self.page.locator(".live [role=status]")

    @property
    def map(self) -> Locator:
        return self.page.locator("canvas.maplibregl-canvas")


def box_of(marker: Locator) -> FloatRect:
    """Where a part of the page is; it must be drawn."""
    box = marker.bounding_box()
    assert box
    return box


def settled(marker: Locator) -> FloatRect:
    """Where a part of the page is once it has stopped to move."""
    seen = [box_of(marker)]

    def stands_still() -> bool:
        seen.append(box_of(marker))
        return seen[-1] == seen[-2]

    wait_until(stands_still, "it stands still", pause_s=0.4)
    return seen[-1]
