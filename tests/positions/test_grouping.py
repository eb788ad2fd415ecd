"""Single pings written together: one commit per organization, answers to the right callers, trouble to its sender."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import UnavailableError
from geo_assign.positions.domain import Batch, BatchResult, Ping, RecordingTimeoutError, UnknownTechnicianError
from geo_assign.positions.grouping import Grouper
from tests.conftest import World
from tests.positions.conftest import NOON, RETENTION, Fleet, ping, seconds, verdicts_of
from tests.waiting import wait_until

PATIENT_S = 60.0


@pytest.fixture
def wide(world: World, fleet: Fleet) -> Fleet:
    """The fleet with a connection for every thread of these tests."""
    fleet.database.close()
    fleet.database = Database(world.app_url, clock=fleet.clock, pool_size=16, pool_wait_s=PATIENT_S)
    return fleet


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def grouper(enough: int, **changes: object) -> Grouper:
    """A grouper that writes when `enough` have come, however slow this machine is."""
    return Grouper(retention=RETENTION, wait_s=PATIENT_S, enough=enough, **changes)  # type: ignore[arg-type]


def submit_all(
    threads: ThreadPoolExecutor, grouping: Grouper, fleet: Fleet, batches: list[Batch]
) -> list[Future[BatchResult]]:
    return [threads.submit(grouping.submit, fleet.org_id, batch, fleet.begin) for batch in batches]


def gathered(grouping: Grouper, fleet: Fleet) -> int:
    """How many batches are in the group that is still open."""
    group = grouping._open.get(fleet.org_id)
    return 0 if group is None else len(group.batches)


def commits(fleet: Fleet, technician_ids: list[UUID]) -> int:
    """How many transactions wrote these technicians' current positions."""
    return fleet.admin.execute(
        text("SELECT count(DISTINCT xmin::text) FROM current_positions WHERE technician_id = ANY(:ids)"),
        {"ids": technician_ids},
    ).scalar_one()


def test_those_who_come_together_share_one_commit(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    people = [wide.technician() for _ in range(8)]
    batches = [Batch(who, "phone", [ping(-number - 1, north_m=number)]) for number, who in enumerate(people)]
    answers = [future.result() for future in submit_all(threads, grouper(8), wide, batches)]
    assert [verdicts_of(answer.results) for answer in answers] == [["accepted"]] * 8
    assert commits(wide, people) == 1
    for number, who in enumerate(people):
        assert wide.current(who).recorded_at == NOON - seconds(number + 1)


def test_each_caller_gets_the_answer_to_its_own_call(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    on_duty, home = wide.technician(), wide.technician((NOON - seconds(7_200), NOON - seconds(3_600)))
    wide.send(on_duty, ping(-30))
    sent: list[tuple[UUID, Ping, str]] = [
        (on_duty, ping(-30), "duplicate"),
        (on_duty, ping(-60), "late"),
        (on_duty, ping(-10, north_m=5), "accepted"),
        (on_duty, ping(-5, lat=95.0), "rejected:out_of_range"),
        (home, ping(-3_700), "accepted"),
        (home, ping(-10), "rejected:off_duty"),
    ]
    batches = [Batch(who, "phone", [item]) for who, item, _ in sent]
    answers = [future.result() for future in submit_all(threads, grouper(6), wide, batches)]
    assert [verdicts_of(answer.results)[0] for answer in answers] == [expected for *_, expected in sent]
    assert [answer.next_interval_s for answer in answers] == [30] * 4 + [300] * 2


def test_one_who_comes_alone_waits_only_the_moment(fleet: Fleet) -> None:
    ana = fleet.technician()
    alone = Grouper(retention=RETENTION, wait_s=0.001)
    assert verdicts_of(alone.submit(fleet.org_id, Batch(ana, "phone", [ping()]), fleet.begin).results) == ["accepted"]


@pytest.mark.parametrize("grouping", [Grouper(retention=RETENTION, wait_s=0), Grouper(retention=RETENTION, wait_s=60)])
def test_large_batches_and_switched_off_grouping_do_not_wait(fleet: Fleet, grouping: Grouper) -> None:
    ana = fleet.technician()
    batch = Batch(ana, "phone", [ping(-at_s) for at_s in range(4)])
    assert verdicts_of(grouping.submit(fleet.org_id, batch, fleet.begin).results) == ["accepted"] * 4


def test_those_who_come_while_a_group_is_written_gather_for_the_next(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    """However short the moment that the first one waits: a slow commit makes larger groups, not a queue of commits."""
    inside, let_go = threading.Event(), threading.Event()

    @contextmanager
    def slow_begin() -> Iterator[Tx]:
        inside.set()
        let_go.wait(PATIENT_S)
        with wide.begin() as tx:
            yield tx

    grouping = Grouper(retention=RETENTION, wait_s=0.001, turn_s=PATIENT_S)
    first, *rest = (wide.technician() for _ in range(5))
    futures = [threads.submit(grouping.submit, wide.org_id, Batch(first, "phone", [ping()]), slow_begin)]
    inside.wait(PATIENT_S)
    for number, who in enumerate(rest, start=1):
        futures += submit_all(threads, grouping, wide, [Batch(who, "phone", [ping()])])
        wait_until(lambda number=number: gathered(grouping, wide) == number, "it has joined the next group")
    let_go.set()
    assert [verdicts_of(future.result().results) for future in futures] == [["accepted"]] * 5
    assert (commits(wide, rest), commits(wide, [first, *rest])) == (1, 2)


def test_organizations_are_written_apart(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    """Row security would refuse both in one statement."""
    ana = wide.technician()
    other = Fleet(uuid4(), uuid4(), wide.database, wide.clock, wide.admin)
    wide.admin.execute(
        text("INSERT INTO organizations (org_id, slug, name) VALUES (:id, 'other', 'Other')"), {"id": other.org_id}
    )
    wide.admin.execute(
        text(
            "INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at) "
            "VALUES (:org_id, :id, 'other', 'Other', 'Europe/Lisbon', 41, -8, now(), now())"
        ),
        {"org_id": other.org_id, "id": other.store_id},
    )
    bo = other.technician()
    shared = Grouper(retention=RETENTION, wait_s=0.05)
    futures = [
        threads.submit(shared.submit, place.org_id, Batch(who, "phone", [ping()]), place.begin)
        for place, who in [(wide, ana), (other, bo)]
    ]
    assert [verdicts_of(future.result().results) for future in futures] == [["accepted"], ["accepted"]]
    assert commits(wide, [ana, bo]) == 2


def test_one_bad_ping_fails_alone(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    people = [wide.technician() for _ in range(5)]
    batches = [Batch(who, "phone", [ping()]) for who in people]
    batches.insert(2, Batch(uuid4(), "phone", [ping()]))
    batches.insert(4, Batch(people[0], "nul \0 device", [ping()]))
    futures = submit_all(threads, grouper(7), wide, batches)
    with pytest.raises(UnknownTechnicianError):
        futures.pop(2).result()
    with pytest.raises(psycopg.DataError):
        futures.pop(3).result()
    assert [verdicts_of(future.result().results) for future in futures] == [["accepted"]] * 5


def test_a_database_out_of_reach_is_told_to_all_without_trying_each(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    attempts: list[int] = []

    def begin() -> AbstractContextManager[Tx]:
        attempts.append(1)
        raise UnavailableError

    grouping = grouper(6)
    batches = [Batch(wide.technician(), "phone", [ping()]) for _ in range(6)]
    futures = [threads.submit(grouping.submit, wide.org_id, batch, begin) for batch in batches]
    for future in futures:
        with pytest.raises(UnavailableError):
            future.result()
    assert len(attempts) == 1


def test_a_leader_that_dies_leaves_no_caller_waiting(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    class Killed(BaseException):
        pass

    def begin() -> AbstractContextManager[Tx]:
        raise Killed

    grouping = grouper(3)
    batches = [Batch(wide.technician(), "phone", [ping()]) for _ in range(3)]
    futures = [threads.submit(grouping.submit, wide.org_id, batch, begin) for batch in batches]
    for future in futures:
        with pytest.raises(Killed):
            future.result(timeout=PATIENT_S)


def test_no_caller_waits_for_ever(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    leader_inside, let_go = threading.Event(), threading.Event()

    @contextmanager
    def slow_begin() -> Iterator[Tx]:
        leader_inside.set()
        let_go.wait(PATIENT_S)
        with wide.begin() as tx:
            yield tx

    grouping = Grouper(retention=RETENTION, wait_s=PATIENT_S, enough=2, patience_s=0.05)
    batches = [Batch(wide.technician(), "phone", [ping()]) for _ in range(2)]
    futures = [threads.submit(grouping.submit, wide.org_id, batch, slow_begin) for batch in batches]
    leader_inside.wait(PATIENT_S)
    outcomes = [_outcome(future, let_go.set) for future in futures]
    assert sorted(outcomes) == ["accepted", "not written in time"]


def _outcome(future: Future[BatchResult], then: Callable[[], None]) -> str:
    try:
        return str(future.result(timeout=1).results[0].verdict)
    except RecordingTimeoutError:
        then()
        return "not written in time"
    except TimeoutError:
        then()
        return str(future.result(timeout=PATIENT_S).results[0].verdict)


def test_who_returned_is_told_within_the_transaction(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    told: list[tuple[set[UUID], datetime, int]] = []

    def on_recorded(tx: Tx, technician_ids: list[UUID], *, at: datetime) -> None:
        rows = tx.conn.execute(text("SELECT count(*) FROM current_positions")).scalar_one()
        told.append((set(technician_ids), at, rows))

    people = [wide.technician() for _ in range(3)]
    batches = [Batch(who, "phone", [ping(-1)]) for who in people]
    for future in submit_all(threads, grouper(3, on_recorded=on_recorded), wide, batches):
        future.result()
    assert told == [(set(people), NOON, 3)]


def test_a_hook_that_fails_takes_the_positions_with_it(fleet: Fleet) -> None:
    def on_recorded(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    ana = fleet.technician()
    grouping = Grouper(retention=RETENTION, wait_s=0, on_recorded=on_recorded)
    with pytest.raises(RuntimeError):
        grouping.submit(fleet.org_id, Batch(ana, "phone", [ping()]), fleet.begin)
    assert fleet.current(ana) is None


@pytest.mark.races
def test_a_storm_of_single_pings_is_answered_to_the_right_callers(wide: Fleet, threads: ThreadPoolExecutor) -> None:
    people = [wide.technician() for _ in range(6)]
    grouping = Grouper(retention=RETENTION, wait_s=0.002, enough=8)
    sent = [(people[number % 6], f"device {number % 2}", number) for number in range(480)]

    def send(who: UUID, device: str, number: int) -> str:
        item = ping(-1, lat=95.0) if number % 7 == 0 else ping(number / 10 - 100)
        return verdicts_of(grouping.submit(wide.org_id, Batch(who, device, [item]), wide.begin).results)[0]

    futures = [threads.submit(send, *one) for one in sent]
    answers = [future.result() for future in futures]
    for (_, _, number), answer in zip(sent, answers, strict=True):
        assert (answer == "rejected:out_of_range") == (number % 7 == 0), (number, answer)
    assert sum(len(wide.track(who)) for who in people) == sum(answer in {"accepted", "late"} for answer in answers)
    assert len(answers) == 480
    assert not set(answers) - {"accepted", "late", "rejected:out_of_range"}
