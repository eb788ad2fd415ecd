"""Many waiting orders given out together by the drives that the store's router tells."""

import random
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.idempotency import Attempt
from geo_assign.dispatch.commands.optimizing import BatchRequest
from geo_assign.receipts.domain import BatchEntry
from geo_assign.receipts.queries import get_decision
from geo_assign.routing.domain import RoutingProblemCode
from geo_assign.routing.finder import DriveFinder
from geo_assign.workorders.domain import State
from tests.day import Day, shifted
from tests.dispatch.test_optimize import optimize, plan, waiting
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, StubServer

OSRM = ROUTER_DIALECTS[0]


@pytest.fixture
def river(day: Day, server: StubServer) -> Day:
    """By line A goes to J and B to K. By road A needs half an hour to leave its island, so B and C go."""
    day.map("A J . . K B . . C", step_m=500)
    for letter in "ABC":
        day.technician(letter)
    waiting(day, "JK")
    day.set(lead_auto_user_assignment="off", router="osrm", router_url=server.url)
    day.dispatch = replace(day.dispatch, drives=DriveFinder(CLIENT))
    server.behaviour = OSRM.serve(roads(day))
    return day


def roads(day: Day) -> Roads:
    return Roads(slow={day.places["A"]: 1_800.0})


def batch_of(day: Day, job: str) -> BatchEntry:
    order = day.outcome(job).order
    assert order.decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        batch = get_decision(tx, EVERYTHING, order.decision_id).batch
    assert batch is not None
    return batch


def test_the_sum_of_the_drives_is_least_and_told_in_seconds(
    river: Day, server: StubServer, dialect: RouterDialect
) -> None:
    river.set(lead_auto_user_assignment="off", router=dialect.router.value, router_url=server.url)
    server.behaviour = dialect.serve(roads(river))
    found = optimize(river)
    assert plan(river, found) == {"J": "B", "K": "C"}
    ways = [by_road_s(river.places[a], river.places[b]) for a, b in ("BJ", "CK")]
    assert [pair.chosen.drive_s for pair in found.pairs] == [pytest.approx(way, abs=1.5) for way in ways]
    totals = found.totals
    assert totals.optimal_s == pytest.approx(sum(ways), abs=3)
    assert (totals.bound_s, totals.bound_m) == (totals.optimal_s, None)
    assert totals.greedy_s is not None
    assert totals.greedy_s >= totals.optimal_s
    assert totals.optimal_m == pytest.approx(2_000 + 2_000, rel=0.01)
    assert found.routing is not None
    assert (found.routing.router, found.routing.problem, found.routing.asked) == (dialect.router, None, 6)


def test_what_is_given_and_its_receipt_tell_the_drive(river: Day) -> None:
    found = optimize(river, commit=True)
    assert plan(river, found) == {"J": "B", "K": "C"}
    assert [pair.lost for pair in found.pairs] == [None, None]
    drive_s = found.pairs[0].chosen.drive_s
    assert drive_s is not None
    assert river.offer("J").eta_s == pytest.approx(drive_s)
    batch = batch_of(river, "J")
    assert batch["chosen"]["drive_s"] == drive_s
    assert batch["optimal_s"] == found.totals.optimal_s
    routing = batch["routing"]
    assert routing is not None
    assert (routing["router"], routing["problem"]) == ("osrm", None)


def test_the_offer_s_time_holds_what_drives_have_taught(river: Day, admin: Connection) -> None:
    learned = '{"osrm": {"all": 2.0}, "straight_line": {"all": 3.0}}'
    admin.execute(text("UPDATE stores SET eta_factors = CAST(:learned AS jsonb)"), {"learned": learned})
    found = optimize(river, commit=True)
    drive_s = found.pairs[0].chosen.drive_s
    assert drive_s is not None
    assert river.offer("J").eta_s == pytest.approx(2 * drive_s)


def test_a_preview_and_a_retry_tell_the_same(river: Day, server: StubServer) -> None:
    shown = optimize(river)
    asked = len(server.requests)
    given, again = river.dispatch.give_out_preview(river.boss, shown.id)
    assert not again
    assert len(server.requests) == asked, "nothing is solved again"
    assert (plan(river, given), given.totals, given.routing) == (plan(river, shown), shown.totals, shown.routing)
    assert [pair.chosen.drive_s for pair in given.pairs] == [pair.chosen.drive_s for pair in shown.pairs]
    assert river.offer("J").eta_s == pytest.approx(shown.pairs[0].chosen.drive_s)


def test_a_retry_of_a_commit_answers_what_was_given(river: Day, server: StubServer) -> None:
    attempt, wanted = Attempt(river.boss.id, "optimize", "once", b"same"), BatchRequest()
    given, _ = river.dispatch.optimize(river.boss, wanted, commit=True, attempt=attempt)
    server.behaviour = stub.html(503)
    again, replayed = river.dispatch.optimize(river.boss, wanted, commit=True, attempt=attempt)
    assert replayed
    assert (again.totals, again.routing) == (given.totals, given.routing)
    assert {pair.chosen.order.id: pair.chosen.drive_s for pair in again.pairs} == {
        pair.chosen.order.id: pair.chosen.drive_s for pair in given.pairs
    }


FAULTS: dict[str, tuple[Behaviour, RoutingProblemCode]] = {
    "down": (stub.html(503), RoutingProblemCode.UNAVAILABLE),
    "hanging": (stub.hang(), RoutingProblemCode.TIMEOUT),
    "an error with 200": (stub.answer('{"code": "NoTable", "message": "no"}'), RoutingProblemCode.REFUSED),
    "NaN": (stub.answer('{"code": "Ok", "durations": [[NaN]], "distances": [[1]]}'), RoutingProblemCode.MALFORMED),
    "short": (
        OSRM.serve(Roads(), change=lambda told: {**told, "durations": told["durations"][:-1]}),
        RoutingProblemCode.MALFORMED,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_that_fails_leaves_the_plan_of_the_straight_line_and_loses_no_order(
    river: Day, server: StubServer, fault: str
) -> None:
    river.set(lead_auto_user_assignment="off", router="osrm", router_url=server.url, router_deadline_s=0.5)
    server.behaviour, code = FAULTS[fault]
    found = optimize(river, commit=True)
    assert plan(river, found) == {"J": "A", "K": "B"}
    assert [river.outcome(job).state for job in "JK"] == [State.OFFERED, State.OFFERED]
    assert (found.totals.optimal_s, found.totals.bound_m) == (None, found.totals.optimal_m)
    assert [pair.chosen.drive_s for pair in found.pairs] == [None, None]
    assert found.routing is not None
    assert found.routing.problem is not None
    assert found.routing.problem.code is code
    routing = batch_of(river, "J")["routing"]
    assert routing is not None
    assert routing["problem"] is not None
    assert routing["problem"]["code"] == code.value


def test_a_store_that_ranks_by_distance_asks_no_router(river: Day, server: StubServer) -> None:
    river.set(lead_auto_user_assignment="off", router="osrm", router_url=server.url, rank_by="distance")
    found = optimize(river)
    assert (plan(river, found), found.routing, server.requests) == ({"J": "A", "K": "B"}, None, [])


def test_a_technician_whom_no_road_connects_goes_only_where_no_other_can(river: Day, server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads(islands={river.places["A"]}))
    assert plan(river, optimize(river)) == {"J": "B", "K": "C"}
    river.off_duty("C")
    found = optimize(river)
    assert plan(river, found) == {"J": "A", "K": "B"}
    assert found.routing is not None
    assert found.routing.without_drive == 2
    assert found.pairs[0].chosen.drive_s is None


def test_who_does_two_orders_drives_on_from_the_first(day: Day, server: StubServer) -> None:
    day.map("A . J . . K", step_m=1_000)
    day.technician("A")
    day.set(lead_auto_user_assignment="off", router="osrm", router_url=server.url, offer_limit=5)
    day.lead("J", slot="tomorrow 10:00-11:00")
    day.lead("K", slot="tomorrow 12:00-13:00")
    day.dispatch = replace(day.dispatch, drives=DriveFinder(CLIENT))
    server.behaviour = OSRM.serve(Roads(slow={day.places["J"]: 700.0}))
    found = optimize(day)
    assert plan(day, found) == {"J": "A", "K": "A"}
    onward_s = by_road_s(day.places["J"], day.places["K"]) + 700.0
    assert found.pairs[1].chosen.drive_s == pytest.approx(onward_s, abs=2)
    assert found.pairs[1].chosen.distance_m == pytest.approx(3_000, rel=0.01)
    assert found.totals.optimal_s == pytest.approx(sum(pair.chosen.drive_s or 0 for pair in found.pairs), abs=0.2)


def test_collected_leads_are_solved_by_drive_time_too(day: Day, server: StubServer) -> None:
    day.map("A J . . K B . . C", step_m=500)
    for letter in "ABC":
        day.technician(letter)
    day.set(collect_seconds=5, router="osrm", router_url=server.url)
    day.dispatch = replace(day.dispatch, drives=DriveFinder(CLIENT))
    server.behaviour = OSRM.serve(roads(day))
    for job in "JK":
        day.lead(job)
    day.later("5 s")
    day.evaluate("J")
    assert [day.outcome(job).technician for job in "JK"] == ["B", "C"]


@pytest.mark.parametrize("seed", range(6))
def test_no_way_to_share_them_out_takes_less(day: Day, server: StubServer, seed: int) -> None:
    """Against every way of sharing out four orders at one time among five technicians."""
    drawn = random.Random(seed)
    day.map("ABCDEJKLM", step_m=10)
    for letter in "ABCDEJKLM":
        day.places[letter] = shifted(
            day.places["A"], east_m=drawn.uniform(-4_000, 4_000), south_m=drawn.uniform(-4_000, 4_000)
        )
    for letter in "ABCDE":
        day.technician(letter)
    waiting(day, "JKLM")
    day.set(lead_auto_user_assignment="off", router="osrm", router_url=server.url)
    day.dispatch = replace(day.dispatch, drives=DriveFinder(CLIENT))
    slow = {day.places[letter]: drawn.choice([0.0, 300.0, 900.0]) for letter in "ABCDE"}
    server.behaviour = OSRM.serve(Roads(slow=slow))
    found = optimize(day)

    def takes(people: Any) -> float:
        return sum(
            by_road_s(day.places[one], day.places[job]) + slow[day.places[one]]
            for one, job in zip(people, "JKLM", strict=True)
        )

    assert found.totals.optimal_s == pytest.approx(min(map(takes, permutations("ABCDE", 4))), abs=1)
    assert found.totals.greedy_s is not None
    assert found.totals.optimal_s is not None
    assert found.totals.optimal_s <= found.totals.greedy_s
