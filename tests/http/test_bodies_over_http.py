"""What arrives on the wire: types, sizes, and bodies that end too early."""

import gzip
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo_assign.http.operations import ALL_ROLES, Access, Call, Reply, Routes
from geo_assign.http.schemas import Body, ShortText
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")


class Echo(Body):
    title: ShortText = "none"


@routes.post("/v1/echo", access=ALL_ROLES, body=Echo)
def echo(call: Call[None, Echo]) -> Reply:
    """Echo."""
    return Reply({"title": call.body.title})


@routes.post("/v1/small", access=ALL_ROLES, body=Echo, max_body_bytes=40)
def echo_small(call: Call[None, Echo]) -> Reply:
    """Echo little."""
    return Reply({"title": call.body.title})


@routes.post("/v1/bare", access=Access(public=True))
def bare(call: Call[None, None]) -> Reply:
    """Take nothing."""
    return Reply({"authenticated": call.authenticated is not None})


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations, max_body_bytes=1_000)


def send(client: FlaskClient, people: People, path: str, raw: bytes, **environ: Any) -> Any:
    content_type = environ.pop("content_type", "application/json")
    headers = bearer(people.session())
    return client.post(path, data=raw, content_type=content_type, headers=headers, environ_overrides=environ)


def test_only_json_is_read(client: FlaskClient, people: People) -> None:
    answer = send(client, people, "/v1/echo", b"title=x", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    assert send(client, people, "/v1/echo", b"").json == {"title": "none"}


def test_a_body_has_a_size_announced_or_not(client: FlaskClient, people: People) -> None:
    large = b'{"title": "' + b"x" * 1_000 + b'"}'
    announced = send(client, people, "/v1/echo", large)
    assert (announced.status_code, announced.json["code"]) == (413, "body_too_large")
    chunked = send(client, people, "/v1/echo", large, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert chunked.status_code == 413
    assert send(client, people, "/v1/small", b'{"title": "' + b"x" * 40 + b'"}').status_code == 413
    fitting = b'{"title": "fits"}'
    unannounced = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert send(client, people, "/v1/echo", fitting, **unannounced).json == {"title": "fits"}


def test_a_body_may_be_gzip_and_is_bound_by_what_it_holds(client: FlaskClient, people: People) -> None:
    packed = {"HTTP_CONTENT_ENCODING": "gzip"}
    assert send(client, people, "/v1/echo", gzip.compress(b'{"title": "x"}'), **packed).json == {"title": "x"}
    bomb = send(client, people, "/v1/echo", gzip.compress(b'{"title": "' + b"x" * 100_000 + b'"}'), **packed)
    assert (bomb.status_code, bomb.json["code"]) == (413, "body_too_large")
    assert send(client, people, "/v1/echo", b'{"title": "x"}', **packed).status_code == 400
    other = send(client, people, "/v1/echo", b'{"title": "x"}', HTTP_CONTENT_ENCODING="br")
    assert (other.status_code, other.json["code"]) == (415, "unsupported_media_type")


def test_a_body_that_ends_too_early_is_not_taken_for_whole(client: FlaskClient, people: People) -> None:
    cut = {"CONTENT_LENGTH": "500", "wsgi.input": io.BytesIO(b'{"title": "x"}')}
    answer = send(client, people, "/v1/echo", b"{}", **cut)
    assert (answer.status_code, answer.json["code"]) == (400, "incomplete_body")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 30, "1,1"])
def test_a_strange_length_is_refused(client: FlaskClient, people: People, length: str) -> None:
    answer = send(client, people, "/v1/echo", b"{}", CONTENT_LENGTH=length)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_header")


def test_malformed_json_is_400_and_a_wrong_value_422(client: FlaskClient, people: People) -> None:
    assert send(client, people, "/v1/echo", b'{"title": ').status_code == 400
    assert send(client, people, "/v1/echo", b'{"title": "a\\u0000b"}').status_code == 422
    assert send(client, people, "/v1/echo", b'{"title": "\\ud800"}').status_code == 422
    assert send(client, people, "/v1/echo", b"[" * 900).status_code == 400


def test_a_call_without_a_body_takes_an_empty_object_and_nothing_else(client: FlaskClient) -> None:
    assert client.post("/v1/bare").json == {"authenticated": False}
    assert client.post("/v1/bare", json={}).status_code == 200
    assert client.post("/v1/bare", json={"surprise": 1}).status_code == 422
    assert client.post("/v1/bare?surprise=1").json["errors"][0]["code"] == "unknown_member"
