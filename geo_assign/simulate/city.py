"""The drawn city as data: the streets that technicians drive on, the addresses of customers, the map beneath them.

`scripts/draw-city` draws the files in `orrava/`; here they are only read.
"""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from geo_assign.simulate.geometry import LatLon, Point
from geo_assign.simulate.places import CITY_NAME, FRAME
from geo_assign.simulate.streets import StreetNetwork, read_streets

STREETS, GAZETTEER, BASEMAP = "streets.json", "gazetteer.csv", "basemap.json"


@dataclass(frozen=True)
class Address:
    """A house, and where it stands."""

    street: str
    housenumber: int
    postcode: str
    point: Point

    @property
    def text(self) -> str:
        """The address as one writes it."""
        return f"{self.street} {self.housenumber}, {CITY_NAME}"


@dataclass(frozen=True)
class City:
    """Everything that stands still."""

    streets: StreetNetwork
    addresses: list[Address]


@cache
def load_city() -> City:
    """Read the city that comes with the package."""
    rows = csv.DictReader(io.StringIO(city_file(GAZETTEER).decode()))
    return City(read_streets(json.loads(city_file(STREETS))), [_address(row) for row in rows])


def city_file(name: str) -> bytes:
    """Return the content of a drawn file: ``STREETS``, ``GAZETTEER`` or ``BASEMAP``."""
    return gzip.decompress(files(__package__).joinpath("orrava", f"{name}.gz").read_bytes())


def _address(row: dict[str, str]) -> Address:
    point = FRAME.to_plane(LatLon(float(row["lat"]), float(row["lon"])))
    return Address(row["street"], int(row["housenumber"]), row["postcode"], point)
