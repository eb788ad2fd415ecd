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


def test_a_preview_is_given_out_by_its_id_and_says_what_changed(world: World) -> None:
    with neighbours_in(world) as neighbours:
        house = neighbours.ours
        root, things = house.api, house.things
        leave_to_dispatchers(house)
        slot = {"start": "2031-03-03T10:00:00", "end": "2031-03-03T11:00:00"}
        later = {"start": "2031-03-03T12:00:00", "end": "2031-03-03T13:00:00"}
        lead = {"customer": {"name": "Ida"}, "store_id": things["store"], "group_id": things["group"], "location": HERE}
        first, second = (created(root, "/v1/leads", {**lead, "slot": one}) for one in (slot, later))
        preview, _ = optimize(house, {"work_order_ids": [first, second]})
        assert [pair["work_order_id"] for pair in preview["pairs"]] == [first, second]
        assert preview["totals"]["bound_m"] == preview["totals"]["optimal_m"]
        assert preview["expires_at"] > "2026"
        assert root.post(f"/v1/work-orders/{second}/cancel", by="root", json={}).status_code == 200
        times_before = times_told(neighbours)
        body = {"preview_id": preview["id"], "commit": True}
        done, _ = optimize(house, body, key="once")
        assert (done["id"], done["committed"], done["expires_at"]) == (preview["id"], True, None)
        assert [pair["outcome"] for pair in done["pairs"]] == ["offered", "lost"]
        assert done["pairs"][1]["lost"]["code"] == "not_waiting"
        assert done["pairs"][1]["lost"]["detail"].startswith("it is cancelled, changed by ")
        assert done["pairs"][1]["lost"]["technician_id"] is None
        assert (done["totals"]["lost"], done["totals"]["optimal_m"]) == (1, preview["totals"]["optimal_m"])
        assert times_told(neighbours) == times_before + 1
        again, headers = optimize(house, body, key="once")
        assert headers["Idempotency-Replayed"] == "true"
        assert again["pairs"] == done["pairs"][:1]


def test_a_preview_is_its_callers_and_says_everything_else_itself(world: World) -> None:
    with neighbours_in(world) as neighbours:
        house = neighbours.ours
        leave_to_dispatchers(house)
        preview, _ = optimize(house, {"group_id": house.things["group"]})

        def refused(body: dict[str, Any], by: str = "desk") -> tuple[int, str, list[str]]:
            headers = {"Authorization": f"Bearer {house.token(by)}"}
            client = house.api.client.application.test_client(use_cookies=False)
            answer = client.post("/v1/assignments/optimize", json=body, headers=headers)
            told = answer.get_json()
            return answer.status_code, told["code"], [one["pointer"] for one in told.get("errors", ())]

        mine = {"preview_id": preview["id"], "commit": True}
        assert refused(mine, by="root") == (404, "preview_not_found", [])
        unknown = {**mine, "preview_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20"}
        assert refused(unknown) == (404, "preview_not_found", [])
        assert refused({"preview_id": preview["id"]}) == (422, "invalid_request", ["/preview_id"])
        for more in ({"mode": "assign"}, {"store_id": house.things["store"]}, {"group_id": house.things["group"]}):
            assert refused({**mine, **more}) == (422, "invalid_request", ["/preview_id"])


def leave_to_dispatchers(house: House) -> None:
    """Automation is off, and people may be asked for several work orders at a time."""
    path = f"/v1/stores/{house.things['store']}/settings"
    settings = house.api.get(path, by="root")
    body = {**settings.get_json(), "lead_auto_user_assignment": "off", "offer_limit": 5}
    assert house.api.put(path, by="root", json=body, headers={"If-Match": settings.headers["ETag"]}).status_code == 200


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
