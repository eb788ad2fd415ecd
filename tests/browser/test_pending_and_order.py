"""The page of what is pending and the page of a work order, on the real service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.access.api import SEED
from tests.browser.axe import assert_accessible
from tests.browser.effort import MainThread
from tests.browser.maps import leave_maps_out
from tests.browser.office import Office, near_store
from tests.browser.pictures import picture

EVIL = "<img src=x onerror=alert(1)>"
SCREENS = 60
SCROLL = """async (share) => {
  const box = document.querySelector(".tbl");
  box.scrollTop = box.scrollHeight * share;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""


@pytest.fixture
def staffed(make_office: Callable[..., Office]) -> Office:
    """An office whose store asks technicians by itself; Ana is on duty beside it."""
    people = SEED["organizations"][0]["technicians"]
    bruno = {**people[0], "slug": "bruno", "name": "Bruno", "email": "bruno@acme.example"}
    office = make_office(technicians=[*people, bruno])
    office.ping("ana")
    office.ping(str(office.api.entry("technicians", "bruno")["token"]), north_m=900)
    return office


def of_phones(office: Office) -> dict[str, str]:
    """What puts work into the group that the dispatcher of the seed looks after."""
    return {"group_id": office.api.id("groups", "phones")}


def rows(page: Page) -> Any:
    return page.locator(".tbl tbody tr[data-id]")


def test_the_table_is_arranged_kept_in_views_and_shared(office: Office) -> None:
    """Badge, tabs and rows agree; columns, sort and search are in the address, and in a view that others open."""
    office.lead("Helena Duarte", **of_phones(office))
    office.lead(EVIL, address="=cmd Street 1")
    page = office.open("pending")
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("link", name="Pending")).to_contain_text("2")
    expect(page.get_by_role("button", name="All 2")).to_be_visible()
    expect(page.get_by_text(EVIL)).to_be_visible()
    page.get_by_role("button", name="Customer", exact=True).click()
    expect(page.get_by_role("columnheader", name="Customer")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("dialog", name="Columns")
    columns.get_by_role("checkbox", name="Telephone").check()
    columns.get_by_role("checkbox", name="Street").press("Alt+ArrowUp")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(columns).to_be_hidden()
    headings = page.get_by_role("columnheader")
    expect(headings.nth(4)).to_have_text("Street")
    expect(page.get_by_role("columnheader", name="Telephone")).to_be_visible()
    page.get_by_role("searchbox", name="Search the rows").fill("helena")
    expect(rows(page)).to_have_count(1)
    page.reload()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name of the view").fill("Helena's")
    page.get_by_label("For all users of the console").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Helena's 1 shared")).to_have_attribute("aria-current", "true")
    colleague = office.open("pending", by="desk")
    colleague.get_by_role("button", name="Helena's 1 shared").click()
    expect(rows(colleague)).to_have_count(1)
    expect(colleague.get_by_role("columnheader").nth(4)).to_have_text("Street")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    assert saved.value.path().read_text().startswith("State,No.,Device")


def test_keys_tick_and_a_batch_is_previewed_and_given_order_by_order(staffed: Office) -> None:
    """X and J tick, O previews; what a colleague takes meanwhile is struck through with who, and the rest is given."""
    office = staffed
    tickets = [
        office.make(
            "/v1/tickets",
            {
                "store_id": office.api.id("stores", "centre"),
                **of_phones(office),
                "customer": {"name": name},
                "location": near_store(north_m=200 * number),
                "slot": {"start": f"2031-03-0{number}T10:00:00Z", "end": f"2031-03-0{number}T11:00:00Z"},
            },
        )
        for number, name in enumerate(["Ivo", "Otto", "Mina"], 1)
    ]
    page = office.open("pending", with_map=True)
    expect(rows(page)).to_have_count(3)
    page.locator("body").press("j")
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("toolbar", name="2 selected")).to_be_visible()
    page.keyboard.press("o")
    preview = page.get_by_role("region", name="Optimise 2")
    expect(preview.get_by_role("button", name="Commit 2 offers")).to_be_enabled()
    expect(preview.get_by_role("img", name="Map of the ways").locator("canvas")).to_be_visible()
    expect(page).to_have_url(re.compile("pane=optimise"))
    assert_accessible(page)
    taken = tickets[0]
    version = office.api.get(f"/v1/work-orders/{taken['id']}", by="root").get_json()["version"]
    body = {"technician_id": office.api.id("technicians", "bruno"), "mode": "assign"}
    answer = office.api.post(f"/v1/work-orders/{taken['id']}/assign", by="desk", json=body, version=version)
    assert answer.status_code == 200, answer.get_json()
    gone = page.locator("tr.gone")
    expect(gone).to_contain_text("Bruno")
    expect(gone.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("link", name="Pending")).to_contain_text("2")
    preview = page.get_by_role("region", name="Optimise 1")
    preview.get_by_role("button", name="Commit 1 offer").click()
    expect(preview.get_by_text("1 of 1 was given.")).to_be_visible()
    expect(page.get_by_role("link", name="Pending")).to_contain_text("2")


def test_work_without_a_place_is_assigned_from_the_list(staffed: Office) -> None:
    """The list says who is online, the work of each, and that distances are not known; it works on a phone."""
    office = staffed
    store = office.api.id("stores", "centre")
    order = office.make("/v1/tickets", {"store_id": store, "customer": {"name": "Helena Duarte"}})
    page = office.open("pending")
    page.get_by_role("checkbox", name=f"Select {order['number']}").check()
    page.get_by_role("button", name="Optimise 1").click()
    preview = page.get_by_role("region", name="Optimise 1")
    expect(preview).to_contain_text("0 of 1 get a technician.")
    expect(preview).to_contain_text("It has no place: correct the address, drop a pin, or give it from the list.")
    preview.get_by_role("button", name="Close").click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Assign", exact=True).click()
    listed = page.get_by_role("region", name=f"Assign {order['number']}")
    expect(listed.get_by_text("distances are not known")).to_be_visible()
    ana = listed.get_by_role("button", name=re.compile("^Ana"))
    expect(ana).to_contain_text("on duty")
    expect(ana).to_contain_text("0 today")
    assert_accessible(page)
    ana.click()
    listed.get_by_role("button", name="Assign now").click()
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    assert office.api.get(f"/v1/work-orders/{order['id']}", by="root").get_json()["assignee"]["name"].startswith("Ana")


def test_a_work_order_says_what_is_and_what_can_be_done(staffed: Office) -> None:
    """The state in a sentence, the ladder, the story, why and why not; a colleague's change is told with who."""
    office = staffed
    order = office.lead(EVIL, notes="Cat at home", **of_phones(office))
    page = office.open(f"order?wo={order['id']}", with_map=True)
    expect(page.get_by_role("heading", name=re.compile("^Ana.* is being asked$"))).to_be_visible()
    expect(page.get_by_role("img", name="Map of the customer").locator("canvas")).to_be_visible()
    expect(page.get_by_role("list", name="Who is asked, and when").get_by_text("until").first).to_be_visible()
    expect(page.get_by_text("Offered to Ana")).to_be_visible()
    expect(page.get_by_role("heading", name=EVIL)).to_be_visible()
    reallocate = page.get_by_role("button", name=re.compile("^Reallocate"))
    expect(reallocate).to_have_attribute("aria-disabled", "true")
    expect(reallocate).to_contain_text("once a technician has it")
    page.get_by_role("searchbox", name="Why not …?").fill("bru")
    page.get_by_role("button", name="Bruno", exact=True).click()
    expect(page.locator(".why .ans")).to_contain_text("Bruno")
    for _drawn in picture(page, "order"):
        assert_accessible(page)
    # A colleague is quicker, and the page that shows the older version is told so.
    page.route("**/v1/live*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("button", name=re.compile("^Accept for"))).to_be_enabled()
    body = {"technician_id": office.api.id("technicians", "bruno"), "mode": "assign"}
    answer = office.api.post(
        f"/v1/work-orders/{order['id']}/assign", by="desk", json=body, version=version_of(office, order)
    )
    assert answer.status_code == 200, answer.get_json()
    page.get_by_role("button", name=re.compile("^Accept for")).click()
    expect(page.get_by_role("alert")).to_contain_text("Desk changed it")
    expect(page.get_by_role("alert")).to_contain_text("Bruno")
    expect(page.get_by_role("heading", name=re.compile("^Bruno.* has it$"))).to_be_visible()


def version_of(office: Office, order: dict[str, Any]) -> int:
    return int(office.api.get(f"/v1/work-orders/{order['id']}", by="root").get_json()["version"])


def test_each_action_is_done_in_its_place(staffed: Office) -> None:
    """Accepted for a technician, undone, moved, transferred and cancelled, each with only what it needs."""
    office = staffed
    missing: list[str] = []
    office.context.on("response", lambda answer: missing.append(answer.url) if answer.status == 404 else None)
    order = office.lead()
    page = office.open(f"order?wo={order['id']}")
    page.get_by_role("button", name=re.compile("^Accept for Ana")).click()
    expect(page.get_by_role("heading", name=re.compile("^Ana.* has it$"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name=re.compile("^Ana.* has it$"))).to_be_hidden()
    page.get_by_role("button", name=re.compile("^Reschedule")).click()
    page.get_by_label("From").fill("2031-03-01T10:00")
    expect(page.get_by_label("To", exact=True)).to_have_value("2031-03-01T11:00")
    page.get_by_role("button", name="Reschedule", exact=True).last.click()
    expect(page.get_by_text("Moved to")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Edit")).click()
    page.get_by_label("Telephone").fill("+351 910 555 014")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("910 555 014"))).to_have_attribute("href", "tel:+351910555014")
    page.get_by_role("button", name=re.compile("^Transfer")).click()
    page.get_by_label("Reason").fill("nearer to the customer")
    page.get_by_role("button", name="Transfer", exact=True).last.click()
    expect(page.get_by_text("Transferred to")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Cancel order")).click()
    cancel = page.get_by_role("button", name="Cancel it")
    expect(cancel).to_be_disabled()
    page.get_by_label("Reason").fill("customer called")
    cancel.click()
    expect(page.get_by_role("heading", name="It was cancelled")).to_be_visible()
    expect(page.get_by_text("“customer called”")).to_be_visible()
    # A browser's console shows each as an error: what is not there is not asked for.
    assert missing == []


def test_an_unknown_work_order_and_an_empty_list_say_so(office: Office) -> None:
    page = office.open("order?wo=00000000-0000-7000-8000-000000000001")
    expect(page.get_by_role("alert")).to_contain_text("There is no such work order here")
    page.get_by_role("button", name="Open the pending list").click()
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    for _drawn in picture(page, "pending-empty"):
        assert_accessible(page)


def pending_page(office: Office, rows: int) -> Page:
    """The pending list with so many rows: the service answers one order so many times over."""
    office.lead()
    page = office.context.new_page()
    office.log_in()
    leave_maps_out(page)
    listed = office.api.get("/v1/work-orders?limit=1", by="root").get_json()["items"][0]
    copies = [
        {
            **listed,
            "id": f"00000000-0000-4000-8000-{number:012}",
            "number": f"C-{number:04}",
            "title": f"Laptop {number}",
        }
        for number in range(rows - 1)
    ]
    many = [listed, *copies]
    answer = {"items": many, "next_cursor": None, "count": len(many)}
    page.route("**/v1/work-orders?*", lambda route: route.fulfill(json=answer))
    page.goto(f"{office.url}/console/pending")
    expect(page.get_by_text(f"{rows} rows")).to_be_visible()
    return page


def test_five_thousand_rows_scroll_without_a_long_task(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The page is scrolled through them."""
    page = pending_page(office, 5_000)
    thread, worked = MainThread(page), []
    for step in range(SCREENS):
        before = thread.worked_s()
        page.evaluate(SCROLL, step / SCREENS)
        worked.append(1000 * (thread.worked_s() - before))
    drawn = page.locator(".tbl tr[data-id]").count()
    with capsys.disabled():
        print(f"[5,000 rows, {SCREENS} screens: {drawn} rows drawn, at most {max(worked):.0f} ms a screen]", end=" ")
    assert drawn < 80
    # All the tasks of a screen together.
    assert max(worked) < 100
