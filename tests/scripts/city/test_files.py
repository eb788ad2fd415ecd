"""The files of the city: what the package carries is what is drawn, small, and read back as it was drawn.

What it carries was drawn of the same seed by another process, and is compared to the byte: a seed gives one city.
"""

import configparser
import gzip

import pytest

from geo_assign.simulate.city import load_city
from geo_assign.simulate.geometry import distance
from geo_assign.simulate.streets import UNITS_PER_M
from scripts.city.__main__ import PACKAGE_DATA, main
from scripts.city.files import contents, write_files
from tests.scripts.shell import REPOSITORY

# A coordinate is off by half a unit at most, along both axes.
ROUNDING_M = 0.75 / UNITS_PER_M


def test_the_package_carries_the_city_that_is_drawn(drawn):
    carried = {path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in PACKAGE_DATA.iterdir()}
    expected = contents(drawn)
    assert carried.keys() == expected.keys()
    changed = [name for name, content in expected.items() if carried[name] != content]
    assert changed == [], "run ./scripts/draw-city and commit what it wrote"


def test_the_files_travel_in_the_wheel():
    metadata = configparser.ConfigParser()
    metadata.read(REPOSITORY / "setup.cfg")
    assert f"{PACKAGE_DATA.name}/*" in metadata["options.package_data"]["geo_assign.simulate"].split()


def test_the_files_are_small():
    assert all(path.stat().st_size < 150_000 for path in PACKAGE_DATA.iterdir())


def test_the_same_city_is_written_in_the_same_bytes(drawn, tmp_path):
    first, second = (write_files(drawn, tmp_path / name) for name in ("first", "second"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_streets_are_read_as_they_were_drawn(drawn):
    streets = load_city().streets
    assert len(streets.nodes) == len(drawn.network.nodes)
    for read, original in zip(streets.edges, drawn.network.edges, strict=True):
        assert (read.start, read.end, read.road_class) == (original.start, original.end, original.road_class)
        assert read.length_m == pytest.approx(original.length_m, abs=ROUNDING_M * 2 * len(original.line))
        for point, drawn_point in zip(read.line, original.line, strict=True):
            assert distance(point, drawn_point) <= ROUNDING_M


def test_the_addresses_are_read_as_they_were_drawn(drawn):
    for address, house in zip(load_city().addresses, drawn.houses, strict=True):
        assert (address.street, address.housenumber, address.postcode) == (
            house.street,
            house.housenumber,
            house.postcode,
        )
        assert distance(address.point, house.point) < 0.2


def test_another_seed_is_written_where_one_says(tmp_path, capsys):
    assert main(["--seed", "2", "--folder", str(tmp_path / "other")]) == 0
    written = list((tmp_path / "other").iterdir())
    printed = capsys.readouterr().out
    assert {path.name for path in written} == {path.name for path in PACKAGE_DATA.iterdir()}
    for path in written:
        assert str(path) in printed
        assert path.read_bytes() != (PACKAGE_DATA / path.name).read_bytes()
