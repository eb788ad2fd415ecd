"""Pages without their maps: a page is drawn in a fraction of the time, and the lists must do without a map anyway."""

from __future__ import annotations

from playwright.sync_api import Page

_LIBRARY = "*/assets/maplibre-*"


def leave_maps_out(page: Page) -> None:
    """Let `page` fail to load the map library from now on.

    The browser itself refuses it. Had the test a route for it, the browser would ask the test before each request of
    the page, and keep no cache.
    """
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setBlockedURLs", {"urls": [_LIBRARY]})
