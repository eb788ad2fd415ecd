"""What is told of a period: each figure against work whose course is known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World

NEAR = {"lat": 41.151, "lon": -8.61}


@pytest.fixture
def api(world: World) -> Any:
    with seeded_api(world, map_tiles_url="") as api:
        yield api


def lead(api: Api, store: str = "centre", **more: Any) -> dict[str, Any]:
    body = {"store_id": api.id("stores", store), "customer": {"name": "Helena"}, "location": NEAR, **more}
    answer = api.post("/v1/leads", by="root", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json())


def insight(api: Api, *, by: str = "root", status: int = 200, **query: str) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    asked = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1)), **query}
    answer = api.get("/v1/insight", by=by, query_string=asked)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return dict(answer.get_json())


def test_nothing_is_told_of_no_work(api: Api) -> None:
    told = insight(api)
    none = {"accepted": 0, "rejected": 0, "expired": 0, "withdrawn": 0, "open": 0, "median_s": None}
    assert told["acceptance"] == none
    assert [told[part] for part in ("accepted_after", "assigned_after", "waiting", "demand", "load", "places")] == [
        [] for _ in range(6)
    ]
    assert told["timezone"] == "Europe/Lisbon"


def test_each_figure_counts_what_happened(api: Api) -> None:
    ana = api.id("technicians", "ana")

    def offered() -> dict[str, Any]:
        # A Tuesday, so that it is not among those of the hour below whenever this runs.
        made = lead(api, slot={"start": "2031-03-04T12:00:00Z", "end": "2031-03-04T13:00:00Z"})
        body = {"technician_id": ana, "mode": "offer"}
        path = f"/v1/work-orders/{made['id']}/assign"
        answer = api.post(path, by="root", json=body, version=made["version"])
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.get_json())

    accepted = offered()
    assert api.post(f"/v1/offers/{accepted['offer']['id']}/accept", by="ana").status_code == 200
    cancelled = lead(api, "north", slot={"start": "2031-03-03T09:15:00Z", "end": "2031-03-03T10:00:00Z"})
    path = f"/v1/work-orders/{cancelled['id']}/cancel"
    assert api.post(path, by="root", json={"reason": "moved"}, version=cancelled["version"]).status_code == 200
    waiting = lead(api, "north", slot={"start": "2031-03-03T09:30:00Z", "end": "2031-03-03T10:30:00Z"})
    told = insight(api)
    assert (told["acceptance"]["accepted"], told["acceptance"]["open"]) == (1, 0)
    assert told["acceptance"]["median_s"] >= 0
    assert told["accepted_after"] == [{"minute": 1, "offers": 1}]
    (assigned,) = told["assigned_after"]
    assert (assigned["kind"], assigned["orders"]) == ("lead", 1)
    assert [(one["reason"], one["kind"], one["orders"]) for one in told["waiting"]] == [
        (waiting["pending_reason"], "lead", 1)
    ]
    # A Monday, at nine in the store's time.
    (hour,) = [one for one in told["demand"] if (one["weekday"], one["hour"]) == (1, 9)]
    assert (hour["orders"], hour["unserved"]) == (2, 1)
    (load,) = told["load"]
    assert (load["name"], load["orders"]) == ("Ana", 1)
    assert load["seconds"] > 0
    assert sum(one["orders"] for one in told["places"]) == 3
    (chosen,) = told["chosen"]
    assert (chosen["mode"], chosen["orders"] + chosen["outside"]) == ("automatic", 1)


def test_each_caller_is_told_of_visible_work_alone(api: Api) -> None:
    for store in ("centre", "north"):
        lead(api, store)

    def count(**asked: str) -> int:
        return sum(one["orders"] for one in insight(api, **asked)["places"])

    north, ovens = api.id("stores", "north"), api.id("groups", "ovens")
    assert count() == 2
    assert count(store_id=north) == 1
    assert count(group_id=ovens) == 0
    both = f"{north},{api.id('stores', 'centre')}"
    assert count(store_id=both) == 2
    assert {one["store_id"] for one in insight(api, store_id=both)["by_store"]} == set(both.split(","))
    assert insight(api, by="centre", status=404, store_id=both)["code"] == "not_found"
    assert count(by="centre") == count(by="desk") == 1
    assert insight(api, by="centre", status=404, store_id=north)["code"] == "not_found"
    insight(api, by="ana", status=403)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2031-03-02", "2031-03-01", "span_not_forward"),
        ("2030-01-01", "2031-03-01", "span_too_long"),
        ("0001-01-01", "2031-03-01", "date_range"),
        ("yesterday", "2031-03-01", "date_format"),
    ],
)
def test_a_period_is_days_that_follow_one_another(api: Api, first: str, last: str, code: str) -> None:
    refused = insight(api, status=422, **{"from": first, "to": last})
    assert refused["errors"][0]["code"] == code, refused
