"""Answers of JSON are gzipped for who reads that, and are otherwise the same."""

import gzip
import json
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from geo_assign.http.compression import LEAST_BYTES
from geo_assign.http.operations import READING, Call, Reply, Routes
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")
MANY = {"names": ["Łódź"] * LEAST_BYTES}


@routes.get("/v1/many", access=READING)
def read_many(call: Call[None, None]) -> Reply:
    """Read many names."""
    return Reply(MANY, version=7)


@routes.get("/v1/few", access=READING)
def read_few(call: Call[None, None]) -> Reply:
    """Read a few names."""
    return Reply({"names": ["Łódź"]})


@routes.get("/v1/secret", access=READING)
def read_secret(call: Call[None, None]) -> Reply:
    """Read a secret beside what another person may choose: how far it shrinks would tell of it."""
    return Reply({**MANY, "csrf_token": "s3cret"})


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations)


@pytest.mark.parametrize("accepted", ["gzip", "br;q=1, gzip;q=0.5", "*"])
def test_a_long_answer_goes_gzipped(client: FlaskClient, people: People, accepted: str) -> None:
    headers = {**bearer(people.session()), "Accept-Encoding": accepted}
    answer = client.get("/v1/many", headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.headers["ETag"] == '"7"'
    assert len(answer.data) < LEAST_BYTES
    assert json.loads(gzip.decompress(answer.data)) == MANY
    again = client.get("/v1/many", headers={**headers, "If-None-Match": '"7"'})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("accepted", [None, "identity", "gzip;q=0", "br"])
def test_who_reads_no_gzip_gets_none(client: FlaskClient, people: People, accepted: str | None) -> None:
    headers = bearer(people.session()) | ({"Accept-Encoding": accepted} if accepted else {})
    answer = client.get("/v1/many", headers=headers)
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.json == MANY


@pytest.mark.parametrize("path", ["/v1/few", "/v1/secret", f"/v1/none/{UUID(int=1)}"])
def test_short_answers_and_secrets_go_plain(client: FlaskClient, people: People, path: str) -> None:
    answer = client.get(path, headers={**bearer(people.session()), "Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.is_json
