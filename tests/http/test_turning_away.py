"""Too much to do: requests are turned away in front of the application, by lane, and counted."""

import json
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo_assign.http import turning_away
from geo_assign.http.admission import WorkTurns
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import ALL_ROLES, Call, Lane, Reply, Routes
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")


@routes.get("/v1/pings", access=ALL_ROLES, lane=Lane.PHONES)
def ping(call: Call[None, None]) -> Reply:
    """Ping."""
    return Reply({})


@routes.get("/v1/searches", access=ALL_ROLES)
def search(call: Call[None, None]) -> Reply:
    """Search."""
    return Reply({})


@routes.post("/v1/searches", access=ALL_ROLES)
def search_for(call: Call[None, None]) -> Reply:
    """Search for something."""
    return Reply({})


@routes.post("/v1/searches/{number:int}", access=ALL_ROLES)
def search_again(call: Call[None, None], number: int) -> Reply:
    """Search again."""
    return Reply({})


@routes.get("/v1/pictures", access=ALL_ROLES, lane=Lane.PICTURES)
def look(call: Call[None, None]) -> Reply:
    """Look."""
    return Reply({})


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(make_client: MakeClient, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def standing(**options: Any) -> WorkTurns:
        return WorkTurns(clock=clock, most=1, wait_s=options["wait_s"])

    monkeypatch.setattr("geo_assign.app.WorkTurns", standing)
    return make_client(routes.operations)


@pytest.fixture
def busy(client: FlaskClient, clock: Clock) -> WorkTurns:
    """One request is being worked on, as usual for 10 ms, and there has been a line for a while."""
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    turn = work.enter(Lane.ORDINARY, "x")
    clock.now += 0.01
    work.leave(turn)
    clock.now += 1
    turn = work.enter(Lane.ORDINARY, "x")
    line = work._line
    for _ in range(2):
        line.arrive(Lane.ORDINARY, "x", clock.now)
    clock.now += 0.2
    return work


def test_the_less_important_are_turned_away_at_once(
    client: FlaskClient, busy: WorkTurns, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []
    behind = client.application.wsgi_app._behind  # type: ignore[attr-defined]

    def watched(environ: Any, start_response: Any) -> Any:
        reached.append(environ["PATH_INFO"])
        return behind(environ, start_response)

    monkeypatch.setattr(client.application.wsgi_app, "_behind", watched)
    headers = bearer(people.session())
    for path in ("/v1/searches", "/v1/pictures"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (503, OverloadedError.code)
        assert answer.headers["Retry-After"] == "1"
        assert answer.content_type == "application/problem+json"
        assert answer.json["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"
    assert reached == []
    # What is no call of the API is answered, however much there is to do.
    assert client.get("/health/live").status_code == 200
    assert client.get("/v1/nothing").status_code == 404
    assert client.put("/v1/searches").status_code == 405
    assert reached == ["/health/live", "/v1/nothing", "/v1/searches"]
    told = client.get("/metrics").text
    assert 'geo_assign_http_shed_total{lane="ordinary"}' in told
    assert 'geo_assign_http_requests_total{status="5xx",tag="Examples"}' in told


def test_they_are_logged_together(
    client: FlaskClient, busy: WorkTurns, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(turning_away, "monotonic", clock)
    for _ in range(5):
        client.get("/v1/searches")
    clock.now += 0.04
    busy._line.arrive(Lane.ORDINARY, "x", clock.now)
    monkeypatch.setattr(turning_away, "_LOGGED_EVERY_S", 0.03)
    client.get("/v1/searches")
    lines = [line for line in capsys.readouterr().out.splitlines() if "requests_turned_away" in line]
    assert ['"number":1' in lines[0], '"number":5' in lines[1]] == [True, True]


class Untouchable:
    """Whatever is asked of it fails the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is asked of what a refusal has no business with")

    def __call__(self, *_given: object) -> None:
        raise AssertionError("a refusal calls what it has no business with")

    def __enter__(self) -> None:
        raise AssertionError("a refusal waits for a lock")

    def __exit__(self, *_raised: object) -> None:
        raise AssertionError("a refusal holds a lock")


@pytest.mark.parametrize("path", ["/v1/searches", "/v1/searches/7"])
def test_a_refusal_costs_no_body_no_database_and_no_lock(
    client: FlaskClient, busy: WorkTurns, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    application: Any = client.application
    refused = client.post(path)
    assert refused.status_code == 503
    # From here on all are told the same until a turn ends, and nothing is looked at.
    monkeypatch.setattr(busy, "_lock", Untouchable())
    services = application.extensions["geo_assign"]
    monkeypatch.setattr(services.database, "transaction", Untouchable())
    monkeypatch.setattr(application.wsgi_app, "_behind", Untouchable())
    told: list[Any] = []
    environ = refused.request.environ | {"CONTENT_LENGTH": "1000", "wsgi.input": Untouchable()}
    answer = application.wsgi_app(environ, lambda *status_and_headers: told.append(status_and_headers))
    (status, headers) = told[0]
    body = b"".join(answer)
    assert status.startswith("503 ")
    assert dict(headers)["Content-Length"] == str(len(body))
    assert json.loads(body)["code"] == OverloadedError.code


def test_a_refusal_bears_the_name_that_the_client_gave_the_request(client: FlaskClient, busy: WorkTurns) -> None:
    for given, sane in (("order-7.of_today", True), ("no", False), ('"quoted-and-long"', False)):
        answer = client.get("/v1/searches", headers={"X-Request-Id": given})
        assert (answer.headers["X-Request-Id"] == given) is sane
        assert answer.json["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"


def test_it_is_over_as_soon_as_a_turn_ends(client: FlaskClient, busy: WorkTurns, clock: Clock) -> None:
    assert [client.get(path).status_code for path in ("/v1/searches", "/v1/pictures")] == [503, 503]
    # Phones are let wait for longer: what the others were told says nothing of them.
    assert not busy.refuses(Lane.PHONES)
    (working,) = busy._line._working
    for turn in (waiting := list(busy._line._waiting[Lane.ORDINARY])):
        busy._calls[turn] = threading.Lock()
        busy._calls[turn].acquire()
    busy.leave(working)
    assert busy.refuses(Lane.ORDINARY)  # one begins and one waits still
    busy.leave(waiting.pop())
    assert not busy.refuses(Lane.ORDINARY)


def test_each_of_many_at_once_is_counted(client: FlaskClient, busy: WorkTurns) -> None:
    turning_away: Any = client.application.wsgi_app
    environ = {"PATH_INFO": "/v1/searches", "REQUEST_METHOD": "GET"}
    assert busy.refuses(Lane.ORDINARY)
    before = _shed(client)

    def ask() -> None:
        for _ in range(500):
            assert turning_away(environ, lambda *_: None)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _shed(client) - before == 8 * 500


def _shed(client: FlaskClient) -> float:
    told = client.get("/metrics").text
    counts = [line.rpartition(" ")[2] for line in told.splitlines() if line.startswith(_SHED)]
    return float(counts[0]) if counts else 0.0


_SHED = 'geo_assign_http_shed_total{lane="ordinary"}'


def test_all_are_answered_when_there_is_room(client: FlaskClient, people: People) -> None:
    headers = bearer(people.session())
    for path in ("/v1/pings", "/v1/searches", "/v1/pictures"):
        assert client.get(path, headers=headers).status_code == 200
