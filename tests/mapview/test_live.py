"""The live stream ends with what it was allowed by: at the next round, for all listeners by one question."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import requests
from sqlalchemy import Connection, text

from geo_assign.access.domain import Caller, parse_token
from geo_assign.access.queries import opened_caller, opening_of
from geo_assign.app import EXTENSION
from geo_assign.core.db import Tx
from geo_assign.http.services import Services
from geo_assign.mapview import live
from geo_assign.mapview.live import LiveHub
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.live import PASSWORD, beside, live_service, seed_document
from tests.waiting import PATIENCE_S, wait_until


class Stream:
    """A listener in a thread of its own, that has heard its first heartbeat."""

    opened: ClassVar[list["Stream"]] = []

    def __init__(self, hub: LiveHub, caller: Caller) -> None:
        self._heard = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(hub, caller), daemon=True)
        self._thread.start()
        self.opened.append(self)
        assert self._heard.wait(PATIENCE_S)

    def _listen(self, hub: LiveHub, caller: Caller) -> None:
        for _ in hub.subscribe(caller, None):
            self._heard.set()

    def wait_for_end(self) -> None:
        self._thread.join(PATIENCE_S)

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()


class Rounds:
    """Counts how often the database was asked, and for how many callers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[int] = []
        look_up = live.list_unchanged_callers

        def counted(tx: Tx, callers: set[Caller]) -> set[Caller]:
            found = look_up(tx, callers)
            self.asked.append(len(callers))
            return found

        monkeypatch.setattr(live, "list_unchanged_callers", counted)

    def wait_for(self, more: int) -> None:
        wanted = len(self.asked) + more
        wait_until(lambda: len(self.asked) >= wanted, f"{more} rounds more")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        Stream.opened.clear()
        yield api
        services_of(api).live.close()
        for stream in Stream.opened:
            stream.wait_for_end()


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    return Rounds(monkeypatch)


def services_of(api: Api) -> Services:
    return api.client.application.extensions[EXTENSION]  # type: ignore[no-any-return]


def caller_of(api: Api, token: str) -> Caller:
    parsed = parse_token(token)
    with services_of(api).database.transaction(parsed.org_id, *opening_of(parsed)) as tx:
        caller = opened_caller(tx, parsed)
    assert caller is not None
    return caller


def listen(api: Api, token: str) -> Stream:
    return Stream(services_of(api).live, caller_of(api, token))


def new_user(api: Api, role: str, number: int = 0, **duties: Any) -> tuple[str, str]:
    """The id of a new user and the token of a session."""
    email, password = f"{role}-{number}@acme.example", "seventeen-lamps-9"
    body = {"email": email, "name": "Invented Person", "role": role, "password": password, **duties}
    made = api.post("/v1/users", by="root", json=body)
    assert made.status_code == 201, made.text
    opened = api.post("/v1/sessions", json={"organization": "acme", "email": email, "password": password})
    assert opened.status_code == 201, opened.text
    return made.get_json()["id"], opened.get_json()["token"]


def change(api: Api, user_id: str, **changes: Any) -> None:
    version = api.get(f"/v1/users/{user_id}", by="root").headers["ETag"]
    answer = api.patch(f"/v1/users/{user_id}", by="root", json=changes, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text


def logs_out(api: Api, token: str, _user_id: str) -> None:
    answer = api.client.delete("/v1/sessions/current", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 204


def gets_a_new_password(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, password="eleven-ladders-4")


def is_deactivated(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, active=False)


def loses_a_group(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, group_ids=[])


def gets_another_group(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, group_ids=[api.id("groups", "ovens")])


def gets_another_role(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, role="administrator", group_ids=[])


def gets_a_permission(api: Api, _token: str, user_id: str) -> None:
    change(api, user_id, permissions=["reallocate"])


ENDS: list[Callable[[Api, str, str], None]] = [
    logs_out,
    gets_a_new_password,
    is_deactivated,
    loses_a_group,
    gets_another_group,
    gets_another_role,
    gets_a_permission,
]


@pytest.mark.parametrize("ends", ENDS, ids=lambda act: act.__name__)
def test_the_stream_of_a_dispatcher_ends_at_the_next_round(
    api: Api, rounds: Rounds, ends: Callable[[Api, str, str], None]
) -> None:
    user_id, token = new_user(api, "dispatcher", group_ids=[api.id("groups", "phones")])
    stream, other = listen(api, token), listen(api, api.token("root"))
    rounds.wait_for(2)
    assert stream.goes_on
    ends(api, token, user_id)
    before = len(rounds.asked)
    wait_until(lambda: not stream.goes_on, "the stream ends")
    # One round of each of the two scopes may have been on its way, one more has seen it; the other scope goes on.
    assert len(rounds.asked) - before <= 4
    assert other.goes_on


def test_the_stream_ends_with_a_store_a_key_a_technician_and_when_time_is_up(
    api: Api, rounds: Rounds, admin: Connection
) -> None:
    keeper_id, keeper = new_user(api, "store_administrator", store_ids=[api.id("stores", "centre")])
    key = api.post("/v1/api-keys", by="root", json={"name": "wall", "scopes": ["read"]}).get_json()
    _, late = new_user(api, "dispatcher", group_ids=[api.id("groups", "phones")])
    streams = {
        "store": listen(api, keeper),
        "key": listen(api, key["token"]),
        "technician": listen(api, api.token("ana")),
        "time": listen(api, late),
    }
    rounds.wait_for(2 * len(streams))
    assert all(stream.goes_on for stream in streams.values())

    change(api, keeper_id, store_ids=[api.id("stores", "north")])
    assert api.delete(f"/v1/api-keys/{key['id']}", by="root").status_code in {200, 204}
    assert api.delete(f"/v1/technicians/{api.id('technicians', 'ana')}", by="root").status_code in {200, 204}
    session_id = caller_of(api, late).session_id
    admin.execute(text("UPDATE sessions SET expires_at = now() WHERE id = :id"), {"id": session_id})
    for name, stream in streams.items():
        wait_until(lambda stream=stream: not stream.goes_on, f"the stream ends: {name}")


def test_listeners_of_one_scope_are_looked_up_by_one_question(api: Api, rounds: Rounds) -> None:
    group = api.id("groups", "phones")
    tokens = [new_user(api, "dispatcher", number, group_ids=[group])[1] for number in range(6)]
    streams = [listen(api, token) for token in tokens for _ in range(5)]
    wait_until(lambda: rounds.asked[-1] == len(tokens), "a round has looked all of them up")
    rounds.asked.clear()
    rounds.wait_for(3)
    assert set(rounds.asked) == {len(tokens)}
    logs_out(api, tokens[0], "")
    for stream in streams[:5]:
        wait_until(lambda stream=stream: not stream.goes_on, "the streams of the session end")
    assert all(stream.goes_on for stream in streams[5:])


@pytest.mark.races
def test_a_log_out_in_another_process_ends_the_stream(world: World, tmp_path: Any) -> None:
    with live_service(world, seed_document(technicians=1), tmp_path, worker=False) as service, beside(service) as other:
        log_in = {"organization": "acme", "email": "root@acme.example", "password": PASSWORD}
        token = requests.post(f"{service.base_url}/v1/sessions", json=log_in, timeout=PATIENCE_S).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{service.base_url}/v1/live"
        with requests.get(url, headers=headers, stream=True, timeout=PATIENCE_S) as stream:
            lines = stream.iter_lines()
            assert next(lines) == b"event: heartbeat"
            gone = requests.delete(f"{other.base_url}/v1/sessions/current", headers=headers, timeout=PATIENCE_S)
            assert gone.status_code == 204
            assert b"event: heartbeat" not in list(lines)
        assert requests.get(url, headers=headers, timeout=PATIENCE_S).status_code == 401
