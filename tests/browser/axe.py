"""Axe on a page of the browser: what it finds against the rules that the console keeps."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "geo_assign/console/web/node_modules/axe-core/axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def assert_accessible(page: Page) -> None:
    """Axe finds nothing on the page as it is now."""
    # Evaluated over the debugger's protocol, which the page's policy does not bind.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", AXE_RULES)
    violations = [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found["violations"]]
    assert violations == [], violations
