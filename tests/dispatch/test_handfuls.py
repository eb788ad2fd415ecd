"""Orders that are due, several in one transaction: all of it ends as if they had been evaluated one by one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from geo_assign.core.db import Tx
from geo_assign.dispatch import flows
from geo_assign.dispatch.commands import handfuls
from geo_assign.workorders.commands import lock, lock_people
from geo_assign.workorders.domain import RejectReason, SlotTakenError, State
from tests.conftest import World, opened_day
from tests.counting import statements_sent
from tests.day import Day
from tests.thoroughness import times

PEOPLE, JOBS = "ABCDEFGHI", "JKLMNOP"


@dataclass(frozen=True)
class Town:
    """A random situation: the same one again for the same number."""

    number: int

    def build(self, day: Day) -> None:
        """Orders whose first offers are answered or run out, in a town with fewer technicians than that takes."""
        draw = Random(f"handful {self.number}")
        day.set(freshness_s=86_400, **self._settings(draw))
        cells = [f"{letter} " for letter in PEOPLE + JOBS] + [". "] * 20
        draw.shuffle(cells)
        day.map("\n".join("".join(cells[row : row + 6]) for row in range(0, 36, 6)), step_m=700)
        day.group("north")
        day.provider("Example Help", base="A", groups=("north",), capacity=draw.choice([None, 1, 2]))
        for letter in PEOPLE[: draw.randint(4, 9)]:
            day.technician(letter, **self._person(draw))
        for job in JOBS[: draw.randint(3, 7)]:
            day.lead(job, **self._job(draw))
        for job in list(day.jobs):
            for letter, offer in day.offers(job).items():
                if draw.random() < 0.25:
                    day.reject(letter, offer, draw.choice([RejectReason.OTHER, RejectReason.TOO_FAR]))
        if draw.random() < 0.3:
            with suppress(SlotTakenError):
                day.assign(draw.choice(list(day.jobs)), draw.choice(list(day.people)))
        day.later("11 min")

    def _settings(self, draw: Random) -> dict[str, Any]:
        policy = draw.choice(["sequential"] * 4 + ["widening", "parallel"])
        return {
            "offer_policy": policy,
            "parallel_offers": 2,
            "widening_radii_m": (900.0, 2_000.0),
            "offer_limit": draw.choice([1, 1, 2, 3]),
            "offers_before_alarm": draw.choice([None, None, 2, 3]),
            "travel_buffer_minutes": draw.choice([0, 20]),
            "coarse_positions": draw.random() < 0.3,
            "reoffer_after_minutes": draw.choice([0, 5, 600]),
            "radius_m": draw.choice([1_500.0, 50_000.0]),
        }

    def _person(self, draw: Random) -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {},
            {},
            {},
            {"skills": ["phones"]},
            {"group": "north"},
            {"provider": "Example Help"},
            {"on_duty": False},
            {"booked": "12:30-13:30"},
            {"time_off": "15:00-18:00"},
            {"last_ping": "30 min ago"},
        ]
        return draw.choice(kinds)

    def _job(self, draw: Random) -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {},
            {},
            {},
            {"slot": "12:30-13:30"},
            {"slot": "15:00-16:00"},
            {"slot": "15:30-16:30"},
            {"skills": ["phones"]},
            {"group": "north"},
            {"priority": 3},
            {"address": "an unknown street"},
        ]
        return draw.choice(kinds)


def close(day: Day) -> None:
    while (done := day.dispatch.close_overdue(day.org_id, day.store_id)).closed or done.with_crew:
        pass


def list_due(day: Day) -> list[UUID]:
    with day.database.transaction(day.org_id) as tx:
        due = "SELECT id FROM work_orders WHERE evaluate_due_at <= :now ORDER BY priority DESC, number"
        return list(tx.conn.execute(text(due), {"now": tx.now()}).scalars())


def one_by_one(day: Day, due: Sequence[UUID]) -> None:
    for order_id in due:
        day.dispatch.evaluate_due(day.org_id, order_id)


def together(day: Day, due: Sequence[UUID]) -> None:
    day.dispatch.evaluate_all_due(day.org_id, due)


def left_behind(day: Day) -> dict[str, Any]:
    """All that tells of it, with letters in the place of ids: orders, offers, bookings, receipts, histories, events."""
    kept = {
        "orders": "SELECT *, id AS job FROM work_orders ORDER BY number",
        "offers": "SELECT *, work_order_id AS job FROM offers ORDER BY offered_at, id",
        "bookings": "SELECT *, work_order_id AS job FROM bookings ORDER BY created_at, id",
        "receipts": "SELECT *, work_order_id AS job FROM decisions ORDER BY at, id",
        "histories": "SELECT *, work_order_id AS job FROM work_order_events ORDER BY at, id",
        "events": "SELECT *, subject_id AS job FROM outbox WHERE event_type LIKE 'work_order%' ORDER BY sequence",
    }
    names = {str(one): letter for letter, one in (*day.people.items(), *day.jobs.items(), *day.groups.items())}
    names |= {str(day.org_id): "org", str(day.store_id): "store"} | {str(o): n for n, o in day.providers.items()}
    with day.database.transaction(day.org_id) as tx:
        rows = {what: tx.conn.execute(text(sql)).mappings().all() for what, sql in kept.items()}
    told: dict[str, Any] = {}
    for what, found in rows.items():
        for row in found:
            job = names.get(str(row["job"]), "?")
            shown = {k: named(v, names) for k, v in row.items() if k not in {"id", "sequence", "available_at"}}
            told.setdefault(job, {}).setdefault(what, []).append(shown)
    return told


def named(value: Any, names: dict[str, str]) -> Any:
    """A value with letters for known ids; other ids are of rows that are compared themselves."""
    if isinstance(value, dict):
        return {key: named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [named(one, names) for one in value]
    if isinstance(value, UUID) or (isinstance(value, str) and len(value) == 36 and value.count("-") == 4):
        return names.get(str(value), "an id")
    return value


@pytest.fixture
def handful_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders each handful judged; one that fails is a failure of the test, and not of its orders alone."""
    sizes: list[int] = []

    def evaluate_handful(tx: Tx, order_ids: Sequence[UUID]) -> handfuls.HandfulLeft:
        try:
            left = handfuls.evaluate_handful(tx, order_ids)
        except Exception as error:
            raise KeyboardInterrupt from error
        sizes.append(len(order_ids) - len(left.alone) - len(left.rest))
        return left

    monkeypatch.setattr(flows, "evaluate_handful", evaluate_handful)
    return sizes


@pytest.mark.parametrize("number", range(times(2, 200)))
def test_a_handful_ends_as_if_each_had_been_evaluated_by_itself(
    world: World, handful_sizes: list[int], number: int
) -> None:
    ends = []
    for evaluate in (one_by_one, together):
        with opened_day(world) as day:
            Town(number).build(day)
            for _ in range(2):
                close(day)
                evaluate(day, list_due(day))
                day.later("11 min")
            ends.append(left_behind(day))
    for job, expected in ends[0].items():
        for what, rows in expected.items():
            assert ends[1][job].get(what) == rows, f"{job}: {what}"
    assert ends[1].keys() == ends[0].keys()
    assert handful_sizes


JOBS_OF_ROW = "JKLMNOP"


@contextmanager
def due_orders(world: World, jobs: str, *, people: str = PEOPLE) -> Iterator[Day]:
    """Orders in a row whose offers ran out, all of them due, and technicians who could take them."""
    with opened_day(world) as day:
        day.set(freshness_s=86_400, reoffer_after_minutes=0)
        day.map(" ".join(people + JOBS_OF_ROW), step_m=400)
        for letter in people:
            day.technician(letter)
        for job in jobs:
            day.lead(job)
        day.later("11 min")
        close(day)
        yield day


def states(day: Day) -> set[State]:
    return {day.outcome(job).state for job in day.jobs}


def ranks_or_claims(statement: str) -> bool:
    return any(part in statement for part in ("AS sphere_m", "p.distance_m", "INSERT INTO bookings"))


def test_many_cost_as_many_statements_as_one_but_for_ranking_and_claiming(world: World) -> None:
    asked = []
    for jobs in ("J", JOBS_OF_ROW):
        with due_orders(world, jobs) as day:
            due = list_due(day)
            with statements_sent(day.database.engine) as statements:
                together(day, due)
            assert len(due) == len(jobs)
            assert states(day) == {State.OFFERED}
            asked.append(sum(not ranks_or_claims(one) for one in statements))
    assert asked[0] == asked[1]


def test_what_another_transaction_holds_is_left_to_it(world: World) -> None:
    with due_orders(world, JOBS_OF_ROW) as day:
        with day.database.transaction(day.org_id) as tx:
            lock(tx, day.jobs["L"])
            together(day, list_due(day))
        assert {job for job in day.jobs if day.outcome(job).state is State.PENDING} == {"L"}
        together(day, list_due(day))
        assert states(day) == {State.OFFERED}


def test_no_technician_is_waited_for_with_another_one_claimed(world: World) -> None:
    with due_orders(world, "JKL") as day:
        chosen = day.ladder("K").rungs
        with day.database.transaction(day.org_id) as tx:
            lock_people(tx, day.people.values())
            with day.database.transaction(day.org_id) as own:
                left = handfuls.evaluate_handful(own, list_due(day))
        assert chosen
        assert (list(left.alone), list(left.rest)) == ([day.jobs["J"]], [day.jobs["K"], day.jobs["L"]])
        together(day, list_due(day))
        assert states(day) == {State.OFFERED}


def test_one_that_fails_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with due_orders(world, "JKLM") as day:
        ranked, bad = handfuls.question_in_ring, day.jobs["K"]

        def question_in_ring(order: Any, *given: Any, **named: Any) -> Any:
            if order.id == bad:
                raise ZeroDivisionError
            return ranked(order, *given, **named)

        monkeypatch.setattr(handfuls, "question_in_ring", question_in_ring)
        together(day, list_due(day))
        assert states(day) == {State.OFFERED}


def test_those_that_fail_by_themselves_are_told_and_stay_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with due_orders(world, "JKLM") as day:
        bad, evaluate = day.jobs["K"], flows.evaluate_if_due

        def evaluate_if_due(tx: Tx, caller: Any, order_id: UUID, **named: Any) -> Any:
            if order_id == bad:
                raise ZeroDivisionError
            return evaluate(tx, caller, order_id, **named)

        def evaluate_handful(tx: Tx, order_ids: Sequence[UUID]) -> handfuls.HandfulLeft:
            raise ZeroDivisionError

        monkeypatch.setattr(flows, "evaluate_if_due", evaluate_if_due)
        monkeypatch.setattr(flows, "evaluate_handful", evaluate_handful)
        with pytest.raises(ExceptionGroup) as raised:
            together(day, list_due(day))
        assert [type(one) for one in raised.value.exceptions] == [ZeroDivisionError]
        assert {job for job in day.jobs if day.outcome(job).state is State.PENDING} == {"K"}
        assert list_due(day) == [bad]


def test_a_handful_that_takes_long_ends_early(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with due_orders(world, "JKLM") as day:
        monkeypatch.setattr(handfuls, "_AT_MOST_S", -1.0)
        due = list_due(day)
        with day.database.transaction(day.org_id) as tx:
            assert handfuls.evaluate_handful(tx, due) == handfuls.HandfulLeft([], due[1:])
        together(day, list_due(day))
        assert states(day) == {State.OFFERED}
