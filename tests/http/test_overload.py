"""More clients than the service can answer: some are told so, the rest are answered, and phones are not turned away."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import World
from tests.live import Client, LiveService, live_service, seed_document
from tests.waiting import wait_until

pytestmark = pytest.mark.races

CLIENTS = 60
ENOUGH = 150


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[LiveService]:
    with live_service(world, seed_document(technicians=3), tmp_path, worker=False) as service:
        yield service


def test_what_is_too_much_is_refused_and_the_rest_goes_on(service: LiveService) -> None:
    question = {"point": {"lat": 41.15, "lon": -8.61}, "store_id": service.store_id()}
    statuses: Counter[int] = Counter()
    codes: Counter[str] = Counter()
    lock, stop = threading.Lock(), threading.Event()

    def ask() -> None:
        client = Client(service.base_url, service.user().token)
        while not stop.is_set():
            answer = client.call("POST", "/v1/technicians/nearest", question)
            with lock:
                statuses[answer.status_code] += 1
                if answer.status_code == 503:
                    codes[answer.json()["code"]] += 1
                    assert answer.headers["Retry-After"] == "1"

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    phone = service.technician("t0")
    pings: Counter[int] = Counter()
    try:
        wait_until(lambda: statuses[200] >= ENOUGH and statuses[503] >= ENOUGH, "both answers are given")
        for _ in range(20):
            pings[phone.call("POST", "/v1/positions", {"positions": []}).status_code] += 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200, 503}
    assert set(codes) == {"overloaded"}
    assert pings[503] == 0
    # Nothing is left behind: the next one is answered.
    assert service.user().call("POST", "/v1/technicians/nearest", question).status_code == 200
