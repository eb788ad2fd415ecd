"""How many clicks and keys something takes, counted in the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page

_COUNT = """() => {
  const counted = window.acts !== undefined;
  window.acts = { clicks: 0, keys: 0, chosen: 0 };
  if (counted) return;
  const modifiers = new Set(["Shift", "Control", "Alt", "Meta"]);
  addEventListener("pointerdown", () => { window.acts.clicks += 1; }, true);
  const isOwn = ({ key, repeat }) => !repeat && !modifiers.has(key);
  addEventListener("keydown", (event) => { if (isOwn(event)) window.acts.keys += 1; }, true);
  // A choice of a list is made without the page's pointer: the browser draws it.
  addEventListener("change", ({ target }) => { if (target.localName === "select") window.acts.chosen += 1; }, true);
}"""


@dataclass
class Acts:
    """A press and its release are one; a modifier belongs to its key."""

    clicks: int = 0
    keys: int = 0


@contextmanager
def counted(page: Page, *, clicks: int = 0, keys: int = 0) -> Iterator[Acts]:
    """Count what is done on `page` meanwhile; it may be at most so much."""
    page.evaluate(_COUNT)
    acts = Acts()
    yield acts
    told = page.evaluate("window.acts")
    acts.clicks, acts.keys = told["clicks"] + told["chosen"], told["keys"]
    assert acts.clicks + acts.keys > 0, "nothing was counted"
    assert acts.clicks <= clicks, acts
    assert acts.keys <= keys, acts
