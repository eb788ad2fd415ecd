"""The live map page in a real browser: what a dispatcher sees, does, and is told."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.fake_service import RunningService
from tests.browser.pages import ConsolePage, box_of, settled
from tests.browser.scenario import Scenario, identity
from tests.waiting import wait_until


def test_it_starts_with_the_oldest_order_and_the_legend_counts_and_filters(console: ConsolePage) -> None:
    """The oldest that can be given; the bar marks the page that is open."""
    expect(console.page.locator("[data-row][aria-current=true]")).to_contain_text("T-0871")
    expect(console.badge).to_have_text("9")
    expect(console.list).to_have_count(9)
    links = console.page.get_by_role("navigation", name="Main")
    expect(links.locator("[aria-current=page]")).to_have_text("Map")
    busy = console.page.get_by_role("button", name="Busy 5")
    expect(busy).to_have_attribute("aria-pressed", "true")
    busy.click()
    expect(busy).to_have_attribute("aria-pressed", "false")


def test_an_address_without_a_page_says_so_and_leads_to_the_map(open_console: Opener) -> None:
    console = open_console("nowhere")
    expect(console.page.get_by_role("alert")).to_contain_text("There is no such page.")
    console.page.get_by_role("link", name="Open the map").click()
    expect(console.order("L-2044")).to_be_visible()


def test_log_in_shows_the_pending_list_and_log_out_takes_it_away(open_console: Opener, running: RunningService) -> None:
    running.service.logged_in = False
    console = open_console()
    form = console.page
    form.get_by_label("Organization").fill("demo")
    form.get_by_label("E-mail").fill("marta@example.org")
    form.get_by_label("Password").fill("wrong")
    form.get_by_role("button", name="Log in").click()
    expect(form.get_by_role("alert")).to_have_text("Organization, e-mail or password is not right.")
    form.get_by_label("Password").fill("correct horse")
    form.get_by_role("button", name="Log in").click()
    expect(console.order("L-2044")).to_be_visible()
    form.locator("summary").click()
    form.get_by_role("button", name="Log out").click()
    expect(form.get_by_role("heading", name="Log in")).to_be_visible()
    assert not running.service.logged_in


def test_who_can_take_it_says_how_each_place_is_known_and_why_the_others_cannot(console: ConsolePage) -> None:
    console.order("L-2044").locator("button").click()
    expect(console.panel).to_contain_text("6 can go")
    expect(console.candidate("Ana Ferreira")).to_contain_text(re.compile(r"live \d+ s ago, ±8 m"))
    expect(console.candidate("Joana Prata")).to_contain_text(re.compile(r"from \d\d:\d\d job"))
    expect(console.candidate("Miguel Sá")).to_contain_text("home base")
    expect(console.candidate("Bea Nunes")).to_contain_text("3 min old")
    expect(console.candidate("Luís Cunha")).to_contain_text("Provider")
    expect(console.panel).to_contain_text("5 cannot. Rui is nearer, but already booked then")
    console.page.keyboard.press("w")
    reasons = console.page.locator("#why")
    expect(reasons).to_contain_text("booked 15:10–16:10")
    pedro = reasons.get_by_role("listitem").filter(has_text="Pedro Alves")
    expect(pedro).to_contain_text(re.compile(r"off duty, last seen \d\d:\d\d"))
    console.page.keyboard.press("Escape")
    expect(reasons).to_be_hidden()


def test_one_click_offers(console: ConsolePage, running: RunningService) -> None:
    console.order("L-2044").locator("button").click()
    console.page.get_by_role("button", name=re.compile("Offer to Ana")).click()
    expect(console.panel).to_contain_text("Offered to Ana Ferreira")
    expect(console.order("L-2044")).to_contain_text("Ana Ferreira")
    body, headers = running.service.writes("/assign")[0]
    assert body == {"technician_id": identity("Ana Ferreira"), "mode": "offer"}
    assert headers["If-Match"] == '"1"'
    assert headers["X-Csrf-Token"] == "csrf-of-this-session"


def test_keys_walk_the_list_choose_and_assign(console: ConsolePage, running: RunningService) -> None:
    keyboard = console.page.keyboard
    keyboard.press("j")
    expect(console.page.locator("[data-row][aria-current=true]")).to_contain_text("L-2044")
    expect(console.candidate("Tomás Reis")).to_be_visible()
    keyboard.press("2")
    expect(console.candidate("Tomás Reis")).to_have_attribute("aria-pressed", "true")
    keyboard.press("Shift+Enter")
    expect(console.order("Laptop · no power")).to_contain_text("You assigned Tomás Reis")
    body, _ = running.service.writes("/assign")[0]
    assert body == {"technician_id": identity("Tomás Reis"), "mode": "assign"}


def test_letters_typed_into_a_field_are_letters_and_find_a_person_without_accents(console: ConsolePage) -> None:
    console.page.keyboard.press("/")
    console.page.keyboard.type("jk 12")
    expect(console.page.get_by_role("combobox", name="Find")).to_have_value("jk 12")
    expect(console.page.locator("[data-row][aria-current=true]")).to_contain_text("T-0871")
    console.page.keyboard.press("Control+a")
    console.page.keyboard.type("hugo")
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("region", name="Hugo Pires")).to_contain_text(re.compile("Silent · 18 min ago"))


def test_a_faster_dispatcher_turns_the_row_into_the_answer(
    console: ConsolePage, running: RunningService, day: Scenario
) -> None:
    console.order("L-2044").locator("button").click()
    order = day.orders[identity("L-2044")]
    day.orders[order["id"]] = {**order, "version": 2}
    rita = {"kind": "user", "id": identity("Rita Lopes"), "name": "Rita Lopes"}
    running.service.refuse(412, code="work_order_changed", title="Changed meanwhile", changed_by=rita, state="pending")
    console.page.get_by_role("button", name=re.compile("Offer to Ana")).click()
    expect(console.candidate("Ana Ferreira")).to_contain_text("Rita Lopes changed it meanwhile.")
    console.page.get_by_role("button", name=re.compile("Offer to Ana")).click()
    expect(console.panel).to_contain_text("Offered to Ana Ferreira")
    assert [headers["If-Match"] for _, headers in running.service.writes("/assign")] == ['"1"', '"2"']


def test_a_booked_slot_is_said_in_the_services_words(console: ConsolePage, running: RunningService) -> None:
    console.order("L-2044").locator("button").click()
    running.service.refuse(409, code="slot_taken", title="Slot taken", detail="Ana Ferreira has L-2019 at that time.")
    console.page.get_by_role("button", name="Assign now").click()
    expect(console.candidate("Ana Ferreira")).to_contain_text("Ana Ferreira has L-2019 at that time.")


def test_a_new_order_appears_live_and_a_colleagues_is_struck_through_with_who_and_then_goes(
    console: ConsolePage, running: RunningService, day: Scenario
) -> None:
    expect(console.live).to_have_text("Live")
    running.service.change(day.order("L-3000", "Drone · lost a propeller", 300, 300, age_min=0))
    expect(console.order("L-3000")).to_be_visible()
    expect(console.badge).to_have_text("10")
    running.service.change(day.taken(day.orders[identity("T-0866")], "Bea Nunes", by="Rita Lopes"))
    row = console.order("Oven · error E13")
    expect(row.locator("s")).to_have_text("Oven · error E13")
    expect(row).to_contain_text("Rita assigned Bea Nunes")
    expect(console.badge).to_have_text("9")
    expect(row).to_have_count(0)


def test_a_ranked_technician_moves_on_the_map_while_driving(map_console: ConsolePage, running: RunningService) -> None:
    map_console.order("L-2044").locator("button").click()
    marker = map_console.marker(1)
    expect(marker).to_be_visible()
    before = settled(marker)
    running.service.move("Ana Ferreira", east_m=-900, north_m=-900, age_s=0)
    expect(map_console.candidate("Ana Ferreira")).to_contain_text(re.compile(r"live \d s ago"))

    def is_south_west() -> bool:
        after = box_of(marker)
        return after["x"] < before["x"] - 50 and after["y"] > before["y"] + 50

    wait_until(is_south_west, "the marker moves south-west", pause_s=0.1)


def test_a_broken_stream_is_said_and_resumed_without_a_gap(
    console: ConsolePage, running: RunningService, day: Scenario
) -> None:
    expect(console.live).to_have_text("Live")
    running.service.change(day.order("L-3001", "Before the break", 0, 400, age_min=0))
    expect(console.order("L-3001")).to_be_visible()
    running.service.break_streams()
    expect(console.live).to_have_text("Reconnecting")
    running.service.change(day.order("L-3002", "During the break", 0, 500, age_min=0))
    expect(console.live).to_have_text("Live")
    expect(console.order("L-3002")).to_be_visible()
    assert running.service.stream_cursors == ["0", "1"]


def test_all_tabs_share_one_stream(open_console: Opener, running: RunningService, day: Scenario) -> None:
    tabs = [open_console() for _ in range(3)]
    for tab in tabs:
        expect(tab.live).to_have_text("Live")
    running.service.change(day.order("L-3003", "Seen everywhere", 0, 400, age_min=0))
    for tab in tabs:
        expect(tab.order("L-3003")).to_be_visible()
    assert len(running.service.stream_cursors) == 1


def test_a_suggested_address_locates_the_order(console: ConsolePage, running: RunningService) -> None:
    console.order("L-2047").locator("button").click()
    expect(console.panel).to_contain_text("Which address is it?")
    console.page.get_by_role("button", name=re.compile("Harbour Road 9")).click()
    expect(console.panel).to_contain_text("can go")
    body, headers = running.service.writes(identity("L-2047"))[0]
    assert body
    assert body["location"].keys() == {"lat", "lon"}
    assert headers["If-Match"] == '"1"'


def test_a_pin_can_be_dropped_where_the_map_is_clicked(map_console: ConsolePage, running: RunningService) -> None:
    map_console.order("T-0871").locator("button").click()
    expect(map_console.map).to_be_visible()
    map_console.page.get_by_role("button", name="Drop a pin").click()
    map_console.map.click(position={"x": 200, "y": 300})
    map_console.page.keyboard.press("Enter")
    expect(map_console.panel).to_contain_text("can go")
    body, _ = running.service.writes(identity("T-0871"))[0]
    assert body
    assert abs(body["location"]["lat"] - 41) < 0.2


def test_the_open_order_is_in_the_address(open_console: Opener) -> None:
    console = open_console(f"?wo={identity('T-0866')}")
    expect(console.panel).to_contain_text("Oven · error E13")
    console.order("L-2044").locator("button").click()
    expect(console.page).to_have_url(re.compile(identity("L-2044")))
    console.page.keyboard.press("Escape")
    expect(console.page).to_have_url(re.compile(r"/console/$"))


def test_the_chosen_theme_stays(console: ConsolePage) -> None:
    root = console.page.locator("html")
    console.page.get_by_role("button", name="Colours: system").click()
    console.page.get_by_role("button", name="Colours: light").click()
    expect(root).to_have_attribute("data-theme", "dark")
    console.page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
