"""The New panel: a lead typed on the telephone, over the real service."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office
from tests.browser.pictures import picture


def known_customer(office: Office) -> dict[str, object]:
    """A lead of a customer who calls again."""
    customer = {"name": "Helena Duarte", "phone": "+351 912 345 678"}
    return office.lead(customer=customer, address="2 Low Lane")


def test_a_known_customer_is_filled_in_and_the_lead_goes_to_who_could_come(office: Office) -> None:
    earlier = known_customer(office)
    office.ping("ana", north_m=400)
    page = office.open()
    expect(page.get_by_role("link", name="Map", exact=True)).to_be_visible()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"new=lead"))
    expect(page.get_by_label("Telephone")).to_be_focused()
    page.keyboard.type("912345678")
    expect(page.get_by_text("Known customer")).to_be_visible()
    expect(page.get_by_text(f"{earlier['number']}, Laptop")).to_be_visible()
    page.get_by_role("button", name="Use “Helena Duarte”").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Helena Duarte")
    expect(page.get_by_label("Address", exact=True)).to_have_value("2 Low Lane")
    page.get_by_label("Problem").fill("<img src=x onerror=alert(1)>")
    page.get_by_role("textbox", name="Add a skill").fill("screen")
    page.keyboard.press("Enter")
    slot = page.get_by_role("button", name=re.compile(r"\d\d:\d\d–\d\d:\d\d Ana")).first
    slot.click()
    page.get_by_text("Suggested", exact=True).click()
    expect(page.get_by_text("Ana could come then and gets it.")).to_be_visible()
    for drawn in picture(page, "new"):
        overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not overflow, drawn
        assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("form", name="New")).to_be_hidden()
    (made,) = [order for order in listed(office) if order["number"] != earlier["number"]]
    assert made["customer"]["name"] == "Helena Duarte"
    assert made["device"]["issue"] == "<img src=x onerror=alert(1)>"
    assert "Ana" in {(made["assignee"] or {}).get("name"), (made["offer"] or {}).get("technician_name")}
    expect(page).to_have_url(re.compile(f"wo={made['id']}"))


def test_nothing_typed_is_lost(office: Office) -> None:
    page = office.open("?new=ticket")
    expect(page.get_by_role("radio", name="Ticket")).to_be_checked()
    page.get_by_role("button", name=re.compile("Create and offer")).click()
    expect(page.get_by_text("Enter the customer's name.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Karl Ohm")
    page.get_by_label("Notes for the technician").fill("Ring twice")
    expect(page.get_by_text(re.compile("Draft kept"))).to_be_visible()
    office.context.request.delete(f"{office.url}/v1/sessions/current", headers={"X-CSRF-Token": csrf(page)})
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    again = office.open("?new=ticket")
    expect(again.get_by_label("Name", exact=True)).to_have_value("Karl Ohm")
    expect(again.get_by_label("Notes for the technician")).to_have_value("Ring twice")
    # The service refuses it: the problem stands at its field, and everything is still there.
    again.get_by_role("button", name="Drop a pin").click()
    again.get_by_text("More", exact=True).click()
    again.get_by_label("Priority").fill("99999")
    again.get_by_role("button", name="Create only").click()
    expect(again.get_by_label("Priority")).to_have_attribute("aria-invalid", "true")
    again.get_by_label("Priority").fill("5")
    again.get_by_role("button", name="Create only").click()
    expect(again.get_by_role("form", name="New")).to_be_hidden()
    (made,) = listed(office)
    assert (made["kind"], made["customer"]["name"], made["priority"]) == ("ticket", "Karl Ohm", 5)
    again.keyboard.press("n")
    expect(again.get_by_label("Name", exact=True)).to_have_value("")


def csrf(page: Page) -> str:
    """The token of the page's session."""
    return str(page.evaluate("fetch('/v1/me').then((answer) => answer.json()).then((me) => me.csrf_token)"))


def listed(office: Office) -> list[dict[str, object]]:
    answer = office.api.get("/v1/work-orders", by="root")
    return list(answer.get_json()["items"])
