"""What arrivals, pins by hand and decisions make of an address, through the commands that the product uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from geo_assign.core.db import Database
from geo_assign.core.geo import haversine_m
from geo_assign.dispatch.commands import orders
from geo_assign.pins.domain import KEPT_FOR, ConfirmedBy, EvidenceKind, PinDecidedError, PinState
from geo_assign.pins.tasks import sweep_old_evidence
from geo_assign.privacy.commands import erase_customer, erase_technician
from geo_assign.workorders.domain import LocationSource, State
from tests.conftest import World
from tests.pins.conftest import ADDRESS, Visits


def test_one_arrival_elsewhere_proposes_its_place(visits: Visits) -> None:
    visits.visit(140)
    pin = visits.pin()
    assert (pin.state, pin.visits, pin.against, pin.address) == (PinState.PROPOSED, 1, 0, ADDRESS)
    assert pin.moved_m == pytest.approx(140, rel=0.02)
    (seen,) = visits.seen(pin)
    assert (seen.technician_name, seen.kind, seen.agrees) == ("A", EvidenceKind.ARRIVAL, True)
    assert visits.located(visits.order()).learned is None, "a proposal moves no order"


def test_three_agreeing_arrivals_answer_for_the_geocoder(visits: Visits) -> None:
    for east_m in (140, 155, 150):
        visits.visit(east_m)
    pin = visits.pin()
    assert (pin.state, pin.confirmed_by, pin.decided_by, pin.visits) == (
        PinState.CONFIRMED,
        ConfirmedBy.ARRIVALS,
        None,
        3,
    )
    location = visits.located(visits.order())
    assert (location.source, location.confidence) == (LocationSource.GEOCODED, "rooftop")
    assert haversine_m(location.point, visits.at(150)) < 15
    assert location.learned == {"pin_id": str(pin.id), "visits": 3, "confirmed_by": "arrivals"}
    audited = entries(visits, "pin.confirmed")
    assert [(one.actor_kind, one.detail["visits"]) for one in audited] == [("system", 3)]


@pytest.mark.parametrize("address", ["rua das hortensias, 17 PORTO", "Rua das Hortensias 17, 3º Dto, Porto"])
def test_another_spelling_or_flat_is_the_same_address(visits: Visits, address: str) -> None:
    visits.knows(address)
    visits.visit(140)
    visits.visit(145, address=address)
    visits.visit(150)
    assert visits.located(visits.order(address)).learned is not None


def test_arrivals_at_the_pin_propose_nothing(visits: Visits) -> None:
    for east_m in (0, 40, 78):
        visits.visit(east_m)
    assert visits.pins() == []


@pytest.mark.parametrize(
    "measured",
    [{"accuracy_m": 60.0}, {"accuracy_m": None}, {"mock": True}, {"speed_mps": 9.0}],
    ids=str,
)
def test_a_doubtful_position_teaches_nothing(visits: Visits, measured: dict[str, object]) -> None:
    visits.visit(140, **measured)
    assert visits.pins() == []


def test_a_jump_or_a_far_away_arrival_teaches_nothing(visits: Visits) -> None:
    visits.visit(6_000)
    assert visits.pins() == []
    letter = visits.order()
    visits.day.step(letter, "A", State.TRAVELLING)
    visits.day.later("1 s")
    visits.day.ping("A", visits.at(140), accuracy_m=5.0)
    visits.day.step(letter, "A", State.ON_SITE)
    assert visits.pins() == [], "six kilometres in a second are an implausible jump"


def test_an_old_position_teaches_nothing(visits: Visits) -> None:
    letter = visits.order()
    visits.day.step(letter, "A", State.TRAVELLING)
    visits.day.ping("A", visits.at(140), accuracy_m=5.0)
    visits.day.later("3 min")
    visits.day.step(letter, "A", State.ON_SITE)
    assert visits.pins() == []


def test_said_twice_a_visit_counts_once(visits: Visits) -> None:
    letter = visits.order()
    visits.day.later("20 min")
    visits.day.ping("A", visits.at(140), accuracy_m=5.0)
    for _ in range(3):
        visits.day.step(letter, "A", State.ON_SITE)
    visits.pin_by_hand(letter, 150)
    pin = visits.pin()
    assert (pin.state, pin.visits, len(visits.seen(pin))) == (PinState.PROPOSED, 1, 2)


def test_a_lead_and_the_ticket_it_became_are_one_visit(visits: Visits) -> None:
    lead = visits.order()
    visits.day.later("20 min")
    visits.day.ping("A", visits.at(140), accuracy_m=5.0)
    visits.day.step(lead, "A", State.ON_SITE)
    visits.day.convert(lead, "Z")
    visits.pin_by_hand("Z", 145)
    assert (visits.pin().visits, visits.pin().state) == (1, PinState.PROPOSED)


def test_a_pin_by_hand_is_evidence_and_arrivals_there_agree_with_it(visits: Visits) -> None:
    letter = visits.order()
    visits.pin_by_hand(letter, 150)
    pin = visits.pin()
    assert (pin.state, pin.visits) == (PinState.PROPOSED, 1)
    assert pin.moved_m == pytest.approx(150, rel=0.02)
    assert [one.kind for one in visits.seen(pin)] == [EvidenceKind.HAND]
    visits.arrive(letter, 145)
    assert visits.pin().visits == 1, "its own arrival is the same visit"
    visits.visit(140)
    visits.visit(155)
    assert (visits.pin().state, visits.pin().visits) == (PinState.CONFIRMED, 3)


def test_a_pin_by_hand_for_an_address_that_was_not_found_is_used_for_the_next(visits: Visits) -> None:
    letter = visits.order("Quinta do Vale 3, Porto")
    assert visits.day.outcome(letter).order.location is None
    visits.pin_by_hand(letter, 1_000)
    pin = visits.pin()
    assert (pin.moved_m, pin.visits) == (None, 1)
    visits.decide("confirm", pin.id)
    assert visits.located(visits.order("quinta do vale 3 porto")).learned is not None


def test_a_place_that_the_caller_gave_teaches_nothing(visits: Visits) -> None:
    letter = visits.order()
    with visits.day.database.transaction(visits.day.org_id) as tx:
        tx.conn.execute(text("UPDATE work_orders SET location_source = 'client'"))
    visits.arrive(letter, 140)
    assert visits.pins() == []


def test_a_person_confirms_and_arrivals_only_propose_another_place(visits: Visits) -> None:
    visits.visit(140)
    confirmed = visits.decide("confirm", visits.pin().id)
    assert (confirmed.state, confirmed.confirmed_by, confirmed.decided_by) == (
        PinState.CONFIRMED,
        ConfirmedBy.PERSON,
        "Boss",
    )
    for _ in range(4):
        visits.visit(-150)
    assert [pin.state for pin in visits.pins()] == [PinState.PROPOSED, PinState.CONFIRMED]
    other = visits.decide("confirm", visits.pins(PinState.PROPOSED)[0].id)
    assert {pin.id: pin.state for pin in visits.pins()} == {
        other.id: PinState.CONFIRMED,
        confirmed.id: PinState.REPLACED,
    }


def test_arrivals_replace_what_arrivals_confirmed_once_they_are_more(visits: Visits) -> None:
    for _ in range(3):
        visits.visit(140)
    first = visits.pin()
    for count in range(1, 5):
        visits.visit(-150)
        assert (visits.pins(PinState.CONFIRMED)[0].id == first.id) == (count < 4)
    now = visits.pins(PinState.CONFIRMED)[0]
    assert now.id != first.id
    assert [pin.id for pin in visits.pins(PinState.REPLACED)] == [first.id]


def test_a_rejected_pin_does_not_come_back_from_the_same_arrivals(visits: Visits) -> None:
    visits.visit(140)
    visits.visit(145)
    rejected = visits.decide("reject", visits.pin().id)
    assert (rejected.state, rejected.decided_by) == (PinState.REJECTED, "Boss")
    visits.visit(142)
    visits.visit(143)
    assert [pin.state for pin in visits.pins()] == [PinState.REJECTED]
    visits.visit(141)
    assert [pin.state for pin in visits.pins()] == [PinState.PROPOSED, PinState.REJECTED], "asked again, not confirmed"


def test_a_withdrawn_pin_leaves_the_address_to_the_geocoder(visits: Visits) -> None:
    for _ in range(3):
        visits.visit(140)
    pin = visits.decide("withdraw", visits.pin().id)
    assert pin.state is PinState.WITHDRAWN
    location = visits.located(visits.order())
    assert (location.learned, location.point) == (None, visits.house)
    for what in ("reject", "withdraw", "confirm"):
        if what == "withdraw":
            assert visits.decide(what, pin.id).version == pin.version
        else:
            with pytest.raises(PinDecidedError):
                visits.decide(what, pin.id)


def test_no_order_is_moved_and_no_pin_by_hand_is_overwritten(visits: Visits) -> None:
    visits.day.set(lead_auto_user_assignment="off")
    waiting, pinned = visits.order(assignee=None), visits.order(assignee=None)
    visits.pin_by_hand(pinned, 700)
    for _ in range(3):
        visits.visit(140)
    assert visits.located(waiting).point == visits.house
    assert (visits.located(pinned).source, visits.located(pinned).point) == (LocationSource.PIN, visits.at(700))


def test_an_address_that_was_wrong_takes_its_pin_with_it(visits: Visits) -> None:
    letter = visits.order()
    visits.pin_by_hand(letter, 150)
    with visits.day.database.transaction(visits.day.org_id) as tx:
        change = orders.Edit(fields={}, address="Rua de Baixo 2, Porto")
        orders.edit(tx, visits.day.boss, visits.day.jobs[letter], change, version=None)
    assert visits.pins() == []


# Forgetting ----------------------------------------------------------------------------------------------------------


def test_a_customer_s_erasure_takes_the_pin_that_rests_on_nothing_else(visits: Visits) -> None:
    first, second = visits.visit(140), visits.visit(145)
    visits.decide("confirm", visits.pin().id)
    erase(visits, first)
    assert (visits.pin().state, len(visits.seen(visits.pin()))) == (PinState.CONFIRMED, 1)
    erase(visits, second)
    assert visits.pins() == []
    assert count(visits, "pin_evidence") == 0


def test_an_erased_customer_s_visit_counts_no_more(visits: Visits) -> None:
    first = visits.visit(140)
    visits.visit(145)
    erase(visits, first)
    assert (visits.pin().state, visits.pin().visits) == (PinState.PROPOSED, 1)
    visits.visit(150)
    assert visits.pin().state is PinState.PROPOSED


def test_a_technician_s_erasure_leaves_the_place_without_who_arrived(visits: Visits) -> None:
    visits.visit(140)
    with visits.day.database.transaction(visits.day.org_id) as tx:
        erase_technician(tx, visits.day.boss, visits.day.people["A"])
    (seen,) = visits.seen(visits.pin())
    assert (seen.technician_id, seen.technician_name) == (None, None)


def test_who_arrived_is_forgotten_with_the_track_and_old_evidence_goes(visits: Visits, world: World) -> None:
    visits.visit(140)
    with sweeping(visits, world) as worker:
        assert sweep_old_evidence(worker, retention=timedelta(days=3)) == 0
        visits.day.later("4 d")
        assert sweep_old_evidence(worker, retention=timedelta(days=3)) == 1
        assert visits.seen(visits.pin())[0].technician_id is None
        visits.day.clock.advance(KEPT_FOR)
        assert sweep_old_evidence(worker, retention=timedelta(days=3)) == 2
    assert (visits.pins(), count(visits, "pin_evidence")) == ([], 0)


def test_a_confirmed_pin_and_its_evidence_stay(visits: Visits, world: World) -> None:
    letter = visits.visit(140)
    visits.decide("confirm", visits.pin().id)
    visits.day.clock.advance(2 * KEPT_FOR)
    with sweeping(visits, world) as worker:
        assert sweep_old_evidence(worker, retention=timedelta(days=3)) == 1
    assert len(visits.seen(visits.pin())) == 1
    erase(visits, letter)
    assert visits.pins() == []


# What the tests above are made of ------------------------------------------------------------------------------------


@contextmanager
def sweeping(visits: Visits, world: World) -> Iterator[Database]:
    worker = Database(world.worker_url, pool_size=1, clock=visits.day.clock)
    try:
        yield worker
    finally:
        worker.close()


def erase(visits: Visits, letter: str) -> None:
    with visits.day.database.transaction(visits.day.org_id) as tx:
        erase_customer(tx, visits.day.boss, visits.day.jobs[letter])


def count(visits: Visits, table: str) -> int:
    with visits.day.database.transaction(visits.day.org_id) as tx:
        return int(tx.conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def entries(visits: Visits, action: str) -> list[Any]:
    with visits.day.database.transaction(visits.day.org_id) as tx:
        found = tx.conn.execute(
            text("SELECT actor_kind, subject_id, detail FROM audit_entries WHERE action = :action"), {"action": action}
        )
        return list(found)
