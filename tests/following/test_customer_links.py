"""A customer follows the own work order by a link: what it shows, what it hides, and when it ends."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from geo_assign.access.domain import TokenKind, new_token
from geo_assign.app import EXTENSION, create_app
from geo_assign.http.limits import LOOKS_PER_LINK
from tests.access.api import Api, seeded_api
from tests.conftest import World

HOME = {"lat": 41.1512, "lon": -8.6112}
NEAR = {"lat": 41.1602, "lon": -8.6112}  # a kilometre to the north
SLOT = {"start": "2031-03-03T10:00:00Z", "end": "2031-03-03T11:00:00Z"}
SECRETS = ("41.1602", "+351", "Door code", "customer_name", "phone", "Rui")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        allow_links(api)
        yield api


def allow_links(api: Api, *, allowed: bool = True, store: str = "centre") -> None:
    path = f"/v1/stores/{api.id('stores', store)}"
    version = int(api.get(path, by="root").headers["ETag"].strip('"'))
    answer = api.put(f"{path}/settings", by="root", version=version, json={"customer_links": allowed})
    assert answer.status_code == 200, answer.get_json()


def lead(api: Api, **more: Any) -> str:
    customer = {"name": "Rui Example", "phone": "+351 911 222 333"}
    body = {"customer": customer, "location": HOME, "slot": SLOT, "notes": "Door code 12"}
    made = api.post("/v1/leads", by="root", json={**body, "store_id": api.id("stores", "centre"), **more})
    assert made.status_code == 201, made.get_json()
    return str(made.get_json()["id"])


def taken(api: Api) -> str:
    return lead(api, assignee_id=api.id("technicians", "ana"))


def make_link(api: Api, order: str, by: str = "desk") -> str:
    answer = api.post(f"/v1/work-orders/{order}/customer-link", by=by)
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["url"])


def token_of(url: str) -> str:
    address, _, token = url.rpartition("/t/")
    assert address.startswith("http")
    return token


def look(api: Api, url: str) -> Any:
    return api.post("/v1/customer-links/open", json={"token": token_of(url)})


def seen(api: Api, url: str) -> dict[str, Any]:
    answer = look(api, url)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def step(api: Api, order: str, state: str) -> None:
    assert api.post(f"/v1/work-orders/{order}/status", by="ana", json={"state": state}).status_code == 200


def ping(api: Api, **place: float) -> None:
    now = api.get("/v1/me", by="root").get_json()["server_now"]
    sent = api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **place}]})
    assert sent.get_json()["results"][0]["verdict"] == "accepted"


def test_a_work_order_says_whether_its_customer_has_a_link(api: Api) -> None:
    order = lead(api)

    def says() -> bool:
        return bool(api.get(f"/v1/work-orders/{order}", by="desk").get_json()["has_customer_link"])

    assert not says()
    make_link(api, order)
    assert says()
    assert api.delete(f"/v1/work-orders/{order}/customer-link", by="desk").status_code == 204
    assert not says()


def test_the_customer_sees_who_comes_when_and_on_the_way_where(api: Api, world: World) -> None:
    ping(api, **NEAR)
    order = taken(api)
    link = make_link(api, order)
    planned = seen(api, link)
    assert (planned["stage"], planned["technician_name"]) == ("planned", "Ana")
    assert planned["slot"] == SLOT
    assert (planned["store_name"], planned["timezone"]) == ("Centre", "Europe/Lisbon")
    assert (planned["position"], planned["distance_m"], planned["eta_s"]) == (None, None, None)
    assert (planned["visits_before"], planned["expected"]) == (None, None)
    step(api, order, "travelling")
    coming = seen(api, link)
    assert coming["stage"] == "on_the_way"
    assert (coming["position"]["lat"], coming["position"]["lon"]) == (NEAR["lat"], NEAR["lon"])
    assert coming["distance_m"] == pytest.approx(1_000, rel=0.01)
    assert 60 < coming["eta_s"] < 600
    assert coming["next_look_s"] < planned["next_look_s"]
    with psycopg.connect(world.admin_url, autocommit=True) as admin:
        admin.execute('UPDATE stores SET eta_factors = \'{"straight_line": {"all": 1.5}}\'')
    assert seen(api, link)["eta_s"] == pytest.approx(1.5 * coming["eta_s"], abs=1)
    step(api, order, "on_site")
    there = seen(api, link)
    assert (there["stage"], there["technician_name"], there["position"]) == ("arrived", "Ana", None)


def make_it_morning(world: World) -> datetime:
    """Put the stores where it is a little past eight, so that none of the next hours is another day's."""
    with psycopg.connect(world.admin_url) as owner:
        now: datetime = owner.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
        owner.execute("UPDATE stores SET timezone = %s", (_zone_where_it_is(8, now.astimezone(UTC).hour),))
    return now


def _zone_where_it_is(hour: int, utc_hour: int) -> str:
    """The sign of these names is the other way round."""
    east = (hour - utc_hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"


def taken_at(api: Api, now: datetime, start_h: float, end_h: float, who: str = "ana") -> str:
    slot = {"start": (now + timedelta(hours=start_h)).isoformat(), "end": (now + timedelta(hours=end_h)).isoformat()}
    return lead(api, slot=slot, assignee_id=api.id("technicians", who))


def test_on_the_day_the_customer_sees_how_many_visits_come_before(api: Api, world: World) -> None:
    now = make_it_morning(world)
    first, second = taken_at(api, now, -2, -0.5), taken_at(api, now, 1, 2)
    taken_at(api, now, 6, 7)
    link = make_link(api, taken_at(api, now, 3, 4))
    planned = seen(api, link)
    assert (planned["visits_before"], planned["expected"], planned["position"]) == (2, None, None)
    step(api, first, "on_site")
    step(api, first, "completed")
    assert seen(api, link)["visits_before"] == 1
    assert api.post(f"/v1/work-orders/{second}/cancel", by="root", json={}).status_code == 200
    assert seen(api, link)["visits_before"] == 0
    assert seen(api, make_link(api, taken_at(api, now, 30, 31)))["visits_before"] is None
    ping(api, **NEAR)
    offered = lead(api, slot={"start": (now + timedelta(hours=9)).isoformat()})
    assert seen(api, make_link(api, offered))["visits_before"] is None


def test_visits_that_last_too_long_are_told_coarsely_and_end_when_the_way_begins(api: Api, world: World) -> None:
    now = make_it_morning(world)
    long_one = taken_at(api, now, -3, -2)
    mine = taken_at(api, now, -1, 0)
    link = make_link(api, mine)
    step(api, long_one, "on_site")
    late = seen(api, link)
    assert late["visits_before"] == 1
    start, end = (datetime.fromisoformat(late["expected"][side]) for side in ("start", "end"))
    assert timedelta() <= start - datetime.fromisoformat(late["server_now"]) < timedelta(minutes=15)
    assert (start.minute % 15, start.second, start.microsecond, end - start) == (0, 0, 0, timedelta(minutes=30))
    assert HOME["lat"] == late["destination"]["lat"]
    step(api, long_one, "completed")
    step(api, mine, "travelling")
    coming = seen(api, link)
    assert (coming["visits_before"], coming["expected"]) == (None, None)


def test_until_one_has_it_no_technician_is_named(api: Api) -> None:
    ping(api, **NEAR)
    offered = lead(api)
    assert api.get(f"/v1/work-orders/{offered}", by="root").get_json()["state"] == "offered"
    shown = seen(api, make_link(api, offered))
    assert (shown["stage"], shown["technician_name"], shown["collaborators"]) == ("waiting", None, [])


def test_nothing_else_of_the_service_is_told(api: Api) -> None:
    ping(api, **NEAR)
    order = taken(api)
    link = make_link(api, order)
    for state in (None, "travelling", "on_site"):
        if state is not None:
            step(api, order, state)
        answer = look(api, link)
        hidden = [*SECRETS[:1], *SECRETS[1:]] if state != "travelling" else SECRETS[1:]
        told = answer.get_data(as_text=True)
        assert [secret for secret in hidden if secret in told] == []
        ids = {order, api.id("technicians", "ana"), api.id("stores", "centre"), api.organization["id"]}
        assert [one for one in ids if one in told] == []
        assert set(answer.get_json()) == {
            *("number", "stage", "store_name", "timezone", "slot", "technician_name", "collaborators", "destination"),
            *("visits_before", "expected", "position", "distance_m", "eta_s", "server_now", "next_look_s"),
        }
    bearer = {"Authorization": f"Bearer {token_of(link)}"}
    for path in ("/v1/me", f"/v1/work-orders/{order}", "/v1/map"):
        assert api.get(path, headers=bearer).status_code == 401


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_a_link_ends_with_the_work(api: Api, end: str) -> None:
    order = taken(api)
    link = make_link(api, order)
    step(api, order, "on_site")
    if end == "completed":
        step(api, order, "completed")
    else:
        api.post(f"/v1/work-orders/{order}/cancel", by="root", json={})
    over = look(api, link)
    assert (over.status_code, over.get_json()["code"], over.get_json()["state"]) == (410, "customer_link_over", end)
    refused = api.post(f"/v1/work-orders/{order}/customer-link", by="desk")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "work_order_state")


def test_a_lead_that_became_a_ticket_is_followed_as_the_ticket(api: Api) -> None:
    order = taken(api)
    link = make_link(api, order)
    ticket = api.post(f"/v1/work-orders/{order}/convert", by="root").get_json()
    assert seen(api, link)["number"] == ticket["number"]


def test_asking_again_gives_the_same_link_until_it_is_revoked(api: Api) -> None:
    order = taken(api)
    first = make_link(api, order)
    assert [make_link(api, order, by=by) for by in ("desk", "root", "shop")] == [first] * 3
    path = f"/v1/work-orders/{order}/customer-link"
    assert api.get(path, by="desk").get_json()["opened_at"] is None
    seen(api, first)
    assert api.get(path, by="desk").get_json()["opened_at"] is not None
    assert api.delete(path, by="desk").status_code == 204
    assert api.delete(path, by="desk").status_code == 404
    assert look(api, first).get_json()["code"] == "customer_link_not_found"
    assert api.get(path, by="desk").status_code == 404
    second = make_link(api, order)
    assert second != first
    assert seen(api, second)["stage"] == "planned"


def test_a_store_switches_its_links_off_and_on(api: Api) -> None:
    order = taken(api)
    link = make_link(api, order)
    allow_links(api, allowed=False)
    assert look(api, link).get_json()["code"] == "customer_link_not_found"
    other = taken_later(api)
    refused = api.post(f"/v1/work-orders/{other}/customer-link", by="desk")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "customer_links_off")
    allow_links(api)
    assert seen(api, link)["stage"] == "planned"


def taken_later(api: Api) -> str:
    slot = {"start": "2031-03-04T10:00:00Z", "end": "2031-03-04T11:00:00Z"}
    return lead(api, assignee_id=api.id("technicians", "ana"), slot=slot)


def test_a_place_is_told_only_while_it_is_fresh_and_on_duty(api: Api, world: World) -> None:
    ping(api, **NEAR)
    order = taken(api)
    link = make_link(api, order)
    step(api, order, "travelling")
    assert seen(api, link)["position"] is not None
    with psycopg.connect(world.admin_url) as owner:
        owner.execute("UPDATE duty_intervals SET started_at = started_at - interval '1 hour'")
        owner.execute("UPDATE current_positions SET implausible = true")
    assert seen(api, link)["position"] is None
    with psycopg.connect(world.admin_url) as owner:
        owner.execute("UPDATE current_positions SET implausible = false, used_at = used_at - interval '10 minutes'")
    old = seen(api, link)
    assert (old["stage"], old["position"], old["eta_s"]) == ("on_the_way", None, None)
    ping(api, **HOME)
    assert seen(api, link)["position"] is not None
    assert api.put("/v1/me/presence", by="ana", json={"on_duty": False}).status_code == 200
    assert seen(api, link)["position"] is None


def test_the_technician_reads_who_looked_and_only_looks_at_the_place_count(api: Api) -> None:
    ping(api, **NEAR)
    order = taken(api)
    link = make_link(api, order)
    number = seen(api, link)["number"]
    assert api.get("/v1/me/location-views", by="ana").get_json()["items"] == []
    step(api, order, "travelling")
    for _ in range(3):
        seen(api, link)
    views = api.get("/v1/me/location-views", by="ana").get_json()["items"]
    assert {(view["how"], view["viewer"]["kind"], view["viewer"]["name"]) for view in views} == {
        ("customer", "customer", f"Customer of {number}")
    }
    assert sum(view["count"] for view in views) == 3


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "gac_short",
        "gas_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAA",
        "gac_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAA",
        "gac_" + base64.urlsafe_b64encode(UUID(int=1).bytes).decode().rstrip("=") + "_AAAAAAAAAAAAAAAAAAAAAA",
        "../../etc/passwd",
        "' OR true --",
    ],
)
def test_any_other_token_shows_nothing(api: Api, token: str) -> None:
    make_link(api, taken(api))
    answer = api.post("/v1/customer-links/open", json={"token": token})
    assert (answer.status_code, answer.get_json()["code"]) == (404, "customer_link_not_found")


def test_the_right_organization_with_a_guessed_secret_shows_nothing(api: Api) -> None:
    make_link(api, taken(api))
    guessed, _ = new_token(TokenKind.CUSTOMER_LINK, UUID(api.organization["id"]), secret="A" * 22)
    assert api.post("/v1/customer-links/open", json={"token": guessed}).status_code == 404


def test_links_are_stored_hashed_and_encrypted(api: Api, world: World) -> None:
    token = token_of(make_link(api, taken(api)))
    with psycopg.connect(world.admin_url) as owner:
        row = owner.execute("SELECT row_to_json(l)::text FROM customer_links l").fetchone()
    assert row is not None
    assert token not in row[0]
    assert token.encode().hex() not in row[0]


def test_technicians_and_reading_keys_make_no_links(api: Api) -> None:
    order = taken(api)
    assert api.post(f"/v1/work-orders/{order}/customer-link", by="ana").status_code == 403
    for method in ("GET", "POST", "DELETE"):
        assert api.call(method, f"/v1/work-orders/{order}/customer-link").status_code == 401


def test_looks_are_limited_by_link(world: World) -> None:
    with seeded_api(world, rate_limits="on") as api:
        allow_links(api)
        link = make_link(api, taken(api))
        answers = [look(api, link).status_code for _ in range(2 * LOOKS_PER_LINK.times + 1)]
    assert answers[:5] == [200] * 5
    assert 429 in answers


def test_without_secret_keys_there_are_no_links(world: World) -> None:
    app = create_app(world.settings(secret_keys=""))
    with seeded_api(world) as api:
        allow_links(api)
        order, token = taken(api), api.token("desk")
        try:
            answer = app.test_client().post(
                f"/v1/work-orders/{order}/customer-link", headers={"Authorization": f"Bearer {token}"}
            )
            assert (answer.status_code, answer.get_json()["code"]) == (503, "secret_keys_missing")
        finally:
            app.extensions[EXTENSION].close()
