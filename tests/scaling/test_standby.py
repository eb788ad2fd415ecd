"""A real streaming standby answers reads, with all that was told before; what it cannot answer the primary does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask

from geo_assign.app import EXTENSION, create_app
from geo_assign.core.telemetry import registry
from geo_assign.doctor import CheckVerdict, examine
from tests.api.neighbours import House, neighbours_in
from tests.api.samples import OPERATIONS, SAMPLES, request_of
from tests.api.test_every_operation_succeeds import told_story, unanswered
from tests.conftest import World
from tests.scaling.standby import Pair, primary_and_standby
from tests.waiting import wait_until

HERE = {"lat": 41.1514, "lon": -8.6104}
READS = sorted(name for name, operation in OPERATIONS.items() if operation.replica)


@dataclass
class Desk:
    """The service over a primary with a standby, and one organization in it."""

    app: Flask
    house: House

    def ask(self, name: str, by: str = "root", **changes: Any) -> tuple[int, Any]:
        request = {**request_of(name, self.house.things), **changes}
        request["headers"] = {**request["headers"], "Authorization": f"Bearer {self.house.token(by)}"}
        path, method = request.pop("path"), request.pop("method")
        answer = self.app.test_client(use_cookies=False).open(path, method=method, **request)
        return answer.status_code, answer.get_json() if answer.is_json else answer.get_data()

    def lead(self, customer: str) -> str:
        body = {"store_id": self.house.things["store"], "customer": {"name": customer}, "location": HERE}
        status, lead = self.ask("POST /v1/leads", json=body)
        assert status == 201, lead
        return str(lead["id"])


@pytest.fixture(scope="module")
def pair(template: str) -> Iterator[Pair]:
    with primary_and_standby(template) as pair:
        yield pair


@pytest.fixture(scope="module")
def house(pair: Pair) -> Iterator[House]:
    with neighbours_in(pair.primary) as neighbours:
        api = neighbours.ours.api
        now = api.get("/v1/me", by="root").get_json()["server_now"]
        sent = api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **HERE}]})
        assert sent.get_json()["results"][0]["verdict"] == "accepted"
        yield neighbours.ours


@pytest.fixture
def desk(pair: Pair, house: House) -> Iterator[Desk]:
    """With time enough for a busy machine."""
    with served(pair.primary, replica_url=pair.replica_url, replica_wait_ms=1_000) as app:
        yield Desk(app, house)


@contextmanager
def served(world: World, **settings: object) -> Iterator[Flask]:
    app = create_app(world.settings(**settings))
    try:
        yield app
    finally:
        app.extensions[EXTENSION].close()


def outcomes(outcome: str) -> float:
    """How many reads became this so far."""
    return registry.get_sample_value("geo_assign_replica_reads_total", {"outcome": outcome}) or 0.0


def test_the_story_is_told_with_a_standby(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each step reads what an earlier one wrote."""
    before = outcomes("answered")
    settings = pair.primary.settings(replica_url=pair.replica_url, replica_wait_ms=1_000)
    with told_story(settings, tmp_path_factory.mktemp("gazetteers")) as story:
        assert unanswered(story) == set()
    assert outcomes("answered") - before >= len(READS)


@pytest.mark.parametrize("name", READS)
def test_a_read_is_answered_as_the_primary_answers_it(pair: Pair, desk: Desk, name: str) -> None:
    before = outcomes("answered")
    status, answer = desk.ask(name)
    assert outcomes("answered") == before + 1
    with served(pair.primary) as direct:
        expected = Desk(direct, desk.house).ask(name)
    assert (status, without_times(answer)) == (expected[0], without_times(expected[1]))


def without_times(answer: Any) -> Any:
    """What passes between two questions is left out."""
    if isinstance(answer, dict):
        passing = {"server_now", "cursor", "age_s", "id", "instance", "next_cursor"}
        return {key: without_times(value) for key, value in answer.items() if key not in passing and key != "slot"}
    return [without_times(one) for one in answer] if isinstance(answer, list) else answer


def test_who_wrote_reads_it_at_once_however_late_the_standby_is(pair: Pair, desk: Desk) -> None:
    pair.pause()
    try:
        late = outcomes("late")
        lead = desk.lead("Written while it sleeps")
        status, listed = desk.ask("GET /v1/work-orders", query_string={"limit": 100})
        assert status == 200
        assert lead in {order["id"] for order in listed["items"]}
        assert outcomes("late") == late + 1
        # It is left alone now, so nothing waits for it.
        left_alone = outcomes("left_alone")
        assert desk.ask("GET /v1/work-orders")[0] == 200
        assert outcomes("left_alone") + outcomes("late") >= left_alone + late + 2
    finally:
        pair.resume()
    answered = outcomes("answered")
    wait_until(lambda: desk.ask("GET /v1/work-orders") and outcomes("answered") > answered, "the standby answers again")


def test_what_is_revoked_is_revoked_at_once(pair: Pair, desk: Desk) -> None:
    known = {"organization": "acme", "email": "root@acme.example", "password": "root-password"}
    status, made = desk.ask("POST /v1/sessions", json=known)
    assert status == 201, made
    pair.pause()
    try:
        client = desk.app.test_client(use_cookies=False)
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert client.get("/v1/work-orders", headers=headers).status_code == 200
        assert client.delete("/v1/sessions/current", headers=headers).status_code == 204
        assert client.get("/v1/work-orders", headers=headers).status_code == 401
    finally:
        pair.resume()


def test_a_standby_that_dies_is_not_missed(pair: Pair, desk: Desk) -> None:
    assert desk.ask("GET /v1/calendar")[0] == 200
    pair.kill()
    try:
        failed = outcomes("failed")
        for name in READS:
            assert desk.ask(name)[0] == 200, name
        assert outcomes("failed") > failed
        found = {one.name: one for one in examine(settings_of(pair), environ={})}["replica"]
        assert (found.verdict, "the primary answers meanwhile" in found.hint) == (CheckVerdict.WARN, True)
    finally:
        pair.start()
    answered = outcomes("answered")
    wait_until(lambda: desk.ask("GET /v1/work-orders") and outcomes("answered") > answered, "the standby answers again")
    assert {one.name: one.verdict for one in examine(settings_of(pair), environ={})}["replica"] is CheckVerdict.OK
    mistaken = pair.primary.settings(replica_url=pair.primary.app_url)
    assert {one.name: one.verdict for one in examine(mistaken, environ={})}["replica"] is CheckVerdict.FAIL


def settings_of(pair: Pair) -> Any:
    return pair.primary.settings(replica_url=pair.replica_url)


@pytest.mark.parametrize("name", ["GET /v1/map", "POST /v1/technicians/nearest"])
def test_a_look_is_in_the_primarys_log_before_it_is_answered(pair: Pair, desk: Desk, name: str) -> None:
    before, answered = looks(pair, desk), outcomes("answered")
    assert desk.ask(name)[0] == 200
    assert outcomes("answered") == answered + 1
    assert looks(pair, desk) == before + 1
    with psycopg.connect(pair.primary.admin_url, autocommit=True) as conn:
        conn.execute("REVOKE INSERT ON location_views FROM geo_assign_app")
        try:
            status, problem = desk.ask(name)
            assert (status, problem["code"]) == (503, "unavailable")
            assert "logged before it is answered" in problem["detail"]
        finally:
            conn.execute("GRANT INSERT ON location_views TO geo_assign_app")
    assert desk.ask(name)[0] == 200
    # The one that was refused was asked for, too.
    assert looks(pair, desk) == before + 3


def looks(pair: Pair, desk: Desk) -> int:
    statement = "SELECT coalesce(sum(count), 0) FROM location_views WHERE technician_id = %s"
    with psycopg.connect(pair.primary.admin_url, autocommit=True) as conn:
        ((number,),) = conn.execute(statement, [desk.house.things["technician"]]).fetchall()
    return int(number)


def test_a_service_on_a_standby_refuses_in_words_and_shows_no_place(pair: Pair, house: House) -> None:
    """Every operation, asked of a service whose database is the standby itself."""
    pair.catch_up()
    with served(pair.standby) as app:
        desk = Desk(app, house)
        told = {name: desk.ask(name) for name in sorted(SAMPLES) if name != "GET /v1/live"}
        ready = app.test_client().get("/health/ready")
        lead = {"store_id": house.things["store"], "customer": {"name": "Ana"}, "location": HERE}
        assert desk.ask("POST /v1/leads", json=lead)[0] == 503
    assert {name: answer for name, (status, answer) in told.items() if status >= 500 and status != 503} == {}
    refused = {name for name, (status, _) in told.items() if status == 503}
    assert {"GET /v1/map", "POST /v1/technicians/nearest", "POST /v1/sessions", "POST /v1/leads"} <= refused
    assert all("standby" in told[name][1]["detail"] or "log" in told[name][1]["detail"] for name in refused), told
    assert {name for name in READS if told[name][0] == 200} >= {"GET /v1/calendar", "GET /v1/work-orders"}
    failed = {check["name"]: check["detail"] for check in ready.get_json()["checks"] if not check["ok"]}
    assert ready.status_code == 503
    assert "it is a standby" in failed["database"]
