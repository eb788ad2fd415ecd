"""The map of a past time: what was, the slider, and that nothing can be given away there."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office
from tests.browser.pictures import picture


def test_the_past_is_shown_as_it_was_and_nothing_is_given_away_there(office: Office) -> None:
    office.ping("ana")
    lead = office.lead()
    at = office.api.get("/v1/me", by="root").get_json()["server_now"]
    office.make(f"/v1/work-orders/{lead['id']}/cancel", {})
    page = office.open(f"?at={at}&wo={lead['id']}")
    bar = page.get_by_role("region", name="The map of a past time")
    expect(bar).to_contain_text("Past: Today")
    expect(bar).to_contain_text("That you looked is logged")
    # What was cancelled since was open then, and the card says who could have gone.
    expect(page.get_by_role("complementary", name="Work then")).to_contain_text(lead["number"])
    card = page.get_by_role("region", name=f"{lead['number']} as it stood")
    expect(card).to_contain_text("could have gone")
    expect(page.get_by_role("button", name=re.compile("^(Offer to|Assign now)"))).to_have_count(0)
    expect(page.locator(".live").get_by_text("Past", exact=True)).to_be_visible()
    assert_accessible(page)
    for _drawn in picture(page, "map-past"):
        expect(bar.get_by_role("button", name="Back to now")).to_be_visible()
    # The slider goes by keys, and is in the address.
    slider = bar.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "00:00")
    expect(page).to_have_url(re.compile("at=.*00%3A00Z"))
    expect(page.get_by_role("complementary", name="Work then")).not_to_contain_text(lead["number"])
    page.reload()
    expect(slider).to_have_attribute("aria-valuetext", "00:00")
    bar.get_by_role("button", name="Back to now").click()
    expect(bar).to_have_count(0)
    expect(page).not_to_have_url(re.compile("at="))
    expect(page.get_by_role("complementary", name="Pending")).to_be_visible()
    page.get_by_role("button", name="Look at a past time").click()
    expect(bar).to_be_visible()


def test_a_past_that_is_not_kept_says_how_far_it_goes(office: Office) -> None:
    page = office.open("?at=2024-02-29T12:00:00Z")
    bar = page.get_by_role("region", name="The map of a past time")
    expect(bar.get_by_role("alert")).to_contain_text("Positions are kept back to")
    expect(bar.get_by_role("button", name="Back to now")).to_be_visible()
    office.complaints.clear()  # the browser tells of the 410
