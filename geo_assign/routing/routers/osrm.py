"""OSRM: `/table/v1/driving/`, whose places are longitude,latitude.

A place off its map is silently moved to the map's edge; only the metres of that move tell (`sources[].distance`).
"""

from collections.abc import Sequence

from geo_assign.core.geo import Point
from geo_assign.core.outbound import OutboundError
from geo_assign.core.wire import Json, JsonObject
from geo_assign.routing.domain import (
    SNAP_LIMIT_M,
    Drive,
    DriveCell,
    DriveTable,
    NoDrive,
    Places,
    RouterName,
    RoutingProblem,
    RoutingProblemCode,
)
from geo_assign.routing.routers.base import (
    RouterAccess,
    RouterSpec,
    UnusableAnswerError,
    document_of,
    list_of,
    malformed,
    message_in,
    metres_of,
    object_of,
    problem_of_error,
    problem_of_status,
    seconds_of,
)

# What a smaller table may not suffer from: too many places, or one that no road is near.
_OF_TABLE = frozenset({"TooBig", "NoSegment"})
# Between two places on one segment it tells up to a metre less than nothing.
_ROUNDED_M = 5.0


class Osrm:
    """A server of the Open Source Routing Machine."""

    def __init__(self, access: RouterAccess) -> None:
        self._access = access

    def drives(self, sources: Places, destinations: Places, *, deadline_s: float) -> DriveTable | RoutingProblem:
        try:
            answer = self._access.client.get(self._url(sources, destinations), deadline_s=deadline_s)
        except OutboundError as error:
            return problem_of_error(error, deadline_s=deadline_s)
        document = document_of(answer)
        code = None if document is None else document.get("code")
        if document is None or not isinstance(code, str):
            return problem_of_status(answer) if answer.status != 200 else malformed("it is not OSRM's.")
        message = message_in(document, "message")
        if code in _OF_TABLE:
            return RoutingProblem(RoutingProblemCode.TABLE_REFUSED, f"The router says {code}: {message}")
        if code != "Ok":
            return RoutingProblem(RoutingProblemCode.REFUSED, f"The router says {code}: {message}")
        if answer.status != 200:
            return problem_of_status(answer)
        try:
            return _read(document, len(sources), len(destinations))
        except UnusableAnswerError as error:
            return malformed(f"{error}.")

    def _url(self, sources: Places, destinations: Places) -> str:
        places = ";".join(_written(place) for place in (*sources, *destinations))
        numbers = [str(number) for number in range(len(sources) + len(destinations))]
        asked = f"sources={';'.join(numbers[: len(sources)])}&destinations={';'.join(numbers[len(sources) :])}"
        wanted = "annotations=duration,distance&generate_hints=false"
        return f"{self._access.url.rstrip('/')}/table/v1/driving/{places}?{asked}&{wanted}"


def _written(place: Point) -> str:
    return f"{place.lon:.6f},{place.lat:.6f}"


def _read(document: JsonObject, rows: int, columns: int) -> DriveTable:
    durations = list_of(document.get("durations"), rows, "durations")
    distances = list_of(document.get("distances"), rows, "distances")
    from_map = _are_on_map(document.get("sources"), rows, "sources")
    to_map = _are_on_map(document.get("destinations"), columns, "destinations")
    return tuple(
        tuple(
            _cell(seconds, metres) if from_map[row] and to_map[column] else NoDrive.OFF_THE_MAP
            for column, (seconds, metres) in enumerate(
                zip(
                    list_of(durations[row], columns, "a row of durations"),
                    list_of(distances[row], columns, "a row of distances"),
                    strict=True,
                )
            )
        )
        for row in range(rows)
    )


def _are_on_map(value: Json, length: int, what: str) -> Sequence[bool]:
    """For each place, whether the road it was moved to is near. Raises UnusableAnswerError."""
    moved = [object_of(one, f"one of {what}") for one in list_of(value, length, what)]
    return [metres_of(one.get("distance"), f"the distance of one of {what}") <= SNAP_LIMIT_M for one in moved]


def _cell(seconds: Json, metres: Json) -> DriveCell:
    if seconds is None:
        return NoDrive.UNREACHABLE
    if isinstance(metres, int | float) and -_ROUNDED_M <= metres < 0:
        metres = 0.0
    return Drive(seconds_of(seconds, "a duration"), metres_of(metres, "a distance"))


SPEC = RouterSpec(name=RouterName.OSRM, build=Osrm, is_remote=True, top_speed_mps=140 / 3.6, most_places=100)
