"""What a router is asked and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point

# A place farther than this from the next road is not one that a router can tell of: it answers for the edge of its map.
SNAP_LIMIT_M = 500.0


class RouterName(StrEnum):
    """What tells how long a drive takes."""

    STRAIGHT_LINE = "straight_line"
    OSRM = "osrm"
    VALHALLA = "valhalla"


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive from one place to another: seconds, and metres of road."""

    seconds: float
    metres: float


class NoDrive(StrEnum):
    """Why a router tells no drive between two places."""

    UNREACHABLE = "unreachable"  # no road leads there
    OFF_THE_MAP = "off_the_map"  # too far from any road that the router knows


DriveCell: TypeAlias = Drive | NoDrive
DriveTable: TypeAlias = tuple[tuple[DriveCell, ...], ...]
"""A row for each source, a cell in it for each destination."""


class RoutingProblemCode(StrEnum):
    """Why a router told nothing. Codes are stable."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address_refused"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    MALFORMED = "malformed"
    IMPLAUSIBLE = "implausible"
    OFF_THE_MAP = "off_the_map"
    CIRCUIT_OPEN = "circuit_open"
    TABLE_REFUSED = "table_refused"


# Trying again later may help; the others wait for another router, URL or map.
_TRANSIENT = frozenset(
    {
        RoutingProblemCode.TIMEOUT,
        RoutingProblemCode.UNREACHABLE,
        RoutingProblemCode.UNAVAILABLE,
        RoutingProblemCode.CIRCUIT_OPEN,
    }
)


@dataclass(frozen=True, slots=True)
class RoutingProblem:
    """What went wrong; `detail` is a sentence for people, without the URL."""

    code: RoutingProblemCode
    detail: str

    @property
    def is_transient(self) -> bool:
        """Whether the same question may be answered later."""
        return self.code in _TRANSIENT

    @property
    def is_of_table(self) -> bool:
        """Whether smaller tables may be answered: too many places, or one of them that fails the others."""
        return self.code is RoutingProblemCode.TABLE_REFUSED

    @property
    def is_of_router(self) -> bool:
        """Whether it says something of the router, not of the places or of what is not asked at present."""
        return self.code not in _OF_QUESTION


_OF_QUESTION = frozenset({RoutingProblemCode.OFF_THE_MAP, RoutingProblemCode.CIRCUIT_OPEN})


class RouterUnusableError(InvalidError):
    """The router cannot be used.

    It answered, but not as a router that knows the roads around the store does; `detail` says what is wrong.
    """

    code = "router_unusable"


@dataclass(frozen=True, slots=True)
class RouterChoice:
    """The router of a store. `deadline_s`: how long all questions of one ranking may take together."""

    name: RouterName
    url: str | None
    deadline_s: float
    org_id: UUID
    store_id: UUID


@dataclass(frozen=True, slots=True)
class DriveAnswer:
    """The drives from some places to one, in their order, or the problem.

    `requests`: calls made, `kept`: drives that were known from before.
    """

    drives: Sequence[DriveCell] = ()
    problem: RoutingProblem | None = None
    requests: int = 0
    kept: int = 0


Places: TypeAlias = Sequence[Point]
