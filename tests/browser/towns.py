"""A store with people who work by day, and work at wall times of a day: what the board is tested with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page

from tests.browser.office import Office, near_store

LISBON = ZoneInfo("Europe/Lisbon")
HOURS = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
PEOPLE = {"Ana Alves": 500, "Bo Berg": 1_500, "Cid Costa": 4_000}


def people(names: dict[str, int] = PEOPLE) -> list[dict[str, Any]]:
    """Technicians of the store `centre` by name, with how far north of it they live, in metres."""
    return [
        {
            "slug": name.split()[0].lower(),
            "name": name,
            "store": "centre",
            "home": near_store(north_m=metres),
            "hours": HOURS,
        }
        for name, metres in names.items()
    ]


def tomorrow() -> date:
    """A day that lies ahead, whatever the hour is."""
    return datetime.now(LISBON).date() + timedelta(days=1)


def where_it_is_noon() -> str:
    """A zone whose day began about twelve hours ago and goes on as long; the names of these count westwards."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+}"


@dataclass
class Town:
    """An office whose store gives its work out by hand, and one day of it."""

    office: Office
    day: date

    def by_hand(self, store: str = "centre") -> None:
        path = f"/v1/stores/{self.office.api.id('stores', store)}/settings"
        now = self.office.api.get(path, by="root")
        body = {**now.get_json(), "lead_auto_user_assignment": "off"}
        answer = self.office.api.put(path, by="root", json=body, headers={"If-Match": now.headers["ETag"]})
        assert answer.status_code == 200, answer.get_data(as_text=True)

    def slot(self, text: str) -> dict[str, str]:
        """`10:00-11:30` of the day, as instants."""
        start, end = (datetime.combine(self.day, time.fromisoformat(part), LISBON) for part in text.split("-"))
        return {"start": start.astimezone(UTC).isoformat(), "end": end.astimezone(UTC).isoformat()}

    def work(
        self, issue: str, when: str = "09:00-10:00", *, who: str | None = None, kind: str = "leads", **more: Any
    ) -> dict[str, Any]:
        """A lead or ticket of the day, given to a technician of the seed by slug, or waiting."""
        office = self.office
        body = {
            "store_id": office.api.id("stores", "centre"),
            "customer": {"name": more.pop("customer", "Helena Duarte")},
            "location": near_store(north_m=200),
            "slot": self.slot(when),
            "device": {"type": more.pop("device", "Laptop"), "issue": issue},
        }
        if who is not None:
            body["assignee_id"] = office.api.id("technicians", who)
        return office.make(f"/v1/{kind}", body | more)

    def order(self, of: dict[str, Any]) -> dict[str, Any]:
        """A work order as it is now."""
        return dict(self.office.api.get(f"/v1/work-orders/{of['id']}", by="root").get_json())

    def board(self, query: str = "", **more: Any) -> Page:
        """The board of the day, when it is drawn."""
        page = self.office.open(f"board?day={self.day}{query}", **more)
        page.get_by_role("rowheader").first.wait_for()
        return page


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def bar(page: Page, number: str) -> Locator:
    return page.get_by_role("grid").get_by_role("button", name=number)


def point(page: Page, name: str, clock: str) -> tuple[float, float]:
    """Where a wall time lies in a technician's row: measured between the ticks of the head."""
    lane = row(page, name).get_by_role("gridcell").bounding_box()
    ticks = page.locator(".bd-tick")
    hours = ticks.all_inner_texts()
    hour, minute = clock.split(":")
    index = hours.index(hour)
    here = ticks.nth(index).bounding_box()
    there = ticks.nth(index + 1).bounding_box()
    assert lane
    assert here
    assert there
    return here["x"] + (there["x"] - here["x"]) * int(minute) / 60 + 1, lane["y"] + lane["height"] / 2
