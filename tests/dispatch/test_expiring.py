"""Offers that expire together are closed in sets, which leave behind what closing them one by one leaves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from geo_assign.dispatch.commands.expiring import expire_set
from geo_assign.dispatch.flows import DispatchService
from geo_assign.dispatch.freed import FreedTechnicians
from geo_assign.dispatch.tasks import close_overdue, wake
from geo_assign.workorders.commands import lock
from geo_assign.workorders.domain import OfferExpiredError, RejectReason, State
from tests.conftest import World, opened_day
from tests.counting import statements_sent
from tests.day import Day

JOBS = "JKLM"


def several_orders(day: Day) -> None:
    for job in JOBS:
        day.lead(job)


def several_technicians_for_one(day: Day) -> None:
    day.set(offer_policy="parallel", parallel_offers=3)
    day.lead("J")


def one_who_answered_in_time(day: Day) -> None:
    several_orders(day)
    day.accept("A", day.offer(job_of(day, "A")))
    day.reject("B", day.offer(job_of(day, "B")), RejectReason.OTHER)


def one_that_was_cancelled(day: Day) -> None:
    several_orders(day)
    day.cancel("K")


def a_crew(day: Day) -> None:
    day.lead("J", slot="15:00-16:00")
    day.assign("J", "D", along="B", mode="offer")
    day.lead("K")


def one_that_has_time_left(day: Day) -> None:
    several_orders(day)
    day.later("6 min")
    day.technician("E")
    day.lead("N")


SHAPES = [
    several_orders,
    several_technicians_for_one,
    one_who_answered_in_time,
    one_that_was_cancelled,
    a_crew,
    one_that_has_time_left,
]


def job_of(day: Day, letter: str) -> str:
    return next(job for job in JOBS if day.outcome(job).technician == letter)


@contextmanager
def office(world: World, shape: Callable[[Day], None]) -> Iterator[Day]:
    with opened_day(world) as day:
        day.set(freshness_s=86_400)
        day.map("A B C D E . J K L M N", step_m=500)
        for letter in "ABCD":
            day.technician(letter)
        shape(day)
        day.later("5 min" if shape is one_that_has_time_left else "11 min")
        yield day


def one_by_one(day: Day) -> None:
    overdue = "SELECT id FROM offers WHERE state = 'offered' AND expires_at <= :now ORDER BY expires_at, id"
    with day.database.transaction(day.org_id) as tx:
        offers = tx.conn.execute(text(overdue), {"now": tx.now()}).scalars().all()
    for offer in offers:
        day.dispatch.close_expired(day.org_id, offer)


def in_sets(day: Day) -> None:
    freed = FreedTechnicians()
    while (done := day.dispatch.close_overdue(day.org_id, day.store_id)).closed or done.with_crew:
        freed.add(day.org_id, done.freed)
    for org_id, technician_id in freed.list_due():
        wake(day.dispatch, freed, org_id, technician_id)


def left_behind(day: Day) -> dict[str, list[dict[str, object]]]:
    """All that tells of it: orders, histories, outgoing events, offers and the time that is held."""
    told: dict[str, list[dict[str, object]]] = {}
    with day.database.transaction(day.org_id) as tx:
        for job, order_id in day.jobs.items():
            rows = tx.conn.execute(
                text(
                    "SELECT w.state, w.version, w.human_version, w.pending_reason, "
                    "w.pending_detail -> 'crew' AS crew, "
                    "w.evaluate_due_at, (SELECT count(*) FROM bookings b WHERE b.org_id = :org_id "
                    "AND b.work_order_id = w.id AND b.state IN ('offered', 'assigned')) AS held, "
                    "(SELECT array_agg(o.state || coalesce(o.reason, '') ORDER BY o.state, o.reason) FROM offers o "
                    "WHERE o.org_id = :org_id AND o.work_order_id = w.id) AS offers, "
                    "(SELECT array_agg(x.event_type ORDER BY x.sequence) FROM outbox x WHERE x.org_id = :org_id "
                    "AND x.subject_id = w.id) AS told FROM work_orders w WHERE w.org_id = :org_id AND w.id = :id"
                ),
                {"org_id": day.org_id, "id": order_id},
            ).mappings()
            told[job] = [dict(row) for row in rows]
    for job in day.jobs:
        told[job].append({"history": day.history(job), "technician": day.outcome(job).technician})
    return told


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_a_set_leaves_what_closing_one_by_one_leaves(world: World, shape: Callable[[Day], None]) -> None:
    with office(world, shape) as day:
        before = left_behind(day)
        one_by_one(day)
        expected = left_behind(day)
        assert expected != before
    with office(world, shape) as day:
        in_sets(day)
        left = left_behind(day)
        for job in left:
            assert left[job] == expected[job], job


def test_many_cost_as_many_statements_as_a_few(world: World) -> None:
    asked = []
    for jobs in ("J", JOBS):

        def some(day: Day, jobs: str = jobs) -> None:
            for job in jobs:
                day.lead(job)

        with office(world, some) as day, statements_sent(day.database.engine) as statements:
            assert day.dispatch.close_overdue(day.org_id, day.store_id).closed == len(jobs)
            asked.append(len(statements))
    assert asked[0] == asked[1]


def test_an_order_that_is_held_keeps_none_of_the_others_waiting(world: World) -> None:
    with office(world, several_orders) as day:
        with day.database.transaction(day.org_id) as tx:
            lock(tx, day.jobs["K"])
            assert day.dispatch.close_overdue(day.org_id, day.store_id).closed == len(JOBS) - 1
        assert day.dispatch.close_overdue(day.org_id, day.store_id).closed == 1
        assert {day.outcome(job).state for job in JOBS} == {State.PENDING}


def test_a_set_is_bounded_and_says_that_there_is_more(world: World) -> None:
    with office(world, several_orders) as day:
        with day.database.transaction(day.org_id) as tx:
            first = expire_set(tx, day.store_id, limit=3)
        assert (first.closed, first.is_full) == (3, True)
        assert [day.dispatch.close_overdue(day.org_id, day.store_id).closed for _ in range(2)] == [1, 0]


def test_who_answers_after_a_set_is_told_that_it_was_too_late(world: World) -> None:
    with office(world, several_orders) as day:
        offers = {job: day.offer(job) for job in JOBS}
        in_sets(day)
        for job, offer in offers.items():
            with pytest.raises(OfferExpiredError):
                day.accept(day.letter(offer.technician_id), offer)
            assert day.history(job)[-1] == "offer_expired"


def test_who_became_free_is_tried_once_what_is_due_is_evaluated(world: World) -> None:
    with office(world, several_orders) as day:
        day.lead("N", skills=["phones"])
        freed = FreedTechnicians()
        assert close_overdue(day.dispatch, freed, day.org_id, day.store_id) is False
        waiting = freed.list_due()
        assert {day.letter(technician) for _, technician in waiting} == set("ABCD")
        for org_id, technician in waiting:
            wake(day.dispatch, freed, org_id, technician)
        assert freed.list_due() == []


def test_organizations_take_turns_in_being_woken_for() -> None:
    freed, (many, one) = FreedTechnicians(), (uuid4(), uuid4())
    crowd = [uuid4() for _ in range(100)]
    freed.add(many, crowd)
    freed.add(one, [uuid4()])
    assert [org for org, _ in freed.list_due()[:3]] == [many, one, many]
    assert len(freed.list_due()) == 8 + 1
    freed.add(many, crowd[:1])
    assert freed.list_due()[0] == (many, crowd[0])
    freed.take(many, crowd[0])
    assert freed.list_due()[0] == (many, crowd[1])


def test_an_organization_with_enough_to_do_is_passed_over_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(world, several_orders) as day:
        tried = []

        def wake_for_freed(_dispatch: DispatchService, _org_id: UUID, technician_id: UUID) -> bool:
            tried.append(technician_id)
            return False

        monkeypatch.setattr(DispatchService, "wake_for_freed", wake_for_freed)
        freed, other = FreedTechnicians(pause_s=600), (uuid4(), uuid4())
        close_overdue(day.dispatch, freed, day.org_id, day.store_id)
        freed.add(other[0], [other[1]])
        waiting = freed.list_due()
        for org_id, technician in waiting:
            if org_id == day.org_id:
                wake(day.dispatch, freed, org_id, technician)
        assert len(waiting) == len("ABCD") + 1
        assert len(tried) == 1
        assert freed.list_due() == [other]


def test_who_was_put_off_is_tried_after_the_pause() -> None:
    freed, org, technicians = FreedTechnicians(pause_s=0.0), uuid4(), [uuid4(), uuid4()]
    freed.add(org, technicians)
    freed.take(org, technicians[0])
    freed.put_off(org, technicians[0])
    assert freed.list_due() == [(org, technicians[1]), (org, technicians[0])]
