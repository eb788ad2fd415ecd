"""What happens around every handler."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import Field
from sqlalchemy import text

from geo_assign.access.domain import Permission
from geo_assign.core.errors import ConflictError
from geo_assign.http.operations import DISPATCHING, READING, TECHNICIANS, Access, Call, Reply, Routes
from geo_assign.http.schemas import Body, Latitude, PageQuery
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")


class Thing(Body):
    lat: Latitude
    tags: dict[str, Any] = Field(default_factory=dict)


@routes.get("/v1/things", access=READING, query=PageQuery)
def list_things(call: Call) -> Reply:
    """List things."""
    with call.transaction() as tx:
        org = tx.conn.execute(text("SELECT current_setting('app.org_id')")).scalar_one()
    return Reply({"org_id": org, "limit": call.query.limit})


@routes.get("/v1/things/{id}", access=READING)
def get_thing(call: Call) -> Reply:
    """One thing."""
    return Reply({"id": call.path["id"]}, version=7)


@routes.put("/v1/things/{id}", access=DISPATCHING, body=Thing, versioned=True)
def change_thing(call: Call) -> Reply:
    """Change a thing."""
    return Reply({"lat": call.body.lat, "saw": call.if_match}, version=8)


@routes.post("/v1/things/{id}/force", access=Access(DISPATCHING.roles, permission=Permission.FORCE_TRAVELLING))
def force_thing(call: Call) -> Reply:
    """Force a thing."""
    return Reply({"done": True})


@routes.post("/v1/things/break", access=TECHNICIANS)
def break_thing(call: Call) -> Reply:
    """Break half-way."""
    with call.transaction() as tx:
        tx.conn.execute(text("UPDATE organizations SET name = 'half done'"))
        raise ConflictError("Not now.", busy_until="14:00")


@routes.get("/v1/failures", access=TECHNICIANS)
def fail(call: Call) -> Reply:
    """Fail unexpectedly."""
    raise KeyError("ana@example.com")


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations)


def test_a_handler_works_in_the_transaction_of_its_caller(client: FlaskClient, people: People) -> None:
    answer = client.get("/v1/things?limit=3", headers=bearer(people.session()))
    assert answer.status_code == 200
    assert answer.json == {"org_id": str(people.org_id), "limit": 3}
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("token", ["", "nonsense", "gas_AAAAAAAAAAAAAAAAAAAAAA_secret", "gak_AAAAAAAAAAAAAAAAAAAAAA_x"])
def test_without_a_valid_token_nothing_is_answered(client: FlaskClient, token: str) -> None:
    answer = client.get("/v1/things", headers=bearer(token))
    assert answer.status_code == 401
    assert answer.json["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
