"""What came of solving a batch: its pairs, its sums, and as whom it may be shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from geo_assign.dispatch.commands.optimizing import Chosen, Left, Lost
from geo_assign.matching.domain import RoutingNote
from geo_assign.receipts.coarse import shown_m, shown_s
from geo_assign.receipts.domain import RoutingEntry
from geo_assign.routing.domain import RouterName, RoutingProblem, RoutingProblemCode


@dataclass(frozen=True, slots=True)
class Totals:
    """A batch in numbers: orders given and metres, by it and by greedy, which sends the nearest to the oldest first.

    Among the technicians looked at no plan assigns more than `bound_assigned` orders, and none that assigns as many as
    this one is shorter than `bound_m`: None in what older versions wrote. `truncated`: of some orders only the nearest
    people were looked at. `more`: more orders wait than were solved.

    Seconds by road, where the batch was solved by drive time: then these are what is least, and metres have no bound.
    """

    orders: int = 0
    assigned: int = 0
    optimal_m: float = 0.0
    bound_assigned: int | None = None
    bound_m: float | None = None
    greedy_assigned: int = 0
    greedy_m: float = 0.0
    truncated: bool = False
    more: bool = False
    optimal_s: float | None = None
    bound_s: float | None = None
    greedy_s: float | None = None


@dataclass(frozen=True, slots=True)
class Alone:
    """Whom an order would have got by itself. `coarse`: whether the distance may be told to a hundred metres only."""

    technician_id: UUID
    distance_m: float
    coarse: bool = False
    drive_s: float | None = None


ToldT = TypeVar("ToldT", Alone, Chosen)
"""Who is told to be so far away."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An order and who gets it; whom greedy would have sent; `lost` once it could not be given any more."""

    chosen: Chosen
    greedy: Alone | None
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Optimized:
    """A batch solved `at` this instant. `committed`: its pairs were given, but for those that are lost.

    `expires_at`: until when a preview may be given out.

    `coarse`: the technicians whose distances the caller may know to a hundred metres only. `routing`: how the stores'
    routers were asked.
    """

    id: UUID
    at: datetime
    pairs: tuple[Pair, ...]
    left: tuple[Left, ...]
    totals: Totals
    coarse: Collection[UUID]
    committed: bool = False
    expires_at: datetime | None = None
    routing: RoutingNote | None = None

    @property
    def technicians(self) -> set[UUID]:
        """The technicians of whom it tells how far away they are."""
        return technicians_of(self.pairs)


def technicians_of(pairs: Sequence[Pair]) -> set[UUID]:
    """Those of whom pairs tell how far away they are."""
    greedy = {pair.greedy.technician_id for pair in pairs if pair.greedy is not None}
    return {pair.chosen.technician_id for pair in pairs} | greedy


def as_shown(found: Optimized) -> Optimized:
    """The batch with rounded distances of `coarse`; and its sums, from which a single distance could be told."""
    if not found.coarse:
        return found
    totals = replace(
        found.totals,
        optimal_m=shown_m(found.totals.optimal_m, coarse=True),
        bound_m=None if found.totals.bound_m is None else shown_m(found.totals.bound_m, coarse=True),
        greedy_m=shown_m(found.totals.greedy_m, coarse=True),
        optimal_s=_sum_as_shown(found.totals.optimal_s),
        bound_s=_sum_as_shown(found.totals.bound_s),
        greedy_s=_sum_as_shown(found.totals.greedy_s),
    )
    return replace(found, pairs=tuple(_pair_as_shown(pair, found.coarse) for pair in found.pairs), totals=totals)


def _sum_as_shown(seconds: float | None) -> float | None:
    return None if seconds is None else shown_s(seconds, coarse=True)


def _pair_as_shown(pair: Pair, coarse: Collection[UUID]) -> Pair:
    greedy = pair.greedy if pair.greedy is None else _coarsely(pair.greedy, coarse)
    return replace(pair, chosen=_coarsely(pair.chosen, coarse), greedy=greedy)


def _coarsely(one: ToldT, coarse: Collection[UUID]) -> ToldT:
    is_coarse = one.technician_id in coarse
    drive_s = None if one.drive_s is None else shown_s(one.drive_s, coarse=is_coarse)
    return replace(one, distance_m=shown_m(one.distance_m, coarse=is_coarse), drive_s=drive_s)


def note_of(kept: RoutingEntry | None) -> RoutingNote | None:
    """How routers were asked, as a receipt or a preview has it."""
    if kept is None:
        return None
    problem = kept["problem"]
    return RoutingNote(
        router=RouterName(kept["router"]),
        asked=kept["asked"],
        requests=kept["requests"],
        kept=kept["kept"],
        without_drive=kept["without_drive"],
        problem=None if problem is None else RoutingProblem(RoutingProblemCode(problem["code"]), problem["detail"]),
    )
