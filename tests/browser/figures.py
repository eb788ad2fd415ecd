"""What a measurement of the console saw, beside its aim."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

LONG_MS = 100
_WATCH = """() => {
  window.longTasks = [];
  window.taskObserver?.disconnect();
  window.taskObserver = new PerformanceObserver((list) =>
    window.longTasks.push(...list.getEntries().map((each) => each.duration)));
  window.taskObserver.observe({ type: "longtask" });
}"""
# What was seen comes to the observer in a task of its own, after the task that was long.
_SEEN = "() => new Promise((done) => setTimeout(() => setTimeout(() => done(window.longTasks)), 50))"


@dataclass(frozen=True)
class Figure:
    """`aim`: the most that it may be; None: told for comparison only."""

    name: str
    seen: float
    unit: str
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """In a word, nothing without an aim."""
        if self.aim is None:
            return ""
        return "met" if self.seen <= self.aim else "MISSED"


def table(figures: Sequence[Figure]) -> str:
    """A line for each, and the machine's load average."""
    names = max((len(one.name) for one in figures), default=0)
    lines = [
        f"{one.name:{names}}  {one.seen:9,.1f} {one.unit:5}  "
        + ("" if one.aim is None else f"aim {one.aim:9,.1f}  {one.verdict}")
        for one in figures
    ]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return "\n".join([*(line.rstrip() for line in lines), f"(load average {load})"])


def watch_long_tasks(page: Page) -> None:
    """Note from now on how long each task of 50 ms and more keeps the page, by the clock."""
    page.evaluate(_WATCH)


def long_tasks(page: Page) -> list[float]:
    """Those since `watch_long_tasks` that were too long, in milliseconds."""
    seen: list[float] = page.evaluate(_SEEN)
    return [each for each in seen if each > LONG_MS]


def processor_tasks(events: Sequence[dict[str, Any]]) -> list[float]:
    """The processor time of each task of a page's main thread, in milliseconds, by a trace of the browser."""
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"].get("name") == "CrRendererMain"
    }
    run = [one for one in events if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in mains]
    return [one.get("tdur", 0) / 1000 for one in run]


@contextmanager
def tracing(page: Page) -> Iterator[list[dict[str, Any]]]:
    """What the browser did meanwhile: the events are there at the end."""
    browser = page.context.browser
    assert browser is not None
    events: list[dict[str, Any]] = []
    browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline", "__metadata"])
    try:
        yield events
    finally:
        events += json.loads(browser.stop_tracing())["traceEvents"]
