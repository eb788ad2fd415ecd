"""Bodies that are not strict JSON: an operation says how its body is read, and the document says so, too."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel, ConfigDict

from geo_assign.core.errors import InvalidError
from geo_assign.http.bodies import STRICT_JSON, URL_ENCODED, BodyFormat
from geo_assign.http.decoding import M, decode_body
from geo_assign.http.errors import UnsupportedMediaTypeError
from geo_assign.http.operations import ALL_ROLES, Call, Reply, Routes
from geo_assign.http.schemas import Latitude, Longitude, Query
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Trackers")


class Fix(Query):
    """A position, written like a query string."""

    lat: Latitude
    lon: Longitude
    event: tuple[str, ...] = ()


class Message(BaseModel):
    """A tracker's own JSON: members that are not ours are passed over, and numbers may come as text."""

    model_config = ConfigDict(extra="ignore")

    lat: Latitude
    lon: Longitude


def _require_anything(content_type: str | None) -> None:
    if content_type is not None and content_type.startswith("multipart/"):
        raise UnsupportedMediaTypeError("Send the message alone.")


def _decode_hex(model: type[M], raw: bytes) -> M:
    """The tracker's transmission: its JSON in hexadecimal digits."""
    try:
        plain = bytes.fromhex(raw.decode("ascii"))
    except ValueError as error:
        raise InvalidError("The body is not hexadecimal.") from error
    return decode_body(model, plain)


HEX = BodyFormat(("application/vnd.tracker", "text/plain"), _require_anything, _decode_hex)


@routes.post("/v1/trackers/form", access=ALL_ROLES, body=Fix, reads=URL_ENCODED)
def send_form(call: Call[None, Fix]) -> Reply:
    """Send a form."""
    return Reply({"lat": call.body.lat, "event": call.body.event})


@routes.post("/v1/trackers/hex", access=ALL_ROLES, body=Message, reads=HEX)
def send_hex(call: Call[None, Message]) -> Reply:
    """Send hexadecimal digits."""
    return Reply({"lat": call.body.lat})


@routes.post("/v1/trackers/own-json", access=ALL_ROLES, body=Message)
def send_own_json(call: Call[None, Message]) -> Reply:
    """Send a tracker's own JSON."""
    return Reply({"lat": call.body.lat})


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations)


@pytest.fixture
def caller(people: People) -> dict[str, str]:
    return bearer(people.session())


FORM = "application/x-www-form-urlencoded"


def test_a_form_is_read_as_strictly_as_a_query_string(client: FlaskClient, caller: dict[str, str]) -> None:
    def send(raw: bytes, content_type: str = FORM) -> Any:
        return client.post("/v1/trackers/form", data=raw, content_type=content_type, headers=caller)

    assert send(b"lat=41.15&lon=-8.61").json == {"lat": 41.15, "event": []}
    assert send(b"lat=41.15&lon=-8.61&event=ping&event=sos", f"{FORM}; charset=utf-8").json["event"] == ["ping", "sos"]
    for wrong, pointer, code in (
        (b"lat=95&lon=0", "/lat", "out_of_range"),
        (b"lat=1&lat=2&lon=0", "/lat", "repeated"),
        (b"lat=1", "/lon", "missing"),
        (b"lat=1&lon=0&speed=%00", "/speed", "nul_character"),
    ):
        answer = send(wrong)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_request"), wrong
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]
    assert send(b"").status_code == 422
    assert send("lat=1&lon=ü".encode()).status_code == 422
    assert send(b"lat=%ff&lon=0").status_code == 422


def test_another_content_type_is_told_which_is_read(client: FlaskClient, caller: dict[str, str]) -> None:
    answer = client.post("/v1/trackers/form", json={"lat": 1, "lon": 0}, headers=caller)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    assert FORM in answer.json["detail"]


def test_a_format_of_ones_own_is_read(client: FlaskClient, caller: dict[str, str]) -> None:
    def send(raw: bytes, **more: Any) -> Any:
        return client.post("/v1/trackers/hex", data=raw, headers=caller, **more)

    message = json.dumps({"lat": 41.15, "lon": "-8.61", "batt": 80}).encode().hex().encode()
    assert send(message).json == {"lat": 41.15}
    assert send(message, content_type="text/plain").json == {"lat": 41.15}
    assert send(message, content_type="multipart/mixed").status_code == 415
    assert send(b"zz").json["detail"] == "The body is not hexadecimal."
    assert send(b"").json["code"] == "invalid_request"


def test_json_of_ones_own_needs_a_model_and_no_format(client: FlaskClient, caller: dict[str, str]) -> None:
    body = {"_type": "location", "lat": "41.15", "lon": -8.61}
    assert client.post("/v1/trackers/own-json", json=body, headers=caller).json == {"lat": 41.15}


def test_what_is_wrong_with_such_a_body_is_told_only_to_callers(client: FlaskClient) -> None:
    for path in ("/v1/trackers/form", "/v1/trackers/hex"):
        assert client.post(path, data=b"zz", content_type=FORM).status_code == 401


def test_the_document_tells_the_content_types(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    told = {path: set(item["post"]["requestBody"]["content"]) for path, item in paths.items() if "trackers" in path}
    assert told == {
        "/v1/trackers/form": {FORM},
        "/v1/trackers/hex": set(HEX.media_types),
        "/v1/trackers/own-json": set(STRICT_JSON.media_types),
    }
