"""Lanes: a backlog, a hanging step or an error in one place holds up no other."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from geo_assign.core.lanes import Due, DueRows, Repeated, one_by_one
from tests.waiting import wait_until

ORGS = [uuid4() for _ in range(3)]


class Rows:
    """Due rows, and what was done with them."""

    def __init__(self, rows: Due) -> None:
        self.rows = list(rows)
        self.begun: list[tuple[UUID, UUID]] = []
        self.let_go = threading.Event()
        self.hangs: set[UUID] = set()
        self.fails: set[UUID] = set()

    def list_due(self) -> Due:
        return list(self.rows)

    def act(self, org_id: UUID, row_id: UUID) -> None:
        self.begun.append((org_id, row_id))
        if org_id in self.hangs:
            self.let_go.wait(120)
        if row_id in self.fails:
            raise RuntimeError("no")
        self.rows.remove((org_id, row_id))


@contextmanager
def running(rows: Rows, *, threads: int = 3, every_s: float = 0.02) -> Iterator[DueRows]:
    lane = DueRows("test", rows.list_due, one_by_one(rows.act), threads, every_s)
    lane.start()
    try:
        yield lane
    finally:
        rows.let_go.set()
        lane.close()
        lane.join(60)


def test_each_row_is_done_once() -> None:
    rows = Rows([(org, uuid4()) for org in ORGS for _ in range(20)])
    with running(rows):
        wait_until(lambda: not rows.rows, "everything is done")
    assert max(Counter(rows.begun).values()) == 1


def test_a_row_that_was_read_before_it_was_done_is_not_done_again() -> None:
    slow, other = (ORGS[0], uuid4()), (ORGS[1], uuid4())
    readings: Iterator[Due] = iter([[slow], [other, slow]])
    other_began, slow_ended, begun = threading.Event(), threading.Event(), []

    def act(org_id: UUID, row_id: UUID) -> None:
        begun.append((org_id, row_id))
        if (org_id, row_id) == slow:
            other_began.wait(60)
            threading.Event().wait(0.05)  # longer than `every_s`: its turn would have come again
            slow_ended.set()
        else:
            other_began.set()
            slow_ended.wait(60)

    lane = DueRows("test", lambda: next(readings, []), one_by_one(act), 2, every_s=0.01)
    lane.start()
    wait_until(lambda: slow_ended.is_set() and next(readings, None) is None, "both were read and done")
    lane.close()
    lane.join(60)
    assert begun == [slow, other]


def test_an_organization_whose_rows_hang_leaves_a_thread_to_the_others() -> None:
    slow, quick = ORGS[:2]
    rows = Rows([*((slow, uuid4()) for _ in range(10)), *((quick, uuid4()) for _ in range(5))])
    rows.hangs = {slow}
    with running(rows):
        wait_until(lambda: sum(org == quick for org, _ in rows.begun) == 5, "the others are done")
        assert sum(org == slow for org, _ in rows.begun) == 2
        assert not any(org == quick for org, _ in rows.rows)


def test_a_row_that_fails_stays_due_and_holds_up_no_other() -> None:
    bad, good = (ORGS[0], uuid4()), (ORGS[0], uuid4())
    rows = Rows([bad, good])
    rows.fails = {bad[1]}
    with running(rows):
        wait_until(lambda: good not in rows.rows, "the other is done")
        wait_until(lambda: rows.begun.count(bad) > 2, "the failing one is tried again")
        rows.fails.clear()
        wait_until(lambda: not rows.rows, "it is done when it may be")


def test_a_row_that_stays_due_is_not_done_over_and_over() -> None:
    row = (ORGS[0], uuid4())
    begun = []
    lane = DueRows("test", lambda: [row], one_by_one(lambda *ids: begun.append(ids)), 2, every_s=600.0)
    lane.start()
    wait_until(lambda: begun, "it is begun")
    other = Rows([(ORGS[1], uuid4())])
    with running(other):
        for _ in range(5):
            lane.look()
        wait_until(lambda: not other.rows, "others go on")
    lane.close()
    assert begun == [row]


def test_looking_at_once_needs_no_sweep() -> None:
    rows = Rows([])
    with running(rows, every_s=600.0) as lane:
        rows.rows.append((ORGS[0], uuid4()))
        wait_until(lambda: lane.look() or not rows.rows, "it is seen")


def test_rows_of_an_organization_are_given_together_in_the_turns_of_the_first() -> None:
    many, few = ORGS[:2]
    rows = [(many, uuid4()), (few, uuid4()), *((many, uuid4()) for _ in range(6))]
    left, begun = list(rows), []

    def act(org_id: UUID, row_ids: Sequence[UUID]) -> None:
        begun.append((org_id, list(row_ids)))
        for row_id in row_ids:
            left.remove((org_id, row_id))

    lane = DueRows("test", lambda: list(left), act, 2, 600.0, together=4)
    lane.start()
    wait_until(lambda: not left, "everything is done")
    lane.close()
    lane.join(60)
    of_many = [row for org, row in rows if org == many]
    assert sorted(begun, key=lambda one: rows.index((one[0], one[1][0]))) == [
        (many, of_many[:4]),
        (few, [rows[1][1]]),
        (many, of_many[4:]),
    ]


def test_rows_that_were_read_are_worked_on_before_all_are_read_again() -> None:
    rows, readings = Rows([(ORGS[0], uuid4()) for _ in range(9)]), []

    def list_due() -> Due:
        readings.append(len(rows.rows))
        return rows.list_due()

    lane = DueRows("test", list_due, one_by_one(rows.act), 2, 600.0)
    lane.start()
    wait_until(lambda: not rows.rows, "everything is done")
    lane.close()
    lane.join(60)
    assert [number for number in readings if number > 1] == [9]


def test_who_waits_for_an_organizations_thread_looks_at_once_when_told() -> None:
    slow, other = ORGS[:2]
    rows = Rows([(slow, uuid4()) for _ in range(5)])
    rows.hangs = {slow}
    with running(rows, every_s=600.0) as lane:
        wait_until(lambda: len(rows.begun) == 2, "the slow ones have their threads")
        rows.rows.append((other, uuid4()))
        wait_until(lambda: lane.look() or rows.begun[-1][0] == other, "the other is begun")


def test_one_thread_is_no_lane() -> None:
    with pytest.raises(ValueError, match="one organization"):
        DueRows("test", list, lambda *_ids: None, 1, 1.0)


def test_a_step_is_repeated_at_once_while_there_is_more_and_after_an_error() -> None:
    done: list[int] = []

    def step() -> bool:
        done.append(len(done))
        if len(done) == 2:
            raise RuntimeError("no")
        return len(done) < 5

    lane = Repeated("test", step, every_s=0.01)
    lane.start()
    wait_until(lambda: len(done) > 8, "it goes on")
    lane.close()
