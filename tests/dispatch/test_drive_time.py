"""Automatic assignment by drive time: who is asked, what the receipt says, and what happens while a router is asked."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.dispatch.commands import orders
from geo_assign.receipts.domain import Decision
from geo_assign.receipts.queries import get_decision
from geo_assign.routing.finder import DriveFinder
from geo_assign.workorders.domain import PendingReason, State
from tests.day import Day, Outcome, shifted
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect
from tests.providers.stub import CLIENT, Exchange, StubServer
from tests.snapshots import begun_once

OSRM = ROUTER_DIALECTS[0]


@pytest.fixture
def town(day: Day, server: StubServer) -> Day:
    """A is nearest, and long on the way; B is there first."""
    three_along_a_street(day)
    day.dispatch = replace(day.dispatch, drives=DriveFinder(CLIENT))
    day.set(router="osrm", router_url=server.url)
    server.behaviour = OSRM.serve(roads(day))
    return day


@begun_once
def three_along_a_street(day: Day) -> None:
    day.map("A . J . . B . C", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)


def roads(day: Day) -> Roads:
    return Roads(slow={day.places["A"]: 1_200.0})


def receipt(day: Day, outcome: Outcome) -> Decision:
    assert outcome.order.decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        return get_decision(tx, EVERYTHING, outcome.order.decision_id)


def test_who_arrives_first_is_asked_and_the_receipt_says_why(
    town: Day, server: StubServer, dialect: RouterDialect
) -> None:
    town.set(router=dialect.router.value)
    server.behaviour = dialect.serve(roads(town))
    lead = town.auto_assign("J")
    assert (lead.technician, lead.ranked) == ("B", ["B", "C", "A"])
    decision = receipt(town, lead)
    first = decision.candidates[0]
    drive = first.get("drive")
    assert drive is not None
    assert drive["metres"] > first["distance_m"]
    assert first["eta_s"] == drive["seconds"]
    offer = town.offer("J")
    assert (offer.distance_m, offer.eta_s) == (drive["metres"], drive["seconds"])
    told = decision.routing
    assert told is not None
    assert told == {
        "router": dialect.router.value,
        "asked": 3,
        "requests": 1,
        "kept": 0,
        "without_drive": 0,
        "problem": None,
    }


def test_a_router_that_is_down_costs_no_lead(town: Day, server: StubServer) -> None:
    server.behaviour = stub.html(503)
    lead = town.auto_assign("J")
    assert (lead.technician, lead.ranked) == ("A", ["A", "B", "C"])
    told = receipt(town, lead).routing
    assert told is not None
    assert told["problem"] is not None
    assert told["problem"]["code"] == "unavailable"


def test_without_a_router_none_is_asked(town: Day, server: StubServer) -> None:
    for chosen in ({"rank_by": "distance"}, {"rank_by": "drive_time", "router": "straight_line"}):
        town.set(router="osrm")
        town.set(**chosen)
        lead = town.auto_assign("J")
        assert (lead.technician, receipt(town, lead).routing) == ("A", None)
        with town.database.transaction(town.org_id) as tx:
            orders.cancel(tx, town.boss, town.jobs["J"], reason=None)
    assert server.requests == []


POLICIES: dict[str, dict[str, Any]] = {
    "at once": {"lead_acceptance": False},
    "parallel": {"offer_policy": "parallel", "parallel_offers": 2},
    "widening": {"offer_policy": "widening", "widening_radii_m": (3_200.0, 9_000.0)},
    "suggest": {"lead_auto_user_assignment": "suggest"},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_follows_the_drives(town: Day, policy: str) -> None:
    town.set(**POLICIES[policy])
    lead = town.auto_assign("J")
    if policy == "at once":
        assert (lead.state, lead.technician) == (State.ASSIGNED, "B")
    elif policy == "parallel":
        assert set(town.offers("J")) == {"B", "C"}
    elif policy == "widening":
        assert (lead.technician, lead.ranked) == ("B", ["B", "A"])
    else:
        assert lead.order.pending_reason is PendingReason.SUGGESTED
        assert lead.ranked == ["B", "C", "A"]


def test_after_a_rejection_the_next_by_drive_time_is_asked(town: Day) -> None:
    town.auto_assign("J")
    town.reject("B", town.offer("J"))
    assert town.outcome("J").technician == "C"
    town.reject("C", town.offer("J"))
    assert town.outcome("J").technician == "A"


def test_a_missing_collaborator_is_replaced_by_who_arrives_first(town: Day) -> None:
    town.set(crew_policy="all_or_nothing", lead_auto_user_assignment="off")
    town.places["D"] = shifted(town.places["C"], east_m=500.0)
    town.technician("D")
    town.lead("J")
    town.assign("J", "C", along="D", mode="offer")
    town.reject("D", town.offers("J")["D"])
    assert set(town.offers("J")) == {"C", "B"}


def meanwhile(town: Day, server: StubServer, act: Any) -> None:
    """Let `act` happen while the router is asked for the first time."""
    answer, done = OSRM.serve(roads(town)), []

    def behave(exchange: Exchange) -> None:
        if not done:
            done.append(True)
            act()
        answer(exchange)

    server.behaviour = behave


def test_no_order_is_locked_while_the_router_is_asked(town: Day, server: StubServer, admin: Connection) -> None:
    locked = []

    def look() -> None:
        admin.execute(text("SELECT id FROM work_orders FOR UPDATE NOWAIT"))
        # Of this database: other tests have transactions of their own meanwhile.
        here = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"
        locked.append(admin.execute(text(here)).scalar())

    meanwhile(town, server, look)
    assert town.auto_assign("J").technician == "B"
    assert locked == [0]


def test_who_went_off_duty_meanwhile_is_passed_over(town: Day, server: StubServer) -> None:
    meanwhile(town, server, lambda: town.off_duty("B"))
    lead = town.auto_assign("J")
    assert (lead.technician, lead.excluded["B"]) == ("C", "off_duty")


def test_where_all_were_taken_meanwhile_the_others_are_asked_of_anew(town: Day, server: StubServer) -> None:
    def swap() -> None:
        for letter in "ABC":
            town.off_duty(letter)
        town.places["D"] = shifted(town.places["C"], east_m=50.0)
        town.technician("D")

    meanwhile(town, server, swap)
    lead = town.auto_assign("J")
    assert lead.technician == "D"
    assert receipt(town, lead).routing is not None
    assert len(server.requests) == 2


def test_where_no_technician_is_left_the_order_waits_with_the_reasons(town: Day, server: StubServer) -> None:
    def leave() -> None:
        for letter in "ABC":
            town.off_duty(letter)

    meanwhile(town, server, leave)
    lead = town.auto_assign("J")
    assert lead.order.pending_reason is PendingReason.NOBODY_ELIGIBLE
    assert set(lead.excluded) == {"A", "B", "C"}


def test_an_address_that_moved_meanwhile_is_asked_of_anew(town: Day, server: StubServer, admin: Connection) -> None:
    town.places["K"] = town.places["C"]

    def move() -> None:
        place = town.places["K"]
        admin.execute(text("UPDATE work_orders SET lat = :lat, lon = :lon"), {"lat": place.lat, "lon": place.lon})

    meanwhile(town, server, move)
    assert town.auto_assign("J").technician == "C"
    assert [OSRM.asked(one)[1] for one in server.requests] == [
        [_rounded(town, "J")],
        [_rounded(town, "K")],
    ]


def _rounded(town: Day, letter: str) -> Any:
    place = town.places[letter]
    return type(place)(round(place.lat, 6), round(place.lon, 6))


def test_the_human_wins_while_the_router_is_asked(town: Day, server: StubServer) -> None:
    town.set(lead_auto_user_assignment="off")
    town.lead("J")
    town.set(lead_auto_user_assignment="on")
    meanwhile(town, server, lambda: town.assign("J", "C"))
    found = town.evaluate("J", forced=True)
    assert (found.state, found.technician) == (State.ASSIGNED, "C")
