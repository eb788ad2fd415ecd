"""What of a receipt its reader may know of technicians who are shown coarsely. Pure. Rankings stay exact.

A technician is shown coarsely where the receipt says so, or where the reader may see the technician only coarsely now.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from geo_assign.core.geo import road_s
from geo_assign.receipts.domain import Decision
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_distance_m

_STEP_M = 100


def shown_m(distance_m: float, *, coarse: bool) -> float:
    """A distance as it is shown, in metres."""
    return coarse_distance_m(distance_m) if coarse else distance_m


def list_named(decision: Decision) -> set[UUID]:
    """The technicians of whom the receipt tells how far away they were."""
    return {UUID(one["technician_id"]) for one in _entries(decision) if one.get("distance_m") is not None}


def list_technicians(decision: Decision) -> set[UUID]:
    """Every technician that the receipt names."""
    return {UUID(one["technician_id"]) for one in _entries(decision)}


def list_recorded_coarse(decision: Decision) -> set[UUID]:
    """The technicians who were shown coarsely when the receipt was written."""
    return {UUID(one["technician_id"]) for one in _entries(decision) if one.get("coarse")}


def with_rounded_distances(decision: Decision, coarse: Collection[UUID]) -> Decision:
    """The receipt with everything rounded that tells how far away the technicians in `coarse` were."""
    return replace(
        decision,
        candidates=[_candidate(one) if _is_one(one, coarse) else one for one in decision.candidates],
        excluded=[_excluded(one) if _is_one(one, coarse) else one for one in decision.excluded],
        batch=_batch(decision, coarse),
    )


def rounded_reasons(reasons: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Exclusion reasons whose needed radius is rounded up, so that it still suffices."""
    return [_reason(reason) for reason in reasons]


def _entries(decision: Decision) -> Iterator[Mapping[str, Any]]:
    yield from decision.candidates
    yield from decision.excluded
    batch = decision.batch or {}
    if batch.get("chosen") and decision.chosen_technician_id is not None:
        yield {**batch["chosen"], "technician_id": str(decision.chosen_technician_id)}
    if batch.get("greedy"):
        yield batch["greedy"]


def _is_one(entry: Mapping[str, Any], coarse: Collection[UUID]) -> bool:
    return UUID(entry["technician_id"]) in coarse


def _candidate(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    distance_m = coarse_distance_m(entry["distance_m"])
    position = {**entry["position"], "accuracy_m": coarse_accuracy_m(entry["position"]["accuracy_m"])}
    return {**entry, "distance_m": distance_m, "eta_s": road_s(distance_m), "position": position, "coarse": True}


def _excluded(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    distance_m = entry["distance_m"]
    return {
        **entry,
        "distance_m": None if distance_m is None else coarse_distance_m(distance_m),
        "reasons": rounded_reasons(entry["reasons"]),
        "coarse": True,
    }


def _reason(reason: Mapping[str, Any]) -> Mapping[str, Any]:
    radius_m = reason["needed"].get("radius_m")
    if radius_m is None:
        return reason
    return {**reason, "needed": {**reason["needed"], "radius_m": math.ceil(radius_m / _STEP_M) * _STEP_M}}


def _batch(decision: Decision, coarse: Collection[UUID]) -> Mapping[str, Any] | None:
    """The batch's own distances, and its sums, from which a single distance could be told."""
    batch = decision.batch
    if batch is None or not any(_is_one(one, coarse) for one in _entries(decision)):
        return batch
    shown = {**batch}
    shown |= {name: coarse_distance_m(batch[name]) for name in ("optimal_m", "greedy_m") if name in batch}
    for name in ("chosen", "greedy"):
        if batch.get(name):
            shown[name] = {**batch[name], "distance_m": coarse_distance_m(batch[name]["distance_m"])}
    return shown
