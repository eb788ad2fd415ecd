"""The city as a GeoJSON basemap: what the console draws beneath technicians and work orders.

``properties.layer`` is one of land, water, park, block, road, main and label, to be drawn in this order:
land, block, park, water, road, main, label. Roads carry ``name``; labels are points with ``name`` and ``kind``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from geo_assign.simulate.geometry import Line, Point
from geo_assign.simulate.places import CITY_NAME, FRAME
from scripts.city import plan
from scripts.city.drawing import DrawnCity
from scripts.city.shapes import closed, signed_area, simplify

DIGITS = 5
ATTRIBUTION = f"{CITY_NAME}, an invented city"
# The view a map opens with: the city without the empty half of the island.
VIEW: Line = [(-4500.0, -3700.0), (4700.0, 3300.0)]

Feature = dict[str, Any]


def basemap(city: DrawnCity) -> dict[str, Any]:
    """Return a GeoJSON feature collection with ``bbox`` (the view to open with) and ``attribution``."""
    corners = [_position(corner) for corner in VIEW]
    return {
        "type": "FeatureCollection",
        "bbox": [*corners[0], *corners[1]],
        "attribution": ATTRIBUTION,
        "features": [*_ground(city), *_roads(city), *_labels()],
    }


def _ground(city: DrawnCity) -> Iterator[Feature]:
    terrain = city.terrain
    island = simplify(closed(terrain.island), 2.0)[:-1]
    yield _feature("land", _polygon(island))
    yield _feature("block", {"type": "MultiPolygon", "coordinates": [[_ring(block)] for block in city.blocks()]})
    for name, ring in terrain.parks.items():
        yield _feature("park", _polygon(ring), name=name)
    reach = plan.SEA_REACH_M
    sea = [(-reach, -reach), (reach, -reach), (reach, reach), (-reach, reach)]
    yield _feature("water", {"type": "Polygon", "coordinates": [_ring(sea), _ring(island)[::-1]]}, name="Sea")
    yield _feature("water", _polygon(terrain.river), name="Orra")
    for name, ring in terrain.still_waters.items():
        yield _feature("water", _polygon(ring), name=name)


def _roads(city: DrawnCity) -> Iterator[Feature]:
    """Yield one feature per street, its pieces chained into as few lines as possible; main roads last."""
    pieces: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for edge in city.network.edges:
        layer = "main" if edge.road_class == "main" else "road"
        pieces[layer, city.street_of(edge)].append(edge.line)
    for (layer, name), lines in sorted(pieces.items(), key=lambda item: (item[0][0] == "main", item[0][1])):
        chains = [[_position(point) for point in simplify(line, 1.2)] for line in _chained(lines)]
        if len(chains) == 1:
            yield _feature(layer, {"type": "LineString", "coordinates": chains[0]}, name=name)
        else:
            yield _feature(layer, {"type": "MultiLineString", "coordinates": chains}, name=name)


def _chained(lines: Iterable[Line]) -> list[Line]:
    """Join lines that follow one another."""
    chains: list[Line] = []
    for line in lines:
        if chains and chains[-1][-1] == line[0]:
            chains[-1].extend(line[1:])
        else:
            chains.append([*line])
    return chains


def _labels() -> Iterator[Feature]:
    for caption in plan.CAPTIONS:
        point = {"type": "Point", "coordinates": _position(caption.at)}
        yield _feature("label", point, name=caption.name, kind=caption.kind)


def _feature(layer: str, geometry: dict[str, Any], **properties: str) -> Feature:
    return {"type": "Feature", "properties": {"layer": layer, **properties}, "geometry": geometry}


def _polygon(ring: Line) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [_ring(ring)]}


def _ring(ring: Line) -> list[list[float]]:
    """Return a closed, anticlockwise ring of positions, as RFC 7946 wants outer rings."""
    ordered = ring if signed_area(ring) > 0 else ring[::-1]
    return [_position(point) for point in closed(ordered)]


def _position(point: Point) -> list[float]:
    place = FRAME.to_earth(point)
    return [round(place.lon, DIGITS), round(place.lat, DIGITS)]
