"""A list of addresses answers like a provider: houses, gaps between them, streets, and names that are nearly right."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_assign.core.geo import Point
from geo_assign.core.outbound import OutboundClient
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeResult, ProblemCode, judge
from geo_assign.geocoding.providers import PROVIDERS, ProviderAccess

ROWS = """street,housenumber,postcode,city,country,lat,lon
Heron Lane,2,1001,Orrava,Nowhere,45.1000,12.1000
Heron Lane,12,1001,Orrava,Nowhere,45.1000,12.1010
Heron Lane,12A,1001,Orrava,Nowhere,45.1001,12.1010
Heron Lane,32-36,1001,Orrava,Nowhere,45.1000,12.1030
Heron Lane,3,1001,Orrava,Nowhere,45.1002,12.1000
Heron Lane,200,1001,Orrava,Nowhere,45.1000,12.1200
Rua 31 de Janeiro,20,1002,Orrava,Nowhere,45.2000,12.2000
Av. da Ponte,7,1002,Orrava,Nowhere,45.3000,12.3000
Mill Street,5,1003,Orrava,Nowhere,45.4000,12.4000
Mill Street,5,2001,Vessel,Nowhere,46.4000,13.4000
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "orrava.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path / "lists"


def ask(folder: Path, text: str, *, url: str | None = "orrava.csv", near: Point | None = None) -> GeocodeResult:
    provider = PROVIDERS["gazetteer"].build(ProviderAccess(OutboundClient(), url=url, gazetteers=folder))
    return provider.geocode(AddressQuery(text, near=near), deadline_s=1.0, asked_at=datetime(2031, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "confidence", "lon"),
    [
        ("Heron Lane 12, Orrava", "rooftop", 12.1010),
        ("12 Heron Lane, Orrava", "rooftop", 12.1010),
        ("HERON LANE, 12, 1001 Orrava, Nowhere", "rooftop", 12.1010),
        ("Heron Lane 12a, Orrava", "rooftop", 12.1010),
        ("Heron Lane 34, Orrava", "interpolated", 12.1030),
        ("Heron Lane 7, Orrava", "street", None),  # nothing above 3 on that side
        ("Heron Lane 22, Orrava", "interpolated", 12.1020),  # half-way from 12 to 32
        ("Heron Lane 12b, Orrava", "interpolated", 12.1010),
        ("Heron Lane 100, Orrava", "street", None),  # the gap from 36 to 200 is too wide
        ("Heron Lane 1012, Orrava", "street", None),
        ("Heron Lane, Orrava", "street", None),
        ("Rua 31 de Janeiro 20, Orrava", "rooftop", 12.2),
        ("Avenida da Ponte 7, Orrava", "rooftop", 12.3),
        ("av da ponte 7 orrava", "rooftop", 12.3),
        ("Harbour Stores, Heron Lane 12, Orrava", "rooftop", 12.1010),
        ("Heron Lane 12, Farawaytown", "street", None),
        ("Hreon Lane 12, Orrava", "street", None),  # nearly the name: a human confirms
    ],
)
def test_answers(folder: Path, *, text: str, confidence: str, lon: float | None) -> None:
    best = ask(folder, text).best
    assert best is not None
    assert best.confidence.value == confidence
    assert lon is None or best.point.lon == pytest.approx(lon)


def test_nothing_similar_is_not_found(folder: Path) -> None:
    assert ask(folder, "Quite Another Boulevard 12, Orrava") == GeocodeResult()


def test_the_same_house_in_two_cities_is_ambiguous_until_the_city_is_named(folder: Path) -> None:
    doubtful = judge(ask(folder, "Mill Street 5"), Confidence.STREET)
    assert doubtful.problem is not None
    assert doubtful.problem.code is ProblemCode.AMBIGUOUS
    assert len(doubtful.candidates) == 2
    named = judge(ask(folder, "Mill Street 5, Vessel"), Confidence.ROOFTOP)
    assert named.accepted is not None
    assert named.accepted.point.lat == 46.4


def test_the_nearer_of_two_comes_first(folder: Path) -> None:
    best = ask(folder, "Mill Street 5", near=Point(46.0, 13.4)).best
    assert best is not None
    assert best.point.lat == 46.4


@pytest.mark.parametrize("url", ["../secret.csv", "/etc/passwd", "missing.csv", ".", "\0"])
def test_only_files_of_its_folder_are_read(folder: Path, url: str) -> None:
    (folder.parent / "secret.csv").write_text(ROWS, encoding="utf-8")
    result = ask(folder, "Heron Lane 12, Orrava", url=url)
    assert result.problem is not None
    assert result.problem.code is ProblemCode.GEOCODER_UNAVAILABLE


def test_the_only_file_needs_no_name_and_may_be_compressed(folder: Path) -> None:
    (folder / "orrava.csv").rename(folder / "other.csv")
    assert ask(folder, "Heron Lane 12, Orrava", url=None).best is not None
    (folder / "orrava.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    assert ask(folder, "Heron Lane 12, Orrava", url="orrava.csv.gz").best is not None
    assert ask(folder, "Heron Lane 12, Orrava", url=None).problem is not None, "two files, none named"


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "street,housenumber,city,lat,lon\nX,1,Y,91,0\n", "\xff\xfe"])
def test_a_broken_file_is_unavailable(folder: Path, content: str) -> None:
    (folder / "orrava.csv").write_bytes(content.encode("latin-1"))
    assert ask(folder, "Heron Lane 12, Orrava").problem is not None


def test_a_changed_file_is_read_again(folder: Path) -> None:
    assert ask(folder, "New Road 1, Orrava").best is None
    (folder / "orrava.csv").write_text(ROWS + "New Road,1,1003,Orrava,Nowhere,45.5,12.5\n", encoding="utf-8")
    os.utime(folder / "orrava.csv", (2_000_000_000, 2_000_000_000))
    assert ask(folder, "New Road 1, Orrava").best is not None
