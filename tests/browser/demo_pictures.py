"""The pictures of the documentation, drawn of the demo that `./scripts/run` starts: docs/console.png and docs/pictures.

    .venv/bin/python -m tests.browser.demo_pictures http://127.0.0.1:8080 [--only board insight]

Give the demo some minutes first: what has happened is what the pages tell.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parents[2]
DEMO = ROOT / ".local" / "demo" / "demo.json"
SIZE: ViewportSize = {"width": 1280, "height": 800}
# What a page has drawn when it is complete. Its tiles and plots come a moment later.
PAGES = {"board": ".bd-bar", "pending": ".tbl tr[data-id]", "order": ".ord .cols3", "insight": ".insight .card"}
SETTLES_MS = 4_000


def account() -> dict[str, Any]:
    """The log-in of the demo's administrator."""
    logins = json.loads(DEMO.read_text(encoding="utf-8"))["logins"]
    known = next(one for one in logins if one["role"] == "administrator")
    return {name: known[name] for name in ("organization", "email", "password")} | {"cookie": True}


def draw(page: Page, address: str, shows: str, to: Path) -> None:
    """Open a page, wait until it shows that, and keep its picture."""
    page.goto(address)
    page.locator(shows).first.wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLES_MS)
    page.screenshot(path=to)
    print(to.relative_to(ROOT))


def order_to_show(page: Page, url: str) -> str:
    """A work order that has a story: one that is being offered, else any that is pending."""
    for state in ("offered", "pending", "assigned"):
        found = page.request.get(f"{url}/v1/work-orders?state={state}&limit=1").json()["items"]
        if found:
            return str(found[0]["id"])
    raise SystemExit("the demo has no open work order yet: wait a minute")


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--only", nargs="+", choices=["map", *PAGES], default=["map", *PAGES])
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        answer = page.request.post(f"{asked.url}/v1/sessions", data=account())
        assert answer.ok, answer.text()
        if "map" in asked.only:
            draw(page, f"{asked.url}/console/", ".near [data-candidate]", ROOT / "docs" / "console.png")
        for name in (one for one in PAGES if one in asked.only):
            wanted = f"order?wo={order_to_show(page, asked.url)}" if name == "order" else name
            draw(page, f"{asked.url}/console/{wanted}", PAGES[name], ROOT / "docs" / "pictures" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
