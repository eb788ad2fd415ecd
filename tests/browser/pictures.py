"""Pictures of pages, kept as output of the tests: to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.thoroughness import EXHAUSTIVE

PICTURES = Path(__file__).parents[2] / ".local" / "pictures"
Scheme = Literal["light", "dark"]
SIZES = {"1280x800": (1280, 800), "390x844": (390, 844)}
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
# Each size and each scheme once; in an exhaustive run each of them with each.
LOOKS = list(product(SIZES, SCHEMES)) if EXHAUSTIVE else list(zip(SIZES, SCHEMES, strict=True))


def picture(page: Page, name: str) -> Iterator[str]:
    """Draw `page` on a desk, light, and on a phone, dark, as `<name>-<size>-<scheme>.png`; yields each name when drawn.

    An exhaustive run draws both sizes in both schemes. What a page must hold in each of them is asserted between two:
    `for drawn in picture(page, "board"): …`.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for size, scheme in LOOKS:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        drawn = f"{name}-{size}-{scheme}"
        page.screenshot(path=PICTURES / f"{drawn}.png")
        yield drawn
    page.emulate_media(color_scheme=None)
    if before:
        page.set_viewport_size(before)
