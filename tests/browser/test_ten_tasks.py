"""The ten commonest tasks of a dispatcher, by mouse and by keys: each takes at most so many of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.access.api import SEED
from tests.browser.acts import counted
from tests.browser.axe import assert_accessible
from tests.browser.conftest import ContextMaker, Opener
from tests.browser.fake_service import RunningService
from tests.browser.office import Office, near_store
from tests.browser.scenario import identity
from tests.browser.test_technicians_app import Phone
from tests.browser.towns import Town, bar, people, point, tomorrow
from tests.browser.towns import row as row_of
from tests.waiting import wait_until

_ANA = SEED["organizations"][0]["technicians"][0]
# How far north of the store each is; Rui's phone has said nothing.
STAFF = {"ana": ("Ana", 300), "bo": ("Bo", 900), "cid": ("Cid", 1_500)}


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Iterator[Office]:
    """Three technicians can go and Rui cannot; work is given out by hand. No page may complain."""
    names = {slug: name for slug, (name, _) in STAFF.items()} | {"rui": "Rui"}
    opened = make_office(
        technicians=[
            {
                **copy.deepcopy(_ANA),
                "slug": slug,
                "name": name,
                "email": f"{slug}@acme.example",
                "password": f"{slug}-password",
            }
            for slug, name in names.items()
        ]
    )
    Town(opened, tomorrow()).by_hand()
    for slug, (_, north_m) in STAFF.items():
        opened.ping(str(opened.api.entry("technicians", slug)["token"]), north_m=north_m)
    yield opened
    assert opened.complaints == []


def waiting_lead(office: Office, name: str, **more: Any) -> dict[str, Any]:
    """A lead for as soon as possible, of the group that all are in."""
    lead = {
        "store_id": office.api.id("stores", "centre"),
        "group_id": office.api.id("groups", "phones"),
        "customer": {"name": name},
        "location": near_store(),
        "device": {"type": "Laptop", "issue": "no power"},
    }
    return office.make("/v1/leads", lead | more)


def order_of(office: Office, order: dict[str, Any]) -> dict[str, Any]:
    return dict(office.api.get(f"/v1/work-orders/{order['id']}", by="root").get_json())


def stands(office: Office, order: dict[str, Any], state: str) -> dict[str, Any]:
    wait_until(lambda: order_of(office, order)["state"] == state, f"the work order is {state}")
    return order_of(office, order)


def row(page: Page, customer: str) -> Locator:
    return page.locator(".todo li").filter(has_text=customer).get_by_role("button")


def panel_with(page: Page) -> Locator:
    """The panel of the open order, once it knows who can take it."""
    panel = page.locator(".near")
    expect(panel).to_contain_text(re.compile(r"\d can go"))
    return panel


def test_the_oldest_is_offered_and_another_is_given_at_once(office: Office) -> None:
    """Tasks 1 and 2."""
    town = Town(office, tomorrow())
    slots = ("09:00-10:00", "11:00-12:00", "13:00-14:00", "15:00-16:00")
    names = ("Helena", "Karl", "Nora", "Olga")
    # Each at a time of its own: an offer holds the technician's time.
    orders = [waiting_lead(office, name, slot=town.slot(slot)) for name, slot in zip(names, slots, strict=True)]
    page = office.open()
    panel = panel_with(page)
    with counted(page, keys=1):
        page.keyboard.press("Enter")
        stands(office, orders[0], "offered")
    with counted(page, clicks=2):
        row(page, "Karl").click()
        panel.get_by_role("button", name=re.compile("^Offer to")).and_(panel.locator(":enabled")).click()
        stands(office, orders[1], "offered")
    row(page, "Nora").click()
    expect(panel_with(page)).to_contain_text("Nora")
    second = panel.locator("[data-candidate] .name").nth(1).inner_text()
    with counted(page, keys=2):
        page.keyboard.press("2")
        page.keyboard.press("Shift+Enter")
        assert stands(office, orders[2], "assigned")["assignee"]["name"] == second
    # The next opened by itself.
    expect(page.locator("[data-row][aria-current=true]")).to_contain_text("Olga")
    with counted(page, clicks=3):
        row(page, "Olga").click()
        panel.locator("[data-candidate]").nth(1).click()
        panel.get_by_role("button", name="Assign now").click()
        stands(office, orders[3], "assigned")
    with counted(page, keys=1):
        page.keyboard.press("u")
        stands(office, orders[3], "pending")


def test_why_not_this_technician_and_where_is_that_one(office: Office) -> None:
    """Tasks 3 and 7."""
    waiting_lead(office, "Helena")
    page = office.open()
    panel = panel_with(page)
    why = page.locator("#why")
    with counted(page, clicks=2):
        panel.get_by_role("button", name="Why").click()
        why.get_by_role("button", name="Rui").click()
    expect(why.get_by_role("button", name="Rui")).to_contain_text(re.compile(r"\w+"))
    panel.get_by_role("button", name="Close", exact=False).last.click()
    page.locator("body").press("1")
    # What is asked for is in sight where the candidates leave no room for it.
    page.set_viewport_size({"width": 1280, "height": 520})
    with counted(page, keys=4):
        for key in "wrui":
            page.keyboard.press(key)
        expect(why.get_by_role("listitem")).to_have_count(1)
        expect(why.get_by_role("button", name="Rui")).to_be_in_viewport(ratio=1)
        expect(why.get_by_role("button", name="Rui")).to_contain_text("position")
    for typed, said in (("ana", "can go, and is number 1"), ("zzz", "No technician called “zzz”")):
        why.get_by_role("searchbox").fill(typed)
        expect(why).to_contain_text(said)
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    page.keyboard.press("Escape")
    with counted(page, keys=5):
        for key in "/ana":
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="Ana")).to_be_visible()
    # From a page without a map it leads to the map.
    page.goto(f"{office.url}/console/insight")
    find = page.get_by_role("combobox", name="Find a person")
    with counted(page, clicks=2, keys=2):
        find.click()
        page.keyboard.type("bo")
        page.get_by_role("option", name="Bo").click()
        expect(page.get_by_role("region", name="Bo")).to_be_visible()


def test_a_new_lead_is_made_and_offered(office: Office) -> None:
    """Task 4: what is typed into fields comes on top."""
    page = office.open()
    expect(page.get_by_role("link", name="Map", exact=True)).to_be_visible()

    def fill(name: str) -> None:
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Problem").fill("no sound")
        page.get_by_role("button", name="Drop a pin").evaluate("each => each.click()")

    with counted(page, clicks=2):
        page.get_by_role("button", name="New", exact=False).first.click()
        fill("Helena")
        page.get_by_role("button", name=re.compile("Create and offer")).click()
        expect(page.get_by_role("form", name="New")).to_be_hidden()
    with counted(page, keys=2):
        page.keyboard.press("n")
        fill("Karl")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("form", name="New")).to_be_hidden()
    made = office.api.get("/v1/work-orders", by="root").get_json()["items"]
    assert {one["customer"]["name"] for one in made} == {"Helena", "Karl"}


def test_a_place_is_found(office: Office, open_console: Opener, running: RunningService) -> None:
    """Task 5: a suggestion, a pin by mouse, a pin by keys."""
    console = open_console()
    console.list.first.wait_for()
    with counted(console.page, clicks=2):
        console.order("L-2047").locator("button").click()
        console.page.get_by_role("button", name=re.compile("Harbour Road 9")).click()
        expect(console.panel).to_contain_text("can go")
    assert running.service.writes(identity("L-2047"))
    console.page.close()

    lost = [waiting_lead(office, name, location=None, address="Nowhere 1") for name in ("Helena", "Karl")]
    page = office.open(with_map=True)
    page.locator("canvas.maplibregl-canvas").wait_for()
    with counted(page, clicks=4):
        row(page, "Karl").click()
        page.get_by_role("button", name="Drop a pin").click()
        page.locator("canvas.maplibregl-canvas").click(position={"x": 420, "y": 300})
        page.get_by_role("button", name="Save pin").click()
        wait_until(lambda: order_of(office, lost[1])["location"] is not None, "the pin is saved")
    row(page, "Helena").click()
    expect(page.get_by_role("button", name="Drop a pin")).to_be_visible()
    with counted(page, keys=3):
        for key in ("p", "ArrowUp", "Enter"):
            page.keyboard.press(key)
        wait_until(lambda: order_of(office, lost[0])["location"] is not None, "the pin is saved")
    assert order_of(office, lost[0])["location"]["source"] == "pin"


def test_work_is_moved_on_the_board_and_reallocated(make_office: Callable[..., Office]) -> None:
    """Tasks 6 and 8."""
    office = make_office(technicians=people())
    town = Town(office, tomorrow())
    town.by_hand()
    lead = town.work("no power", "15:00-16:00", who="ana")
    page = town.board()

    def has(name: str) -> None:
        wait_until(lambda: town.order(lead)["assignee"]["name"] == name, f"{name} has it")
        expect(page.get_by_role("dialog")).to_be_hidden()
        # A move by keys that began before the board knew would begin in the old row.
        expect(row_of(page, name).get_by_role("button", name=lead["number"])).to_be_visible()

    box = bar(page, lead["number"]).bounding_box()
    assert box
    with counted(page, clicks=2):
        page.mouse.move(box["x"] + 12, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(*point(page, "Bo Berg", "14:00"), steps=4)
        page.mouse.up()
        page.get_by_role("dialog").locator(".pri:not(:disabled)").click()
        has("Bo Berg")
    bar(page, lead["number"]).focus()
    with counted(page, keys=4):
        for key in ("m", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        expect(page.get_by_role("dialog").locator(".pri")).to_be_enabled()
        page.keyboard.press("Enter")
        has("Cid Costa")
    with counted(page, clicks=4):
        bar(page, lead["number"]).click()
        page.get_by_role("button", name=f"Move {lead['number']}").click()
        page.get_by_role("dialog").get_by_label("Technician").select_option("Ana Alves")
        page.get_by_role("dialog").locator(".pri:not(:disabled)").click()
        has("Ana Alves")

    panel = page.locator(".near")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    with counted(page, clicks=5):
        bar(page, lead["number"]).click()
        panel.get_by_role("button", name="Give it to another technician").click()
        panel.get_by_role("button", name="Running late").click()
        panel.locator("[data-candidate]").filter(has_text="Cid").click()
        panel.get_by_role("button", name="Give it to Cid").click()
        has("Cid Costa")
    expect(panel).to_contain_text("Cid Costa has it.")
    with counted(page, keys=4):
        page.keyboard.press("Shift+R")
        expect(panel.locator("[data-candidate]").first).to_be_visible()
        page.keyboard.press("i")
        expect(panel.get_by_label("Why is it given")).to_have_value("Ill")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        wait_until(lambda: town.order(lead)["assignee"]["name"] != "Cid Costa", "another technician has it")
    events = office.api.get(f"/v1/work-orders/{lead['id']}/events", by="root").get_json()["items"]
    assert [one["detail"].get("reason") for one in events if one["kind"] == "unassigned"][-1] == "Ill"
    assert office.complaints == []


def test_it_is_sent_to_another_store_or_group(office: Office) -> None:
    """Task 9."""
    by_mouse, by_keys, to_group = (waiting_lead(office, name) for name in ("Helena", "Karl", "Nora"))
    page = office.open()
    panel = panel_with(page)
    with counted(page, clicks=4):
        row(page, "Helena").click()
        panel.get_by_role("button", name="Send elsewhere").click()
        panel.get_by_role("option", name="North", exact=True).click()
        panel.get_by_role("button", name="Send to North").click()
        wait_until(lambda: order_of(office, by_mouse)["store_id"] == office.api.id("stores", "north"), "it is there")
    expect(page.locator(".undo-note")).to_contain_text("sent to North")
    row(page, "Karl").click()
    expect(panel_with(page)).to_contain_text("Karl")
    with counted(page, keys=5):
        page.keyboard.press("t")
        expect(panel.get_by_role("option").first).to_be_visible()
        for key in ("n", "o", "Enter"):
            page.keyboard.press(key)
        expect(panel.get_by_role("button", name="Send to North")).to_be_enabled()
        page.keyboard.press("Enter")
        wait_until(lambda: order_of(office, by_keys)["store_id"] == office.api.id("stores", "north"), "it is there")
    row(page, "Nora").click()
    expect(panel_with(page)).to_contain_text("Nora")
    page.keyboard.press("t")
    expect(panel.get_by_role("option").first).to_be_visible()
    assert_accessible(page)
    for key in ("o", "v", "e"):
        page.keyboard.press(key)
    expect(panel.get_by_role("option")).to_have_text("North · Ovens")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_until(lambda: order_of(office, to_group)["group_id"] == office.api.id("groups", "ovens"), "it is there")


@pytest.mark.parametrize("by", ["keys", "mouse"])
def test_five_at_once(office: Office, by: str) -> None:
    """Task 10."""
    for name in "ABCDE":
        waiting_lead(office, f"Customer {name}", slot=Town(office, tomorrow()).slot("10:00-11:00"))
    page = office.open("pending")
    rows = page.locator(".tbl tbody tr[data-id]")
    expect(rows).to_have_count(5)
    commit = page.get_by_role("button", name=re.compile("Commit"))
    if by == "keys":
        with counted(page, keys=12):
            for _ in range(5):
                page.keyboard.press("x")
                page.keyboard.press("j")
            page.keyboard.press("o")
            expect(commit).to_be_enabled()
            page.keyboard.press("Enter")
            expect(page.get_by_text(re.compile(r"\d of \d were given"))).to_be_visible()
    else:
        with counted(page, clicks=7):
            for index in range(5):
                rows.nth(index).get_by_role("checkbox").click()
            page.get_by_role("button", name=re.compile("Optimise")).click()
            commit.click()
            expect(page.get_by_text(re.compile(r"\d of \d were given"))).to_be_visible()


def test_a_crew_is_sent_from_a_phone_and_the_technicians_answers(office: Office, new_context: ContextMaker) -> None:
    """A dispatcher's phone: four taps. A technician's: one to accept, two to reject, one for the duty."""
    first, second = waiting_lead(office, "Helena"), waiting_lead(office, "Karl")
    page = office.open()
    page.set_viewport_size({"width": 390, "height": 844})
    with counted(page, clicks=4):
        row(page, "Helena").click()
        page.locator("[data-candidate]").filter(has_text="Ana").click()
        page.get_by_role("checkbox", name="Bo comes along").check()
        page.get_by_role("button", name="Offer to Ana + 1").click()
        stands(office, first, "offered")
    phone = Phone(office, new_context(), north_m=300)
    phone.page.set_viewport_size({"width": 390, "height": 844})
    phone.log_in()
    with counted(phone.page, clicks=1):
        phone.press("Accept")
        stands(office, first, "assigned")
    phone.press("Close")
    asked = {"technician_id": office.api.id("technicians", "ana"), "mode": "offer"}
    later = Town(office, tomorrow()).slot("10:00-11:00")
    office.make(
        f"/v1/work-orders/{second['id']}/assign", asked | {"slot": later}, version=order_of(office, second)["version"]
    )
    with counted(phone.page, clicks=2):
        phone.press("Reject")
        phone.page.get_by_role("button", name="Too far").click()
        stands(office, second, "pending")
    with counted(phone.page, clicks=1):
        phone.duty.click()
        expect(phone.duty).not_to_be_checked()
