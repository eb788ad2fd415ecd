"""A person asks what is kept about them, and to be forgotten: export, erasure, and the log that says both happened."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors as pg_errors
from werkzeug.test import TestResponse

from tests.access.api import Api
from tests.conftest import World

HERE = {"lat": 41.1512, "lon": -8.6112}
CUSTOMER = {"name": "Rui Custodio", "phone": "+351 911 222 333", "email": "rui@custodio.example"}
READ = {"phone_e164": "+351911222333", "phone_extension": None, "email_normalized": "rui@custodio.example"}


@pytest.fixture
def shop(api: Api) -> Api:
    """The seeded house, where Ana said where she is."""
    now = api.get("/v1/me", by="root").get_json()["server_now"]
    sent = api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **HERE}]})
    assert sent.get_json()["results"][0]["verdict"] == "accepted"
    return api


# A technician --------------------------------------------------------------------------------------------------------


def test_a_technician_reads_everything_kept_about_her(shop: Api) -> None:
    served(shop)
    shop.get("/v1/map", by="desk")
    mine = shop.get("/v1/me/export", by="ana").get_json()
    assert mine["technician"]["name"] == "Ana"
    assert mine["user"]["email"] == "ana@acme.example"
    assert (mine["current_position"]["lat"], mine["track"]["items"][0]["lon"]) == (HERE["lat"], HERE["lon"])
    assert [duty["ended_at"] for duty in mine["duty"]] == [None]
    assert [offer["state"] for offer in mine["offers"]] == ["accepted"]
    assert [work["state"] for work in mine["work"]] == ["done"]
    assert [view["viewer_name"] for view in shop.get("/v1/me/export", by="ana").get_json()["location_views"]] == [
        "Desk"
    ]
    assert mine["truncated"] == []
    told = str(mine)
    assert mine["sessions"]
    assert not any(secret in told for secret in ("password", "token_hash", "argon2"))
    root = shop.get(f"/v1/technicians/{shop.id('technicians', 'ana')}/export", by="root").get_json()
    assert {name: len(part) for name, part in root.items()} == {name: len(part) for name, part in mine.items()} | {
        "location_views": 1
    }


def test_the_track_comes_by_pages(shop: Api) -> None:
    now = shop.get("/v1/me", by="root").get_json()["server_now"]
    more = [{"recorded_at": now, **HERE, "lat": 41.15 + n / 10_000} for n in range(1)]
    shop.post("/v1/positions", by="ana", json={"positions": more})
    first = shop.get("/v1/me/export?limit=1", by="ana").get_json()
    second = shop.get(f"/v1/me/export?limit=1&cursor={first['track']['next_cursor']}", by="ana").get_json()
    assert (first["technician"]["name"], second.get("technician")) == ("Ana", None)
    assert second["track"]["next_cursor"] is None
    points = [first["track"]["items"][0], second["track"]["items"][0]]
    assert points[0]["used_at"] > points[1]["used_at"]


def test_an_erased_technician_has_no_name_and_the_work_stays(shop: Api, world: World) -> None:
    order = served(shop)
    ana = shop.id("technicians", "ana")
    erased = shop.post(f"/v1/technicians/{ana}/erase", by="root")
    assert erased.status_code == 200, erased.get_data(as_text=True)
    person = erased.get_json()
    assert (person["id"], person["name"], person["active"], person["home"]) == (ana, "Erased person", False, None)
    assert "ana" not in person["slug"]
    assert (person["on_duty"], person["skills"]) == (False, [])
    left = shop.get(f"/v1/technicians/{ana}/export", by="root").get_json()
    assert left["user"]["email"].endswith("@erased.invalid")
    assert (left["arrivals"], left["drives"]) == ([], [])
    kinds = ("track", "current_position", "duty", "time_off", "sessions", "location_views", "hours_exceptions")
    assert [left[kind] for kind in kinds] == [{"items": [], "next_cursor": None}, None, [], [], [], [], []]
    assert [work["state"] for work in left["work"]] == ["done"]
    assert shop.get(f"/v1/work-orders/{order}", by="root").get_json()["assignee"] == {
        "id": ana,
        "name": "Erased person",
    }
    events = shop.get(f"/v1/work-orders/{order}/events", by="root").get_json()["items"]
    assert {event["actor"]["name"] for event in events if event["actor"]["kind"] == "technician"} == {"Erased person"}
    assert shop.get("/v1/me", by="ana").status_code == 401
    assert log_in(shop, "ana").status_code == 401
    assert mentions(world, "ana@acme.example") == 0


def test_who_still_has_work_cannot_be_erased(shop: Api) -> None:
    order = created(shop)
    assert shop.get(f"/v1/work-orders/{order}", by="root").get_json()["state"] == "offered"
    refused = shop.post(f"/v1/technicians/{shop.id('technicians', 'ana')}/erase", by="root")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "has_open_work")
    assert shop.get("/v1/me", by="ana").get_json()["user"]["name"] == "Ana"


# A customer ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "phone=%2B351911222333",
        "phone=351-911-222-333",
        "phone=911%20222%20333%20(Rui)",
        "email=Rui%20%3Crui@custodio.example%3E",
        "email=RUI@custodio.example",
    ],
)
def test_a_customer_s_work_orders_are_found_by_number_or_address(shop: Api, asked: str) -> None:
    order = served(shop)
    found = shop.get(f"/v1/customers/export?{asked}", by="root").get_json()["items"]
    assert [one["work_order"]["id"] for one in found] == [order]
    assert found[0]["work_order"]["customer"] == CUSTOMER | READ
    assert [event["kind"] for event in found[0]["events"]][:2] == ["created", "offered"]


def test_of_whom_is_a_question_that_has_to_be_asked(shop: Api) -> None:
    for asked in ("", "?phone=%2B%2B%2B"):
        answer = shop.get(f"/v1/customers/export{asked}", by="root")
        assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/phone")


def test_an_erased_customer_leaves_an_anonymous_work_order(shop: Api) -> None:
    order = served(shop)
    erased = shop.post(f"/v1/work-orders/{order}/erase-customer", by="root").get_json()
    assert erased["customer"] == {"name": "Erased person", "phone": None, "email": None}
    assert (erased["address"], erased["location"], erased["notes"], erased["device"]) == (
        None,
        None,
        None,
        {"type": "phone"},
    )
    assert (erased["state"], erased["assignee"]["name"]) == ("completed", "Ana")
    events = shop.get(f"/v1/work-orders/{order}/events", by="root").get_json()["items"]
    assert [event["kind"] for event in events][-1] == "changed"
    assert "geranium" not in str(events)
    (receipt,) = shop.get(f"/v1/work-orders/{order}/decisions", by="root").get_json()["items"]
    assert "origin" not in receipt["query"]
    assert [one["name"] for one in receipt["candidates"]] == ["Ana"]
    assert shop.get("/v1/customers/export?phone=351911222333", by="root").get_json()["items"] == []
    assert shop.get("/v1/map", by="desk").status_code == 200


def test_a_live_order_still_needs_its_customer(shop: Api) -> None:
    order = created(shop)
    refused = shop.post(f"/v1/work-orders/{order}/erase-customer", by="root")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "work_order_state")
    assert shop.get(f"/v1/work-orders/{order}", by="root").get_json()["customer"] == CUSTOMER | READ


# Who may, and that it is written down --------------------------------------------------------------------------------


def test_every_export_and_erasure_is_in_the_audit(shop: Api) -> None:
    order, ana = served(shop), shop.id("technicians", "ana")
    shop.get("/v1/me/export", by="ana")
    shop.get("/v1/customers/export?phone=351911222333", by="root")
    shop.post(f"/v1/work-orders/{order}/erase-customer", by="root")
    shop.post(f"/v1/technicians/{ana}/erase", by="root")
    entries = shop.get("/v1/audit?limit=200", by="root").get_json()["items"]
    actions = [entry["action"] for entry in entries]
    wanted = ["technician.erased", "work_order.customer_erased", "customer.exported", "technician.exported"]
    assert [action for action in actions if action in wanted] == wanted
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    about = shop.get(f"/v1/audit?subject_id={ana}&action=technician.erased", by="root").get_json()["items"]
    assert [(entry["actor_kind"], entry["subject_id"]) for entry in about] == [("user", ana)]
    page = shop.get("/v1/audit?limit=2", by="root").get_json()
    following = shop.get(f"/v1/audit?limit=2&cursor={page['next_cursor']}", by="root").get_json()
    assert [*page["items"], *following["items"]] == entries[:4]
    assert shop.get(f"/v1/audit?since={entries[0]['at']}", by="root").get_json()["items"] == entries[:1]
    assert entries[0] not in shop.get(f"/v1/audit?until={entries[0]['at']}&limit=200", by="root").get_json()["items"]


@pytest.mark.parametrize("who", ["centre", "desk", "ana"])
def test_only_an_administrator_reads_the_data_of_others(shop: Api, who: str) -> None:
    order, ana = served(shop), shop.id("technicians", "ana")
    answers = [
        shop.get(f"/v1/technicians/{ana}/export", by=who),
        shop.post(f"/v1/technicians/{ana}/erase", by=who),
        shop.post(f"/v1/work-orders/{order}/erase-customer", by=who),
        shop.get("/v1/customers/export?phone=351911222333", by=who),
        shop.get("/v1/audit", by=who),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)


# The doors of the owner ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["erase_technician_traces", "erase_customer_traces"])
def test_a_door_opens_for_the_own_organization_alone(shop: Api, world: World, door: str) -> None:
    """The application calls them with the rights of the owner, whom no row security binds: they bind themselves."""
    order, ana = served(shop), shop.id("technicians", "ana")
    shop.delete(f"/v1/technicians/{ana}", by="root")
    subject = ana if door == "erase_technician_traces" else order
    before = history(world)
    other = UUID(int=7)
    with psycopg.connect(world.app_url) as conn:
        for org in ("", str(other)):
            conn.execute("SELECT set_config('app.org_id', %s, true)", [org])
            with pytest.raises((pg_errors.NoDataFound, pg_errors.RaiseException)):
                conn.execute(f"SELECT {door}(%s)", [subject])
            conn.rollback()
    assert history(world) == before
    with psycopg.connect(world.app_url) as conn:
        conn.execute("SELECT set_config('app.org_id', %s, true)", [shop.organization["id"]])
        conn.execute(f"SELECT {door}(%s)", [subject])
    assert history(world) != before


def test_the_doors_lead_nowhere_else(shop: Api, world: World) -> None:
    """Only the application may call them, and only about people who were erased."""
    order, ana = created(shop), shop.id("technicians", "ana")
    with psycopg.connect(world.app_url) as conn:
        for door, subject in (("erase_technician_traces", ana), ("erase_customer_traces", order)):
            conn.execute("SELECT set_config('app.org_id', %s, true)", [shop.organization["id"]])
            with pytest.raises(pg_errors.NoDataFound):
                conn.execute(f"SELECT {door}(%s)", [subject])
            conn.rollback()
    for url in (world.worker_url,):
        with psycopg.connect(url) as conn, pytest.raises(pg_errors.InsufficientPrivilege):
            conn.execute("SELECT erase_technician_traces(%s)", [ana])


# What the tests above are made of ------------------------------------------------------------------------------------


def created(shop: Api) -> str:
    lead = {
        "store_id": shop.id("stores", "centre"),
        "group_id": shop.id("groups", "phones"),
        "customer": CUSTOMER,
        "address": "Rua das Flores 9",
        "location": {"lat": 41.1522, "lon": -8.6122},
        "notes": "the key is under the geranium",
        "device": {"type": "phone", "issue": "dropped"},
    }
    answer = shop.post("/v1/leads", by="root", json=lead)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def served(shop: Api) -> str:
    """A work order that Ana accepted and finished."""
    order = created(shop)
    (offer,) = shop.get("/v1/me/offers", by="ana").get_json()["items"]
    assert shop.post(f"/v1/offers/{offer['id']}/accept", by="ana").status_code == 200
    for state in ("travelling", "on_site", "in_progress", "completed"):
        step: dict[str, Any] = {"state": state, "note": "geranium found"}
        assert shop.post(f"/v1/work-orders/{order}/status", by="ana", json=step).status_code == 200
    return order


def log_in(shop: Api, who: str) -> TestResponse:
    body = {"organization": "acme", "email": f"{who}@acme.example", "password": f"{who}-password", "device": "phone"}
    return shop.post("/v1/sessions", json=body)


def history(world: World) -> list[Any]:
    with psycopg.connect(world.admin_url) as owner:
        return owner.execute(
            "SELECT actor, detail FROM work_order_events UNION ALL SELECT actor, query FROM decisions ORDER BY 1, 2"
        ).fetchall()


def mentions(world: World, word: str) -> int:
    """Users in whose row a word stands."""
    with psycopg.connect(world.admin_url) as owner:
        row = owner.execute("SELECT count(*) FROM users WHERE users::text LIKE %s", [f"%{word}%"]).fetchone()
    assert row is not None
    return int(row[0])
