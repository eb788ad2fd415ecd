"""A real Nominatim with real addresses: how many are found, how exactly, and none that does not exist.

GEO_ASSIGN_TEST_NOMINATIM   the server's URL
GEO_ASSIGN_TEST_ADDRESSES   a CSV (.gz) with housenumber, street, city, lon, lat; rows without a city are left out
"""

import csv
import gzip
import os
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from geo_assign.core.geo import Point, haversine_m
from geo_assign.geocoding.domain import AddressQuery, Confidence, Judgement, judge
from tests.geocoding.conftest import Desk

URL = os.environ.get("GEO_ASSIGN_TEST_NOMINATIM", "")
ADDRESSES = os.environ.get("GEO_ASSIGN_TEST_ADDRESSES", "")
NEAR_M = 30.0
STORE = Point(41.150, -8.610)

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (URL and ADDRESSES), reason="GEO_ASSIGN_TEST_NOMINATIM and _ADDRESSES are not set"),
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


@pytest.fixture
def porto(desk_at: Callable[..., Desk]) -> Desk:
    """A store in the addresses' city with the real server as its geocoder."""
    desk = desk_at()
    desk.configure(url=URL, key=None)
    return desk


def ask(desk: Desk, texts: list[str]) -> list[Judgement]:
    def one(text: str) -> Judgement:
        query = AddressQuery(text, near=STORE)
        result = desk.geocoder.geocode(desk.org_id, query, deadline_s=30.0, store_id=desk.store_id)
        return judge(result, Confidence.ROOFTOP)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, texts))


def test_real_addresses_are_found_where_they_are(porto: Desk) -> None:
    addresses = known()
    judged = ask(porto, [f"{one.street} {one.number}, {one.city}" for one in addresses])
    kinds: Counter[str] = Counter()
    for address, judgement in zip(addresses, judged, strict=True):
        accepted = judgement.accepted
        if accepted is None:
            kinds[judgement.problem.code.value if judgement.problem else "?"] += 1
        else:
            kinds["near" if haversine_m(address.point, accepted.point) <= NEAR_M else "far"] += 1
        if accepted is not None and haversine_m(address.point, accepted.point) > 100.0:
            kinds["beyond 100 m"] += 1
    total = len(addresses)
    print(f"\n{total} addresses: " + ", ".join(f"{kind} {n} ({n / total:.1%})" for kind, n in kinds.most_common()))
    assert kinds["near"] >= 0.92 * total
    assert kinds["far"] <= 0.01 * total


_WITHIN = (
    "{street} {number}, 2º Esq, {city}", "{street} {number} r/c dto, {city}", "{street} n.º {number} 3.º andar, {city}",
    "{street} {number}, apto 5, {city}", "{street} {number} bloco B ap 45, {city}", "{street} {number} loja 3, {city}",
    "{street} {number}, fração C, {city}", "Apt 4, {street} {number}, {city}", "{street} {number} #4, {city}",
    "{street} {number}, Unit B, {city}", "{street} {number}, {city} c/o Oliveira",
)  # fmt: skip


def test_flats_and_floors_cost_few_of_the_houses(porto: Desk) -> None:
    addresses = [one for one in known() if re.fullmatch(r"\d+", one.number)][::5][:200]
    plain = ask(porto, [f"{one.street} {one.number}, {one.city}" for one in addresses])
    texts = [
        _WITHIN[index % len(_WITHIN)].format(street=one.street, number=one.number, city=one.city)
        for index, one in enumerate(addresses)
    ]
    within = ask(porto, texts)
    right, found = (_near(addresses, judged) for judged in (plain, within))
    far = sum(
        haversine_m(one.point, judged.accepted.point) > 100.0
        for one, judged in zip(addresses, within, strict=True)
        if judged.accepted
    )
    print(f"\n{len(addresses)} addresses: {right} near without, {found} near with flats and floors, {far} beyond 100 m")
    assert found >= 0.9 * right


def _near(addresses: list[Known], judged: list[Judgement]) -> int:
    pairs = zip(addresses, judged, strict=True)
    return sum(haversine_m(one.point, it.accepted.point) <= NEAR_M for one, it in pairs if it.accepted)


def test_house_numbers_that_do_not_exist_are_never_rooftop(porto: Desk) -> None:
    texts = [f"{one.street} {_raised(one.number)}, {one.city}" for one in known() if one.number != "S/N"]
    accepted = [text for text, judgement in zip(texts, ask(porto, texts), strict=True) if judgement.accepted]
    print(f"\n{len(texts)} numbers that do not exist: {len(accepted)} accepted as rooftop")
    assert accepted == []


def _raised(number: str) -> str:
    """Every number in the text plus 1000: `12A` is `1012A`, `9;11` is `1009;1011`."""
    return re.sub(r"\d+", lambda match: str(int(match[0]) + 1000), number)
