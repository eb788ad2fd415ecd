"""Notes for the next shift: who sees them, who has read them, who may change them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Database
from geo_assign.handover.tasks import sweep_expired_notes
from tests.access.api import Api, seeded_api
from tests.conftest import World

UNKNOWN = "00000000-0000-7000-8000-000000000001"
PLACE = {"lat": 41.1512, "lon": -8.6112}


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


def leave(api: Api, by: str = "desk", **body: Any) -> Any:
    wanted = {"group_id": api.id("groups", "phones"), "text": "Parts come at ten."} | body
    return api.post("/v1/handover-notes", by=by, json=wanted)


def listed(api: Api, by: str, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/v1/handover-notes{query}", by=by)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["items"]  # type: ignore[no-any-return]


def lead(api: Api, store: str = "centre") -> dict[str, Any]:
    body = {"store_id": api.id("stores", store), "customer": {"name": "Eva"}, "location": PLACE}
    return api.post("/v1/leads", by="root", json=body).get_json()  # type: ignore[no-any-return]


def test_the_next_dispatcher_finds_the_open_notes(api: Api) -> None:
    order = lead(api)
    note = leave(api, work_order_ids=[order["id"], order["id"]]).get_json()
    assert note["store_id"] == api.id("stores", "centre")
    assert note["author"]["name"] == "Desk"
    assert note["work_orders"] == [{"id": order["id"], "number": order["number"]}]
    (found,) = listed(api, "centre", "?unread=true")
    assert (found["text"], found["read"], found["read_by"]) == ("Parts come at ten.", False, [])
    assert listed(api, "desk", "?unread=true") == []
    marked = api.put(f"/v1/handover-notes/{note['id']}/read", by="centre").get_json()
    again = api.put(f"/v1/handover-notes/{note['id']}/read", by="centre").get_json()
    assert marked["read"]
    assert [one["name"] for one in again["read_by"]] == ["Centre's"]
    assert marked["read_by"] == again["read_by"]
    assert listed(api, "centre", "?unread=true") == []
    assert len(listed(api, "centre")) == 1
    unread = api.delete(f"/v1/handover-notes/{note['id']}/read", by="centre").get_json()
    assert (unread["read"], unread["read_by"]) == (False, [])


def test_each_sees_the_notes_of_the_own_stores_and_groups(api: Api) -> None:
    north, centre = api.id("stores", "north"), api.id("stores", "centre")
    leave(api, "root", text="to the phones")
    leave(api, "root", group_id=None, store_id=centre, text="to the centre")
    leave(api, "root", group_id=None, store_id=north, text="to the north")
    hidden = leave(api, "root", group_id=api.id("groups", "ovens"), text="to the ovens").get_json()
    assert {one["text"] for one in listed(api, "root")} == {
        "to the phones", "to the centre", "to the north", "to the ovens",
    }  # fmt: skip
    for who in ("desk", "centre"):
        assert {one["text"] for one in listed(api, who)} == {"to the phones", "to the centre"}
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/read")):
            body = {"text": "mine now"} if method == "PATCH" else None
            answer = api.call(method, f"/v1/handover-notes/{hidden['id']}{path}", by=who, version=1, json=body)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "note_not_found")
    assert [one["text"] for one in listed(api, "root", f"?store_id={north}")] == ["to the ovens", "to the north"]
    assert api.get("/v1/handover-notes", by="ana").status_code == 403
    assert api.get("/v1/handover-notes", by="shop").status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"group_id": None}, "/store_id"),
        ({"group_id": UNKNOWN}, "/group_id"),
        ({"group_id": None, "store_id": UNKNOWN}, "/store_id"),
        ({"work_order_ids": [UNKNOWN]}, "/work_order_ids/0"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 4_001}, "/text"),
        ({"keep_days": 0}, "/keep_days"),
        ({"keep_days": 31}, "/keep_days"),
    ],
    ids=str,
)
def test_what_is_wrong_is_pointed_at(api: Api, body: dict[str, Any], pointer: str) -> None:
    refused = leave(api, **body)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.get_json()["errors"]] == [pointer]


def test_a_group_of_another_store_and_what_is_out_of_scope_are_refused(api: Api) -> None:
    refused = leave(api, "root", store_id=api.id("stores", "north"))
    assert refused.get_json()["errors"][0]["code"] == "group_of_another_store"
    refused = leave(api, "desk", group_id=api.id("groups", "ovens"))
    assert refused.get_json()["errors"][0]["code"] == "unknown_group"
    refused = leave(api, "desk", work_order_ids=[lead(api, "north")["id"]])
    assert refused.get_json()["errors"][0]["code"] == "unknown_work_order"


def test_a_reader_is_told_of_the_work_orders_in_the_own_scope_alone(api: Api) -> None:
    near, far = lead(api), lead(api, "north")
    leave(api, "root", work_order_ids=[far["id"], near["id"]])
    assert [one["number"] for one in listed(api, "root")[0]["work_orders"]] == [far["number"], near["number"]]
    assert [one["number"] for one in listed(api, "desk")[0]["work_orders"]] == [near["number"]]


def test_a_changed_note_is_to_be_read_again(api: Api) -> None:
    note = leave(api).get_json()
    path = f"/v1/handover-notes/{note['id']}"
    api.put(f"{path}/read", by="centre")
    longer = api.patch(path, by="desk", version=1, json={"keep_days": 30}).get_json()
    assert datetime.fromisoformat(longer["expires_at"]) > datetime.fromisoformat(note["expires_at"])
    assert len(longer["read_by"]) == 1
    changed = api.patch(path, by="desk", version=2, json={"text": "They came."}).get_json()
    assert (changed["text"], changed["version"], changed["read_by"]) == ("They came.", 3, [])
    assert len(listed(api, "centre", "?unread=true")) == 1


def test_two_who_change_a_note_notice_each_other(api: Api) -> None:
    path = f"/v1/handover-notes/{leave(api).get_json()['id']}"
    assert api.patch(path, by="desk", json={"text": "a"}).status_code == 428
    assert api.patch(path, by="centre", version=1, json={"text": "b"}).status_code == 200
    late = api.patch(path, by="desk", version=1, json={"text": "c"})
    assert (late.status_code, late.get_json()["code"]) == (412, "note_changed")
    assert late.get_json()["current"]["text"] == "b"
    assert api.get(path, by="desk").headers["ETag"] == '"2"'


def test_a_note_is_its_authors_and_the_administrators(api: Api) -> None:
    note = leave(api, "root").get_json()
    path = f"/v1/handover-notes/{note['id']}"
    refused = api.patch(path, by="desk", version=1, json={"text": "no"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_your_note")
    assert api.patch(path, by="centre", version=1, json={"text": "yes"}).status_code == 200
    # What is done with, who takes over may take away.
    assert api.delete(path, by="desk").status_code == 204
    assert api.get(path, by="root").status_code == 404


def test_a_retry_leaves_one_note(api: Api) -> None:
    body = {"group_id": api.id("groups", "phones"), "text": "once"}
    first, second = (
        api.post("/v1/handover-notes", by="desk", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(listed(api, "desk")) == 1


def test_pages_neither_skip_nor_repeat(api: Api) -> None:
    for number in range(5):
        leave(api, text=str(number))
    seen, cursor = [], ""
    for _ in range(3):
        page = api.get(f"/v1/handover-notes?limit=2{cursor}", by="desk").get_json()
        seen += [one["text"] for one in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["4", "3", "2", "1", "0"]
    assert page["next_cursor"] is None


def test_notes_expire_and_go(api: Api, admin: Connection, world: World) -> None:
    note, kept = leave(api, keep_days=1).get_json(), leave(api).get_json()
    written = datetime.fromisoformat(note["author"]["at"])
    assert datetime.fromisoformat(note["expires_at"]) - written == timedelta(days=1)
    assert datetime.fromisoformat(kept["expires_at"]) - datetime.fromisoformat(kept["author"]["at"]) == timedelta(
        days=7
    )
    api.put(f"/v1/handover-notes/{note['id']}/read", by="centre")
    earlier = text("UPDATE handover_notes SET created_at = now() - interval '2 d', expires_at = now() WHERE id = :id")
    admin.execute(earlier, {"id": note["id"]})
    assert [one["id"] for one in listed(api, "desk")] == [kept["id"]]
    assert api.get(f"/v1/handover-notes/{note['id']}", by="desk").status_code == 404
    worker = Database(world.worker_url, pool_size=1)
    try:
        assert sweep_expired_notes(worker) == 1
        assert sweep_expired_notes(worker) == 0
    finally:
        worker.close()
    assert admin.execute(text("SELECT count(*) FROM handover_reads")).scalar_one() == 0


def test_each_act_is_in_the_audit_trail(api: Api) -> None:
    note = leave(api).get_json()
    path = f"/v1/handover-notes/{note['id']}"
    api.patch(path, by="desk", version=1, json={"text": "other"})
    api.delete(path, by="desk")
    told = api.get(f"/v1/audit?subject_id={note['id']}", by="root").get_json()["items"]
    assert [one["action"] for one in told] == ["handover_note.deleted", "handover_note.changed", "handover_note.left"]
    assert "other" not in str(told)
