"""A distance tells where a technician was: each one that is told is logged, and as coarse as the store wants it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from geo_assign.access.domain import Scope
from geo_assign.app import EXTENSION
from geo_assign.core.db import Database
from geo_assign.receipts.queries import get_decision, show_decisions
from geo_assign.receipts.verdicts import Why
from geo_assign.receipts.why import explain
from geo_assign.workorders.domain import State
from tests.api.neighbours import Neighbours, neighbours_in
from tests.api.samples import OPERATIONS, SAMPLES, request_of
from tests.conftest import World
from tests.day import Day

EVERYTHING = Scope(everything=True)
# Work orders tell how far away a technician was who was asked, whenever they are read: of that no look is logged.
OF_OFFERS = {
    "GET /v1/work-orders",
    "GET /v1/work-orders/{id}",
    "GET /v1/work-orders/{id}/events",
    "GET /v1/calendar",
    "GET /v1/customers/export",
    "GET /v1/webhooks/{id}/deliveries",
    "GET /v1/events",
}
ASKED = {"POST /v1/technicians/nearest", "POST /v1/availability", "POST /v1/stores/{id}/settings/preview"}


@pytest.fixture
def neighbours(world: World) -> Iterator[Neighbours]:
    with neighbours_in(world) as neighbours:
        yield neighbours


# The log -------------------------------------------------------------------------------------------------------------


def test_every_answer_that_tells_a_distance_is_in_the_log(neighbours: Neighbours) -> None:
    """Every operation that reads is asked; those that tell how far away Ana is or was must have told the log."""
    telling = set()
    for name in sorted(OPERATIONS):
        if not (name.startswith("GET") or name in ASKED) or "/me/" in name or OPERATIONS[name].streams:
            continue
        if name not in SAMPLES or name in OF_OFFERS:
            continue
        before = looks(neighbours)
        if not tells_distance_of(neighbours.ours.things["technician"], answer_of(neighbours, name)):
            continue
        telling.add(name)
        assert looks(neighbours) > before, f"{name} tells how far away a technician is, and nothing is logged"
    assert telling >= {
        "GET /v1/decisions/{id}",
        "GET /v1/decisions/{id}/why",
        "GET /v1/work-orders/{id}/decisions",
        "GET /v1/work-orders/{id}/ladder",
        "GET /v1/technicians/roster",
        "POST /v1/technicians/nearest",
    }


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/v1/decisions/{decision}", "decision"),
        ("/v1/work-orders/{work_order}/decisions", "decision"),
        ("/v1/work-orders/{work_order}/ladder", "list"),
    ],
)
def test_the_technician_reads_who_read_the_receipt(neighbours: Neighbours, path: str, how: str) -> None:
    api = neighbours.ours.api
    for _ in range(2):
        assert api.get(path.format(**neighbours.ours.things), by="desk").status_code == 200
    views = api.get("/v1/me/location-views", by="ana").get_json()["items"]
    # One entry counts the looks of a minute, and the minute may end between the two.
    assert {(view["viewer"]["name"], view["how"]) for view in views} == {("Desk", how)}
    assert sum(view["count"] for view in views) == 2


def test_a_receipt_that_names_a_technician_without_a_distance_is_no_look(neighbours: Neighbours) -> None:
    api, things = neighbours.ours.api, neighbours.ours.things
    assert api.get(f"/v1/decisions/{things['other_decision']}", by="root").status_code == 200
    assert looks(neighbours, "other_technician") == 0


# Coarse distances ----------------------------------------------------------------------------------------------------


@pytest.fixture
def coarse(day: Day) -> Day:
    """A store that shows its technicians to about a kilometre: A and B may go, C is too far away."""
    day.set(coarse_positions=True, radius_m=2_400, offer_limit=9)
    day.map("J . A . B . C", step_m=433)
    for letter in "ABC":
        day.technician(letter)
    return day


def test_a_receipt_rounds_what_tells_where_technicians_were(coarse: Day) -> None:
    coarse.auto_assign("J")
    receipt = shown_receipt(coarse, "J")
    first, second = receipt.candidates
    assert [(one["distance_m"], one["coarse"]) for one in (first, second)] == [(900.0, True), (1_700.0, True)]
    assert [round(one["eta_s"] / one["distance_m"], 3) for one in (first, second)] == [round(1.4 / 8.3, 3)] * 2
    assert first["position"]["accuracy_m"] == 700.0
    (excluded,) = receipt.excluded
    assert excluded["distance_m"] == 2_600.0
    assert excluded["reasons"][0]["needed"] == {"radius_m": 2_700}


def test_what_is_kept_stays_exact_so_that_rankings_can_be_asked_again(coarse: Day) -> None:
    coarse.auto_assign("J")
    with coarse.database.transaction(coarse.org_id) as tx:
        kept = get_decision(tx, EVERYTHING, decision_id(coarse, "J"))
    assert [one["distance_m"] % 100 == 0 for one in kept.candidates] == [False, False]


def test_why_rounds_as_the_receipt_does(coarse: Day) -> None:
    coarse.auto_assign("J")
    chosen, second, excluded = (why(coarse, "J", letter) for letter in "ABC")
    assert (chosen.distance_m, chosen.gap_m, chosen.sentence) == (900.0, 0.0, "A was offered: number 1, 0.9 km away.")
    assert (second.rank, second.distance_m, second.gap_m) == (2, 1_700.0, 800.0)
    assert second.sentence == "B could go, but was number 2: 800 m farther than the first."
    assert excluded.distance_m == 2_600.0
    assert excluded.sentence.endswith("Number 3 if the radius were at least 2700 m.")


def test_why_rounds_for_technicians_whom_the_receipt_does_not_name(coarse: Day) -> None:
    coarse.auto_assign("J")
    forgotten = coarse.database
    with forgotten.transaction(coarse.org_id) as tx:
        decision = get_decision(tx, EVERYTHING, decision_id(coarse, "J"))
        nameless = type(decision)(
            **{name: getattr(decision, name) for name in type(decision).__dataclass_fields__}
            | {"candidates": decision.candidates[:1], "excluded": ()}
        )
        told = {letter: explain(tx, EVERYTHING, nameless, coarse.people[letter]) for letter in "BC"}
    assert (told["B"].distance_m, told["B"].gap_m, told["B"].reconstructed) == (1_700.0, 800.0, True)
    assert (told["C"].distance_m, told["C"].reasons[0]["needed"]) == (2_600.0, {"radius_m": 2_700})


def test_a_technician_who_holds_work_that_the_caller_sees_is_told_exactly_from_then_on(coarse: Day) -> None:
    coarse.auto_assign("J")
    coarse.accept("A", coarse.offer("J"))
    coarse.places["K"] = coarse.places["J"]
    lead = coarse.lead("K", slot="13:30-14:00")
    assert lead.state is State.OFFERED
    first = shown_receipt(coarse, "K").candidates[0]
    assert (first["coarse"], first["distance_m"] % 100 == 0) == (False, False)
    assert shown_receipt(coarse, "J").candidates[0]["distance_m"] == 900.0, "then there was no work"


def test_a_caller_who_does_not_see_the_work_is_told_coarsely(coarse: Day) -> None:
    """The receipt was written for everything; who reads it may see less."""
    mine, _ = coarse.group("mine"), coarse.group("others")
    coarse.auto_assign("J")
    coarse.accept("A", coarse.offer("J"))
    coarse.places["K"] = coarse.places["J"]
    with coarse.database.transaction(coarse.org_id) as tx:
        moved = text("UPDATE work_orders SET group_id = :group_id WHERE id = :id")
        tx.conn.execute(moved, {"group_id": coarse.group("others"), "id": coarse.jobs["J"]})
        joins = text("INSERT INTO technician_groups (org_id, technician_id, group_id) VALUES (:org_id, :id, :group_id)")
        member = {"org_id": coarse.org_id, "id": coarse.people["A"], "group_id": mine}
        tx.conn.execute(joins, member)
    coarse.lead("K", slot="13:30-14:00")
    desk = Scope(group_ids=frozenset({mine}))
    with coarse.database.transaction(coarse.org_id) as tx:
        decision = get_decision(tx, EVERYTHING, decision_id(coarse, "K"))
        (shown,) = show_decisions(tx, desk, [decision])
        exact = decision.candidates[0]["distance_m"]
    assert exact % 100 != 0
    assert shown.candidates[0]["distance_m"] == 900.0


def test_the_receipt_of_a_batch_rounds_its_own_distances_and_sums(coarse: Day) -> None:
    coarse.set(collect_seconds=30)
    coarse.places["K"] = coarse.places["J"]
    coarse.lead("J", slot="13:00-14:00")
    coarse.lead("K", slot="13:00-14:00")
    coarse.later("31 s")
    coarse.sweep()
    for job in "JK":
        batch = shown_receipt(coarse, job).batch
        assert batch is not None
        told = [batch["chosen"]["distance_m"], batch["optimal_m"], batch["greedy_m"]]
        assert [distance_m % 100 for distance_m in told] == [0.0, 0.0, 0.0]


def test_offers_and_their_events_round_when_they_are_written(coarse: Day) -> None:
    lead = coarse.auto_assign("J")
    assert lead.order.offer is not None
    assert (lead.order.offer.distance_m, round(lead.order.offer.eta_s or 0)) == (900.0, round(900 * 1.4 / 8.3))
    assert coarse.last_event("J").detail["distance_m"] == 900.0


def test_the_ladder_rounds_too(coarse: Day) -> None:
    coarse.auto_assign("J")
    assert [rung.distance_m for rung in coarse.ladder("J").rungs] == [900.0, 1_700.0]
    coarse.accept("A", coarse.offer("J"))
    assert [rung.outcome for rung in coarse.ladder("J").rungs] == ["accepted"]


# What the tests above are made of ------------------------------------------------------------------------------------


def decision_id(day: Day, job: str) -> UUID:
    found = day.outcome(job).order.decision_id
    assert found is not None
    return found


def shown_receipt(day: Day, job: str) -> Any:
    with day.database.transaction(day.org_id) as tx:
        (shown,) = show_decisions(tx, EVERYTHING, [get_decision(tx, EVERYTHING, decision_id(day, job))])
    return shown


def why(day: Day, job: str, letter: str) -> Why:
    with day.database.transaction(day.org_id) as tx:
        return explain(tx, EVERYTHING, get_decision(tx, EVERYTHING, decision_id(day, job)), day.people[letter])


def looks(neighbours: Neighbours, kind: str = "technician") -> int:
    """How many looks at a technician the log holds."""
    services = neighbours.app.extensions[EXTENSION]
    services.views.flush()
    database: Database = services.database
    with database.transaction(UUID(neighbours.ours.org_id)) as tx:
        statement = text(
            "SELECT (SELECT coalesce(sum(count), 0) FROM location_views WHERE technician_id = :id) "
            "+ (SELECT count(*) FROM live_views WHERE technician_id = :id)"
        )
        return int(tx.conn.execute(statement, {"id": neighbours.ours.things[kind]}).scalar_one())


def answer_of(neighbours: Neighbours, name: str) -> Any:
    """What the administrator is told."""
    request = request_of(name, neighbours.ours.things)
    headers = {**request.pop("headers"), "Authorization": f"Bearer {neighbours.ours.token('root')}"}
    answer = neighbours.app.test_client(use_cookies=False).open(headers=headers, **request)
    return json.loads(answer.get_data(as_text=True)) if answer.is_json else None


def tells_distance_of(technician_id: str, told: Any) -> bool:
    """Whether somewhere in an answer a distance stands beside the technician's id."""
    if isinstance(told, list):
        return any(tells_distance_of(technician_id, one) for one in told)
    if not isinstance(told, dict):
        return False
    if technician_id in {told.get("technician_id"), told.get("id")} and told.get("distance_m") is not None:
        return True
    return any(tells_distance_of(technician_id, one) for one in told.values())
