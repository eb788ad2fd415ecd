"""What happens around every handler."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from pydantic import Field
from sqlalchemy import text

from geo_assign.access.domain import ApiScope, Permission, Role
from geo_assign.core.errors import ConflictError
from geo_assign.http.operations import DISPATCHING, READING, TECHNICIANS, Access, Call, Reply, Routes
from geo_assign.http.schemas import Body, Latitude, PageQuery
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")


class Thing(Body):
    lat: Latitude
    tags: dict[str, Any] = Field(default_factory=dict)


@routes.get("/v1/things", access=READING, query=PageQuery)
def list_things(call: Call[PageQuery, None]) -> Reply:
    """List things."""
    with call.transaction() as tx:
        org = tx.conn.execute(text("SELECT current_setting('app.org_id')")).scalar_one()
    return Reply({"org_id": org, "limit": call.query.limit})


@routes.get("/v1/things/{id}", access=READING)
def get_thing(call: Call[None, None], id: UUID) -> Reply:
    """One thing."""
    return Reply({"id": id}, version=7)


@routes.put("/v1/things/{id}", access=DISPATCHING, body=Thing, versioned=True)
def change_thing(call: Call[None, Thing], id: UUID) -> Reply:
    """Change a thing."""
    return Reply({"lat": call.body.lat, "saw": call.if_match}, version=8)


@routes.post("/v1/things/{id}/force", access=Access(DISPATCHING.roles, permission=Permission.FORCE_TRAVELLING))
def force_thing(call: Call[None, None], id: UUID) -> Reply:
    """Force a thing."""
    return Reply({"done": True})


@routes.post("/v1/things/break", access=TECHNICIANS)
def break_thing(call: Call[None, None]) -> Reply:
    """Break half-way."""
    with call.transaction() as tx:
        tx.conn.execute(text("UPDATE organizations SET name = 'half done'"))
        raise ConflictError("Not now.", busy_until="14:00")


@routes.get("/v1/failures", access=TECHNICIANS)
def fail(call: Call[None, None]) -> Reply:
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


def test_roles_scopes_and_permissions_decide(client: FlaskClient, people: People) -> None:
    def status(token: str, method: str, path: str) -> int:
        return client.open(path, method=method, headers=bearer(token)).status_code

    forced = f"/v1/things/{uuid4()}/force"
    assert status(people.session(Role.TECHNICIAN), "GET", "/v1/things") == 403
    assert status(people.api_key(ApiScope.READ), "GET", "/v1/things") == 200
    assert status(people.api_key(ApiScope.LEADS_WRITE), "GET", "/v1/things") == 403
    assert status(people.session(Role.DISPATCHER), "POST", forced) == 403
    assert status(people.session(Role.DISPATCHER, permissions=[Permission.FORCE_TRAVELLING]), "POST", forced) == 200
    assert status(people.session(Role.ADMINISTRATOR), "POST", forced) == 200


def test_what_is_wrong_with_a_body_is_told_only_to_those_who_may_call(client: FlaskClient, people: People) -> None:
    path = f"/v1/things/{uuid4()}"
    wrong = {"lat": True}
    assert client.put(path, json=wrong).status_code == 401
    assert client.put(path, json=wrong, headers=bearer(people.session(Role.TECHNICIAN))).status_code == 403
    answer = client.put(path, json=wrong, headers=bearer(people.session()))
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"pointer": "/lat", "code": "wrong_type", "detail": "Input should be a valid number."}
    ]


@pytest.mark.parametrize("path", ["/v1/things/17", "/v1/things/not-an-id", "/v1/nothing", "/v1/things/%ff", "/v1"])
def test_a_malformed_id_is_as_absent_as_any_other(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_another_method_is_told_which_there_are(client: FlaskClient) -> None:
    answer = client.delete("/v1/things")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.options("/v1/things").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_is_get_without_a_body(client: FlaskClient, people: People) -> None:
    headers = bearer(people.session())
    whole, head = client.get("/v1/things", headers=headers), client.head("/v1/things", headers=headers)
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(whole.data))


def test_a_version_travels_as_etag_and_back(client: FlaskClient, people: People) -> None:
    path, headers = f"/v1/things/{uuid4()}", bearer(people.session())
    first = client.get(path, headers=headers)
    assert first.headers["ETag"] == '"7"'
    for known in ('"7"', 'W/"7"', '"6", "7"', "*"):
        again = client.get(path, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
    assert client.get(path, headers=headers | {"If-None-Match": '"6"'}).status_code == 200

    def put(**extra: str) -> Any:
        return client.put(path, json={"lat": 1}, headers=headers | {k.replace("_", "-"): v for k, v in extra.items()})

    assert (put().status_code, put().json["code"]) == (428, "version_required")
    assert put(If_Match='"7"').json["saw"] == 7
    assert put(If_Match='W/"7"').json["saw"] == 7
    for wrong in ("7", "*", '"x"', '""', '"1", "2"'):
        answer = put(If_Match=wrong)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_header"), wrong


def test_an_error_rolls_back_and_keeps_its_facts(client: FlaskClient, people: People) -> None:
    answer = client.post("/v1/things/break", headers=bearer(people.session(Role.TECHNICIAN)))
    assert answer.status_code == 409
    assert answer.json["busy_until"] == "14:00"
    names = people.admin.execute(text("SELECT DISTINCT name FROM organizations")).scalars().all()
    assert "half done" not in names


def test_a_request_keeps_a_sane_id_and_is_given_one_otherwise(client: FlaskClient) -> None:
    given = client.get("/v1/things", headers={"X-Request-Id": "phone-4711-a"})
    assert given.headers["X-Request-Id"] == "phone-4711-a"
    assert given.json["instance"] == "urn:request:phone-4711-a"
    for strange in ("short", "has spaces in it", "x" * 65, "<script>alert(1)</script>"):
        made = client.get("/v1/things", headers={"X-Request-Id": strange}).headers["X-Request-Id"]
        assert len(made) == 32


def test_no_answer_invites_another_origin_or_a_frame(client: FlaskClient, people: People) -> None:
    for path in ("/v1/things", "/v1/nothing", "/health/live", "/openapi.json", "/docs/reference", "/docs/problems"):
        answer = client.get(path, headers=bearer(people.session()) | {"Origin": "https://elsewhere.example"})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path


def test_logs_name_the_request_and_nothing_secret_or_personal(
    client: FlaskClient, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    token = people.session(Role.TECHNICIAN)
    answer = client.get("/v1/failures", headers=bearer(token))
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    client.put(
        f"/v1/things/{uuid4()}", json={"lat": 41.123456, "tags": {"email": "bo@example.com"}}, headers=bearer(token)
    )
    client.get(f"/v1/things?limit=1&token={token}", headers=bearer(token))
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    failure = next(line for line in lines if line["event"] == "request_failed")
    assert failure["request_id"] == answer.headers["X-Request-Id"]
    assert failure["exception"][0]["type"] == "builtins.KeyError"
    accesses = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in accesses] == ["/v1/failures", "/v1/things/{id}", "/v1/things"]
    assert {line["org_id"] for line in accesses} == {str(people.org_id)}
    for secret in (token, token[-20:], "example.com", "41.123", "Invented"):
        assert secret not in written
