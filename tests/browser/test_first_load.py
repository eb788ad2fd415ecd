"""What a first visit loads, and what each further page adds: measured by the browser, as it came over the line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from geo_assign.console.routes import DIST
from tests.browser.office import Office

# With the fonts, without the map.
MOST_BYTES = 150_000
_LOADED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => new URL(name).pathname.startsWith("/console/") || new URL(name).pathname.startsWith("/app"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""


def loaded(page: Page) -> int:
    page.wait_for_load_state("load")
    return int(page.evaluate(_LOADED))


def test_a_first_visit_loads_little(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The log-in, then the first page without a map, then the others, and the map library with the first of them."""
    page = office.open(by=None, with_map=True)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    figures = {"log-in": loaded(page)}
    office.log_in()
    # A phone shows the list first, and loads no map for it.
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator(".live [role=status]")).to_have_text("Live")
    figures["first page"] = loaded(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    # Of what a page loads later, none is loaded twice: the sum grows by its own files.
    for name in ("board", "pending", "insight", "settings"):
        page.get_by_role("link", name=name.capitalize()).first.click()
        expect(page.get_by_role("main").first).to_be_visible()
        figures[name] = loaded(page)
    with capsys.disabled():
        told = ", ".join(f"{name} {size / 1000:.0f} kB" for name, size in figures.items())
        print(f"[loaded by and by: {told}]", end=" ")
    # The log-in of the technician's app has what the console's has: no style sheet of the console is loaded there.
    office.context.clear_cookies()
    app = office.context.new_page()
    app.goto(f"{office.url}/app/")
    assert app.locator(".login .logo").evaluate("logo => logo.getBoundingClientRect().width") == 24
    for built in sorted(DIST.glob("*.html")):
        sheets = re.findall(r'rel="stylesheet"[^>]*assets/(\w+)-', built.read_text(encoding="utf-8"))
        assert [sheets[0], sheets[-1]] == ["base", built.stem], built.name
    assert 10_000 < figures["log-in"] <= MOST_BYTES
    assert figures["first page"] <= MOST_BYTES, figures
