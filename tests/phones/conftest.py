"""The seeded organization, with Ana's phone in a place, and a desk that makes work for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from geo_assign.app import EXTENSION
from geo_assign.http.services import Services
from tests.access.api import Api, seeded_api
from tests.conftest import World

HERE = {"lat": 41.15, "lon": -8.61}


def services_of(api: Api) -> Services:
    services: Services = api.client.application.extensions[EXTENSION]
    return services


def ping(api: Api, who: str = "ana") -> None:
    """A position of this moment: the technician can be asked."""
    at = api.get("/v1/me", by=who).json["server_now"]
    answer = api.post("/v1/positions", json={"positions": [{"recorded_at": at, **HERE}]}, by=who)
    assert [result["verdict"] for result in answer.json["results"]] == ["accepted"]


def new_lead(api: Api, **more: Any) -> dict[str, Any]:
    """A lead nearby, which is offered to Ana if she can take it."""
    lead = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva Sample", "phone": "+351 910 000 001"}}
    answer = api.post("/v1/leads", json={**lead, "location": HERE, **more}, by="root")
    assert answer.status_code == 201, answer.json
    made: dict[str, Any] = answer.json
    return made


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        ping(api)
        yield api
