"""Axe on a page of the browser: what it finds against the rules that the console keeps."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "geo_assign/console/web/node_modules/axe-core/axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is in order is not described: that, and to hand it over, would take longer than to look at the page.
_VIOLATIONS = """async rules => {
    const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 160))]);
}"""


def assert_accessible(page: Page) -> None:
    """Axe finds nothing on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        # Evaluated over the debugger's protocol, which the page's policy does not bind.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate(_VIOLATIONS, AXE_RULES)
    assert violations == [], violations
