"""Readers of the feed who wait: told within a second, silent until the end otherwise, and gone with their log-in."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.webhooks.waiting import FeedHub
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.phones.conftest import new_lead, services_of
from tests.waiting import PATIENCE_S, wait_until


class Readers:
    """Readers that wait, each in a thread of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._pool = ThreadPoolExecutor(8)

    @property
    def hub(self) -> FeedHub:
        return services_of(self.api).feed

    def begin(self, *, by: str = "root", wait_s: float = 25, query: str = "") -> "Future[TestResponse]":
        """Wait for what comes after all there is."""
        after = read_to_end(self.api, by)
        client = Api(self.api.client.application.test_client(), self.api.tree)
        before = self.hub.waiting
        asked = self._pool.submit(client.get, f"/v1/events?after={after}&wait_s={wait_s}{query}", by=by)
        wait_until(lambda: self.hub.waiting > before or asked.done(), "the reader waits")
        return asked

    def close(self) -> None:
        self.hub.close()
        self._pool.shutdown()


def read_to_end(api: Api, by: str) -> str:
    page = api.get("/v1/events", by=by).json
    while page["items"] or page["has_more"]:
        page = api.get(f"/v1/events?after={page['next_cursor']}", by=by).json
    return str(page["next_cursor"])


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


@pytest.fixture
def readers(api: Api) -> Iterator[Readers]:
    readers = Readers(api)
    yield readers
    readers.close()


def types(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [one["type"] for one in answer.json["items"]]


def test_an_event_ends_the_wait_of_those_who_may_know_it(api: Api, readers: Readers) -> None:
    north = {
        "email": "north@acme.example",
        "name": "North's",
        "role": "store_administrator",
        "password": "seven red kites",
    }
    north["store_ids"] = [api.id("stores", "north")]  # type: ignore[assignment]
    assert api.post("/v1/users", json=north, by="root").status_code == 201
    given = {"organization": "acme", "email": north["email"], "password": north["password"]}
    elsewhere = api.post("/v1/sessions", json=given).json["token"]
    told = [readers.begin(), readers.begin(by="centre")]
    untold = [readers.begin(by=elsewhere, wait_s=2), readers.begin(wait_s=2, query="&event=work_order.cancelled")]
    lead = new_lead(api)
    for waiting in told:
        answer = waiting.result(PATIENCE_S)
        assert types(answer)[0] == "work_order.created"
        assert {one["data"]["work_order_id"] for one in answer.json["items"]} == {lead["id"]}
    for waiting in untold:
        answer = waiting.result(PATIENCE_S)
        assert types(answer) == []
        # What was looked at and not told is behind the cursor.
        assert "work_order.created" not in types(api.get(f"/v1/events?after={answer.json['next_cursor']}", by="root"))
    wait_until(lambda: readers.hub.waiting == 0, "no reader waits any more")


def test_what_is_there_already_is_told_at_once(api: Api) -> None:
    new_lead(api)
    assert "work_order.created" in types(api.get("/v1/events?wait_s=25", by="root"))


@pytest.mark.parametrize("wait_s", ["-1", "25.1", "nan", "inf", "long"])
def test_a_wait_has_bounds(api: Api, wait_s: str) -> None:
    assert api.get(f"/v1/events?wait_s={wait_s}", by="root").status_code == 422


ENDS: dict[str, Any] = {
    "logged out": lambda api, who: api.delete("/v1/sessions/current", by=who),
    "deactivated": lambda api, _who: api.delete(f"/v1/users/{api.id('users', 'centre@acme.example')}", by="root"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_those_who_may_read_no_more_are_told_nothing(api: Api, readers: Readers, end: Any) -> None:
    given = {"organization": "acme", "email": "centre@acme.example", "password": "centre-password"}
    token = api.post("/v1/sessions", json=given).json["token"]
    waiting = readers.begin(by=token)
    assert end(api, token).status_code == 204
    new_lead(api)
    assert waiting.result(PATIENCE_S).status_code == 401


def test_a_revoked_key_is_told_nothing(api: Api, readers: Readers) -> None:
    made = api.post("/v1/api-keys", json={"name": "news", "scopes": ["webhooks"]}, by="root").json
    waiting = readers.begin(by=made["token"])
    assert api.delete(f"/v1/api-keys/{made['id']}", by="root").status_code == 204
    new_lead(api)
    assert waiting.result(PATIENCE_S).status_code == 401


def test_all_who_wait_hold_no_connection(api: Api, readers: Readers, admin: Connection) -> None:
    waiting = [readers.begin() for _ in range(4)]
    busy = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    wait_until(lambda: admin.execute(busy).scalar_one() == 0, "no transaction is open")
    readers.hub.close()
    assert [types(one.result(PATIENCE_S)) for one in waiting] == [[]] * 4
