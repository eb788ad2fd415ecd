"""Many leads in one call: each is judged by itself, and made once however often it is sent."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.neighbours import HERE, House, Neighbours
from tests.thoroughness import times


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


def lead(house: House, **more: Any) -> dict[str, Any]:
    return {"store_id": house.things["store"], "customer": {"name": "Rui Example"}, "address": "Rua Nova 1", **more}


def send(house: House, *leads: Any, by: str = "root", **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = house.api.post("/v1/leads/bulk", by=by, json={"leads": list(leads)}, headers=sent)
    assert answer.status_code == 207, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    assert [one["index"] for one in told["results"]] == list(range(len(leads)))
    verdicts = [one["verdict"] for one in told["results"]]
    assert (told["created"], told["exist"], told["refused"]) == tuple(
        verdicts.count(verdict) for verdict in ("created", "exists", "refused")
    )
    for one in told["results"]:
        assert (one["work_order"] is None) == (one["verdict"] == "refused") == (one["problem"] is not None)
    return told


def verdicts(told: dict[str, Any]) -> list[str]:
    return [one["verdict"] for one in told["results"]]


def test_each_lead_has_its_own_verdict(house: House, neighbours: Neighbours) -> None:
    wrong = [
        ("not an object", "invalid_request", ""),
        (None, "invalid_request", ""),
        ({}, "invalid_request", "/store_id"),
        (lead(house, customer={}), "invalid_request", "/customer/name"),
        (lead(house, address=" "), "invalid_request", "/address"),
        (lead(house, priority="high"), "invalid_request", "/priority"),
        (lead(house, colour="red"), "invalid_request", "/colour"),
        (lead(house, location={"lat": 91, "lon": 0}), "invalid_request", "/location/lat"),
        (lead(house, store_id=neighbours.theirs.things["store"]), "invalid_request", "/store_id"),
        (lead(house, store_id=str(uuid4())), "invalid_request", "/store_id"),
        (lead(house, group_id=house.things["other_group"]), "invalid_request", "/group_id"),
        (lead(house, notes="nul \0"), "invalid_request", "/notes"),
        (lead(house, metadata={"a": 1}), "invalid_request", "/metadata/a"),
    ]
    right = [lead(house, customer={"name": f"Customer {number}"}) for number in range(len(wrong))]
    mixed = [one for pair in zip(right, (item for item, *_ in wrong), strict=True) for one in pair]
    told = send(house, *mixed)
    assert verdicts(told) == ["created", "refused"] * len(wrong)
    for number, (_, code, pointer) in enumerate(wrong):
        problem = told["results"][2 * number + 1]["problem"]
        assert problem["code"] == code, problem
        assert problem["status"] == told["results"][2 * number + 1]["status"] == 422
        assert problem["errors"][0]["pointer"] == f"/leads/{2 * number + 1}{pointer}"
    names = [one["work_order"]["customer"]["name"] for one in told["results"][::2]]
    assert names == [f"Customer {number}" for number in range(len(wrong))]


def test_the_worker_locates_and_assigns(house: House) -> None:
    (made,) = send(house, lead(house))["results"]
    assert (made["status"], made["work_order"]["state"], made["work_order"]["location"]) == (201, "new", None)


def test_an_external_id_makes_a_lead_once(house: House) -> None:
    first = send(house, lead(house, external_id="b-1"), lead(house, external_id="b-2"), lead(house, external_id="b-1"))
    assert verdicts(first) == ["created", "created", "exists"]
    ids = [one["work_order"]["id"] for one in first["results"]]
    assert ids[0] == ids[2]
    again = send(house, *(lead(house, external_id=name) for name in ("b-3", "b-2", "b-1")))
    assert verdicts(again) == ["created", "exists", "exists"]
    assert [one["status"] for one in again["results"]] == [201, 200, 200]
    assert [one["work_order"]["id"] for one in again["results"]][1:] == [ids[1], ids[0]]
    elsewhere = send(house, lead(house, external_id="b-1", store_id=house.things["other_store"]))
    assert verdicts(elsewhere) == ["created"]


def test_a_key_makes_a_lead_once_also_when_it_is_sent_alone(house: House) -> None:
    first = send(house, lead(house, idempotency_key="k-1"), lead(house, idempotency_key="k-2"))
    again = send(house, lead(house, idempotency_key="k-2"), lead(house, idempotency_key="k-1", notes="other"))
    assert verdicts(first) == ["created", "created"]
    assert verdicts(again) == ["exists", "refused"]
    assert again["results"][1]["problem"]["code"] == "idempotency_key_reused"
    alone = house.api.post("/v1/leads", by="root", json=lead(house), headers={"Idempotency-Key": "k-1"})
    assert alone.headers["Idempotency-Replayed"] == "true"
    assert alone.get_json()["id"] == first["results"][0]["work_order"]["id"]


def test_a_call_may_be_repeated_as_a_whole(house: House) -> None:
    leads = [lead(house, customer={"name": f"Again {number}"}) for number in range(3)]
    first = send(house, leads[0], {"broken": True}, leads[1], Idempotency_Key="whole")
    again = send(house, leads[0], {"broken": True}, leads[1], Idempotency_Key="whole")
    assert verdicts(first) == ["created", "refused", "created"]
    assert verdicts(again) == ["exists", "refused", "exists"]
    assert [one["work_order"] and one["work_order"]["id"] for one in first["results"]] == [
        one["work_order"] and one["work_order"]["id"] for one in again["results"]
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/leads"),
        ({"leads": []}, "/leads"),
        ({"leads": {}}, "/leads"),
        ({"leads": [{}] * 201}, "/leads"),
        ({"leads": [{}], "store_id": "x"}, "/store_id"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(house: House, body: Any, pointer: str) -> None:
    answer = house.api.post("/v1/leads/bulk", by="root", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_two_hundred_at_once(house: House) -> None:
    told = send(house, *(lead(house, location=HERE, external_id=f"many-{number}") for number in range(200)))
    assert told["created"] == 200
    numbers = [one["work_order"]["number"] for one in told["results"]]
    assert len(set(numbers)) == 200


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=times(10, 100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(ANYTHING, min_size=1, max_size=5))
def test_whatever_stands_beside_it_a_good_lead_is_made(house: House, items: list[Any]) -> None:
    told = send(house, *items, lead(house))
    assert verdicts(told) == [*["refused"] * len(items), "created"]
