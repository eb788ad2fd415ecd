"""Valhalla: `/sources_to_targets`, with objects for places, kilometres, and whole seconds.

One place that no road of the map is near fails the whole matrix (errors 170, 171), and so does one that is farther
than the server looks (154). Places that it moved to a road are told where they were moved to.
"""

from collections.abc import Sequence

import orjson

from geo_assign.core.geo import Point, haversine_m
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

# Too many places, a place too far away, a place that no road is near.
_OF_TABLE = frozenset({150, 153, 154, 170, 171, 442})
_M_PER_KM = 1_000.0


class Valhalla:
    """A server of Valhalla."""

    def __init__(self, access: RouterAccess) -> None:
        self._access = access

    def drives(self, sources: Places, destinations: Places, *, deadline_s: float) -> DriveTable | RoutingProblem:
        url = f"{self._access.url.rstrip('/')}/sources_to_targets"
        question = {
            "sources": [_written(place) for place in sources],
            "targets": [_written(place) for place in destinations],
            "costing": "auto",
            "units": "kilometers",
        }
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._access.client.request(
                "POST", url, deadline_s=deadline_s, headers=headers, body=orjson.dumps(question)
            )
        except OutboundError as error:
            return problem_of_error(error, deadline_s=deadline_s)
        document = document_of(answer)
        if document is None or not {"error_code", "error", "sources_to_targets"} & document.keys():
            return problem_of_status(answer) if answer.status != 200 else malformed("it is not Valhalla's.")
        if "error_code" in document or "error" in document or answer.status != 200:
            return _problem(document, answer.status)
        try:
            return _read(document, sources, destinations)
        except UnusableAnswerError as error:
            return malformed(f"{error}.")


def _written(place: Point) -> dict[str, float]:
    return {"lat": round(place.lat, 6), "lon": round(place.lon, 6)}


def _problem(document: JsonObject, status: int) -> RoutingProblem:
    code, message = document.get("error_code"), message_in(document, "error")
    said = f"The router says {code}: {message}"
    if code in _OF_TABLE:
        return RoutingProblem(RoutingProblemCode.TABLE_REFUSED, said)
    return RoutingProblem(RoutingProblemCode.UNAVAILABLE if status >= 500 else RoutingProblemCode.REFUSED, said)


def _read(document: JsonObject, sources: Places, destinations: Places) -> DriveTable:
    if document.get("units", "kilometers") != "kilometers":
        raise UnusableAnswerError("its lengths are not kilometres")
    from_map = _are_on_map(document.get("sources"), sources)
    to_map = _are_on_map(document.get("targets"), destinations)
    rows = list_of(document.get("sources_to_targets"), len(sources), "sources_to_targets")
    return tuple(
        tuple(
            _cell(object_of(cell, "a cell"), row, column) if from_map[row] and to_map[column] else NoDrive.OFF_THE_MAP
            for column, cell in enumerate(list_of(cells, len(destinations), "a row"))
        )
        for row, cells in enumerate(rows)
    )


def _are_on_map(value: Json, asked: Places) -> Sequence[bool]:
    """For each place, whether the road it was moved to is near; a server that does not tell is believed.

    Raises UnusableAnswerError.
    """
    if value is None:
        return [True] * len(asked)
    moved = [_point(one) for one in list_of(value, len(asked), "its places")]
    return [haversine_m(place, road) <= SNAP_LIMIT_M for place, road in zip(asked, moved, strict=True)]


def _point(value: Json) -> Point:
    # Older servers wrap each place in a list of its own.
    place = object_of(value[0] if isinstance(value, list) and value else value, "a place")
    lat, lon = place.get("lat"), place.get("lon")
    if isinstance(lat, int | float) and isinstance(lon, int | float):
        try:
            return Point(float(lat), float(lon))
        except ValueError:
            pass
    raise UnusableAnswerError("a place has no coordinates")


def _cell(cell: JsonObject, row: int, column: int) -> DriveCell:
    if (cell.get("from_index", row), cell.get("to_index", column)) != (row, column):
        raise UnusableAnswerError("its cells are in another order")
    if cell.get("time") is None:
        return NoDrive.UNREACHABLE
    metres = metres_of(cell.get("distance"), "a distance") * _M_PER_KM
    return Drive(seconds_of(cell.get("time"), "a time"), metres)


SPEC = RouterSpec(
    name=RouterName.VALHALLA,
    build=Valhalla,
    is_remote=True,
    top_speed_mps=140 / 3.6,
    most_pairs=2_500,
)
