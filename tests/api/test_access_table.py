"""Who may call what: every operation by each kind of caller, held against the table in `tests/api/samples.py`.

A test walks all cells of an operation and tells what is wrong in any: they are thousands, of some milliseconds each.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import pytest
from werkzeug.test import TestResponse

from geo_assign.http.paths import template_of
from tests.api.neighbours import House, Neighbours
from tests.api.samples import KEYS, OPERATIONS, ROW_OF, SAMPLES, WITHOUT_LOGIN, request_of

CALLERS: Mapping[str, str | None] = {
    "administrator": "root",
    "store_administrator": "centre",
    "dispatcher": "desk",
    "technician": "ana",
    "key_read": "reader",
    "key_leads_write": "writer",
    "key_positions_write": "fleet",
    "key_technicians_read": "directory",
    "key_webhooks": "listener",
    "key_widget": "page",
    "anonymous": None,
}
# A new store belongs to no store administrator's scope yet.
OUTSIDE_EVERY_SCOPE = {("POST /v1/stores", "store_administrator")}
# An operation, a kind of thing that its request names, and a caller.
Cell = tuple[str, str, str]


def test_every_operation_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(OPERATIONS) == set(ROW_OF)
    beyond = {
        "another group": [cell for cell in foreign_cells(OF_GROUPS) if cell[1] in BESIDE],
        "another store": [cell for cell in foreign_cells(LIMITED) if cell[1] in ELSEWHERE],
        "another organization, or absent": foreign_cells([*LIMITED, "administrator"]),
    }
    with capsys.disabled():
        told_of = ", ".join(f"{where}: {len(cells)}" for where, cells in beyond.items())
        cells = f"{len(OPERATIONS)} operations x {len(CALLERS)} callers: {len(OPERATIONS) * len(CALLERS)} cells"
        print(f"[{cells}; {told_of}]", end=" ")


@pytest.mark.parametrize("name", list(ROW_OF))
def test_the_table_decides(neighbours: Neighbours, name: str) -> None:
    house, wrong = neighbours.ours, []
    for caller in CALLERS:
        answer = call(house, name, token_for(house, name, caller))
        if not ROW_OF[name].allows(caller) or (name, caller) in OUTSIDE_EVERY_SCOPE:
            as_told = answer.status_code == (401 if caller == "anonymous" else 403)
        else:
            as_told = answer.status_code not in {401, 403} and answer.status_code < 500
        if not as_told:
            wrong.append((caller, answer.status_code, answer.get_data(as_text=True)))
    assert wrong == []


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.body is not None])
def test_who_may_not_call_is_told_so_before_anything_about_the_body(neighbours: Neighbours, name: str) -> None:
    house = neighbours.ours
    refused = [caller for caller in CALLERS if not ROW_OF[name].allows(caller)]
    for caller in refused:
        answer = call(house, name, token_for(house, name, caller), json={"nonsense": True}, headers={})
        assert answer.status_code == (401 if caller == "anonymous" else 403)


def test_the_document_says_the_same(neighbours: Neighbours) -> None:
    document = neighbours.app.test_client().get("/openapi.json").get_json()
    shown, expected = {}, {}
    for name, row in ROW_OF.items():
        method, path = name.split(" ")
        shown[name] = _as_in_the_table(document["paths"][template_of(path)][method.lower()]["x-access"])
        people = [caller for caller in CALLERS if caller != "anonymous" and caller not in KEYS and row.allows(caller)]
        with_permission = row.dispatcher == "only with the permission"
        expected[name] = (
            ([], [], False, True) if row is WITHOUT_LOGIN else (sorted(people), row.scopes(), with_permission, False)
        )
    assert shown == expected


def _as_in_the_table(shown: Mapping[str, Any]) -> tuple[list[str], list[str], bool, bool]:
    """Roles, scopes, whether a permission is needed, whether no log-in is."""
    return sorted(shown["roles"]), shown["scopes"], shown["permission"] is not None, shown.get("public", False)


# Scope --------------------------------------------------------------------------------------------------------------

NAMING = [name for name, sample in SAMPLES.items() if sample.kinds()]
LIMITED = [caller for caller in CALLERS if caller not in {"administrator", "anonymous"}]
# Of each kind, one that lies in the other store and group of the same organization.
ELSEWHERE = {
    "store": "other_store",
    "group": "other_group",
    "technician": "other_technician",
    "work_order": "other_order",
    "spare_order": "other_order",
    "decision": "other_decision",
    "spare_group": "other_group",
    "spare_technician": "other_technician",
    "handover_note": "other_handover_note",
    "spare_handover_note": "other_handover_note",
    "pin": "other_pin",
    "webhook": "other_webhook",
    "spare_webhook": "other_webhook",
    "invitation": "other_invitation",
    "spare_invitation": "other_invitation",
}
# The same in another group of the same store: those who look after groups, or have work of their own, do not see it.
OF_STORES = {"store", "webhook", "spare_webhook"}
BESIDE = {kind: name.replace("other_", "sibling_") for kind, name in ELSEWHERE.items() if kind not in OF_STORES}
OF_GROUPS = ["dispatcher", "technician"]


# Ids that callers make up themselves: one that is new to us is simply taken.
MADE_BY_CALLERS = {
    ("PUT /v1/me/push-subscriptions/{id}", "push_subscription"),
    ("PUT /v1/work-orders/{id}/photos/{photo_id}", "photo"),
}


def foreign_cells(callers: list[str]) -> list[Cell]:
    """Each operation with each kind of thing it names, by each who may call it."""
    return [
        (name, kind, caller)
        for name in NAMING
        for kind in dict.fromkeys(SAMPLES[name].kinds())
        if (name, kind) not in MADE_BY_CALLERS
        for caller in callers
        if ROW_OF[name].allows(caller)
    ]


def by_operation(cells: Iterable[Cell]) -> list[Any]:
    """A test's parameters: each operation with its cells."""
    found = groupby(cells, key=lambda cell: cell[0])
    return [pytest.param(list(cells), id=name) for name, cells in found]


@pytest.mark.parametrize("cells", by_operation(foreign_cells([*LIMITED, "administrator"])))
def test_what_lies_beyond_a_callers_reach_does_not_exist(neighbours: Neighbours, cells: list[Cell]) -> None:
    """What another organization has, another store and another group of the store are answered as what is absent."""
    house, wrong = neighbours.ours, []
    for name, kind, caller in cells:
        absent = house.things["absent"]
        token = token_for(house, name, caller)
        nothing = told(call(house, name, token, ids={kind: absent}), absent)
        if nothing[0] in {401, 403}:
            wrong.append((kind, caller, "absent", nothing, nothing))
        for where, thing in out_of_reach(neighbours, kind, caller).items():
            there = told(call(house, name, token, ids={kind: thing}), thing)
            if there != nothing:
                wrong.append((kind, caller, where, there, nothing))
    assert wrong == []


def out_of_reach(neighbours: Neighbours, kind: str, caller: str) -> dict[str, str]:
    """The things of a kind that a caller does not see, by where they lie."""
    ours = neighbours.ours.things
    found = {"another organization": neighbours.theirs.things[kind]}
    if caller in LIMITED and kind in ELSEWHERE:
        found["another store"] = ours[ELSEWHERE[kind]]
    if caller in OF_GROUPS and kind in BESIDE:
        found["another group"] = ours[BESIDE[kind]]
    return found


@pytest.mark.parametrize("outside", [ELSEWHERE, BESIDE], ids=["another store", "another group"])
def test_writes_from_outside_the_scope_leave_everything_as_it_was(
    neighbours: Neighbours, outside: Mapping[str, str]
) -> None:
    house = neighbours.ours
    ids = {kind: house.things[name] for kind, name in outside.items()}
    before = everything_of(house, ids)
    for name, operation in OPERATIONS.items():
        if operation.method != "GET" and set(SAMPLES[name].ids) & set(ids) and ROW_OF[name].allows("dispatcher"):
            answer = call(house, name, house.token("desk"), ids=ids)
            assert answer.status_code in {403, 404}, (name, answer.status_code)
    assert everything_of(house, ids) == before


def test_calls_with_their_ids_leave_the_others_as_they_were(neighbours: Neighbours) -> None:
    before = everything_of(neighbours.theirs)
    for name, operation in OPERATIONS.items():
        if operation.method != "GET" and SAMPLES[name].ids:
            answer = call(neighbours.ours, name, neighbours.ours.token("root"), ids=neighbours.theirs.things)
            assert answer.status_code in {403, 404}, (name, answer.status_code)
    assert everything_of(neighbours.theirs) == before


# Reads whose answers change by themselves: ages grow, and positions are added up every few seconds.
CHANGING_ALONE = {
    "GET /v1/map",
    "GET /v1/reachability",
    "GET /v1/technicians/roster",
    "GET /v1/usage",
    "GET /v1/work-orders/{id}/ladder",
}
# Reads that tell of other reads, and the stream.
LEAVING_TRACES = {
    "GET /v1/live",
    "GET /v1/audit",
    "GET /v1/technicians/{id}/export",
    "GET /v1/technicians/{id}/location-views",
    "GET /v1/customers/export",
}


# What the tests above are made of -----------------------------------------------------------------------------------


def call(
    house: House, name: str, token: str | None, *, ids: Mapping[str, str] | None = None, **changes: Any
) -> TestResponse:
    """Send an operation's sample with a token; `ids` replace the house's by kind, `changes` parts of the request."""
    request = request_of(name, {**house.things, **(ids or {})}) | changes
    headers = dict(request.pop("headers"))
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    # A client without cookies: a call without a token stays anonymous.
    answer = house.api.client.application.test_client(use_cookies=False).open(headers=headers, **request)
    if answer.is_streamed:
        answer.close()
    return answer


def token_for(house: House, name: str, caller: str) -> str | None:
    who = CALLERS[caller]
    if who is None:
        return None
    if name == "DELETE /v1/sessions/current" and caller not in KEYS:
        return fresh_token(house, who)
    return house.token(who)


def fresh_token(house: House, who: str) -> str:
    """A session of another user, which may be ended."""
    body = {"organization": "acme", "email": f"{who}@acme.example", "password": f"{who}-password", "device": "spare"}
    answer = house.api.post("/v1/sessions", json=body)
    return str(answer.get_json()["token"])


_OF_THE_MOMENT = {"instance", "cursor", "slot"}


def told(answer: TestResponse, sent: str) -> tuple[int, str]:
    """Status and body, without what is every request's own: its name, the time, and the id that was asked for."""
    body = without_clock(answer.get_json(silent=True))
    if isinstance(body, dict):
        own = _OF_THE_MOMENT | ({"next_cursor"} if "has_more" in body else set())
        body = {name: value for name, value in body.items() if name not in own}
    return answer.status_code, json.dumps(body, sort_keys=True).replace(sent, "<id>")


def without_clock(value: Any) -> Any:
    """Without the server's time, which stands beside each deadline."""
    if isinstance(value, list):
        return [without_clock(one) for one in value]
    if isinstance(value, dict):
        return {name: without_clock(one) for name, one in value.items() if name != "server_now"}
    return value


def everything_of(house: House, ids: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the administrator reads of everything."""
    reads = [name for name in ROW_OF if name.startswith("GET") and ROW_OF[name].allows("administrator")]
    answers = {name: call(house, name, house.token("root"), ids=ids) for name in reads if name not in LEAVING_TRACES}
    return {name: told(answer, "") for name, answer in answers.items() if name not in CHANGING_ALONE}
