"""Saved views by id: own ones, and those that one user of the console shares with the others."""

from typing import Any

import pytest

from tests.access.api import Api

LATE = {"name": "Late today", "columns": ["number", "slot"], "sort": ["deadline"], "filters": {"tab": "needs_you"}}


def keep(api: Api, by: str = "desk", **changes: Any) -> dict[str, Any]:
    answer = api.post("/v1/views", by=by, json=LATE | changes)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()  # type: ignore[no-any-return]


def names(api: Api, by: str, query: str = "") -> list[str]:
    return [one["name"] for one in api.get(f"/v1/views{query}", by=by).get_json()["items"]]


def test_a_shared_view_is_there_for_all_who_dispatch(api: Api) -> None:
    keep(api, shared=True)
    keep(api, name="Mine alone")
    assert names(api, "desk") == ["Late today", "Mine alone"]
    for who in ("root", "centre"):
        (seen,) = api.get("/v1/views", by=who).get_json()["items"]
        assert (seen["name"], seen["own"], seen["owner"]["name"]) == ("Late today", False, "Desk")
        assert {part: seen[part] for part in ("columns", "sort", "filters")} == {
            part: LATE[part] for part in ("columns", "sort", "filters")
        }
    assert api.get("/v1/views", by="ana").status_code == 403
    assert api.get("/v1/views", by="shop").status_code == 403


@pytest.mark.parametrize(("who", "status"), [("desk", 200), ("root", 200), ("centre", 403)])
def test_a_shared_view_is_changed_by_its_owner_and_by_administrators(api: Api, who: str, status: int) -> None:
    view = keep(api, shared=True)
    path = f"/v1/views/{view['id']}"
    assert api.get(path, by=who).get_json()["may_change"] is (status == 200)
    changed = api.call("PATCH", path, by=who, version=view["version"], json={"columns": ["slot"]})
    assert changed.status_code == status, changed.get_json()
    now = api.get(path, by="desk").get_json()
    assert now["columns"] == (["slot"] if status == 200 else LATE["columns"])
    assert (now["sort"], now["filters"]) == (LATE["sort"], LATE["filters"])
    assert api.delete(path, by=who).status_code == (204 if status == 200 else 403)


def test_a_view_of_ones_own_does_not_exist_for_others(api: Api) -> None:
    view = keep(api)
    path = f"/v1/views/{view['id']}"
    for who in ("root", "centre"):
        assert names(api, who) == []
        assert api.get(path, by=who).status_code == 404
        assert api.call("PATCH", path, by=who, version=1, json={"shared": True}).status_code == 404
        assert api.delete(path, by=who).status_code == 404
    shared = api.call("PATCH", path, by="desk", version=view["version"], json={"shared": True}).get_json()
    assert names(api, "centre") == ["Late today"]
    api.call("PATCH", path, by="desk", version=shared["version"], json={"shared": False})
    assert names(api, "centre") == []


def test_two_who_edit_it_notice_each_other(api: Api) -> None:
    view = keep(api, shared=True)
    path = f"/v1/views/{view['id']}"
    api.call("PATCH", path, by="root", version=view["version"], json={"name": "Later"})
    late = api.call("PATCH", path, by="desk", version=view["version"], json={"name": "Latest"})
    assert (late.status_code, late.get_json()["current"]["name"]) == (412, "Later")
    assert api.call("PATCH", path, by="desk", json={"name": "Latest"}).status_code == 428


def test_names_are_ones_own_and_told_apart_by_page(api: Api) -> None:
    first = keep(api)
    taken = api.post("/v1/views", by="desk", json=LATE)
    assert (taken.status_code, taken.get_json()["code"]) == (409, "already_exists")
    keep(api, by="root")
    other = keep(api, name="Week", page="board")
    assert names(api, "desk", "?page=board") == ["Week"]
    assert names(api, "desk", "?page=pending") == ["Late today"]
    path = f"/v1/views/{other['id']}"
    renamed = api.call("PATCH", path, by="desk", version=other["version"], json={"name": first["name"]})
    assert renamed.status_code == 409


def test_a_retry_keeps_one_view(api: Api) -> None:
    answers = [api.post("/v1/views", by="desk", json=LATE, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]
    assert names(api, "desk") == ["Late today"]


def test_a_view_by_name_is_the_same_view(api: Api) -> None:
    api.put("/v1/me/views/mornings", by="desk", json={"columns": ["slot"]})
    (view,) = api.get("/v1/views", by="desk").get_json()["items"]
    assert (view["name"], view["shared"], view["version"]) == ("mornings", False, 1)
    api.put("/v1/me/views/mornings", by="desk", json={"columns": ["number"]})
    again = api.get(f"/v1/views/{view['id']}", by="desk").get_json()
    assert (again["columns"], again["version"]) == (["number"], 2)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 201}, {"columns": ["x"] * 101}, {"page": "My page"}])
def test_what_is_no_view_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert api.post("/v1/views", by="desk", json=LATE | wrong).status_code == 422


def test_there_are_not_more_than_a_hundred_of_one_user(api: Api) -> None:
    for number in range(100):
        keep(api, name=f"View {number}")
    refused = api.post("/v1/views", by="desk", json=LATE)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_views")
