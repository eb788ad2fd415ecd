"""The files of a drawn city, as `geo_assign.simulate.city` reads them: streets, gazetteer, basemap."""

import csv
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geo_assign.simulate.city import BASEMAP, GAZETTEER, STREETS
from geo_assign.simulate.geometry import Point
from geo_assign.simulate.places import CITY_NAME, FRAME
from geo_assign.simulate.streets import UNITS_PER_M
from scripts.city.basemap import basemap
from scripts.city.drawing import DrawnCity
from scripts.city.network import DrawnNetwork


def contents(city: DrawnCity) -> dict[str, bytes]:
    """Return the content of each file by its name, before compression."""
    return {
        STREETS: _json(_streets(city.network)),
        GAZETTEER: _gazetteer(city).encode(),
        BASEMAP: _json(basemap(city)),
    }


def write_files(city: DrawnCity, folder: Path) -> list[Path]:
    """Write the compressed files into a folder, which is made where it is missing; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in contents(city).items():
        path = folder / f"{name}.gz"
        # Without a time, so that the same city gives the same bytes.
        path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
        paths.append(path)
    return paths


def _streets(network: DrawnNetwork) -> dict[str, Any]:
    """Return the network as the document that ``read_streets`` takes."""
    edges = [
        [edge.start, edge.end, edge.road_class, [_in_units(point) for point in edge.line[1:-1]]]
        for edge in network.edges
    ]
    return {"nodes": [_in_units(node) for node in network.nodes], "edges": edges}


def _in_units(point: Point) -> list[int]:
    return [round(value * UNITS_PER_M) for value in point]


def _gazetteer(city: DrawnCity) -> str:
    """Return the addresses as CSV with the columns that the ``gazetteer`` geocoder reads."""
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(("street", "housenumber", "postcode", "city", "lat", "lon"))
    for house in city.houses:
        place = FRAME.to_earth(house.point)
        rows.writerow(
            (house.street, house.housenumber, house.postcode, CITY_NAME, f"{place.lat:.6f}", f"{place.lon:.6f}")
        )
    return written.getvalue()


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
