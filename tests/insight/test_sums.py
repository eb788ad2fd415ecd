"""Sums by day: with them the same is told as without, whatever has happened and whenever it is summed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from geo_assign.access.domain import Scope
from geo_assign.core.spans import Span
from geo_assign.insight import commands
from geo_assign.insight.domain import Farther
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.working_time import midnight
from tests.conftest import World, opened_day
from tests.databases import borrowed
from tests.day import NOON, Day
from tests.insight.history import History
from tests.thoroughness import times

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ALWAYS: Span = (NOON - 400 * DAY, NOON + 40 * DAY)


@pytest.fixture
def history(day: Day, world: World) -> History:
    return History(day, world).open()


def assert_same(history: History, within: Span = ALWAYS, **asked: Any) -> None:
    assert history.told(within, **asked) == history.told(within, live=True, **asked)


def test_days_that_have_ended_are_summed_back_to_the_first(history: History) -> None:
    for ago in (12, 3, 0):
        history.order(NOON - ago * DAY)
    assert history.sum() > 0
    days = history.summed_days()
    assert (days[0], days[-1], len(days)) == ("2026-05-08", "2026-05-19", 12)
    assert history.sum() == 0, "there is nothing new"
    assert_same(history)
    history.day.later("3 d")
    assert history.sum() > 0
    assert history.summed_days()[-1] == "2026-05-22"
    assert_same(history)


def test_a_month_is_summed_in_one_turn_and_the_newest_days_of_all_stores_first(history: History) -> None:
    for store in (0, 1):
        history.order(NOON - 70 * DAY, store=store)
    days = [str(NOON.date() - ago * DAY) for ago in range(70, 0, -1)]
    for summed in ([0, 31], [31, 31], [31, 62], [62, 62], [62, 70], [70, 70]):
        assert history.sum(rounds=1) == 1
        by_store = sorted(history.summed_by_store(), key=len)
        assert by_store == [days[len(days) - number :] for number in summed]
        assert_same(history)
    assert history.sum() == 0


def test_days_with_much_work_are_summed_in_more_turns(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ORDERS_AT_ONCE", 3)
    for ago, orders in ((1, 2), (2, 2), (3, 5), (4, 1), (6, 1)):
        for _ in range(orders):
            history.order(NOON - ago * DAY)
    history.run("DELETE FROM stores WHERE org_id = :org_id AND id = :store", store=history.stores.pop())
    summed = []
    while history.sum(rounds=1):
        summed.append(len(history.summed_days()))
    assert summed == [1, 2, 3, 6]
    assert_same(history)


def test_what_is_summed_is_not_counted_again(history: History) -> None:
    """The sums are what is told: were they not read, a row taken away behind them would be missing."""
    history.order(NOON - 2 * DAY, place=("pin", None))
    history.sum()
    history.run("UPDATE insight_sums SET counts = counts || counts WHERE org_id = :org_id")
    assert [one.orders for one in history.told(ALWAYS).places] == [2]
    assert [one.orders for one in history.told(ALWAYS, live=True).places] == [1]


_CANCELLED = "state = 'cancelled', pending_reason = NULL"
CHANGES = {
    "cancelled": f"work_orders SET {_CANCELLED}",
    "located": "work_orders SET lat = 41, lon = -30, location_source = 'pin'",
    "later": "work_orders SET slot_start = slot_start + interval '3 h', slot_end = slot_end + interval '3 h'",
    "learned": "work_orders SET location_learned = '{}'",
    "accepted": "offers SET state = 'accepted', responded_at = offered_at + interval '90 s'",
    "longer": "bookings SET ends_at = ends_at + interval '1 h', occupied_until = occupied_until + interval '1 h'",
    "done": "bookings SET state = 'done'",
    "another technician": "bookings SET technician_id = :other",
    "measured": "drives SET seconds = 900",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_late_change_is_told_at_once_and_summed_anew(history: History, change: str) -> None:
    at = NOON - 5 * DAY
    order = history.order(at)
    history.offer(order, at, state="offered")
    history.booking(order, at, state="offered" if change == "done" else "done")
    history.drive(order, provider="osrm", hour=9, seconds=700)
    history.sum()
    before = history.told(ALWAYS)
    history.run(
        f"UPDATE {CHANGES[change]} WHERE org_id = :org_id",
        **({"other": history.people[1]} if ":other" in CHANGES[change] else {}),
    )
    assert history.told(ALWAYS) != before
    assert_same(history)
    assert history.sum() == 1
    assert history.sum() == 0
    assert_same(history)


def test_a_ticket_in_place_of_a_lead_and_a_drive_taken_away(history: History) -> None:
    at = NOON - 5 * DAY
    order = history.order(at)
    history.assigned(order, at + HOUR)
    history.drive(order, provider="osrm", hour=9, seconds=700)
    history.sum()
    for statement in (
        "UPDATE work_orders SET kind = 'ticket' WHERE org_id = :org_id",
        "DELETE FROM drives WHERE org_id = :org_id",
    ):
        before = history.told(ALWAYS)
        history.run(statement)
        assert history.told(ALWAYS) != before
        assert_same(history)


def test_a_slot_that_passes_is_unserved_from_then_on(history: History) -> None:
    history.order(NOON - 2 * DAY, slot_after=3 * DAY)
    history.sum()
    assert [one.unserved for one in history.told(ALWAYS).demand] == [0]
    history.day.later("25 h")
    assert [one.unserved for one in history.told(ALWAYS).demand] == [0], "to the second it is not over"
    history.day.later("1 s")
    assert [one.unserved for one in history.told(ALWAYS).demand] == [1]
    history.sum()
    assert history.summed_days() == ["2026-05-18", "2026-05-19", "2026-05-20"]
    assert_same(history)


def test_a_change_under_way_while_a_day_is_summed_is_not_lost(history: History) -> None:
    history.order(NOON - 2 * DAY)
    with history.day.database.transaction(history.day.org_id) as tx:
        tx.conn.execute(text("UPDATE work_orders SET kind = 'ticket' WHERE org_id = :org"), {"org": tx.org_id})
        history.sum()
        assert history.sum() == 0, "what is not committed is not seen"
    assert_same(history)
    assert history.sum() == 1
    assert_same(history)


def test_days_are_those_of_the_store_s_zone_and_follow_it(history: History) -> None:
    late = midnight(NOON.date() - 3 * DAY, get_zone("UTC")) - timedelta(minutes=30)
    history.assigned(history.order(late), late + HOUR)
    history.sum()
    history.run("UPDATE stores SET timezone = 'Europe/Helsinki' WHERE org_id = :org_id")
    assert_same(history)
    history.sum()
    assert_same(history)
    (told,) = history.told(ALWAYS).assigned_after
    assert told.day == NOON.date() - 3 * DAY


def test_an_hour_more_or_less_does_not_matter(world: World) -> None:
    """The night in which clocks are set back: a day of 25 hours."""
    with opened_day(world) as day:
        day.clock.set(datetime.fromisoformat("2026-10-27T12:00:00Z"))
        history = History(day, world).open()
        history.run("UPDATE stores SET timezone = 'Europe/Berlin' WHERE org_id = :org_id")
        zone = get_zone("Europe/Berlin")
        begins_at = midnight(datetime.fromisoformat("2026-10-25").date(), zone)
        for hour in range(-1, 27):
            history.order(begins_at + hour * HOUR)
        history.sum()
        within = begins_at, begins_at + 25 * HOUR
        assert sum(one.orders for one in history.told(within).places) == 25
        assert_same(history, within)


def test_each_scope_is_told_of_its_own(history: History) -> None:
    for store, grouped in ((0, True), (0, False), (1, False)):
        history.order(NOON - 3 * DAY, store=store, grouped=grouped)
    history.sum()
    first, second = history.stores
    group = history.groups[1]
    assert group is not None
    nothing = Scope(everything=False, store_ids=frozenset(), group_ids=frozenset())
    for scope, orders in (
        (replace(nothing, store_ids=frozenset({first})), 2),
        (replace(nothing, store_ids=frozenset({second})), 1),
        (replace(nothing, group_ids=frozenset({group})), 2),
        (replace(nothing, store_ids=frozenset({first, second})), 3),
        (replace(nothing, store_ids=frozenset({second}), api_key_id=uuid4()), 1),
        (nothing, 0),
    ):
        assert sum(one.orders for one in history.told(ALWAYS, scope=scope).places) == orders, scope
        assert_same(history, scope=scope)
    assert_same(history, store_ids=[first])
    assert_same(history, group_id=group)
    assert_same(history, store_ids=[second], group_id=group)


def test_the_chosen_are_told_against_the_nearest(history: History) -> None:
    at, ways = NOON - 3 * DAY, ((1_000.0, 200.0), (4_000.0, 150.0), (9_000.0, 900.0))
    for mode, person in (("automatic", 0), ("automatic", 1), ("manual", 2), ("manual", None)):
        history.chosen(history.order(at), at, *ways, mode=mode, person=person)
    twice = history.order(at)
    history.chosen(twice, at, *ways, person=2)
    history.chosen(twice, at + HOUR, *ways, person=0)
    for _ in ("live", "summed"):
        by_automation, by_hand = history.told(ALWAYS).chosen
        assert (by_automation.mode, by_automation.orders, by_automation.outside) == ("automatic", 3, 0)
        assert by_automation.farther_m == Farther(nearest=2, bands=[0, 1, 0], mean=3_000)
        assert by_automation.farther_s == Farther(nearest=1, bands=[2, 0, 0], mean=50)
        assert (by_hand.mode, by_hand.orders, by_hand.outside) == ("manual", 1, 1)
        assert by_hand.farther_m == Farther(nearest=0, bands=[0, 0, 1], mean=8_000)
        (store,) = history.told(ALWAYS).by_store
        assert (store.orders, store.nearest, store.chosen) == (5, 2, 4)
        history.sum()


def test_stores_are_told_side_by_side(history: History) -> None:
    at = NOON - 3 * DAY
    for store, seconds in ((0, 60), (1, 30), (1, 90)):
        order = history.order(at, store=store)
        history.offer(order, at, state="accepted", after_s=seconds)
        history.assigned(order, at + timedelta(seconds=seconds))
    history.offer(history.order(at, store=1), at, state="rejected")
    history.sum()
    told = {one.store_id: one for one in history.told(ALWAYS).by_store}
    first, second = (told[store_id] for store_id in history.stores)
    assert (first.orders, first.accepted, first.answered, first.median_accept_s) == (1, 1, 1, 60)
    assert (second.orders, second.accepted, second.answered, second.median_assign_s) == (3, 2, 3, 60)
    assert [one.store_id for one in history.told(ALWAYS, store_ids=history.stores[1:]).by_store] == history.stores[1:]
    assert_same(history, store_ids=history.stores)


@pytest.fixture(scope="module")
def ground(template: str) -> Iterator[World]:
    """One database for all examples: each has an organization of its own."""
    with borrowed(template) as world:
        yield world


AGO = st.integers(0, 6 * 24 * 60).map(lambda minutes: NOON - timedelta(minutes=minutes))
PLACES = st.sampled_from(
    [(None, None), ("pin", None), ("geocoded", "street"), ("geocoded", "rooftop"), ("client", None)]
)
ORDERS = st.fixed_dictionaries(
    {
        "created_at": AGO,
        "kind": st.sampled_from(["lead", "ticket"]),
        "store": st.integers(0, 1),
        "grouped": st.booleans(),
        "state": st.sampled_from(["pending", "assigned", "cancelled"]),
        "slot_after": st.integers(-10, 100).map(lambda hours: hours * HOUR),
        "place": PLACES,
    }
)
STEPS = st.one_of(
    ORDERS.map(lambda order: ("order", order)),
    st.tuples(st.just("offer"), st.integers(0, 50), st.sampled_from(["accepted", "rejected", "expired", "withdrawn"]),
              st.floats(0, 2_000)),
    st.tuples(st.just("booking"), st.integers(0, 50), st.floats(1, 600), st.integers(0, 1)),
    st.tuples(
        st.just("chosen"),
        st.integers(0, 50),
        st.lists(st.tuples(st.floats(0, 9_000), st.floats(0, 900)), min_size=2, max_size=4),
        st.sampled_from(["automatic", "manual"]),
        st.sampled_from([0, 1, None]),
    ),
    st.tuples(st.just("assigned"), st.integers(0, 50), st.floats(0, 200_000)),
    st.tuples(st.just("drive"), st.integers(0, 50), st.sampled_from(["osrm", "valhalla", "straight_line"]),
              st.integers(0, 23), st.one_of(st.none(), st.floats(1, 5_000))),
    st.tuples(st.just("move"), st.integers(0, 50), st.integers(0, 1)),
    st.tuples(st.just("cancel"), st.integers(0, 50)),
    st.tuples(st.just("zone"), st.integers(0, 1), st.sampled_from(["UTC", "America/Lima", "Asia/Kathmandu"])),
    st.tuples(st.just("later"), st.integers(1, 40)),
    st.tuples(st.just("sum"), st.integers(1, 4)),
)  # fmt: skip


def take(history: History, step: tuple[Any, ...]) -> None:
    """Do one step of a random history; one about an order, if there is any."""
    name, *values = step
    if name == "order":
        history.order(**values[0])
    elif name == "later":
        history.day.clock.advance(values[0] * HOUR)
    elif name == "sum":
        history.sum(rounds=values[0])
    elif name == "zone":
        zone = {"store": history.stores[values[0]], "zone": values[1]}
        history.run("UPDATE stores SET timezone = :zone WHERE org_id = :org_id AND id = :store", **zone)
    elif history.orders:
        happen(history, name, history.orders[values[0] % len(history.orders)], *values[1:])


def happen(history: History, name: str, order: Any, *values: Any) -> None:
    at = NOON - DAY
    if name == "offer":
        history.offer(order, at, state=values[0], after_s=values[1])
    elif name == "booking":
        history.booking(order, at, minutes=values[0], person=values[1])
    elif name == "chosen":
        history.chosen(order, at, *values[0], mode=values[1], person=values[2])
    elif name == "assigned":
        history.assigned(order, at + timedelta(seconds=values[0]))
    elif name == "drive":
        history.drive(order, provider=values[0], hour=values[1], seconds=values[2])
    elif name == "move":
        move = "UPDATE work_orders SET store_id = :store, group_id = NULL WHERE org_id = :org_id AND id = :id"
        history.run(move, store=history.stores[values[0]], id=order)
    elif name == "cancel":
        cancel = "UPDATE work_orders SET state = 'cancelled', pending_reason = NULL WHERE org_id = :org_id AND id = :id"
        history.run(cancel + " AND state IN ('pending', 'assigned')", id=order)


@settings(max_examples=times(6, 60), deadline=None)
@given(
    orders=st.lists(ORDERS, min_size=1, max_size=6),
    steps=st.lists(STEPS, max_size=14),
    span=st.tuples(st.integers(0, 9 * 24), st.integers(1, 9 * 24)),
)
def test_with_sums_the_same_is_told_of_any_history(
    ground: World, orders: list[dict[str, Any]], steps: list[tuple[Any, ...]], span: tuple[int, int]
) -> None:
    with opened_day(ground) as day:
        history = History(day, ground).open()
        for order in orders:
            history.order(**order)
        for step in steps:
            take(history, step)
        first = NOON - span[0] * HOUR
        for within in (ALWAYS, (first, first + span[1] * HOUR)):
            assert_same(history, within)
            assert_same(history, within, store_ids=history.stores[:1])
        history.sum()
        assert history.sum() == 0
        assert_same(history)


@given(seconds=st.lists(st.floats(0, 5_000), min_size=1, max_size=12))
@settings(max_examples=times(3, 20), deadline=None)
def test_medians_are_those_of_all_values_to_the_second(ground: World, seconds: list[float]) -> None:
    with opened_day(ground) as day:
        history = History(day, ground).open()
        for place, after_s in enumerate(seconds):
            at = NOON - (1 + place % 3) * DAY
            order = history.order(at)
            history.offer(order, at, state="accepted", after_s=after_s)
            history.assigned(order, at + timedelta(seconds=after_s))
        history.sum()
        told = history.told(ALWAYS)
        with day.database.transaction(day.org_id) as tx:
            exactly = tx.conn.execute(
                text(
                    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM responded_at - offered_at)) "
                    "FROM offers WHERE org_id = :org"
                ),
                {"org": tx.org_id},
            ).scalar_one()
        assert told.acceptance.median_s == pytest.approx(exactly, abs=0.51)
        assert sum(one.orders for one in told.assigned_after) == len(seconds)
