"""A real Nominatim with real addresses: how many are found, how exactly, and none that does not exist.

GEO_ASSIGN_REAL_NOMINATIM   the server's URL
GEO_ASSIGN_REAL_ADDRESSES   a CSV (.gz) with housenumber, street, city, lon, lat; rows without a city are left out
"""

import csv
import gzip
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.outbound import OutboundClient
from geo_assign.core.reachable import parse_allow
from geo_assign.geocoding.domain import AddressQuery, Confidence, Judgement, judge
from geo_assign.geocoding.providers import PROVIDERS, Access, Provider

URL = os.environ.get("GEO_ASSIGN_REAL_NOMINATIM", "")
ADDRESSES = os.environ.get("GEO_ASSIGN_REAL_ADDRESSES", "")
NEAR_M = 30.0
NOW = datetime(2031, 1, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (URL and ADDRESSES), reason="GEO_ASSIGN_REAL_NOMINATIM and _ADDRESSES are not set"),
]


@dataclass(frozen=True)
class Known:
    """An address whose place is known."""

    street: str
    number: str
    city: str
    point: Point


def known() -> list[Known]:
    with gzip.open(ADDRESSES, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["city"]]
    return [
        Known(row["street"], row["housenumber"], row["city"], Point(float(row["lat"]), float(row["lon"])))
        for row in rows
    ]


@pytest.fixture(scope="module")
def provider() -> Provider:
    client = OutboundClient(allow=parse_allow("127.0.0.0/8:*"))
    return PROVIDERS["nominatim"].build(Access(client, url=URL))


def ask(provider: Provider, texts: list[str]) -> list[Judgement]:
    def one(text: str) -> Judgement:
        return judge(provider.geocode(AddressQuery(text), deadline_s=20.0, asked_at=NOW), Confidence.ROOFTOP)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, texts))


def test_real_addresses_are_found_where_they_are(provider: Provider) -> None:
    addresses = known()
    judged = ask(provider, [f"{one.street} {one.number}, {one.city}" for one in addresses])
    kinds: Counter[str] = Counter()
    for address, judgement in zip(addresses, judged, strict=True):
        accepted = judgement.accepted
        if accepted is None:
            kinds[judgement.problem.code.value if judgement.problem else "?"] += 1
        else:
            kinds["near" if haversine_m(address.point, accepted.point) <= NEAR_M else "far"] += 1
    total = len(addresses)
    print(f"\n{total} addresses: " + ", ".join(f"{kind} {n} ({n / total:.1%})" for kind, n in kinds.most_common()))
    assert kinds["near"] >= 0.92 * total
    assert kinds["far"] <= 0.01 * total


def test_house_numbers_that_do_not_exist_are_never_rooftop(provider: Provider) -> None:
    addresses = [one for one in known() if one.number.isdecimal()]
    texts = [f"{one.street} {int(one.number) + 1000}, {one.city}" for one in addresses]
    accepted = [text for text, judgement in zip(texts, ask(provider, texts), strict=True) if judgement.accepted]
    print(f"\n{len(texts)} numbers that do not exist: {len(accepted)} accepted as rooftop")
    assert accepted == []
