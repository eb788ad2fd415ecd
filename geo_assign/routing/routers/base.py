"""What a router is, and how the answers of all of them are told in one language."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_assign.core.outbound import (
    OutboundClient,
    OutboundError,
    OutboundRefusedError,
    OutboundResponse,
    OutboundTimeoutError,
    OutboundTooLargeError,
)
from geo_assign.core.outbound import OutboundMalformedError as BrokenDocumentError
from geo_assign.core.wire import Json, JsonObject
from geo_assign.routing.domain import DriveTable, Places, RouterName, RoutingProblem, RoutingProblemCode

# Longer than any drive: what exceeds it is no answer.
_LONGEST_S = 30 * 86_400.0
_FARTHEST_M = 40_000_000.0
_MAX_MESSAGE = 200

PROBLEM_OF_STATUS: Mapping[int, RoutingProblemCode] = {
    400: RoutingProblemCode.REFUSED,
    401: RoutingProblemCode.REFUSED,
    402: RoutingProblemCode.REFUSED,
    403: RoutingProblemCode.REFUSED,
    404: RoutingProblemCode.REFUSED,
    405: RoutingProblemCode.REFUSED,
    413: RoutingProblemCode.TABLE_REFUSED,
    414: RoutingProblemCode.TABLE_REFUSED,
    501: RoutingProblemCode.REFUSED,
}


class Router(Protocol):
    """Tells drives. Implementations raise nothing: what goes wrong is a `RoutingProblem`."""

    def drives(self, sources: Places, destinations: Places, *, deadline_s: float) -> DriveTable | RoutingProblem:
        """Ask once, within `deadline_s` seconds, for a table that the router's limits allow."""


@dataclass(frozen=True, slots=True)
class RouterAccess:
    """What a router is built from."""

    client: OutboundClient
    url: str


@dataclass(frozen=True, slots=True)
class RouterSpec:
    """A router's entry in the registry.

    `most_places`: sources and destinations of one table together, `most_pairs`: their product, None without limit.
    `top_speed_mps`: no road of its map is faster, which bounds every drive from below.
    """

    name: RouterName
    build: Callable[[RouterAccess], Router]
    is_remote: bool
    top_speed_mps: float
    most_places: int | None = None
    most_pairs: int | None = None

    def most_sources(self, destinations: int) -> int | None:
        """How many sources one table takes for so many destinations; None without limit."""
        limits = []
        if self.most_places is not None:
            limits.append(self.most_places - destinations)
        if self.most_pairs is not None:
            limits.append(self.most_pairs // destinations)
        return max(1, min(limits)) if limits else None


class UnusableAnswerError(Exception):
    """The answer is not one of the router's protocol."""


def problem_of_error(error: OutboundError, *, deadline_s: float) -> RoutingProblem:
    """A call that brought no answer."""
    if isinstance(error, OutboundTimeoutError):
        return RoutingProblem(RoutingProblemCode.TIMEOUT, f"The router did not answer within {deadline_s:.1f} s.")
    if isinstance(error, OutboundRefusedError):
        detail = "The router's address is private. The operator allows one in GEO_ASSIGN_OUTBOUND_ALLOW."
        return RoutingProblem(RoutingProblemCode.ADDRESS_REFUSED, detail)
    if isinstance(error, BrokenDocumentError | OutboundTooLargeError):
        return malformed(str(error))
    return RoutingProblem(RoutingProblemCode.UNREACHABLE, f"The router could not be asked: {error}")


def malformed(detail: str) -> RoutingProblem:
    return RoutingProblem(RoutingProblemCode.MALFORMED, f"The router's answer cannot be used: {detail}")


def problem_of_status(answer: OutboundResponse, *, message: str = "") -> RoutingProblem:
    """An answer that tells no drives and has no code of its own; redirects are not followed."""
    code = PROBLEM_OF_STATUS.get(answer.status, RoutingProblemCode.UNAVAILABLE)
    return RoutingProblem(code, f"The router answered {answer.status}{f': {message}' if message else '.'}")


def document_of(answer: OutboundResponse) -> JsonObject | None:
    """The JSON object of an answer; None for anything else."""
    try:
        document = answer.json()
    except BrokenDocumentError:
        return None
    return document if isinstance(document, Mapping) else None


def message_in(document: JsonObject, *names: str) -> str:
    """The router's own sentence, on one line; empty where there is none."""
    for name in names:
        if isinstance(text := document.get(name), str):
            printable = "".join(one if one.isprintable() else " " for one in text)
            return " ".join(printable.split())[:_MAX_MESSAGE]
    return ""


def list_of(value: Json, length: int, what: str) -> Sequence[Json]:
    """A list of so many. Raises UnusableAnswerError."""
    if not isinstance(value, list) or len(value) != length:
        raise UnusableAnswerError(f"{what} is not a list of {length}")
    return value


def object_of(value: Json, what: str) -> JsonObject:
    """An object. Raises UnusableAnswerError."""
    if not isinstance(value, Mapping):
        raise UnusableAnswerError(f"{what} is not an object")
    return value


def seconds_of(value: Json, what: str) -> float:
    """A duration. Raises UnusableAnswerError."""
    return _number(value, what, most=_LONGEST_S)


def metres_of(value: Json, what: str) -> float:
    """A length. Raises UnusableAnswerError."""
    return _number(value, what, most=_FARTHEST_M)


def _number(value: Json, what: str, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnusableAnswerError(f"{what} is not a number")
    if not math.isfinite(value) or not 0.0 <= value <= most:
        raise UnusableAnswerError(f"{what} is {value}")
    return float(value)
