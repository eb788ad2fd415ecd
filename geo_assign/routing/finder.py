"""From many places to one, or back: cells that are known, tables as large as the router takes, and the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from geo_assign.core.deadlines import Deadline
from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundInvalidUrlError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundUnreachableError,
)
from geo_assign.core.reachable import parse_allow
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import counter, summary
from geo_assign.routing.breaker import Breaker
from geo_assign.routing.cells import CellKey, Cells, cell_key
from geo_assign.routing.domain import (
    SNAP_LIMIT_M,
    Drive,
    DriveAnswer,
    DriveCell,
    DriveTable,
    NoDrive,
    Places,
    RouterChoice,
    RouterUnusableError,
    RoutingProblem,
    RoutingProblemCode,
)
from geo_assign.routing.routers import ROUTERS, RouterAccess, RouterSpec

_TABLES = counter("routing_tables", "Tables asked of routers, by provider and outcome.", ("provider", "outcome"))
_TABLE_S = summary("routing_table_seconds", "Duration of one table of drives.", ("provider",))

# The great circle is up to this share longer than the geodesic, and whole seconds round down.
_SPHERE_SLACK = 0.006
_ROUNDING_S = 1.0
_MOST_BREAKERS = 1_000
# A person waits for a test: it may take longer than a ranking would wait.
TEST_DEADLINE_S = 5.0

TIMED_OUT = RoutingProblem(RoutingProblemCode.TIMEOUT, "The router did not answer in the time for one ranking.")
LEFT_ALONE = RoutingProblem(
    RoutingProblemCode.CIRCUIT_OPEN, "The router failed repeatedly; it is left alone for a moment."
)
_OFF_THE_MAP = RoutingProblem(
    RoutingProblemCode.OFF_THE_MAP, "The place is too far from any road that the router knows."
)
_TOO_FAST = RoutingProblem(
    RoutingProblemCode.IMPLAUSIBLE, "The router's answer cannot be used: a drive is faster than any road allows."
)


def least_seconds(choice: RouterChoice, line_m: float) -> float:
    """No drive over so many metres of straight line takes less, wherever its ends were moved to the next road."""
    spec = ROUTERS[choice.name]
    if not spec.is_remote:
        return line_m / spec.top_speed_mps
    return max(0.0, line_m * (1 - _SPHERE_SLACK) - 2 * SNAP_LIMIT_M) / spec.top_speed_mps - _ROUNDING_S


@dataclass(frozen=True, slots=True)
class RouterTest:
    """What a router said to one harmless question. `problem` None: it works."""

    problem: RoutingProblem | None
    drive: Drive | None = None


@dataclass(frozen=True, slots=True)
class DriveFinder:
    """Asks the routers of stores. One for the process; safe to share between threads. Touches no database."""

    client: OutboundClient
    cells: Cells = field(default_factory=Cells)
    breakers: dict[tuple[object, ...], Breaker] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Raises ValueError for a GEO_ASSIGN_OUTBOUND_ALLOW that cannot be read."""
        return cls(OutboundClient(allow=parse_allow(settings.outbound_allow)))

    def ask_drives(
        self, choice: RouterChoice, sources: Places, destination: Point, *, deadline: Deadline
    ) -> DriveAnswer:
        """The drives from `sources` to one place, all of them or a problem. Nothing is raised."""
        return self._ask(_Asking(self, choice, destination, deadline), sources)

    def ask_drives_from(
        self, choice: RouterChoice, source: Point, destinations: Places, *, deadline: Deadline
    ) -> DriveAnswer:
        """The drives from one place to `destinations`, all of them or a problem. Nothing is raised."""
        return self._ask(_Asking(self, choice, source, deadline, is_outward=True), destinations)

    def ask_table(
        self, choice: RouterChoice, sources: Places, destinations: Places, *, deadline: Deadline
    ) -> DriveTable | RoutingProblem:
        """One table, as large as the router's limits allow, past cells and breaker. Nothing is raised."""
        try:
            left_s = deadline.remaining_s()
        except TimeoutError:
            return TIMED_OUT
        router = ROUTERS[choice.name].build(RouterAccess(self.client, choice.url or ""))
        with _TABLE_S.labels(choice.name.value).time():
            table = router.drives(sources, destinations, deadline_s=left_s)
        outcome = table.code.value if isinstance(table, RoutingProblem) else "told"
        _TABLES.labels(choice.name.value, outcome).inc()
        return table if isinstance(table, RoutingProblem) else _judged(choice, sources, destinations, table)

    def _ask(self, asking: "_Asking", places: Places) -> DriveAnswer:
        keys = [asking.key(place) for place in places]
        known = {key: cell for key in keys if (cell := self.cells.find(key)) is not None}
        missing = {key: place for key, place in zip(keys, places, strict=True) if key not in known}
        kept = sum(key in known for key in keys)
        problem = asking.ask(missing)
        if problem is not None:
            return DriveAnswer(problem=problem, requests=asking.requests, kept=kept)
        known |= asking.found
        return DriveAnswer([known[key] for key in keys], requests=asking.requests, kept=kept)

    def test_router(self, choice: RouterChoice, place: Point) -> RouterTest:
        """Try a router with a drive that ends where it begins, at a place it should know, past cells and breaker.

        Raises InvalidError with a pointer for a URL that may not be called.
        """
        if ROUTERS[choice.name].is_remote:
            self._require_callable(choice.url or "", deadline_s=TEST_DEADLINE_S)
        answer = _Asking(self, choice, place, Deadline(TEST_DEADLINE_S)).ask_once([place])
        if isinstance(answer, RoutingProblem):
            return RouterTest(_OFF_THE_MAP if answer.is_of_table else answer)
        [cell] = answer
        return RouterTest(None, cell) if isinstance(cell, Drive) else RouterTest(_OFF_THE_MAP)

    def require_usable(self, choice: RouterChoice, place: Point) -> None:
        """Try a router before it is chosen; one that does not answer just now may do so later.

        Raises RouterUnusableError, and InvalidError as `test_router`.
        """
        problem = self.test_router(choice, place).problem
        if problem is not None and not problem.is_transient:
            raise RouterUnusableError.at("/router_url", RouterUnusableError.code, problem.detail)

    def breaker_for(self, choice: RouterChoice) -> Breaker:
        key = (choice.org_id, choice.store_id, choice.name, choice.url)
        if key not in self.breakers and len(self.breakers) >= _MOST_BREAKERS:
            self.breakers.pop(next(iter(self.breakers)), None)
        return self.breakers.setdefault(key, Breaker())

    def _require_callable(self, url: str, *, deadline_s: float) -> None:
        """Raises InvalidError. A name that cannot be looked up just now may be there tomorrow."""
        try:
            self.client.leads_to_private_place(url, deadline_s=deadline_s)
        except OutboundRefusedError:
            raise InvalidError.at(
                "/router_url",
                OutboundRefusedError.code,
                "This leads to a private or reserved address. The operator allows one in GEO_ASSIGN_OUTBOUND_ALLOW.",
            ) from None
        except OutboundInvalidUrlError:
            raise InvalidError.at("/router_url", OutboundInvalidUrlError.code, "Give an http or https URL.") from None
        except (OutboundUnreachableError, OutboundTimeoutError):
            return


class _Asking:
    """One question in as many tables as it takes: to one place, or `is_outward` from there."""

    def __init__(
        self, finder: DriveFinder, choice: RouterChoice, hub: Point, deadline: Deadline, *, is_outward: bool = False
    ) -> None:
        self._finder, self._choice, self._hub, self._deadline = finder, choice, hub, deadline
        self._is_outward = is_outward
        self._spec: RouterSpec = ROUTERS[choice.name]
        self._is_hub_known = False
        self.requests = 0
        self.found: dict[CellKey, DriveCell] = {}

    def key(self, place: Point) -> CellKey:
        ends = (self._hub, place) if self._is_outward else (place, self._hub)
        return cell_key(self._choice, *ends)

    def ask(self, missing: dict[CellKey, Point]) -> RoutingProblem | None:
        """Ask for all of `missing`; None when all of it is `found`."""
        waiting = [list(missing.items())] if missing else []
        breaker = self._finder.breaker_for(self._choice)
        while waiting:
            part = waiting.pop()
            most = self._spec.most_sources(1) or len(part)
            if len(part) > most:
                waiting += [part[most:], part[:most]]
                continue
            if not breaker.may_call():
                return LEFT_ALONE
            answer = self.ask_once([place for _, place in part])
            if not isinstance(answer, RoutingProblem):
                breaker.note_success()
                if all(cell is NoDrive.OFF_THE_MAP for cell in answer) and (problem := self._without_hub()):
                    return problem
                self._keep([key for key, _ in part], answer)
            elif not answer.is_of_table:
                if answer.is_of_router:
                    breaker.note_failure()
                return answer
            elif (problem := self._without_hub()) is not None:
                return problem
            elif len(part) == 1:
                self._keep([part[0][0]], [NoDrive.OFF_THE_MAP])
            else:
                waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
        return None

    def ask_once(self, places: Places) -> Sequence[DriveCell] | RoutingProblem:
        """One table."""
        if not self._deadline.passed:
            self.requests += 1
        ends = ([self._hub], places) if self._is_outward else (places, [self._hub])
        table = self._finder.ask_table(self._choice, *ends, deadline=self._deadline)
        return table if isinstance(table, RoutingProblem) else [cell for row in table for cell in row]

    def _without_hub(self) -> RoutingProblem | None:
        """Whether the one place is what fails a table: then none of the others need be tried alone."""
        if self._is_hub_known:
            return None
        alone = self.ask_once([self._hub])
        if isinstance(alone, RoutingProblem):
            return _OFF_THE_MAP if alone.is_of_table else alone
        self._is_hub_known = True
        return None if isinstance(alone[0], Drive) else _OFF_THE_MAP

    def _keep(self, keys: Sequence[CellKey], cells: Sequence[DriveCell]) -> None:
        for key, cell in zip(keys, cells, strict=True):
            self.found[key] = cell
            self._finder.cells.keep(key, cell)


def _judged(
    choice: RouterChoice, sources: Places, destinations: Places, table: DriveTable
) -> DriveTable | RoutingProblem:
    """The table, but what no road can be: an end that was moved silently, or an answer that is none."""
    if not ROUTERS[choice.name].is_remote:
        return table
    judged = []
    for source, row in zip(sources, table, strict=True):
        cells = [_judged_cell(choice, source, *one) for one in zip(destinations, row, strict=True)]
        if any(cell is None for cell in cells):
            return _TOO_FAST
        judged.append(tuple(cell for cell in cells if cell is not None))
    return tuple(judged)


def _judged_cell(choice: RouterChoice, source: Point, destination: Point, cell: DriveCell) -> DriveCell | None:
    """None: faster than any road."""
    if not isinstance(cell, Drive):
        return cell
    line_m = haversine_m(source, destination)
    if cell.metres < line_m * (1 - _SPHERE_SLACK) - 2 * SNAP_LIMIT_M:
        return NoDrive.OFF_THE_MAP
    return None if cell.seconds < least_seconds(choice, line_m) else cell
