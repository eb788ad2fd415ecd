"""What stands on every page: the bar, the addresses, the stores, the language, the account."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.office import Office
from tests.browser.pictures import picture


@pytest.fixture
def leads(office: Office) -> list[str]:
    """The numbers of two leads that wait."""
    return [str(office.lead(name)["number"]) for name in ("Helena Duarte", "Karl Ohm")]


def test_what_is_open_is_in_the_address_and_back_goes_back(office: Office, leads: list[str]) -> None:
    page = office.open()
    first, second = leads
    page.locator(".todo li").filter(has_text=second).get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\?wo="))
    expect(page).to_have_title(f"(2) {second} · Map · geo-assign")
    page.locator(".todo li").filter(has_text=first).get_by_role("button").click()
    expect(page).to_have_title(f"(2) {first} · Map · geo-assign")
    page.go_back()
    expect(page).to_have_title(f"(2) {second} · Map · geo-assign")
    page.reload()
    expect(page).to_have_title(f"(2) {second} · Map · geo-assign")
    # The other window of the same person opens it, too.
    other = office.open(by=None)
    other.locator(".todo li").filter(has_text=first).get_by_role("button").click()
    expect(page).to_have_title(f"(2) {first} · Map · geo-assign")


def test_the_stores_shown_are_chosen_and_kept(office: Office, leads: list[str]) -> None:
    north = office.lead("Nora North", store_id=office.api.id("stores", "north"))
    page = office.open()
    expect(page.locator(".todo li")).to_have_count(3)
    expect(page.locator(".live [role=status]")).to_have_text("Live")
    page.get_by_text("All stores").first.click()
    page.get_by_role("checkbox", name="North").check()
    expect(page.locator(".todo li")).to_have_count(1)
    expect(page.locator(".todo li")).to_contain_text(str(north["number"]))
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="North")).to_be_hidden()
    page.reload()
    expect(page.locator(".todo li")).to_have_count(1)


def test_the_language_is_chosen_and_stays(office: Office) -> None:
    page = office.open("no-such-page")
    expect(page.get_by_role("heading")).to_have_text("There is no such page.")
    page.get_by_text("Root, account").locator("..").click()
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as written_to:
        page.get_by_label("Language").select_option("Deutsch")
    assert written_to.value.json()["language"] == "de", "and mails come in it"
    expect(page.get_by_role("heading")).to_have_text("Diese Seite gibt es nicht.")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.get_by_role("link", name="Karte", exact=True)).to_be_visible()
    for _drawn in picture(page, "frame"):
        assert_accessible(page)
