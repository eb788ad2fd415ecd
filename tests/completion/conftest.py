"""A technician of the seeded organization at work."""

from collections.abc import Iterator

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World

HERE = {"lat": 41.1512, "lon": -8.6112}


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


@pytest.fixture
def order(api: Api) -> str:
    """The id of a work order that Ana has, and travels to."""
    lead = {"customer": {"name": "Rui Example"}, "location": HERE, "store_id": api.id("stores", "centre")}
    found = api.post("/v1/leads", by="root", json=lead | {"assignee_id": api.id("technicians", "ana")}).get_json()
    assert found["state"] == "assigned", found
    step(api, found["id"], "travelling")
    return str(found["id"])


def step(api: Api, order: str, state: str, **more: str) -> None:
    """Ana's next step."""
    answer = api.post(f"/v1/work-orders/{order}/status", by="ana", json={"state": state, **more})
    assert answer.status_code == 200, answer.get_json()
