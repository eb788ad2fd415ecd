"""Flask serves the API: its test client, its command line and its signals see every operation."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client

from geo_assign.app import create_app, list_operations
from geo_assign.core.settings import Settings
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import ALL_ROLES, READING, Access, Call, Reply, Routes, Stream
from geo_assign.http.paths import rule_of
from geo_assign.http.schemas import Body
from tests.conftest import World
from tests.http.conftest import MakeClient, People, bearer
from tests.scripts.shell import REPOSITORY

routes = Routes("Examples")
THING = UUID("0197f0f0-0000-7000-8000-00000000000a")


class Note(Body):
    text: str = "none"


class Parts:
    """A stream that counts how often it was closed."""

    def __init__(self, *, fails: bool = False) -> None:
        self.closed = 0
        self._fails = fails

    def __iter__(self) -> Iterator[bytes]:
        yield b"data: 1\n\n"
        yield b"data: 2\n\n"

    def close(self) -> None:
        self.closed += 1
        if self._fails:
            raise OSError("the hub is gone")


given: list[Parts] = []


@routes.get("/v1/things/{id}", access=READING)
def get_thing(call: Call[None, None], id: UUID) -> Reply:
    """One thing."""
    return Reply({"id": id})


@routes.get("/v1/tiles/{z:int}/{y:int}.mvt", access=READING)
def get_tile(call: Call[None, None], z: int, y: int) -> Reply:
    """One tile."""
    return Reply({"z": z, "y": y})


@routes.get("/v1/words/{name:slug}", access=READING)
def get_word(call: Call[None, None], name: str) -> Reply:
    """One word."""
    return Reply({"name": name})


@routes.post("/v1/notes", access=ALL_ROLES, body=Note)
def add_note(call: Call[None, Note]) -> Reply:
    """Add a note."""
    return Reply({"text": call.body.text})


@routes.delete("/v1/notes", access=ALL_ROLES)
def empty_notes(call: Call[None, None]) -> Reply:
    """Answer with nothing at all."""
    return Reply()


@routes.post("/v1/failures", access=Access(public=True))
def fail(call: Call[None, None]) -> Reply:
    """Fail unexpectedly."""
    raise KeyError("never told")


@routes.post("/v1/refusals", access=Access(public=True))
def refuse(call: Call[None, None]) -> Reply:
    """Refuse, as is expected."""
    raise OverloadedError(retry_after_s=3)


@routes.get("/v1/stream", access=READING, streams=True, media_types=("text/event-stream",))
def stream(call: Call[None, None]) -> Reply:
    """Stream."""
    return Reply(Stream(given[-1]))


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations, streams=1, threads=1)


@pytest.fixture
def reader(people: People) -> dict[str, str]:
    return bearer(people.session())


def test_the_command_line_lists_every_operation(world: World) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}
    command = [sys.executable, "-m", "flask", "--app", "geo_assign.app", "routes"]
    listed = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment | {"GEO_ASSIGN_DATABASE_URL": world.app_url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    rows = {tuple(re.split(r" {2,}", line.strip())) for line in listed.splitlines() if re.search(r" /v1/", line)}
    declared = {
        (f"{one.handler.__module__.rpartition('.')[2]}.{one.name}", one.method, rule_of(one.path))
        for one in list_operations()
    }
    assert rows == declared


def test_every_route_file_is_a_blueprint(world: World) -> None:
    app = create_app(world.settings())
    files = {operation.handler.__module__.rpartition(".")[2] for operation in list_operations()}
    assert files < set(app.blueprints)


@pytest.mark.parametrize(
    ("method", "path", "rule", "endpoint"),
    [
        ("GET", f"/v1/things/{THING}", "/v1/things/<uuid:id>", "test_flask.get_thing"),
        ("HEAD", f"/v1/things/{THING}", "/v1/things/<uuid:id>", "test_flask.get_thing"),
        ("POST", "/v1/notes", "/v1/notes", "test_flask.add_note"),
        ("GET", "/v1/nothing", None, None),
    ],
)
def test_integrations_see_each_request_and_its_rule(
    client: FlaskClient, reader: dict[str, str], method: str, path: str, rule: str | None, endpoint: str | None
) -> None:
    """What Sentry's and OpenTelemetry's integrations read: signals, hooks, `url_rule`, `endpoint`, the blueprint."""
    seen: list[tuple[str, Any, Any]] = []

    def look(moment: str) -> None:
        found = flask.request.url_rule
        seen.append((moment, found.rule if found else None, flask.request.endpoint))

    def started(_app: flask.Flask, **_more: Any) -> None:
        look("started")

    def finished(_app: flask.Flask, response: flask.Response, **_more: Any) -> None:
        look(f"finished {response.status_code}")

    app = client.application
    app.before_request(lambda: look("before"))
    app.teardown_request(lambda _error: look("torn down"))
    with flask.request_started.connected_to(started, app), flask.request_finished.connected_to(finished, app):
        answer = client.open(path, method=method, headers=reader)
    moments = ["started", "before", f"finished {answer.status_code}", "torn down"]
    assert seen == [(moment, rule, endpoint) for moment in moments]


def test_integrations_hear_of_what_was_unexpected_and_of_nothing_else(client: FlaskClient) -> None:
    raised: list[BaseException] = []

    def note(_app: flask.Flask, exception: BaseException, **_more: Any) -> None:
        raised.append(exception)

    with flask.got_request_exception.connected_to(note, client.application):
        assert client.post("/v1/refusals").status_code == 503
        assert client.get("/v1/nothing").status_code == 404
        assert client.delete("/v1/failures").status_code == 405
        assert raised == []
        answer = client.post("/v1/failures")
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert [type(error) for error in raised] == [KeyError]


def test_every_kind_of_path_parameter_arrives_typed(client: FlaskClient, reader: dict[str, str]) -> None:
    def get(path: str) -> Any:
        return client.get(path, headers=reader).json

    one = uuid4()
    assert get(f"/v1/things/{str(one).upper()}") == {"id": str(one)}
    assert get("/v1/tiles/07/999999999.mvt") == {"z": 7, "y": 999_999_999}
    assert get("/v1/words/tv.wall-mount_2") == {"name": "tv.wall-mount_2"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tiles/1/1000000000.mvt",
        "/v1/tiles/-1/1.mvt",
        "/v1/tiles/1.5/1.mvt",
        "/v1/tiles/٣/1.mvt",
        "/v1/tiles/1/1.png",
        "/v1/words/Word",
        "/v1/words/-a",
        "/v1/words/" + "a" * 64,
        "/v1/words/a%2Fb",
        f"/v1/things/{THING.hex}",
        f"/v1/things/{{{THING}}}",
        f"/v1/things/{THING}/",
        f"/v1//things/{THING}",
        "/v1/notes/",
        "/v1/",
    ],
)
def test_what_fits_no_rule_is_absent_and_nothing_redirects(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "no_such_route")


def test_no_host_is_refused(client: FlaskClient, reader: dict[str, str]) -> None:
    for host in ("xn--\udc80", "a" * 300, "", "ü.example", "[::1]:80", "a b"):
        answer = client.get("/v1/words/tv", headers=reader, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == 200, host


def test_options_tell_the_methods_and_read_nothing(client: FlaskClient) -> None:
    answer = client.options("/v1/notes")
    assert (answer.status_code, answer.data, answer.headers["Allow"]) == (204, b"", "DELETE, OPTIONS, POST")
    assert "X-Request-Id" in answer.headers
    assert "Content-Type" not in answer.headers
    assert client.options("/v1/nothing").status_code == 404


class Untouchable(io.RawIOBase):
    """A body that must not be read."""

    def read(self, _size: int = -1) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize("headers", [{}, bearer("nonsense"), {"Authorization": "Basic !"}])
def test_no_body_is_read_without_credentials(client: FlaskClient, headers: dict[str, str]) -> None:
    for more in ({"CONTENT_LENGTH": "20"}, {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}):
        unread = {"wsgi.input": Untouchable(), "CONTENT_TYPE": "application/json", **more}
        assert client.post("/v1/notes", headers=headers, environ_overrides=unread).status_code == 401
        assert client.post("/v1/nothing", headers=headers, environ_overrides=unread).status_code == 404


def test_an_answer_without_a_body_says_so(client: FlaskClient, reader: dict[str, str]) -> None:
    answer = client.delete("/v1/notes", headers=reader)
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "0")
    assert "Content-Type" not in answer.headers


def test_a_whole_answer_is_handed_over_as_a_list(client: FlaskClient, reader: dict[str, str]) -> None:
    """Granian sends a list at once, and anything else piece by piece."""
    kinds = []

    def watched(environ: Any, start_response: Any) -> Any:
        parts = client.application(environ, start_response)
        kinds.append(type(parts))
        return parts

    watching = Client(watched)
    watching.get(f"/v1/things/{uuid4()}", headers=reader)
    watching.get("/v1/nothing")
    assert kinds == [list, list]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stream_holds_its_place_until_the_client_leaves(
    client: FlaskClient, reader: dict[str, str], method: str
) -> None:
    given.append(Parts())
    for _ in range(3):  # there is one place, so each must have been given back
        answer = client.open("/v1/stream", method=method, headers=reader)
        assert answer.status_code == 200
        if method == "GET":
            assert next(iter(answer.response)).startswith(b"data: 1")
            assert client.get("/v1/stream", headers=reader).json["code"] == "overloaded"
            # The one place for requests is free meanwhile.
            assert client.get("/v1/words/tv", headers=reader).status_code == 200
        answer.close()
    assert given[-1].closed == 3


def test_a_stream_that_fails_to_close_gives_its_place_back(client: FlaskClient, reader: dict[str, str]) -> None:
    given.append(Parts(fails=True))
    for _ in range(2):
        answer = client.get("/v1/stream", headers=reader)
        assert answer.status_code == 200
        with pytest.raises(OSError, match="gone"):
            answer.close()


def test_a_refused_stream_gives_its_place_back(client: FlaskClient, reader: dict[str, str]) -> None:
    given.append(Parts())
    for _ in range(2):
        assert client.get("/v1/stream?surprise=1", headers=reader).status_code == 422
    assert client.get("/v1/stream", headers=reader).status_code == 200


def test_a_handler_takes_the_parameters_of_its_path() -> None:
    others = Routes("Examples")
    with pytest.raises(TypeError, match="get_other"):

        @others.get("/v1/others/{id}", access=READING)
        def get_other(call: Call[None, None], other_id: UUID) -> Reply:
            """One other."""
            return Reply({"id": other_id})

    with pytest.raises(TypeError, match="get_number"):

        @others.get("/v1/numbers/{number:int}", access=READING)
        def get_number(call: Call[None, None], number: str) -> Reply:
            """One number."""
            return Reply({"number": number})


def test_an_application_is_made_without_arguments() -> None:
    assert isinstance(create_app(Settings(_env_file=None)), flask.Flask)  # type: ignore[call-arg]
