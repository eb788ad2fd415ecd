"""What a reader may know of technicians who are shown coarsely, as plain values."""

from typing import Any
from uuid import UUID

import pytest

from geo_assign.core.geo import Point
from geo_assign.matching.domain import Candidate, KnownPosition, Provenance, Workload
from geo_assign.receipts.coarse import naming_only, shown_s, shown_way, with_rounded_distances
from geo_assign.routing.domain import Drive
from tests.receipts.test_verdicts import BATCH, TWO, A, B, C, D, candidate, excluded, reason, receipt

BY_ROAD = {
    **BATCH,
    "optimal_s": 991.0,
    "bound_s": 929.0,
    "greedy_s": 1_051.0,
    "routing": {"router": "osrm"},
    "chosen": {"name": "Ana", "distance_m": 1_111.1, "drive_s": 340.0},
    "greedy": {"technician_id": str(D), "distance_m": 2_222.2, "drive_s": 20.0},
}


def known(**more: Any) -> Candidate:
    position = KnownPosition(Point(0.0, 0.0), Provenance.LIVE)
    return Candidate(A, "Ana", 1_234.0, position, Workload(today=0, overdue=0, open_offers=0), **more)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, 60.0), (29.0, 60.0), (89.0, 60.0), (91.0, 120.0), (3_629.0, 3_600.0)]
)
def test_a_drive_is_shown_to_the_minute_and_never_as_none(seconds: float, shown: float) -> None:
    assert shown_s(seconds, coarse=True) == shown
    assert shown_s(seconds, coarse=False) == seconds


def test_a_way_is_by_road_where_a_router_told_it_and_rounded_for_whom_is_shown_coarsely() -> None:
    drive = Drive(seconds=341.0, metres=1_777.0)
    assert shown_way(known(drive=drive)) == (1_777.0, 341.0)
    assert shown_way(known(drive=drive, coarse=True)) == (1_800.0, 360.0)
    assert shown_way(known()) == (1_234.0, known().eta_s)
    # The estimate is that of the rounded distance: the exact one could be told from it.
    assert shown_way(known(coarse=True)) == (1_200.0, pytest.approx(known().eta_s * 1_200 / 1_234))


@pytest.mark.parametrize("coarse", [A, D])
def test_a_batch_by_road_rounds_its_drives_too(coarse: UUID) -> None:
    assert with_rounded_distances(receipt(batch=BY_ROAD), {coarse}).batch == {
        **BY_ROAD,
        "optimal_m": 3_300.0,
        "bound_m": 3_300.0,
        "greedy_m": 4_400.0,
        "optimal_s": 1_020.0,
        "bound_s": 900.0,
        "greedy_s": 1_080.0,
        "chosen": {"name": "Ana", "distance_m": 1_100.0, "drive_s": 360.0},
        "greedy": {"technician_id": str(D), "distance_m": 2_200.0, "drive_s": 60.0},
    }


def test_what_a_batch_does_not_know_stays_unknown() -> None:
    unknown = {
        **BY_ROAD,
        "bound_m": None,
        "optimal_s": None,
        "chosen": {"name": "Ana", "distance_m": 1_111.1, "drive_s": None},
        "greedy": None,
    }
    shown = with_rounded_distances(receipt(batch=unknown), {A}).batch
    assert shown is not None
    assert (shown["bound_m"], shown["optimal_s"], shown["greedy"]) == (None, None, None)
    assert shown["chosen"] == {"name": "Ana", "distance_m": 1_100.0, "drive_s": None}


def test_a_reader_sees_of_a_receipt_the_technicians_seen_and_exact_ranks() -> None:
    gone, near = excluded(C, 900.0, reason("far")), excluded(D, 1_000.0, reason("far"))
    shown = naming_only(receipt(TWO, [gone, near], counts={"far": 2}), {B, D})
    assert (list(shown.candidates), list(shown.excluded)) == ([TWO[1]], [near])
    assert (shown.candidates[0]["rank"], shown.counts, shown.batch) == (2, {"far": 2}, None)
    assert naming_only(receipt([candidate(A, 1, 5.0)]), set()).candidates == []


def test_a_batch_without_whom_the_reader_may_not_see_has_rounded_sums() -> None:
    sums = {"optimal_m": 3_300.0, "bound_m": 3_300.0, "greedy_m": 4_400.0}
    sums |= {"optimal_s": 1_020.0, "bound_s": 900.0, "greedy_s": 1_080.0}
    both = receipt(batch=BY_ROAD)
    assert naming_only(both, {A, D}).batch == BY_ROAD
    without_chosen = {name: value for name, value in BY_ROAD.items() if name != "chosen"}
    assert naming_only(both, {D}).batch == {**without_chosen, **sums}
    assert naming_only(both, {A}).batch == {**BY_ROAD, **sums, "greedy": None}
    assert naming_only(both, {B}).batch == {**without_chosen, **sums, "greedy": None}


def test_a_batch_that_names_no_technician_hides_none() -> None:
    unnamed = {name: value for name, value in BY_ROAD.items() if name not in {"chosen", "greedy"}}
    assert naming_only(receipt(batch=unnamed), set()).batch == unnamed
    assert naming_only(receipt(batch={**unnamed, "greedy": None}), set()).batch == {**unnamed, "greedy": None}
