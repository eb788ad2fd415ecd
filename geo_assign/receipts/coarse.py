"""What of a receipt its reader may know of technicians who are shown coarsely. Pure. Rankings stay exact.

A technician is shown coarsely where the receipt says so, or where the reader may see the technician only coarsely now.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from geo_assign.core.geo import road_s
from geo_assign.matching.domain import Candidate
from geo_assign.receipts.domain import (
    AloneEntry,
    BatchEntry,
    CandidateEntry,
    ChosenEntry,
    Decision,
    ExcludedEntry,
    PositionEntry,
    ReasonEntry,
)
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_distance_m, coarse_drive_s

_STEP_M = 100
_SUMS_M: tuple[Literal["optimal_m", "bound_m", "greedy_m"], ...] = ("optimal_m", "bound_m", "greedy_m")
_SUMS_S: tuple[Literal["optimal_s", "bound_s", "greedy_s"], ...] = ("optimal_s", "bound_s", "greedy_s")

_Way = TypeVar("_Way", ChosenEntry, AloneEntry)


def shown_m(distance_m: float, *, coarse: bool) -> float:
    """A distance as it is shown, in metres."""
    return coarse_distance_m(distance_m) if coarse else distance_m


def shown_s(seconds: float, *, coarse: bool) -> float:
    """A drive as it is shown, in seconds."""
    return coarse_drive_s(seconds) if coarse else seconds


def shown_way(candidate: Candidate) -> tuple[float, float]:
    """A candidate's way as it is shown: metres and seconds, by road where a router told them."""
    if not candidate.coarse:
        return candidate.way_m, candidate.eta_s
    metres = coarse_distance_m(candidate.way_m)
    return metres, road_s(metres) if candidate.drive is None else coarse_drive_s(candidate.drive.seconds)


def list_named(decision: Decision) -> set[UUID]:
    """The technicians of whom the receipt tells how far away they were."""
    return {one.technician_id for one in _entries(decision) if one.distance_m is not None}


def list_technicians(decision: Decision) -> set[UUID]:
    """Every technician that the receipt names."""
    return {one.technician_id for one in _entries(decision)}


def list_recorded_coarse(decision: Decision) -> set[UUID]:
    """The technicians who were shown coarsely when the receipt was written."""
    return {one.technician_id for one in _entries(decision) if one.coarse}


def with_rounded_distances(decision: Decision, coarse: Collection[UUID]) -> Decision:
    """The receipt with everything rounded that tells how far away the technicians in `coarse` were."""
    return replace(
        decision,
        candidates=[_candidate(one) if UUID(one["technician_id"]) in coarse else one for one in decision.candidates],
        excluded=[_excluded(one) if UUID(one["technician_id"]) in coarse else one for one in decision.excluded],
        batch=_batch(decision, coarse),
    )


def naming_only(decision: Decision, seen: Collection[UUID]) -> Decision:
    """The receipt with what it says of the technicians in `seen` alone. Ranks and counts, which name none, stay."""
    return replace(
        decision,
        candidates=[one for one in decision.candidates if UUID(one["technician_id"]) in seen],
        excluded=[one for one in decision.excluded if UUID(one["technician_id"]) in seen],
        batch=_batch_naming_only(decision, seen),
    )


def rounded_reasons(reasons: Sequence[ReasonEntry]) -> list[ReasonEntry]:
    """Exclusion reasons whose needed radius is rounded up, so that it still suffices."""
    return [_reason(reason) for reason in reasons]


class _Mention(NamedTuple):
    """A technician in a receipt."""

    technician_id: UUID
    distance_m: float | None
    coarse: bool


def _entries(decision: Decision) -> Iterator[_Mention]:
    for one in (*decision.candidates, *decision.excluded):
        yield _Mention(UUID(one["technician_id"]), one.get("distance_m"), one.get("coarse", False))
    batch = decision.batch
    if batch is None:
        return
    if (chosen := batch.get("chosen")) and decision.chosen_technician_id is not None:
        yield _Mention(decision.chosen_technician_id, chosen["distance_m"], chosen.get("coarse", False))
    if greedy := batch.get("greedy"):
        yield _Mention(UUID(greedy["technician_id"]), greedy["distance_m"], greedy.get("coarse", False))


def _candidate(entry: CandidateEntry) -> CandidateEntry:
    distance_m = coarse_distance_m(entry["distance_m"])
    position: PositionEntry = {**entry["position"], "accuracy_m": coarse_accuracy_m(entry["position"]["accuracy_m"])}
    told: CandidateEntry = {**entry, "distance_m": distance_m, "position": position, "coarse": True}
    if (drive := entry.get("drive")) is None:
        return {**told, "eta_s": road_s(distance_m)}
    eta_s = coarse_drive_s(drive["seconds"])
    return {**told, "eta_s": eta_s, "drive": {"seconds": eta_s, "metres": coarse_distance_m(drive["metres"])}}


def _excluded(entry: ExcludedEntry) -> ExcludedEntry:
    distance_m = entry["distance_m"]
    return {
        **entry,
        "distance_m": None if distance_m is None else coarse_distance_m(distance_m),
        "reasons": rounded_reasons(entry["reasons"]),
        "coarse": True,
    }


def _reason(reason: ReasonEntry) -> ReasonEntry:
    radius_m = reason["needed"].get("radius_m")
    if not isinstance(radius_m, int | float):
        return reason
    return {**reason, "needed": {**reason["needed"], "radius_m": math.ceil(radius_m / _STEP_M) * _STEP_M}}


def _batch(decision: Decision, coarse: Collection[UUID]) -> BatchEntry | None:
    """The batch's own ways, and its sums, from which a single way could be told."""
    batch = decision.batch
    if batch is None or not any(one.technician_id in coarse for one in _entries(decision)):
        return batch
    shown = _rounded_sums(batch)
    if chosen := batch.get("chosen"):
        shown["chosen"] = _rounded_way(chosen)
    if greedy := batch.get("greedy"):
        shown["greedy"] = _rounded_way(greedy)
    return shown


def _batch_naming_only(decision: Decision, seen: Collection[UUID]) -> BatchEntry | None:
    """The batch without technicians outside `seen`; then its sums, which hold their distances, are rounded."""
    batch = decision.batch
    if batch is None:
        return None
    chosen, greedy = batch.get("chosen"), batch.get("greedy")
    hides_chosen = chosen is not None and decision.chosen_technician_id not in seen
    hides_greedy = greedy is not None and UUID(greedy["technician_id"]) not in seen
    if not (hides_chosen or hides_greedy):
        return batch
    shown = _rounded_sums(batch)
    if hides_chosen:
        del shown["chosen"]
    if hides_greedy:
        shown["greedy"] = None
    return shown


def _rounded_sums(batch: BatchEntry) -> BatchEntry:
    shown: BatchEntry = {**batch}
    for in_metres in _SUMS_M:
        if (metres := batch.get(in_metres)) is not None:
            shown[in_metres] = coarse_distance_m(metres)
    for in_seconds in _SUMS_S:
        if (seconds := batch.get(in_seconds)) is not None:
            shown[in_seconds] = coarse_drive_s(seconds)
    return shown


def _rounded_way(entry: _Way) -> _Way:
    shown: _Way = {**entry, "distance_m": coarse_distance_m(entry["distance_m"])}
    if (seconds := entry.get("drive_s")) is not None:
        shown["drive_s"] = coarse_drive_s(seconds)
    return shown
