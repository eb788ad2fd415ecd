"""Real routers and real addresses: the ranking against the router's whole matrix, and what it costs.

GEO_ASSIGN_TEST_OSRM, GEO_ASSIGN_TEST_VALHALLA   the servers' URLs; either may be missing
GEO_ASSIGN_TEST_ADDRESSES                        a CSV (.gz) with housenumber, street, city, lon, lat
"""

import csv
import gzip
import json
import os
import random
from collections.abc import Callable, Sequence
from functools import partial
from urllib.request import Request, urlopen

import pytest

from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.outbound import OutboundClient
from geo_assign.core.reachable import parse_allow
from geo_assign.matching.driving import rank_by_drive_time
from geo_assign.routing.domain import NoDrive, RouterChoice, RouterName
from geo_assign.routing.finder import DriveFinder
from tests.day import Day, shifted
from tests.matching.asking import asked

ADDRESSES = os.environ.get("GEO_ASSIGN_TEST_ADDRESSES", "")
URLS = {
    RouterName.OSRM: os.environ.get("GEO_ASSIGN_TEST_OSRM", ""),
    RouterName.VALHALLA: os.environ.get("GEO_ASSIGN_TEST_VALHALLA", ""),
}
CLIENT = OutboundClient(allow=parse_allow("127.0.0.0/8:*"))
CUSTOMERS, WANTED = 300, 5

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not (ADDRESSES and any(URLS.values())), reason="GEO_ASSIGN_TEST_ADDRESSES, _OSRM are not set"),
]


def places() -> list[Point]:
    with gzip.open(ADDRESSES, "rt", encoding="utf-8") as file:
        return sorted({Point(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)}, key=repr)


def osrm_matrix(url: str, sources: Sequence[Point], destination: Point) -> list[float]:
    """Seconds from each source, asked plainly: the server of this test takes large tables."""
    written = ";".join(f"{one.lon:.6f},{one.lat:.6f}" for one in (*sources, destination))
    with urlopen(f"{url}/table/v1/driving/{written}?destinations={len(sources)}", timeout=60) as answer:
        return [row[0] for row in json.load(answer)["durations"][:-1]]


def valhalla_matrix(url: str, sources: Sequence[Point], destination: Point) -> list[float]:
    def written(one: Point) -> dict[str, float]:
        return {"lat": round(one.lat, 6), "lon": round(one.lon, 6)}

    body = {"sources": [written(one) for one in sources], "targets": [written(destination)], "costing": "auto"}
    with urlopen(Request(f"{url}/sources_to_targets", json.dumps(body).encode()), timeout=60) as answer:
        return [row[0]["time"] for row in json.load(answer)["sources_to_targets"]]


MATRIX: dict[RouterName, Callable[[str, Sequence[Point], Point], list[float]]] = {
    RouterName.OSRM: osrm_matrix,
    RouterName.VALHALLA: valhalla_matrix,
}


@pytest.fixture(params=[name for name, url in URLS.items() if url] or [RouterName.OSRM], ids=str)
def router(request: pytest.FixtureRequest) -> RouterName:
    found: RouterName = request.param
    return found


@pytest.mark.parametrize("fleet", [25, 200])
def test_the_ranking_is_that_of_the_whole_matrix(day: Day, router: RouterName, fleet: int) -> None:
    drawn = random.Random(fleet)
    known = places()
    where = drawn.sample(known, fleet)
    for number, place in enumerate(where):
        day.places[f"T{number}"] = place
        day.technician(f"T{number}")
    finder = DriveFinder(CLIENT)
    chosen = RouterChoice(router, URLS[router], 30.0, day.org_id, day.store_id)
    asked_of = otherwise = requests = 0
    for customer in drawn.sample(known, CUSTOMERS):
        day.places["J"] = customer
        ranking = rank_by_drive_time(
            partial(day.database.transaction, day.org_id), finder, chosen, asked(day, "J", limit=WANTED)
        )
        assert ranking.routing is not None
        assert ranking.routing.problem is None
        table = MATRIX[router](chosen.url or "", where, customer)
        seconds = {day.people[f"T{number}"]: told for number, told in enumerate(table)}
        told = [one.eta_s for one in ranking.candidates]
        assert told == sorted(seconds.values())[:WANTED]
        assert told == [seconds[one.technician_id] for one in ranking.candidates]
        asked_of += ranking.routing.asked
        requests += ranking.routing.requests
        nearest = min(range(fleet), key=lambda n: haversine_m(where[n], customer))
        otherwise += seconds[day.people[f"T{nearest}"]] > told[0]
    total = CUSTOMERS * fleet
    print(
        f"\n{router.value}, {fleet} technicians: {asked_of} of {total} drives asked ({asked_of / total:.0%}) in "
        f"{requests} requests; the nearest by line was not the first in {otherwise} of {CUSTOMERS}"
    )
    assert asked_of <= total
    assert otherwise > 0


def test_who_is_off_the_map_is_told_and_costs_no_other(day: Day, router: RouterName) -> None:
    known = places()
    customer, near = known[0], known[1:4]
    for number, place in enumerate([*near, shifted(customer, east_m=-270_000.0), shifted(customer, east_m=-60_000.0)]):
        day.places[f"T{number}"] = place
        day.technician(f"T{number}")
    day.places["J"] = customer
    day.set(radius_m=500_000)
    chosen = RouterChoice(router, URLS[router], 30.0, day.org_id, day.store_id)
    begin = partial(day.database.transaction, day.org_id)
    ranking = rank_by_drive_time(begin, DriveFinder(CLIENT), chosen, asked(day, "J"))
    assert [one.no_drive for one in ranking.candidates] == [None] * 3 + [NoDrive.OFF_THE_MAP] * 2
