"""The settings and the guide of an empty installation, as an administrator uses them."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office
from tests.browser.pictures import picture

SECTIONS = ("Stores", "Groups", "Technicians", "Providers", "Users", "Webhooks", "Security", "Privacy", "Limits")
HOSTILE = "<img src=x onerror=alert(1)>"


def settings_of(office: Office, store_id: str) -> dict[str, object]:
    return dict(office.api.get(f"/v1/stores/{store_id}/settings", by="root").get_json())


def test_triggers_are_changed_previewed_and_saved_although_another_user_was_faster(office: Office) -> None:
    store = office.api.id("stores", "centre")
    office.lead()
    page = office.open(f"settings?section=stores&id={store}")
    page.get_by_role("switch", name="Lead Acceptance").click()
    page.get_by_role("textbox", name="Lead Time TAT (Minutes)").fill("4")
    rows = page.get_by_role("group", name="Triggers")
    expect(rows).to_contain_text("was On")
    expect(rows).to_contain_text("was 2.5 min")
    expect(page.get_by_text("2 changes")).to_be_visible()
    preview = page.get_by_role("complementary")
    expect(preview.get_by_role("heading")).to_have_text("With these settings, the last 7 days would have…")
    expect(preview.get_by_role("status")).to_contain_text("played again on paper")
    for _ in picture(page, "settings-triggers"):
        expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    assert_accessible(page)

    answer = office.api.get(f"/v1/stores/{store}/settings", by="root")
    headers = {"If-Match": answer.headers["ETag"]}
    faster = {"lead_time_tat_minutes": 2.5, "radius_m": 7000}
    assert office.api.put(f"/v1/stores/{store}/settings", by="root", json=faster, headers=headers).status_code == 200
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("saved other values meanwhile")
    page.get_by_role("button", name="Go on with both").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = settings_of(office, store)
    assert (kept["lead_acceptance"], kept["lead_time_tat_minutes"], kept["radius_m"]) == (False, 4, 7000)
    office.complaints[:] = [one for one in office.complaints if "412" not in one]


def test_a_technician_is_created_and_gets_hours_exceptions_and_a_tracker(office: Office) -> None:
    page = office.open("settings?section=technicians&id=new")
    page.get_by_label("E-mail address").fill("eva")
    page.get_by_label("Home store").select_option("Centre")
    page.get_by_label("Skills").fill("screen, glass")
    page.get_by_role("button", name="Create").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Skills")).to_have_value(re.compile("glass"))
    name.fill(HOSTILE)
    page.get_by_label("E-mail address").fill("")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=HOSTILE, level=1)).to_be_visible()

    page.get_by_role("link", name="Hours", exact=True).click()
    page.get_by_role("button", name="By week").click()
    page.get_by_label("Monday, to").fill("17:00")
    page.get_by_role("button", name="Copy down: Monday").click()
    expect(page.get_by_text("40 h a week")).to_be_visible()
    for _ in picture(page, "settings-week"):
        expect(page.get_by_label("Monday, from")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    page.get_by_role("link", name="Exceptions and time off").click()
    page.get_by_role("button", name="No work on this date").click()
    expect(page.get_by_text("no work", exact=True)).to_be_visible()
    page.get_by_role("link", name="Phone and trackers").click()
    page.get_by_label("Name of the phone").fill("Eva's phone")
    page.get_by_role("button", name="Set up a tracker").click()
    expect(page.get_by_role("img", name="Scan this on the phone")).to_be_visible()
    expect(page.get_by_role("link", name="Open the configuration")).to_be_visible()
    assert_accessible(page)
    office.complaints[:] = [one for one in office.complaints if "422" not in one]


def test_secrets_are_shown_once_and_a_file_is_tried_before_it_is_imported(office: Office) -> None:
    page = office.open("settings?section=keys&id=new")
    page.get_by_label("Name", exact=True).fill("Web form")
    page.get_by_label("Create and edit leads").check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("This is the key.")).to_be_visible()
    expect(page.locator(".secret")).to_have_text(re.compile("^gak_"))
    page.reload()
    expect(page.get_by_role("heading", name="Web form")).to_be_visible()
    expect(page.locator(".secret")).to_have_count(0)

    page.get_by_role("link", name="Import").click()
    table = b"slug,name,store\neva,Eva Example,centre\nivo,Ivo Example,nowhere\n"
    page.get_by_label("CSV file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="Nothing was written yet.")).to_be_visible()
    expect(page.get_by_role("row", name="3 ivo")).to_contain_text("store")
    for _ in picture(page, "settings-import"):
        expect(page.get_by_role("button", name="Import 1 row")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", name="Imported.")).to_be_visible()
    names = {one["name"] for one in office.api.get("/v1/technicians", by="root").get_json()["items"]}
    assert "Eva Example" in names


def test_every_section_opens_and_is_accessible(office: Office) -> None:
    page, refused = office.open("settings"), list[str]()
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    for section in (
        "Stores",
        "Groups",
        "Technicians",
        "Providers",
        "Users",
        "Webhooks",
        "Security",
        "Privacy",
        "Limits",
    ):
        page.get_by_role("navigation", name="Settings sections").get_by_role("link", name=section).click()
        expect(page.get_by_role("heading", level=1, name=section)).to_be_visible()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        assert_accessible(page)
        for _ in picture(page, f"settings-{section.lower()}"):
            expect(page.get_by_role("heading", level=1, name=section)).to_be_visible()
    assert refused == []


def test_an_invitation_says_in_which_language_its_user_is_written_to(office: Office) -> None:
    page = office.open("settings?section=users")
    page.get_by_text("Invite a user").click()
    page.get_by_label("E-mail address").fill("rita@acme.example")
    language = page.get_by_role("group", name="Language")
    expect(language.get_by_role("button", name="The organization's", pressed=True)).to_be_visible()
    language.get_by_role("button", name="Português").click()
    expect(language.get_by_role("button", pressed=True)).to_have_text("Português")
    for _ in picture(page, "settings-invite"):
        expect(language).to_be_visible()
    assert_accessible(page)
    with page.expect_request(lambda request: request.method == "POST" and "invitations" in request.url) as sent:
        page.get_by_role("button", name="Invite", exact=True).click()
    assert sent.value.post_data_json["language"] == "pt"
    expect(page.get_by_role("status").filter(has_text="rita This link is for this user alone.")).to_be_visible()

    page.get_by_role("link", name="Security").click()
    language = page.get_by_role("group", name="Language")
    language.get_by_role("button", name="Deutsch").click()
    mails = page.get_by_role("region", name="Mails and push messages")
    mails.get_by_role("button", name="Save").click()
    expect(mails.get_by_text("Saved", exact=True)).to_be_visible()
    page.reload()
    expect(language.get_by_role("button", pressed=True)).to_have_text("Deutsch")


def test_the_guide_leads_from_nothing_to_a_practice_lead_and_takes_it_away(make_office: Callable[..., Office]) -> None:
    root = {"email": "root@acme.example", "name": "Root", "password": "root-password", "role": "administrator"}
    office = make_office(stores=[], groups=[], providers=[], technicians=[], users=[root], api_keys=[])
    page = office.open("")
    expect(page.get_by_role("heading", name="Set up geo-assign")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Riverside")
    page.get_by_label("Time zone").fill("Europe/Lisbon")
    page.get_by_label("Place").fill("41.15, -8.61")
    page.get_by_role("button", name="Create the store").click()
    expect(page.get_by_text("Riverside is there")).to_be_visible()
    go_on(page, "Map key")
    page.get_by_role("link", name="Go on without: pins are set by hand").click()
    page.get_by_label("Name", exact=True).fill("Ana Example")
    page.get_by_role("button", name="Add a technician").click()
    expect(page.get_by_text("1 technician", exact=True)).to_be_visible()
    go_on(page, "Phone")
    page.get_by_label("E-mail address").fill("ana@acme.example")
    page.get_by_role("main").get_by_label("Language").select_option("Deutsch")
    with page.expect_request("**/v1/invitations") as sent:
        page.get_by_role("button", name="Invite").click()
    assert sent.value.post_data_json["language"] == "de"
    expect(page.get_by_role("img", name="Or scan it with the phone:")).to_be_visible()
    for _ in picture(page, "welcome-phone"):
        expect(page.get_by_text("First position")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Go on without a phone").click()
    page.get_by_role("button", name="Create the practice lead").click()
    expect(page.get_by_text("It waits in Pending").or_(page.get_by_text("A technician is being asked"))).to_be_visible()
    page.get_by_role("button", name="Take it away again").click()
    expect(page.get_by_text("The practice lead is taken away.")).to_be_visible()


def go_on(page: Page, to: str) -> None:
    page.get_by_role("main").get_by_role("button", name=to, exact=True).click()
