"""Giving many orders out over HTTP: the preview, the commit, its retry."""

from typing import Any

from geo_assign.app import EXTENSION
from tests.api.neighbours import HERE, House, Neighbours, created, neighbours_in
from tests.conftest import World


def optimize(house: House, body: dict[str, Any], *, key: str | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {"Authorization": f"Bearer {house.token('desk')}", **({"Idempotency-Key": key} if key else {})}
    client = house.api.client.application.test_client(use_cookies=False)
    answer = client.post("/v1/assignments/optimize", json=body, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json(), dict(answer.headers)


def test_a_preview_then_for_good_then_once_more(world: World) -> None:
    with neighbours_in(world) as neighbours:
        house = neighbours.ours
        things = house.things
        root = house.api
        # A later slot than the work that Ana is asked to do already; no technician has to be on duty for it.
        slot = {"start": "2031-03-03T10:00:00", "end": "2031-03-03T11:00:00"}
        lead = {"customer": {"name": "Ida"}, "store_id": things["store"], "group_id": things["group"], "slot": slot}
        settings = root.get(f"/v1/stores/{things['store']}/settings", by="root")
        version = settings.headers["ETag"]
        body = {**settings.get_json(), "lead_auto_user_assignment": "off", "offer_limit": 5}
        path = f"/v1/stores/{things['store']}/settings"
        assert root.put(path, by="root", json=body, headers={"If-Match": version}).status_code == 200
        order = created(root, "/v1/leads", {**lead, "location": HERE})
        wanted = {"work_order_ids": [order], "mode": "assign"}
        preview, _ = optimize(house, wanted)
        assert [(pair["work_order_id"], pair["outcome"]) for pair in preview["pairs"]] == [(order, "planned")]
        assert preview["committed"] is False
        done, _ = optimize(house, {**wanted, "commit": True}, key="once")
        assert [(pair["work_order_id"], pair["outcome"]) for pair in done["pairs"]] == [(order, "assigned")]
        assert done["totals"]["assigned"] == 1
        again, headers = optimize(house, {**wanted, "commit": True}, key="once")
        assert headers["Idempotency-Replayed"] == "true"
        assert (again["id"], again["pairs"], again["totals"]) == (done["id"], done["pairs"], done["totals"])
        later, _ = optimize(house, {**wanted, "commit": True})
        assert [(left["work_order_id"], left["code"]) for left in later["unassigned"]] == [(order, "not_waiting")]


def test_the_technician_reads_who_was_told_the_distance(world: World) -> None:
    with neighbours_in(world) as neighbours:
        house = neighbours.ours
        root, things = house.api, house.things
        path = f"/v1/stores/{things['store']}/settings"
        settings = root.get(path, by="root")
        body = {**settings.get_json(), "lead_auto_user_assignment": "off", "offer_limit": 5}
        headers = {"If-Match": settings.headers["ETag"]}
        assert root.put(path, by="root", json=body, headers=headers).status_code == 200
        slot = {"start": "2031-03-03T10:00:00", "end": "2031-03-03T11:00:00"}
        lead = {"customer": {"name": "Ida"}, "store_id": things["store"], "group_id": things["group"], "slot": slot}
        order = created(root, "/v1/leads", {**lead, "location": HERE})
        before = times_told(neighbours)
        told, _ = optimize(house, {"work_order_ids": [order]})
        assert [pair["technician_id"] for pair in told["pairs"]] == [things["technician"]]
        assert times_told(neighbours) == before + 1
        unknown, _ = optimize(house, {"work_order_ids": [things["work_order"]]})
        assert unknown["pairs"] == []
        assert times_told(neighbours) == before + 1


def times_told(neighbours: Neighbours) -> int:
    """How often a search told where Ana was, as she reads it."""
    neighbours.app.extensions[EXTENSION].views.flush()
    views = neighbours.ours.api.get("/v1/me/location-views", by="ana").get_json()["items"]
    return sum(one["count"] for one in views if one["how"] == "nearest")
