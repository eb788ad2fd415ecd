"""Addresses that move, clocks that change, and receipts that say why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point
from geo_assign.dispatch.commands import orders
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate, GeocodeResult
from geo_assign.receipts.queries import get_decision
from geo_assign.receipts.verdicts import Why
from geo_assign.receipts.why import explain
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import Kind, LocationSource, NewOrder, OfferWithdrawnError, State, WorkOrder
from geo_assign.workorders.queries import list_events
from tests.day import Day, shifted

# The address moves --------------------------------------------------------------------------------------------------


def test_a_small_correction_only_refreshes_distances(pair: Day) -> None:
    lead = pair.auto_assign("J")
    assert lead.order.offer is not None
    assert lead.order.offer.distance_m == pytest.approx(1_000, rel=0.01)
    pin(pair, shifted(pair.places["J"], east_m=-90))
    moved = pair.outcome("J")
    assert (moved.state, moved.technician) == (State.OFFERED, "A")
    assert moved.order.offer is not None
    assert moved.order.offer.id == lead.order.offer.id
    assert moved.order.offer.distance_m == pytest.approx(910, rel=0.01)
    assert moved.order.offer.eta_s == pytest.approx(910 * 1.4 / 8.3, rel=0.01)


def test_a_larger_one_keeps_the_offer_of_who_can_still_go(pair: Day) -> None:
    lead = pair.auto_assign("J")
    pin(pair, shifted(pair.places["J"], east_m=600))
    moved = pair.outcome("J")
    assert moved.technician == "A"
    assert moved.order.offer is not None
    assert lead.order.offer is not None
    assert moved.order.offer.id == lead.order.offer.id


def test_a_larger_one_withdraws_the_offer_of_who_cannot(pair: Day) -> None:
    pair.set(radius_m=1_200)
    pair.auto_assign("J")
    offer = pair.offer("J")
    pin(pair, shifted(pair.places["J"], east_m=1_000))
    assert pair.outcome("J").technician == "B"
    with pytest.raises(OfferWithdrawnError) as told:
        pair.accept("A", offer)
    assert told.value.facts["withdrawn_because"] == "address_moved"


def test_an_offer_for_a_later_day_is_judged_from_the_place_planned_for_then(day: Day) -> None:
    day.set(radius_m=2_000)
    day.map("A . J", step_m=500)
    day.technician("A", home=True)
    day.later("20 min")
    day.ping("A", shifted(day.places["A"], east_m=30_000))
    lead = day.auto_assign("J", slot="tomorrow 10:00-11:00")
    assert lead.technician == "A"
    offer = day.offer("J")
    pin(day, shifted(day.places["J"], east_m=200))
    assert day.offer("J").id == offer.id
    assert day.offer("J").distance_m == pytest.approx(1_200, rel=0.01)


def test_what_was_accepted_stays_and_the_dispatcher_is_alarmed(pair: Day) -> None:
    pair.set(radius_m=1_200)
    pair.auto_assign("J")
    pair.accept("A", pair.offer("J"))
    pin(pair, shifted(pair.places["J"], east_m=5_000))
    assert (pair.outcome("J").state, pair.outcome("J").technician) == (State.ASSIGNED, "A")
    alarm = last_event(pair, "J")
    assert alarm["alarm"] == "address_moved"
    assert alarm["moved_m"] == pytest.approx(5_000, rel=0.01)
    assert alarm["distance_m"] == pytest.approx(6_000, rel=0.01)
    assert alarm["eta_s"] > 0


def test_a_pin_is_never_overwritten_by_a_late_answer(pair: Day) -> None:
    pair.addresses["Rua Nova 1"] = found(pair.places["J"])
    pair.lead("J", address="Rua Nova 1")
    pinned_at = shifted(pair.places["J"], east_m=50)

    def slow(_request: object) -> GeocodeResult:
        # While the geocoder thinks about the new address, a dispatcher drops a pin.
        pin(pair, pinned_at)
        return found(shifted(pair.places["J"], east_m=9_000))

    late = type(pair.dispatch)(pair.database, slow)
    late.edit(pair.boss, pair.jobs["J"], orders.Edit(fields={}, address="Rua Nova 2"), None)
    location = pair.outcome("J").order.location
    assert location is not None
    assert (location.source, location.point) == (LocationSource.PIN, pinned_at)
    assert pair.outcome("J").order.address == "Rua Nova 2"


def test_an_answer_about_an_address_that_was_corrected_meanwhile_is_passed_over(pair: Day) -> None:
    pair.addresses["Rua Nova 2"] = found(pair.places["B"])

    def slow(_request: object) -> GeocodeResult:
        pair.dispatch.edit(pair.boss, pair.jobs["J"], orders.Edit(fields={}, address="Rua Nova 2"), None)
        return found(pair.places["A"])

    pair.lead("J", address="Rua Nova 0")
    late = type(pair.dispatch)(pair.database, slow)
    late.edit(pair.boss, pair.jobs["J"], orders.Edit(fields={}, address="Rua Nova 1"), None)
    location = pair.outcome("J").order.location
    assert location is not None
    assert location.point == pair.places["B"]


# Clocks -------------------------------------------------------------------------------------------------------------


def test_a_wall_time_that_the_clocks_skip_is_refused_with_the_next_one(lisbon: Day) -> None:
    with pytest.raises(WallTimeDoesNotExistError) as refused:
        wall_lead(lisbon, "2026-03-29T01:30", "2026-03-29T03:00")
    assert refused.value.facts["next_valid"] == "2026-03-29T02:00:00+01:00"


def test_a_wall_time_that_happens_twice_is_the_first(lisbon: Day) -> None:
    order = wall_lead(lisbon, "2026-10-25T01:30", "2026-10-25T03:00")
    assert order.slot_start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert order.slot_end == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)


def test_a_slot_goes_forward_on_the_clock_of_the_world(lisbon: Day) -> None:
    with pytest.raises(InvalidError) as refused:
        wall_lead(lisbon, "2026-10-25T01:30", "2026-10-25T01:15")
    assert [problem.pointer for problem in refused.value.errors] == ["/slot/end"]
    order = wall_lead(lisbon, "2026-03-29T00:30", "2026-03-29T02:30")
    assert (order.slot_end - order.slot_start).total_seconds() == 3_600


@pytest.mark.parametrize(
    ("slot", "works"),
    [
        ("tomorrow 01:00-02:00", True),
        ("tomorrow 05:00-06:00", True),
        ("tomorrow 05:30-06:30", False),
        ("tomorrow 22:00-23:00", False),
        ("22:00-23:00", True),
        ("21:30-22:30", False),
    ],
)
def test_a_night_shift_crosses_midnight(day: Day, slot: str, works: bool) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", hours={"wed": [["22:00", "06:00"]]}, home=True)
    lead = day.auto_assign("J", slot=slot)
    assert (lead.technician == "A") is works
    assert works or lead.excluded == {"A": "outside_hours"}


def test_a_night_shift_works_through_the_hour_that_is_skipped(lisbon: Day) -> None:
    lisbon.map("A . J", step_m=500)
    lisbon.technician("A", hours={"sat": [["22:00", "06:00"]]}, home=True, last_ping=None)
    assert lisbon.auto_assign("J", slot="tomorrow 00:30-02:30").technician == "A"


# Why ----------------------------------------------------------------------------------------------------------------


def test_a_receipt_says_why(day: Day) -> None:
    day.set(radius_m=2_000)
    day.map("A . J . B . . . C", step_m=500)
    day.technician("A")
    day.technician("B")
    day.technician("C", last_ping="6 min ago")
    day.auto_assign("J")
    chosen, candidate, excluded = (why(day, "J", letter) for letter in "ABC")
    assert chosen.verdict == "chosen"
    assert chosen.sentence == "A was offered: number 1, 1.0 km away."
    assert candidate.verdict == "candidate"
    assert candidate.rank == 2
    assert candidate.gap_m == pytest.approx(0, abs=1)
    assert "number 2" in candidate.sentence
    assert excluded.verdict == "excluded"
    assert excluded.sentence == (
        "C could not go: the last position is 6 min old, the limit is 300 s; 3.0 km away, the radius is 2 km. "
        "Number 3 if positions were good for 360 s and the radius were at least 3008 m."
    )


def test_it_says_which_radius_would_have_sufficed(day: Day) -> None:
    day.set(radius_m=1_000)
    day.map("A J . . B", step_m=500)
    day.technician("A", on_duty=False)
    day.technician("B")
    day.auto_assign("J")
    far = why(day, "J", "B")
    (reason,) = far.reasons
    assert reason["code"] == "outside_radius"
    needed = reason["needed"]["radius_m"]
    assert far.sentence.endswith(f"Number 1 if the radius were at least {needed} m.")
    day.set(radius_m=needed)
    assert day.evaluate("J").technician == "B"
    assert why(day, "J", "A").sentence.startswith("A could not go: off duty")


# Short words --------------------------------------------------------------------------------------------------------


def pin(day: Day, point: Point) -> WorkOrder:
    """A dispatcher drops a pin on job J."""
    return day.dispatch.edit(day.boss, day.jobs["J"], orders.Edit(fields={}, location=point), None)


def found(point: Point) -> GeocodeResult:
    """What a geocoder answers that knows the house."""
    return GeocodeResult(candidates=(GeocodeCandidate("There", point, Confidence.ROOFTOP),), provider="test")


def last_event(day: Day, job: str) -> dict[str, Any]:
    with day.database.transaction(day.org_id) as tx:
        return dict(list_events(tx, day.jobs[job], limit=200).items[-1].detail)


def wall_lead(day: Day, start: str, end: str) -> WorkOrder:
    """A lead whose slot is written in the store's wall time."""
    new = NewOrder(
        kind=Kind.LEAD,
        store_id=day.store_id,
        customer={"name": "Eva"},
        location=shifted(Point(41.0, -30.0), east_m=100),
        slot_start=datetime.fromisoformat(start),
        slot_end=datetime.fromisoformat(end),
    )
    return day.dispatch.create(day.boss, new, None)[0]


def why(day: Day, job: str, letter: str) -> Why:
    everything = EVERYTHING
    decision_id = day.outcome(job).order.decision_id
    assert decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        return explain(tx, everything, get_decision(tx, everything, decision_id), day.people[letter])
