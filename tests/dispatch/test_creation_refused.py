"""What a new lead is refused for says which member is meant, and which work order stands in its way."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World

PLACE = {"lat": 41.1512, "lon": -8.6112}


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


@pytest.mark.parametrize("kind", ["leads", "tickets"])
def test_an_unknown_id_is_pointed_at(api: Api, kind: str) -> None:
    for member, code in (
        ("store_id", "unknown_store"),
        ("group_id", "unknown_group"),
        ("assignee_id", "unknown_technician"),
    ):
        refused = post(api, kind, by="root", **{member: str(uuid4())})
        assert refused.status_code == 422
        (problem,) = refused.get_json()["errors"]
        assert (problem["pointer"], problem["code"]) == (f"/{member}", code)


def test_what_lies_outside_the_scope_is_as_unknown(api: Api) -> None:
    north = api.id("stores", "north")
    for caller in ("shop", "desk", "centre"):
        refused = post(api, "leads", by=caller, store_id=north)
        assert refused.status_code == 422
        assert [one["code"] for one in refused.get_json()["errors"]] == ["unknown_store"]


def test_an_external_id_that_is_taken_names_the_order_that_has_it(api: Api) -> None:
    first = post(api, "leads", by="root", external_id="shop-7").get_json()
    second = post(api, "tickets", by="root", external_id="shop-8").get_json()
    for taken, order in (("shop-7", first), ("shop-8", second)):
        refused = post(api, "leads", by="root", external_id=taken)
        told = refused.get_json()
        assert (refused.status_code, told["code"]) == (409, "duplicate_external_id")
        assert (told["work_order_id"], told["number"]) == (order["id"], order["number"])
        assert order["number"] in told["detail"]
        assert [one["pointer"] for one in told["errors"]] == ["/external_id"]


def post(api: Api, kind: str, *, by: str, **more: Any) -> Any:
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Mia"}, "location": PLACE, **more}
    return api.post(f"/v1/{kind}", by=by, json=body)
