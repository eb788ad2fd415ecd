"""The same key creates once; another body under it is refused; a bad key is told."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from geo_assign.core.errors import ConflictError
from geo_assign.core.idempotency import claim, find
from geo_assign.core.ids import new_id
from geo_assign.http.idempotency import replayed
from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.schemas import Body, ShortText
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")


class Note(Body):
    title: ShortText
    fail: bool = False


@routes.post("/v1/notes", access=DISPATCHING, body=Note, status=201, creates=True)
def create_note(call: Call[None, Note]) -> Reply:
    """Create."""
    with call.transaction() as tx:
        if call.attempt is not None and (known := find(tx, call.attempt)) is not None:
            return replayed(Reply({"id": known}))
        note_id: UUID = new_id()
        if call.attempt is not None:
            claim(tx, call.attempt, note_id)
        if call.body.fail:
            raise ConflictError
    return Reply({"id": note_id})


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations)


def post(client: FlaskClient, token: str, key: str | None, **body: Any) -> Any:
    headers = bearer(token) | ({} if key is None else {"Idempotency-Key": key})
    return client.post("/v1/notes", json=body, headers=headers)


def test_a_retry_answers_what_the_first_attempt_created(client: FlaskClient, people: People) -> None:
    token = people.session()
    first = post(client, token, "key-1", title="Screen")
    again = post(client, token, "key-1", title=" Screen ")
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused(client: FlaskClient, people: People) -> None:
    token = people.session()
    post(client, token, "key-1", title="Screen")
    answer = post(client, token, "key-1", title="Battery")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


def test_keys_belong_to_their_caller(client: FlaskClient, people: People) -> None:
    one, other = (post(client, people.session(), "key-1", title="Screen") for _ in range(2))
    assert one.json != other.json


def test_a_failed_attempt_leaves_nothing(client: FlaskClient, people: People, admin: Connection) -> None:
    token = people.session()
    assert post(client, token, "key-1", title="Screen", fail=True).status_code == 409
    assert admin.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 0
    assert post(client, token, "key-1", title="Screen", fail=False).status_code == 201


@pytest.mark.parametrize("key", [" ", "", "x" * 201, "naïve"])
def test_a_key_that_cannot_be_kept_is_refused(client: FlaskClient, people: People, key: str) -> None:
    answer = post(client, people.session(), key, title="Screen")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_header")


def test_without_a_key_every_post_creates(client: FlaskClient, people: People) -> None:
    token = people.session()
    assert post(client, token, None, title="Screen").json != post(client, token, None, title="Screen").json
