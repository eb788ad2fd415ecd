"""Estimates of drives that learn from `travelling` to `on_site`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database
from geo_assign.core.geo import road_s
from geo_assign.dispatch.tasks import calibrate_etas
from geo_assign.privacy.commands import erase_technician
from geo_assign.workforce.domain import LEAST_DRIVES, WITHIN, EtaFactors, MeasuredRatio, factors_of
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands.drives import MEASURED_FOR, calibrate_store
from geo_assign.workorders.domain import State
from tests.conftest import World
from tests.day import Day, shifted
from tests.snapshots import begun_once

_LETTERS = "JKLMNOPQRSTUVWXYZ"
WAY_M = 6_000.0
ESTIMATED_S = road_s(WAY_M)


@pytest.fixture
@begun_once
def house(day: Day) -> Day:
    """A job six kilometres from where Ana is."""
    day.map("A", step_m=1)
    day.technician("A")
    for letter in _LETTERS:
        day.places[letter] = shifted(day.places["A"], east_m=WAY_M)
    return day


def drive(day: Day, letter: str, took_s: float, **measured: object) -> None:
    """Drive to a job, which takes so long, do the work and come back."""
    day.later("5 s")
    day.ping("A", day.places["A"], **({"accuracy_m": 9.0} | measured))  # type: ignore[arg-type]
    day.lead(letter, assignee="A")
    day.step(letter, "A", State.TRAVELLING)
    day.clock.advance(timedelta(seconds=took_s))
    day.step(letter, "A", State.ON_SITE)
    day.step(letter, "A", State.COMPLETED)
    day.later("90 min")


def rules(day: Day) -> StoreRules:
    with day.database.transaction(day.org_id) as tx:
        return get_store_rules(tx, EVERYTHING, day.store_id)


def drives(day: Day) -> list[object]:
    with day.database.transaction(day.org_id) as tx:
        return list(tx.conn.execute(text("SELECT * FROM drives ORDER BY began_at")))


@contextmanager
def sweeping(day: Day, world: World) -> Iterator[Database]:
    worker = Database(world.worker_url, pool_size=1, clock=day.clock)
    try:
        yield worker
    finally:
        worker.close()


def test_ten_drives_teach_a_factor_and_offers_tell_it(house: Day, world: World) -> None:
    with sweeping(house, world) as worker:
        for letter in _LETTERS[: LEAST_DRIVES - 1]:
            drive(house, letter, ESTIMATED_S * 1.5)
        assert calibrate_etas(worker, house.database) == 1
        assert rules(house).find_eta_factor("straight_line", house.clock.now()) is None
        drive(house, _LETTERS[LEAST_DRIVES - 1], ESTIMATED_S * 1.5)
        assert calibrate_etas(worker, house.database) == 1
        assert calibrate_etas(worker, house.database) == 0, "there is nothing new"
    factor = rules(house).find_eta_factor("straight_line", house.clock.now())
    assert factor == pytest.approx(1.5, rel=0.02)
    assert rules(house).find_eta_factor("osrm", house.clock.now()) is None
    house.ping("A", house.places["A"], accuracy_m=9.0)
    house.lead("Z")
    offer = house.offer("Z")
    assert offer.distance_m is not None
    assert offer.eta_s == pytest.approx(road_s(offer.distance_m) * factor)


def test_what_was_told_is_kept_beside_what_was_estimated(house: Day, world: World) -> None:
    with sweeping(house, world) as worker:
        for letter in _LETTERS[:LEAST_DRIVES]:
            drive(house, letter, ESTIMATED_S * 2)
        calibrate_etas(worker, house.database)
        drive(house, _LETTERS[LEAST_DRIVES], ESTIMATED_S * 2)
        *before, last = drives(house)
        assert {one.told_s == one.estimated_s for one in before} == {True}  # type: ignore[attr-defined]
        assert last.told_s == pytest.approx(last.seconds, rel=0.03)  # type: ignore[attr-defined]
        house.clock.advance(MEASURED_FOR)
        calibrate_etas(worker, house.database)
        assert drives(house) == []


@pytest.mark.parametrize(
    ("took_s", "measured"),
    [
        (ESTIMATED_S * 9, {}),
        (ESTIMATED_S * 0.1, {}),
        (ESTIMATED_S, {"mock": True}),
        (ESTIMATED_S, {"accuracy_m": 900.0}),
    ],
    ids=str,
)
def test_a_late_status_or_a_doubtful_place_teaches_nothing(
    house: Day, took_s: float, measured: dict[str, object]
) -> None:
    drive(house, "J", took_s, **measured)
    assert drives(house) == []


def test_a_technician_s_erasure_leaves_the_drive_without_its_driver(house: Day) -> None:
    drive(house, "J", ESTIMATED_S)
    with house.database.transaction(house.org_id) as tx:
        erase_technician(tx, house.boss, house.people["A"])
    (left,) = drives(house)
    assert left.technician_id is None  # type: ignore[attr-defined]


measured = st.builds(
    MeasuredRatio,
    st.sampled_from(["straight_line", "osrm", "valhalla"]),
    st.none() | st.integers(0, 23),
    st.integers(1, 40),
    st.floats(0.01, 50),
)


@given(st.lists(measured, max_size=30, unique_by=lambda one: (one.provider, one.hour)), st.integers(0, 23))
def test_factors_are_bounded_and_need_enough_drives(one: list[MeasuredRatio], hour: int) -> None:
    factors = EtaFactors(factors_of(one))
    enough = {(each.provider, each.hour): each.ratio for each in one if each.drives >= LEAST_DRIVES}
    for provider in ("straight_line", "osrm", "valhalla"):
        factor = factors.find(provider, hour)
        wanted = enough.get((provider, hour), enough.get((provider, None)))
        assert (factor is None) == (wanted is None)
        if factor is not None and wanted is not None:
            assert WITHIN[0] <= factor <= WITHIN[1]
            assert factor == pytest.approx(min(max(wanted, WITHIN[0]), WITHIN[1]), abs=0.001)


_DRIVEN = text("""
INSERT INTO drives (org_id, work_order_id, store_id, provider, hour, began_at, estimated_s, told_s, seconds)
VALUES (:org_id, :order_id, :store_id, 'straight_line', 12, :began_at, 600, 600, :seconds)""")


def insert_drives(day: Day, ratios: Sequence[tuple[float, float]]) -> None:
    """Drives that took so many times as long as estimated, so many days ago."""
    for letter, (ratio, days) in zip(_LETTERS, ratios, strict=False):
        day.lead(letter)
        values = {"org_id": day.org_id, "order_id": day.jobs[letter], "store_id": day.store_id}
        began = {"began_at": day.clock.now() - timedelta(days=days), "seconds": 600.0 * ratio}
        with day.database.transaction(day.org_id) as tx:
            tx.conn.execute(_DRIVEN, values | began)


@pytest.mark.parametrize(
    ("ratios", "learned"),
    [
        ([(1.0, 80)] * 12 + [(3.0, 1)] * 5, 3.0),
        ([(1.0, 20)] * 12 + [(3.0, 1)] * 5, 1.0),
        ([(1.4, 3)] * 10 + [(8.0, 3)] * 7, 1.4),
        ([(1.0 + number / 10, 5) for number in range(11)], 1.5),
        ([(1.0 + number / 10, 5) for number in range(10)], 1.4),
        ([(7.0, 5)] * 12, WITHIN[1]),
        ([(0.3, 5)] * 12, WITHIN[0]),
        ([(2.0, 5)] * (LEAST_DRIVES - 1), None),
        ([(2.0, 5)] * (LEAST_DRIVES - 1) + [(2.0, 91)] * 8, None),
    ],
    ids=["roads were closed", "not long ago", "outliers", "odd", "even", "slow", "quick", "few", "most are old"],
)
def test_a_factor_is_the_median_to_which_older_drives_count_less(
    house: Day, ratios: Sequence[tuple[float, float]], learned: float | None
) -> None:
    house.set(lead_auto_user_assignment="off")
    insert_drives(house, ratios)
    with house.database.transaction(house.org_id) as tx:
        calibrate_store(tx, house.store_id)
    assert rules(house).find_eta_factor("straight_line", house.clock.now()) == learned
