"""A dispatcher gives work away on the map page: once, to the one chosen, with a way back, and told who was faster."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.access.api import SEED
from tests.browser.axe import assert_accessible
from tests.browser.network import cut_streams_when_offline
from tests.browser.office import Office, near_store
from tests.browser.pictures import picture
from tests.waiting import wait_until

CUSTOMERS = ("Helena Duarte", "Karl Ohm", "Nora North")


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Iterator[Office]:
    """Ana is 300 m away and Bo 900 m; three leads wait. No page may complain."""
    ana = copy.deepcopy(SEED["organizations"][0]["technicians"][0])
    bo = {**ana, "slug": "bo", "name": "Bo", "email": "bo@acme.example", "password": "bo-password"}
    opened = make_office(technicians=[ana, bo])
    for customer in CUSTOMERS:
        opened.make("/v1/leads", lead_of(opened, customer))
    opened.ping("ana", north_m=300)
    opened.ping("bo", north_m=900)
    yield opened
    assert opened.complaints == []


def lead_of(office: Office, name: str, **more: Any) -> dict[str, Any]:
    """The body of a lead beside the store, with all that a dispatcher may want to read."""
    return {
        "store_id": office.api.id("stores", "centre"),
        "customer": {"name": name, "phone": "+351 912 345 678"},
        "location": near_store(),
        "address": "12 Quay Street, Orrava",
        "device": {"type": "Laptop", "brand": "Ardent", "model": "X1", "issue": "no power"},
        "notes": "Ring twice",
        "priority": 5,
    } | more


def order_of(office: Office, customer: str) -> dict[str, Any]:
    found = office.api.get("/v1/work-orders?limit=50", by="root").get_json()["items"]
    (order,) = [one for one in found if one["customer"]["name"] == customer]
    return dict(order)


def history(office: Office, customer: str) -> list[str]:
    events = office.api.get(f"/v1/work-orders/{order_of(office, customer)['id']}/events", by="root").get_json()["items"]
    return [one["kind"] for one in events if one["kind"] in {"offered", "assigned", "unassigned"}]


def row(page: Page, customer: str) -> Any:
    return page.locator(".todo li").filter(has_text=customer)


def test_enter_twice_offers_once_and_it_can_be_taken_back(office: Office) -> None:
    page = office.open(f"?wo={order_of(office, 'Helena Duarte')['id']}")
    panel = page.locator(".near")
    expect(panel).to_contain_text("2 can go")
    # What a call needs is there; the row says who, where and since when.
    expect(panel.get_by_role("link", name="Call +351 912 345 678")).to_be_visible()
    expect(panel).to_contain_text("Ring twice")
    expect(row(page, "Helena Duarte")).to_contain_text(re.compile(r"12 Quay Street.*\d+ (s|min)"))
    expect(page).to_have_title(re.compile(r"^\(3\) "))

    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Offered to Bo")
    for _ in range(3):
        page.keyboard.press("Enter")
        page.keyboard.press("Shift+Enter")
    offered = panel.get_by_role("button", name="Offered to Bo")
    expect(offered).to_be_disabled()
    # Beside the others a longer name has its room, too.
    assert offered.evaluate(
        "each => { each.textContent = 'Offered to Bartholomew'; return each.scrollWidth <= each.clientWidth; }"
    )
    expect(panel.locator("[data-candidate][aria-pressed=true]")).to_contain_text("Bo")
    assert history(office, "Helena Duarte") == ["offered"]
    assert_accessible(page)

    page.keyboard.press("u")
    expect(page.locator(".undo-note")).to_contain_text("taken back")
    wait_until(lambda: history(office, "Helena Duarte") == ["offered", "unassigned"], "it is taken back")
    expect(panel.get_by_role("button", name=re.compile("Offer to"))).to_be_enabled()


def test_after_an_assignment_the_next_opens_and_the_last_can_be_changed(office: Office) -> None:
    first = order_of(office, "Helena Duarte")
    page = office.open(f"?wo={first['id']}")
    panel = page.locator(".near")
    expect(panel).to_contain_text("2 can go")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("[data-row][aria-current=true]")).to_contain_text("Karl Ohm")
    expect(page.locator(".undo-note")).to_contain_text(f"{first['number']} assigned to Ana")
    assert history(office, "Helena Duarte") == ["assigned"]
    assert history(office, "Karl Ohm") == []

    # What a technician has can be looked at, given to another with a reason, and taken back.
    page.go_back()
    expect(panel).to_contain_text("Ana has it.")
    panel.get_by_role("button", name="Give it to another technician").click()
    panel.get_by_label("Why is it given").fill("van broke down")
    panel.get_by_role("button", name=re.compile(r"\bBo\b")).first.click()
    panel.get_by_role("button", name="Give it to Bo").click()
    expect(panel).to_contain_text("Bo has it.")
    assert_accessible(page)
    panel.get_by_role("button", name="Take it back").click()
    wait_until(lambda: history(office, "Helena Duarte")[-1] == "unassigned", "it is taken back")
    expect(panel).to_contain_text("2 can go")


def test_the_loser_of_a_race_is_told_who_won(office: Office) -> None:
    order = order_of(office, "Helena Duarte")
    page = office.open()
    # This page hears nothing of what others do.
    page.route("**/v1/live*", lambda route: route.abort())
    page.goto(f"{office.url}/console/?wo={order['id']}")
    panel = page.locator(".near")
    expect(panel).to_contain_text("2 can go")
    office.make(
        f"/v1/work-orders/{order['id']}/assign",
        {"technician_id": office.api.id("technicians", "bo"), "mode": "assign"},
        by="desk",
        version=order["version"],
    )
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text(re.compile(r"Desk gave it to Bo \d+ s ago"))
    expect(panel).to_contain_text("Bo has it.")
    expect(panel).to_contain_text("Changed by Desk")


def test_that_no_technician_can_go_is_not_a_dead_end(office: Office) -> None:
    order = office.make("/v1/leads", lead_of(office, "Ines Faraway", skills=["gas_boilers"]))
    page = office.open(f"?wo={order['id']}")
    panel = page.locator(".near")
    expect(panel.get_by_role("heading", name="No technician can go")).to_be_visible()
    expect(panel).to_contain_text("2 are not trained for gas boilers")
    panel.get_by_role("button", name="Another time").click()
    expect(panel).to_contain_text("No free slot within two weeks.")
    assert_accessible(page)
    panel.get_by_role("button", name=re.compile("^Ana")).click()
    panel.get_by_role("button", name="Assign Ana anyway").click()
    wait_until(lambda: history(office, "Ines Faraway") == ["assigned"], "it is assigned all the same")


def test_a_link_to_an_order_that_is_not_there_arms_nothing(office: Office) -> None:
    page = office.open(f"?wo={uuid4()}")
    expect(page.locator(".near").get_by_role("alert")).to_contain_text("There is no such work order")
    expect(page.get_by_role("button", name=re.compile("Offer to"))).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open the first that needs you").click()
    expect(page.locator("[data-row][aria-current=true]")).to_contain_text("Helena Duarte")
    assert [history(office, customer) for customer in CUSTOMERS] == [[], [], []]


SMALL = [(640, 400), (960, 600), (844, 390), (320, 640), (390, 844), (320, 400), (1280, 800)]


def test_what_may_be_done_is_in_sight_at_every_size(office: Office) -> None:
    page = office.open(f"?wo={order_of(office, 'Karl Ohm')['id']}", with_map=True)
    expect(page.locator(".near")).to_contain_text("2 can go")
    for width, height in SMALL:
        page.set_viewport_size({"width": width, "height": height})
        for name in ("Offer to Ana", "Assign now"):
            button = page.get_by_role("button", name=re.compile(name))
            expect(button).to_be_in_viewport(ratio=1)
            button.click(trial=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for _drawn in picture(page, "map"):
        assert_accessible(page)


def test_no_connection_is_said_and_the_panel_asks_again_when_it_is_back(office: Office) -> None:
    cut_streams_when_offline(office.context)
    page = office.open(f"?wo={order_of(office, 'Helena Duarte')['id']}")
    status = page.locator(".live [role=status]")
    expect(status).to_have_text("Live")
    office.context.set_offline(True)
    expect(status).to_have_text("Offline")
    expect(page.locator(".banner")).to_contain_text("No connection since")
    give = page.get_by_role("button", name=re.compile("^(Offer to|Assign now)"))
    expect(give).to_have_count(2)
    for each in give.all():
        expect(each).to_be_disabled()
    office.ping("bo", north_m=100)
    with page.expect_response("**/v1/technicians/nearest"):
        office.context.set_offline(False)
    expect(status).to_have_text("Live")
    expect(page.locator(".banner")).to_have_count(0)
    expect(give.first).to_be_enabled()


def test_a_lead_and_collaborators_go_together_from_a_phone(office: Office) -> None:
    order = order_of(office, "Karl Ohm")
    page = office.open()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("main", name="Pending")).to_be_visible()
    row(page, "Karl Ohm").get_by_role("button").click()
    page.get_by_role("checkbox", name="Bo comes along").check()
    page.get_by_role("button", name="Offer to Ana + 1").click()
    expect(page.locator(".undo-note")).to_contain_text("offered to Ana")
    after = order_of(office, "Karl Ohm")
    assert [one["name"] for one in after["collaborators"]] == ["Bo"]
    assert after["offer"]["technician_id"] == office.api.id("technicians", "ana")
    assert after["id"] == order["id"]


def test_a_place_is_found_by_keys_and_phone(office: Office) -> None:
    order = office.make("/v1/leads", lead_of(office, "Olga Nowhere", location=None, address="Nowhere 1"))
    page = office.open(f"?wo={order['id']}")
    page.get_by_role("button", name="Drop a pin").click()
    at = page.locator(".locate .tabular")
    expect(at).to_have_text(re.compile(r"\d"))
    before = at.text_content()
    page.locator("body").press("ArrowUp")
    page.locator("body").press("Shift+ArrowRight")
    expect(at).not_to_have_text(before or "")
    page.keyboard.press("Enter")
    wait_until(lambda: order_of(office, "Olga Nowhere")["location"] is not None, "the pin is saved")
    found = order_of(office, "Olga Nowhere")["location"]
    assert found["source"] == "pin"
    assert abs(found["lat"] - near_store()["lat"]) < 0.01


def test_the_legend_narrows_the_map_to_a_group_or_a_skill(make_office: Callable[..., Office]) -> None:
    """What is chosen is in the address; the service counts, and a technician of another kind who moves stays away."""
    ana = copy.deepcopy(SEED["organizations"][0]["technicians"][0])
    bo = {**ana, "slug": "bo", "name": "Bo", "email": "bo@acme.example", "password": "bo-password", "skills": ["oven"]}
    office = make_office(technicians=[ana, bo])
    office.ping("ana", north_m=300)
    office.ping("bo", north_m=900)
    page = office.open()
    legend = page.get_by_role("group", name="Legend and filters")
    expect(legend.get_by_role("button", name="Free 2")).to_be_visible()
    skills = legend.get_by_role("combobox", name="Skill").get_by_role("option")
    expect(skills).to_have_text(["All skills", "oven (1)", "screen (1)"])
    legend.get_by_role("combobox", name="Skill").select_option("oven")
    expect(page).to_have_url(re.compile("skill=oven"))
    expect(legend.get_by_role("button", name="Free 1")).to_be_visible()
    office.ping("ana", north_m=350)
    page.reload()
    expect(legend.get_by_role("combobox", name="Skill")).to_have_value("oven")
    expect(legend.get_by_role("button", name="Free 1")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="People", exact=True).click()
    expect(page.locator(".todo")).to_contain_text("Bo")
    expect(page.locator(".todo")).not_to_contain_text("Ana")
    legend.get_by_role("button", name="Show all").click()
    expect(legend.get_by_role("button", name="Free 2")).to_be_visible()
    legend.get_by_role("combobox", name="Service group").select_option(label="Phones (2)")
    expect(page).to_have_url(re.compile("group="))
    page.go_back()
    expect(page).not_to_have_url(re.compile("group="))
    assert office.complaints == []
