"""How much a page works: processor time, which a busy machine does not lengthen as it does the time by the clock."""

from __future__ import annotations

from playwright.sync_api import Page


class MainThread:
    """The thread of a page that draws it, runs its scripts and answers its keys."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")

    def worked_s(self) -> float:
        """Its processor time so far, in seconds."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))
