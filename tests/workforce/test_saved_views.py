"""Saved views: each person's own, whatever the pages put into them."""

from tests.access.api import Api

PENDING = {"columns": ["number", "customer"], "sort": ["-priority"], "filters": {"state": ["pending"], "mine": True}}


def test_a_view_follows_its_person(api: Api) -> None:
    saved = api.put("/v1/me/views/mornings", by="desk", json=PENDING)
    assert saved.status_code == 200, saved.json
    shown = api.get("/v1/me/views/mornings", by="desk").get_json()
    assert {name: shown[name] for name in PENDING} == PENDING
    assert [view["name"] for view in api.get("/v1/me/views", by="desk").get_json()["items"]] == ["mornings"]


def test_saving_again_takes_the_place_of_what_was_there(api: Api) -> None:
    api.put("/v1/me/views/mornings", by="desk", json=PENDING)
    api.put("/v1/me/views/mornings", by="desk", json={"columns": ["slot"]})
    (view,) = api.get("/v1/me/views", by="desk").get_json()["items"]
    assert (view["columns"], view["sort"], view["filters"]) == (["slot"], [], {})


def test_no_user_sees_the_views_of_another(api: Api) -> None:
    api.put("/v1/me/views/mornings", by="desk", json=PENDING)
    for who in ("root", "centre", "ana"):
        assert api.get("/v1/me/views", by=who).get_json()["items"] == []
        assert api.get("/v1/me/views/mornings", by=who).status_code == 404
        assert api.delete("/v1/me/views/mornings", by=who).status_code == 404


def test_a_view_can_be_dropped(api: Api) -> None:
    api.put("/v1/me/views/mornings", by="desk", json=PENDING)
    assert api.delete("/v1/me/views/mornings", by="desk").status_code == 204
    assert api.get("/v1/me/views/mornings", by="desk").status_code == 404


def test_machines_have_no_views(api: Api) -> None:
    assert api.get("/v1/me/views", by="shop").status_code == 403
    assert api.put("/v1/me/views/mornings", by="shop", json=PENDING).status_code == 403


def test_a_view_is_small(api: Api) -> None:
    refused = api.put("/v1/me/views/mornings", by="desk", json={"filters": {"long": "x" * 17_000}})
    assert (refused.status_code, refused.get_json()["code"]) == (413, "body_too_large")


def test_there_are_not_more_than_a_hundred(api: Api) -> None:
    for number in range(100):
        assert api.put(f"/v1/me/views/view-{number}", by="desk", json={}).status_code == 200
    refused = api.put("/v1/me/views/one-more", by="desk", json={})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_views")
    assert api.put("/v1/me/views/view-7", by="desk", json=PENDING).status_code == 200
