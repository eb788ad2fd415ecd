"""Routers that speak each one's protocol over invented roads: as long as one says, with places that none is near.

The documents follow the routers' public references, and what real servers answered to the same questions.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from geo_assign.core.geo import Point, haversine_m
from geo_assign.routing.domain import RouterName
from tests.providers import stub
from tests.providers.stub import Behaviour, Exchange, Request

DETOUR, SPEED_MPS = 1.3, 10.0
_LAST_MOVE_M = 60.0

Road = tuple[float, float] | None
"""Seconds and metres; None where no road leads."""


@dataclass
class Roads:
    """What the server knows. `slow` holds seconds that a place costs more, `islands` places without any road."""

    slow: dict[Point, float] = field(default_factory=dict)
    islands: set[Point] = field(default_factory=set)
    off_map: set[Point] = field(default_factory=set)

    def road(self, source: Point, destination: Point) -> Road:
        if _same(source, destination):
            return 0.0, 0.0
        if any(_same(one, source) or _same(one, destination) for one in self.islands):
            return None
        metres = haversine_m(source, destination) * DETOUR
        return metres / SPEED_MPS + sum(s for one, s in self.slow.items() if _same(one, source)), metres

    def is_off(self, place: Point) -> bool:
        return any(_same(one, place) for one in self.off_map)


def by_road_s(source: Point, destination: Point) -> float:
    """Seconds of a drive on which no place is slow."""
    return haversine_m(source, destination) * DETOUR / SPEED_MPS


def _same(one: Point, other: Point) -> bool:
    return haversine_m(one, other) < 0.5


@dataclass(frozen=True)
class RouterDialect:
    """How one router is asked and answers. `document` is its status and answer over some roads."""

    router: RouterName
    asked: Callable[[Request], tuple[list[Point], list[Point]]]
    document: Callable[[Roads, list[Point], list[Point]], tuple[int, Any]]
    refusal: tuple[int, Any]
    refusal_with_200: Any

    def serve(self, roads: Roads, *, change: Callable[[Any], Any] = lambda document: document) -> Behaviour:
        """Answers whatever is asked, by these roads; `change` is what a bad server makes of its document."""

        def behave(exchange: Exchange) -> None:
            status, document = self.document(roads, *self.asked(exchange.request))
            changed = change(document) if status == 200 else document
            body = changed if isinstance(changed, str) else json.dumps(changed)
            stub.answer(body, status=status)(exchange)

        return behave


# OSRM -----------------------------------------------------------------------------------------------------------------


def _osrm_asked(request: Request) -> tuple[list[Point], list[Point]]:
    match = re.fullmatch(r"/table/v1/driving/([-\d.,;]+)", request.path)
    assert match, request.target
    assert request.query["annotations"] == "duration,distance"
    places = [Point(float(lat), float(lon)) for lon, lat in (one.split(",") for one in match[1].split(";"))]
    picked = [[places[int(n)] for n in request.query[name].split(";")] for name in ("sources", "destinations")]
    return picked[0], picked[1]


def _osrm(roads: Roads, sources: list[Point], destinations: list[Point]) -> tuple[int, Any]:
    if len(sources) + len(destinations) > 100:
        return 400, {"code": "TooBig", "message": "Too many table coordinates"}
    # A place off the map counts as its edge: a drive is told all the same.
    table = [
        [(630.0, 5_000.0) if roads.is_off(s) or roads.is_off(d) else roads.road(s, d) for d in destinations]
        for s in sources
    ]
    moved = [[_osrm_place(roads, one) for one in places] for places in (sources, destinations)]
    return 200, {
        "code": "Ok",
        "durations": [[cell and round(cell[0], 1) for cell in row] for row in table],
        "distances": [[cell and round(cell[1], 1) for cell in row] for row in table],
        "sources": moved[0],
        "destinations": moved[1],
    }


def _osrm_place(roads: Roads, place: Point) -> dict[str, Any]:
    metres = 270_000.0 if roads.is_off(place) else _LAST_MOVE_M
    return {"distance": metres, "name": "Heron Lane", "location": [place.lon, place.lat]}


# Valhalla -------------------------------------------------------------------------------------------------------------


def _valhalla_asked(request: Request) -> tuple[list[Point], list[Point]]:
    assert (request.method, request.path) == ("POST", "/sources_to_targets")
    body = json.loads(request.body)
    assert (body["costing"], body["units"]) == ("auto", "kilometers")
    sources, targets = ([Point(one["lat"], one["lon"]) for one in body[name]] for name in ("sources", "targets"))
    return sources, targets


def _valhalla(roads: Roads, sources: list[Point], destinations: list[Point]) -> tuple[int, Any]:
    if len(sources) * len(destinations) > 2_500:
        return 400, _valhalla_error(150, "Exceeded max locations: 2500.000000")
    if any(roads.is_off(one) for one in (*sources, *destinations)):
        return 400, _valhalla_error(170, "Locations are in unconnected regions. Go check/edit the map at osm.org")
    rows = [
        [
            _valhalla_cell(roads.road(source, destination), row, column)
            for column, destination in enumerate(destinations)
        ]
        for row, source in enumerate(sources)
    ]
    told = [[{"lat": one.lat, "lon": one.lon} for one in places] for places in (sources, destinations)]
    return 200, {"sources_to_targets": rows, "sources": told[0], "targets": told[1], "units": "kilometers"}


def _valhalla_cell(road: Road, row: int, column: int) -> dict[str, Any]:
    seconds, metres = road or (None, None)
    return {
        "from_index": row,
        "to_index": column,
        "time": None if seconds is None else int(seconds),
        "distance": None if metres is None else round(metres / 1_000, 3),
    }


def _valhalla_error(code: int, text: str) -> dict[str, Any]:
    return {"error_code": code, "error": text, "status_code": 400, "status": "Bad Request"}


ROUTER_DIALECTS: Sequence[RouterDialect] = (
    RouterDialect(
        RouterName.OSRM,
        _osrm_asked,
        _osrm,
        refusal=(400, {"code": "InvalidUrl", "message": "URL string malformed close to position 5"}),
        refusal_with_200={"code": "NoTable", "message": "Impossible route"},
    ),
    RouterDialect(
        RouterName.VALHALLA,
        _valhalla_asked,
        _valhalla,
        refusal=(404, {"error_code": 106, "error": "Try any of: '/route'", "status_code": 404, "status": "Not Found"}),
        refusal_with_200={"error_code": 199, "error": "Unknown", "status_code": 400, "status": "Bad Request"},
    ),
)
