"""Pictures of pages, kept as output of the tests: to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

PICTURES = Path(__file__).parents[2] / ".local" / "pictures"
SIZES = {"1280x800": (1280, 800), "390x844": (390, 844)}


def picture(page: Page, name: str) -> Iterator[str]:
    """Draw `page` at both sizes, light and dark, as `<name>-<size>-<scheme>.png`; yields each name when it is drawn.

    What a page must hold in each of them is asserted between two: `for drawn in picture(page, "board"): …`.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            drawn = f"{name}-{size}-{scheme}"
            page.screenshot(path=PICTURES / f"{drawn}.png")
            yield drawn
    page.emulate_media(color_scheme=None)
    if before:
        page.set_viewport_size(before)
