"""Many connections at once, real commits: no position moves back, nothing deadlocks, nothing is kept twice."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import pytest

from geo_assign.core.db import Database
from geo_assign.positions.domain import Batch, PingResult, Recorded, Verdict
from geo_assign.positions.grouping import Grouper
from tests.conftest import World
from tests.positions.conftest import NOON, RETENTION, Fleet, ping, seconds

pytestmark = pytest.mark.races

CONNECTIONS = 24


@pytest.fixture
def crowd(world: World, fleet: Fleet) -> Fleet:
    """The fleet with a pool that many threads can use at once."""
    fleet.database.close()
    fleet.database = Database(world.app_url, clock=fleet.clock, pool_size=CONNECTIONS, pool_wait_s=60)
    return fleet


def at_once(calls: Sequence[Callable[[], Recorded]]) -> list[Recorded]:
    """Run all calls, as many as there are connections at a time, all starting together."""
    start = threading.Barrier(min(CONNECTIONS, len(calls)))

    def run(number: int, call: Callable[[], Recorded]) -> Recorded:
        if number < start.parties:
            start.wait()
        return call()

    with ThreadPoolExecutor(start.parties) as pool:
        return list(pool.map(run, range(len(calls)), calls))


def results(outcomes: Sequence[Recorded]) -> list[PingResult]:
    return [result for outcome in outcomes for batch in outcome.batches for result in batch.results]


def test_fifty_requests_for_one_technician_never_move_the_position_back(crowd: Fleet) -> None:
    ana = crowd.technician()
    stop, seen = threading.Event(), list[object]()

    def watch() -> None:
        while not stop.wait(0.002):
            current = crowd.current(ana)
            if current is not None:
                seen.append(current.used_at)

    watcher = threading.Thread(target=watch)
    watcher.start()
    order = list(range(50))
    Random(4).shuffle(order)
    outcomes = at_once(
        [lambda at_s=at_s: crowd.record(Batch(ana, "phone", [ping(at_s - 60, north_m=at_s)])) for at_s in order]
    )
    stop.set()
    watcher.join()

    assert seen == sorted(seen)  # type: ignore[type-var]
    assert crowd.current(ana).used_at == NOON - seconds(11)
    assert {result.verdict for result in results(outcomes)} <= {Verdict.ACCEPTED, Verdict.LATE}
    assert len(crowd.track(ana)) == 50


@pytest.mark.parametrize("at_s", [-5.0, 5.0, 3_600.0])
def test_one_ping_sent_fifty_times_is_accepted_once(crowd: Fleet, at_s: float) -> None:
    ana = crowd.technician()
    outcomes = at_once([lambda: crowd.record(Batch(ana, "phone", [ping(at_s)]))] * 50)
    verdicts = sorted(result.verdict for result in results(outcomes))
    assert verdicts == [Verdict.ACCEPTED] + [Verdict.DUPLICATE] * 49
    assert len(crowd.track(ana)) == 1


def test_groups_in_clashing_orders_do_not_deadlock(crowd: Fleet) -> None:
    """Every request writes all technicians, in an order of its own."""
    people = [crowd.technician() for _ in range(12)]

    def request(number: int) -> Callable[[], Recorded]:
        mixed = Random(number).sample(people, len(people))
        return lambda: crowd.record(*(Batch(who, f"device {number % 3}", [ping(number - 300)]) for who in mixed))

    outcomes = at_once([request(number) for number in range(150)])
    assert {result.verdict for result in results(outcomes)} <= {Verdict.ACCEPTED, Verdict.LATE}
    for who in people:
        assert crowd.current(who).used_at == NOON - seconds(151)
        assert len(crowd.track(who)) == 150


def test_pings_beside_duty_that_ends_are_kept_or_refused_never_lost(crowd: Fleet, world: World) -> None:
    """A ping that was accepted is in the track, one that was refused is not, whichever came first."""
    people = [crowd.technician() for _ in range(8)]

    def end_duty(who: UUID) -> Recorded:
        crowd.admin.exec_driver_sql(
            "WITH ended AS (UPDATE technicians SET on_duty = false WHERE id = %s RETURNING id) "
            "UPDATE duty_intervals SET ended_at = %s WHERE technician_id IN (SELECT id FROM ended)",
            (who, NOON - seconds(30)),
        )
        return Recorded([], [], NOON)

    grouper = Grouper(retention=RETENTION, wait_s=0.0)

    def send(who: UUID, at_s: int) -> Recorded:
        answer = grouper.submit(crowd.org_id, Batch(who, "phone", [ping(at_s)]), crowd.begin)
        return Recorded([answer], [], NOON)

    lock = threading.Lock()

    def guarded(who: UUID) -> Recorded:
        with lock:
            return end_duty(who)

    calls: list[Callable[[], Recorded]] = []
    for who in people:
        calls += [lambda who=who, at_s=at_s: send(who, at_s) for at_s in range(-20, 0)]
        calls.insert(len(calls) - 10, lambda who=who: guarded(who))
    kept = [result for result in results(at_once(calls)) if result.verdict is not Verdict.REJECTED]
    assert len(kept) == sum(len(crowd.track(who)) for who in people)
