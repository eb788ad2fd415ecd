"""The Insight page over the real service: sentences, tables, files, periods."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office
from tests.browser.pages import box_of
from tests.browser.pictures import picture
from tests.waiting import wait_until

IS_WITHIN = """cell => {
  const region = cell.closest(".week").getBoundingClientRect(), box = cell.getBoundingClientRect();
  return region.left <= box.left && box.right <= region.right + 1;
}"""


def busy_week(office: Office) -> None:
    """An offer that was accepted, work that waits, and a cancelled lead of tomorrow that no technician had."""
    office.ping("ana", north_m=300)
    ana = office.api.id("technicians", "ana")
    lead = office.lead("=cmd()")
    path = f"/v1/work-orders/{lead['id']}/assign"
    offered = office.make(path, {"technician_id": ana, "mode": "offer"}, version=lead["version"])
    office.make(f"/v1/offers/{offered['offer']['id']}/accept", {}, by="ana")
    north = office.api.id("stores", "north")
    start = datetime.now(UTC) + timedelta(days=1)
    slot = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    for _ in range(2):
        office.lead("Waits", store_id=north)
    lost = office.lead("Gone", store_id=north, slot=slot)
    office.make(f"/v1/work-orders/{lost['id']}/cancel", {"reason": "moved"}, version=lost["version"])


def test_figures_say_what_happened(office: Office) -> None:
    busy_week(office)
    page = office.open("insight")
    expect(page.get_by_role("heading", name="Insight")).to_be_visible()
    acceptance = page.get_by_role("region", name="Acceptance and time to accept", exact=True)
    expect(acceptance).to_contain_text("100% of the answers to offers are a yes, half of these within 1 min.")
    expect(page.get_by_role("region", name="Pending now, by reason")).to_contain_text("2 work orders are pending")
    coverage = page.get_by_role("region", name="Coverage by hour", exact=True)
    expect(coverage).to_contain_text("1 work order had no technician.")
    expect(page.get_by_role("region", name="Workload")).to_contain_text("Ana")
    chosen = page.get_by_role("region", name="Chosen against nearest")
    expect(chosen).to_contain_text("In 100% of the work orders the nearest technician went.")
    chosen.get_by_label("Distance").check()
    expect(chosen.get_by_role("listitem").first).to_contain_text("the nearest")
    expect(chosen).to_contain_text("by automation 100%")
    expect(page.get_by_role("region", name="Stores side by side")).to_contain_text("2 stores")
    for drawn in picture(page, "insight"):
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), drawn
        assert_accessible(page)
        # A day of many hours is wider than a phone: the hour that the sentence speaks of is there.
        told = coverage.locator("[data-told]")
        expect(told).to_be_visible()
        wait_until(partial(told.evaluate, IS_WITHIN), "the hour is in view")
    acceptance.get_by_role("button", name=re.compile("^Table")).click()
    expect(acceptance.get_by_role("row", name="1 1", exact=True)).to_be_visible()
    coverage.get_by_role("button", name=re.compile("^Table")).click()
    expect(coverage.get_by_role("columnheader", name="Free")).to_be_visible()
    assert_accessible(page)
    with page.expect_download() as download:
        acceptance.get_by_role("button", name=re.compile("^CSV")).click()
    assert download.value.suggested_filename == "acceptance.csv"
    assert download.value.path().read_text(encoding="utf-8-sig").splitlines()[:2] == ["Minute,Offers", "1,1"]
    page.get_by_label("To", exact=True).fill("2026-01-07")
    expect(acceptance).to_contain_text("No offer was answered.")
    # A sentence alone, and no room for a plot.
    page.reload()
    expect(acceptance).to_contain_text("No offer was answered.")
    assert box_of(acceptance)["height"] < 200
    expect(page).to_have_url(re.compile("from=2026-01-07"))
    page.go_back()
    expect(acceptance).to_contain_text("100%")
