"""A real Nominatim with real addresses: how many are found, how exactly, and none that does not exist.

An address that the list has at two places more than 100 m apart is right to be refused: no answer to it could be sure.

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
from geo_assign.geocoding.housenumbers import asked_house_number, returned_house_number
from tests.geocoding.conftest import Desk

URL = os.environ.get("GEO_ASSIGN_TEST_NOMINATIM", "")
ADDRESSES = os.environ.get("GEO_ASSIGN_TEST_ADDRESSES", "")
NEAR_M = 30.0
FAR_M = 100.0
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


def listed() -> list[Known]:
    with gzip.open(ADDRESSES, "rt", encoding="utf-8") as file:
        return [
            Known(row["street"], row["housenumber"], row["city"], Point(float(row["lat"]), float(row["lon"])))
            for row in csv.DictReader(file)
        ]


def known() -> list[Known]:
    return [one for one in listed() if one.city]


def at_two_places() -> set[tuple[str, str]]:
    """Street and number of what is listed more than once, far apart."""
    places: dict[tuple[str, str], Point] = {}
    return {
        door
        for one in listed()
        if haversine_m(places.setdefault(door := (one.street, one.number), one.point), one.point) > FAR_M
    }


def has_the_door(judgement: Judgement, address: Known) -> bool:
    """Whether the geocoder told the house that was meant, whatever it was taken for."""
    asked = asked_house_number(f"{address.street} {address.number}, {address.city}")
    told = [one for one in judgement.candidates if one.house_number and haversine_m(one.point, address.point) <= NEAR_M]
    numbers = [returned_house_number(one.house_number) for one in told if one.house_number]
    return asked is not None and any(number is not None and asked.matches(number) for number in numbers)


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
    refused: list[Known] = []
    for address, judgement in zip(addresses, judged, strict=True):
        accepted = judgement.accepted
        if accepted is None:
            kinds[judgement.problem.code.value if judgement.problem else "?"] += 1
            refused += [address] if has_the_door(judgement, address) else []
        else:
            kinds["near" if haversine_m(address.point, accepted.point) <= NEAR_M else "far"] += 1
        if accepted is not None and haversine_m(address.point, accepted.point) > FAR_M:
            kinds["beyond 100 m"] += 1
    total = len(addresses)
    print(f"\n{total} addresses: " + ", ".join(f"{kind} {n} ({n / total:.1%})" for kind, n in kinds.most_common()))
    twice = at_two_places()
    in_doubt = [one for one in refused if (one.street, one.number) in twice]
    print(f"the right door told and refused: {len(refused)}, {len(in_doubt)} of them listed at two places")
    assert kinds["near"] >= 0.97 * total
    assert kinds["far"] <= 0.003 * total
    assert kinds["beyond 100 m"] == 0
    assert len(refused) - len(in_doubt) <= 0.003 * total


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
        haversine_m(one.point, judged.accepted.point) > FAR_M
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
