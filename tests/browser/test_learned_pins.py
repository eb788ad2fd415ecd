"""A better place for an address, where a dispatcher looks: on the page of an order, on the real service."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office, near_store
from tests.browser.pictures import picture

ADDRESS = "Rua das Hortensias 17, Porto"


def order_with_pin(office: Office, name: str, *, east_m: float) -> dict[str, str]:
    """An order at the address, which no geocoder knows, with a pin that a person put."""
    store = office.api.id("stores", "centre")
    order = office.make("/v1/leads", {"store_id": store, "customer": {"name": name}, "address": ADDRESS})
    pin = {"location": near_store(east_m=east_m)}
    placed = office.api.patch(f"/v1/work-orders/{order['id']}", by="root", version=order["version"], json=pin)
    assert placed.status_code == 200, placed.get_json()
    return dict(order)


def test_a_better_place_is_confirmed_and_the_next_order_says_where_its_place_comes_from(office: Office) -> None:
    first = order_with_pin(office, "Helena Duarte", east_m=400)
    page = office.open(f"order?wo={first['id']}", with_map=True)
    asked = page.get_by_role("group", name="A better place for this address")
    expect(asked).to_contain_text("A pin was put by hand")
    assert_accessible(page)
    for _ in picture(page, "learned-pin"):
        expect(asked.get_by_role("button", name="Use that place")).to_be_visible()
    asked.get_by_role("button", name="Use that place").click()
    expect(asked).to_be_hidden()
    second = office.make(
        "/v1/leads",
        {"store_id": office.api.id("stores", "centre"), "customer": {"name": "Rui"}, "address": ADDRESS.lower()},
    )
    other = office.open(f"order?wo={second['id']}")
    expect(other.get_by_text("learned from 1 visit")).to_be_visible()
