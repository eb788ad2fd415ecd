"""Receipts as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from geo_assign.core.errors import NotFoundError
from geo_assign.core.wire import Json


class DecisionNotFoundError(NotFoundError):
    """There is no such decision here."""

    code = "decision_not_found"


class OriginEntry(TypedDict):
    """Where the work is, WGS 84 in degrees."""

    lat: float
    lon: float


class SlotEntry(TypedDict):
    """When the work is, RFC 3339."""

    start: str
    end: str


class AskedEntry(TypedDict):
    """The question. `origin` is missing once the customer was erased."""

    origin: NotRequired[OriginEntry]
    slot: SlotEntry
    at: str
    skills: list[str]
    store_id: str | None
    group_id: str | None
    needs_duty: bool
    positions: str


class PositionEntry(TypedDict):
    """How a technician's place was known; never where it was."""

    provenance: str
    recorded_at: str | None
    age_s: float | None
    accuracy_m: float | None


class DriveEntry(TypedDict):
    """A drive that a router told."""

    seconds: float
    metres: float


class CandidateEntry(TypedDict):
    """A technician who could go. `distance_m` is geodesic. `coarse` is missing in receipts of older versions.

    `drive` is what a router told, `no_drive` why it told none.
    """

    rank: int
    technician_id: str
    name: str
    distance_m: float
    eta_s: float
    position: PositionEntry
    workload: Mapping[str, Json]
    provider: Mapping[str, Json] | None
    coarse: NotRequired[bool]
    drive: NotRequired[DriveEntry | None]
    no_drive: NotRequired[str | None]


class ReasonEntry(TypedDict):
    """One reason of an exclusion; `needed`: what would have had to differ."""

    code: str
    detail: str
    needed: Mapping[str, Json]


class ExcludedEntry(TypedDict):
    """A technician who could not go. `distance_m` is None where it is not told."""

    technician_id: str
    name: str
    presence: str
    last_seen_at: str | None
    distance_m: float | None
    reasons: Sequence[ReasonEntry]
    provider: Mapping[str, Json] | None
    coarse: NotRequired[bool]


class ChosenEntry(TypedDict):
    """Who gets an order of a batch. `coarse` is missing in receipts of older versions; `drive_s` is a router's."""

    name: str
    distance_m: float
    coarse: NotRequired[bool]
    drive_s: NotRequired[float | None]


class AloneEntry(TypedDict):
    """Who would have got it, had each order been given by itself. `coarse` as above."""

    technician_id: str
    distance_m: float
    coarse: NotRequired[bool]
    drive_s: NotRequired[float | None]


class BatchEntry(TypedDict):
    """The batch that an order was solved in, with its sums. Receipts of older versions have no bounds.

    Seconds where a router was asked for the drives and told them; `routing` says how.
    """

    id: str
    orders: int
    assigned: int
    optimal_m: float
    bound_assigned: NotRequired[int | None]
    bound_m: NotRequired[float | None]
    greedy_assigned: int
    greedy_m: float
    optimal_s: NotRequired[float | None]
    bound_s: NotRequired[float | None]
    greedy_s: NotRequired[float | None]
    routing: NotRequired["RoutingEntry | None"]
    truncated: bool
    more: bool
    chosen: NotRequired[ChosenEntry]
    greedy: NotRequired[AloneEntry | None]


class RoutingProblemEntry(TypedDict):
    """Why a router did not rank."""

    code: str
    detail: str


class RoutingEntry(TypedDict):
    """How a ranking by drive time came about; with a `problem` the straight line ranked instead."""

    router: str
    asked: int
    requests: int
    kept: int
    without_drive: int
    problem: RoutingProblemEntry | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A receipt as it was written; JSON members keep their shapes."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: str
    outcome: str
    actor: Mapping[str, Json]
    chosen_technician_id: UUID | None
    query: AskedEntry
    policy: Mapping[str, Any]
    candidates: Sequence[CandidateEntry]
    excluded: Sequence[ExcludedEntry]
    counts: Mapping[str, Json]
    batch: BatchEntry | None
    routing: RoutingEntry | None = None

    @property
    def is_by_drive_time(self) -> bool:
        """Whether a router's drive times decided the order."""
        return self.routing is not None and self.routing["problem"] is None
