"""A dispatcher gives many waiting leads out together: a preview first, then for good."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import md5
from time import perf_counter
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, Caller, Role, Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.idempotency import Attempt
from geo_assign.dispatch import batches
from geo_assign.dispatch.commands.optimizing import BatchRequest, Chosen, Lost, give_chosen
from geo_assign.dispatch.solved import Optimized
from geo_assign.matching.batches import list_eligible
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.queries import get_decision
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import State, WorkOrderNotFoundError
from geo_assign.workorders.queries import get_work_order
from tests.day import Day


def waiting(day: Day, jobs: str, **more: object) -> None:
    """Leads that automation offers to no technician: the store leaves them to its dispatchers."""
    day.set(lead_auto_user_assignment="off")
    for job in jobs:
        assert day.lead(job, **more).state is State.PENDING
        day.later("1 s")


def optimize(day: Day, *, commit: bool = False, caller: Caller | None = None, **wanted: object) -> Optimized:
    found, _ = day.dispatch.optimize(caller or day.boss, BatchRequest(**wanted), commit=commit)  # type: ignore[arg-type]
    return found


def plan(day: Day, found: Optimized) -> dict[str, str]:
    """Job to technician, by their letters."""
    jobs = {order_id: job for job, order_id in day.jobs.items()}
    return {jobs[pair.chosen.order.id]: day.letter(pair.chosen.technician_id) for pair in found.pairs}


def unassigned(day: Day, found: Optimized) -> dict[str, str]:
    jobs = {order_id: job for job, order_id in day.jobs.items()}
    return {jobs[left.order.id]: left.code for left in found.left}


@pytest.fixture
def crossing(day: Day) -> Day:
    """J and K both lie beside A; one by one, K is left with B at the other end of the town."""
    day.map("B . . . . J A K", step_m=500)
    day.technician("A")
    day.technician("B")
    waiting(day, "JK")
    return day


def test_a_preview_says_who_would_go_and_what_one_by_one_would_cost(crossing: Day) -> None:
    found = optimize(crossing)
    assert plan(crossing, found) == {"J": "B", "K": "A"}
    assert (found.totals.assigned, found.totals.greedy_assigned) == (2, 2)
    assert found.totals.optimal_m == pytest.approx(3_000, rel=0.01)
    assert found.totals.greedy_m == pytest.approx(4_000, rel=0.01)
    alone = {
        job: crossing.letter(pair.greedy.technician_id)
        for job, pair in zip("JK", found.pairs, strict=True)
        if pair.greedy
    }
    assert alone == {"J": "A", "K": "B"}
    assert [crossing.outcome(job).state for job in "JK"] == [State.PENDING, State.PENDING]


def test_distances_of_technicians_who_are_shown_coarsely_are_rounded_in_the_answer_alone(day: Day) -> None:
    day.set(coarse_positions=True)
    day.map("B . . . . J A K", step_m=433)
    day.technician("A")
    day.technician("B")
    waiting(day, "JK")
    attempt = Attempt(day.boss.id, "optimize", "once", b"same")
    wanted = BatchRequest()
    preview, _ = day.dispatch.optimize(day.boss, wanted, commit=False)
    given, _ = day.dispatch.optimize(day.boss, wanted, commit=True, attempt=attempt)
    again, replayed = day.dispatch.optimize(day.boss, wanted, commit=True, attempt=attempt)
    assert replayed
    for found in (preview, given, again):
        assert plan(day, found) == {"J": "B", "K": "A"}
        assert [pair.chosen.distance_m for pair in found.pairs] == [2_200.0, 400.0]
        assert [pair.greedy and pair.greedy.distance_m for pair in found.pairs] == [400.0, 3_000.0]
        assert (found.totals.optimal_m, found.totals.greedy_m) == (2_600.0, 3_500.0)
    order = day.outcome("J").order
    assert order.decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        kept = get_decision(tx, EVERYTHING, order.decision_id).batch
    assert kept is not None
    assert kept["chosen"]["distance_m"] == pytest.approx(2_165, rel=0.01)
    assert kept["chosen"]["distance_m"] % 100 != 0


def test_where_no_store_wants_it_distances_are_exact(crossing: Day) -> None:
    found = optimize(crossing)
    assert not found.coarse
    assert all(pair.chosen.distance_m % 100 != 0 for pair in found.pairs)


def test_committing_gives_every_pair_with_a_receipt_that_compares(crossing: Day) -> None:
    found = optimize(crossing, commit=True)
    assert [pair.lost for pair in found.pairs] == [None, None]
    assert crossing.outcome("J").technician == "B"
    assert crossing.outcome("J").state is State.OFFERED
    order = crossing.outcome("J").order
    assert order.decision_id is not None
    with crossing.database.transaction(crossing.org_id) as tx:
        decision = get_decision(tx, EVERYTHING, order.decision_id)
    assert decision.mode == "manual"
    assert decision.batch is not None
    assert decision.batch["id"] == str(found.id)
    assert decision.batch["greedy"]["technician_id"] == str(crossing.people["A"])
    assert decision.batch["optimal_m"] < decision.batch["greedy_m"]


def test_what_a_person_assigns_in_a_batch_is_pinned(crossing: Day) -> None:
    optimize(crossing, commit=True, mode="assign")
    assert [crossing.outcome(job).state for job in "JK"] == [State.ASSIGNED, State.ASSIGNED]
    assert crossing.outcome("J").order.pinned


def test_a_pair_lost_meanwhile_is_told_and_the_others_stand(crossing: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(tx: Tx, caller: Caller, chosen: Chosen) -> Chosen | Lost:
        if chosen.order.id == crossing.jobs["J"]:
            crossing.off_duty("B")
        return give_chosen(tx, caller, chosen)

    monkeypatch.setattr(batches, "give_chosen", meanwhile)
    found = optimize(crossing, commit=True)
    lost = {pair.chosen.order.id: pair.lost.code for pair in found.pairs if pair.lost}
    assert lost == {crossing.jobs["J"]: "off_duty"}
    assert crossing.outcome("K").technician == "A"
    assert crossing.outcome("J").state is State.PENDING


def test_an_order_cancelled_meanwhile_is_lost_too(crossing: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(tx: Tx, caller: Caller, chosen: Chosen) -> Chosen | Lost:
        if chosen.order.id == crossing.jobs["K"]:
            crossing.cancel("K")
        return give_chosen(tx, caller, chosen)

    monkeypatch.setattr(batches, "give_chosen", meanwhile)
    found = optimize(crossing, commit=True)
    assert [pair.lost.code for pair in found.pairs if pair.lost] == ["not_waiting"]
    assert crossing.outcome("K").state is State.CANCELLED


def test_who_is_left_over_says_why(day: Day) -> None:
    day.map("J A K . L", step_m=500)
    day.technician("A", skills=["tv"])
    waiting(day, "JK")
    waiting(day, "L", skills=("oven",))
    found = optimize(day)
    assert plan(day, found) in ({"J": "A"}, {"K": "A"})
    assert sorted(unassigned(day, found).values()) == ["all_taken", "nobody_eligible"]
    without = next(left for left in found.left if left.code == "nobody_eligible")
    assert without.counts == {"missing_skill": 1}


def test_orders_without_a_location_or_with_a_technician_are_left_out(day: Day) -> None:
    day.map("J A K", step_m=500)
    day.technician("A")
    waiting(day, "J")
    waiting(day, "K", address="Nowhere 5")
    day.assign("J", "A")
    found = optimize(day, work_order_ids=(day.jobs["J"], day.jobs["K"]))
    assert unassigned(day, found) == {"J": "not_waiting", "K": "no_location"}
    assert found.pairs == ()


def test_one_person_gets_two_orders_one_after_the_other(day: Day) -> None:
    day.map("A J . . K", step_m=500)
    day.technician("A", home=True)
    day.set(travel_buffer_minutes=15, radius_m=50_000)
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 10:15-11:15")
    found = optimize(day, commit=True, mode="assign")
    assert plan(day, found) == {"J": "A", "K": "A"}
    # K's way begins where J is.
    assert [round(pair.chosen.distance_m, -2) for pair in found.pairs] == [500, 1_500]
    assert [day.outcome(job).state for job in "JK"] == [State.ASSIGNED, State.ASSIGNED]


def test_an_appointment_between_two_orders_is_where_the_second_way_begins(day: Day) -> None:
    day.map("A J . . K", step_m=500)
    day.technician("A", home=True, booked="tomorrow 11:00-12:00")
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 13:00-14:00")
    found = optimize(day, mode="assign")
    assert [round(pair.chosen.distance_m, -2) for pair in found.pairs] == [500, 2_000]


def test_an_older_order_that_comes_later_is_reached_from_the_newer_one(day: Day) -> None:
    day.map("A J . . K", step_m=500)
    day.technician("A", home=True)
    waiting(day, "J", slot="tomorrow 13:00-14:00")
    waiting(day, "K", slot="tomorrow 09:00-10:00")
    found = optimize(day, mode="assign")
    assert [pair.greedy and round(pair.greedy.distance_m, -2) for pair in found.pairs] == [2_000, 1_500]
    assert [round(pair.chosen.distance_m, -2) for pair in found.pairs] == [2_000, 1_500]
    assert found.totals.optimal_m == found.totals.greedy_m == pytest.approx(3_500, rel=0.02)


def test_who_is_too_far_away_may_come_from_another_order(day: Day) -> None:
    day.set(radius_m=2_100)
    day.map("A . . J . . . K", step_m=500)
    day.technician("A", home=True)
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 11:00-12:00")
    assert unassigned(day, optimize(day, mode="assign", work_order_ids=(day.jobs["K"],))) == {"K": "nobody_eligible"}
    found = optimize(day, commit=True, mode="assign")
    assert plan(day, found) == {"J": "A", "K": "A"}
    assert [day.outcome(job).state for job in "JK"] == [State.ASSIGNED, State.ASSIGNED]


def test_an_order_beyond_the_radius_of_all_is_told_so_also_beside_one_in_reach(day: Day) -> None:
    day.set(radius_m=2_100)
    day.map("A . . J . . . . . . K", step_m=500)
    day.technician("A", home=True)
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 11:00-12:00")
    found = optimize(day, mode="assign")
    assert plan(day, found) == {"J": "A"}
    assert [(left.code, left.counts) for left in found.left] == [("nobody_eligible", {"outside_radius": 1})]


def test_slots_that_overlap_by_their_way_are_not_given_to_one_person(day: Day) -> None:
    day.map("A J . . K", step_m=500)
    day.technician("A", home=True)
    day.set(travel_buffer_minutes=15)
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 10:10-11:10")
    assert plan(day, optimize(day, mode="assign")) == {"J": "A"}


def test_an_offer_limit_holds_for_the_whole_batch(day: Day) -> None:
    day.map("A J . . K", step_m=500)
    day.technician("A", home=True)
    waiting(day, "J", slot="tomorrow 09:00-10:00")
    waiting(day, "K", slot="tomorrow 13:00-14:00")
    assert len(optimize(day, mode="offer").pairs) == 1
    day.set(offer_limit=2)
    assert len(optimize(day, mode="offer").pairs) == 2


def test_equal_ways_go_to_who_has_least_that_day(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.technician("A", booked="15:00-16:00")
    day.technician("B")
    waiting(day, "J")
    assert plan(day, optimize(day)) == {"J": "B"}


def test_a_dispatcher_reaches_orders_and_technicians_in_scope_only(day: Day) -> None:
    day.map("A J . K B", step_m=500)
    day.technician("A", group="north")
    day.technician("B", group="south")
    waiting(day, "J", group="north")
    waiting(day, "K", group="south")
    desk = replace(day.boss, role=Role.DISPATCHER, scope=Scope(group_ids=frozenset({day.group("north")})))
    assert plan(day, optimize(day, caller=desk)) == {"J": "A"}
    with pytest.raises(WorkOrderNotFoundError):
        optimize(day, caller=desk, work_order_ids=(day.jobs["K"],))
    with pytest.raises(NotFoundError):
        optimize(day, caller=desk, group_id=day.group("south"))


def test_a_retry_answers_what_was_given_and_gives_nothing_again(crossing: Day) -> None:
    attempt = Attempt(crossing.boss.id, "optimize", "once", b"same")
    first, again = crossing.dispatch.optimize(crossing.boss, BatchRequest(), commit=True, attempt=attempt)
    assert not again
    retried, again = crossing.dispatch.optimize(crossing.boss, BatchRequest(), commit=True, attempt=attempt)
    assert again
    assert retried.id == first.id
    assert plan(crossing, retried) == plan(crossing, first)
    assert retried.totals == first.totals
    assert crossing.history("J").count("offered") == 1


# Many at once -------------------------------------------------------------------------------------------------------

FLEET = """
INSERT INTO technicians
    (org_id, id, slug, name, store_id, base_lat, base_lon, on_duty, skills, created_at, updated_at)
SELECT :org_id, md5('t' || n)::uuid, 't' || n, 'T ' || n, :store_id, 41, -30, n % 5 <> 0,
       CASE WHEN n % 3 = 0 THEN ARRAY['tv'] ELSE '{}'::text[] END, :at, :at
FROM generate_series(1, :people) n;
INSERT INTO technician_skills (org_id, skill, technician_id)
SELECT org_id, unnest(skills), id FROM technicians WHERE skills <> '{}';
INSERT INTO duty_intervals (org_id, id, technician_id, started_at, ended_at)
SELECT org_id, id, id, :at - interval '1 hour', CASE WHEN NOT on_duty THEN :at + interval '1 second' END
FROM technicians WHERE slug LIKE 't%';
INSERT INTO current_positions
    (org_id, technician_id, lat, lon, recorded_at, used_at, received_at, heard_at, changed_at)
SELECT org_id, id, 40.9 + ('x' || substr(md5(id::text), 1, 6))::bit(24)::int / 16777216.0 * 0.2,
       -30.1 + ('x' || substr(md5(id::text), 7, 6))::bit(24)::int / 16777216.0 * 0.2, :at, :at, :at, :at, :at
FROM technicians WHERE slug LIKE 't%';
INSERT INTO work_orders
    (org_id, id, kind, number, store_id, state, pending_reason, pending_detail, customer, lat, lon, location_source,
     slot_start, slot_end, slot_given, skills, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('o' || n)::uuid, 'lead', n, :store_id, 'pending', 'automation_off', '{}', '{}',
       40.9 + ('x' || substr(md5('o' || n), 1, 6))::bit(24)::int / 16777216.0 * 0.2,
       -30.1 + ('x' || substr(md5('o' || n), 7, 6))::bit(24)::int / 16777216.0 * 0.2, 'client',
       :at, :at + interval '1 hour', true, CASE WHEN n % 4 = 0 THEN ARRAY['tv'] ELSE '{}'::text[] END,
       '{}', '{}', :at, :at
FROM generate_series(1, :orders) n;
ANALYZE technicians, technician_skills, current_positions, work_orders
"""


@pytest.fixture
def busy_town(day: Day, admin: Connection) -> Day:
    """200 leads and 1,000 people scattered over 20 km; a fifth is off duty, a third can repair television sets."""
    values = {"org_id": day.org_id, "store_id": day.store_id, "at": day.clock.now(), "people": 1_000, "orders": 200}
    for statement in FLEET.split(";"):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        admin.execute(text(statement.replace("::", "\\:\\:")), used)
    return day


def test_two_hundred_leads_among_a_thousand_people(busy_town: Day, capsys: pytest.CaptureFixture[str]) -> None:
    started = perf_counter()
    found = optimize(busy_town)
    seconds = perf_counter() - started
    with capsys.disabled():
        totals = found.totals
        ways = f"{totals.optimal_m / 1000:.1f} km, greedy {totals.greedy_m / 1000:.1f} km"
        print(f"[200 leads, 1,000 people: {seconds:.2f} s; {totals.assigned} given, {ways}]", end=" ")
    assert totals.assigned == 200
    assert totals.optimal_m <= totals.greedy_m


def test_a_batch_judges_all_technicians_as_a_single_ranking_does(busy_town: Day) -> None:
    with busy_town.database.transaction(busy_town.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, busy_town.store_id)
        numbers = range(1, 200, 20)
        orders = [get_work_order(tx, EVERYTHING, _order_id(number)) for number in numbers]
        questions = {n: question_for_order(order, rules, at=tx.now(), limit=30) for n, order in enumerate(orders)}
        together = list_eligible(tx, questions, nearest=30)
        for n, question in questions.items():
            alone = rank(tx, question, explain=False).candidates
            assert [one.technician_id for one in together.eligible[n]] == [one.technician_id for one in alone]
            assert [one.metres for one in together.eligible[n]] == [one.distance_m for one in alone]


def _order_id(number: int) -> UUID:
    return UUID(md5(f"o{number}".encode(), usedforsecurity=False).hexdigest())


def test_two_dispatchers_who_commit_at_once_give_everything_once(crossing: Day) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: optimize(crossing, commit=True), range(2)))
    given = [pair for found in both for pair in found.pairs if pair.lost is None]
    lost = [pair.lost.code for found in both for pair in found.pairs if pair.lost]
    assert sorted(plan(crossing, both[0])) in (["J", "K"], [])
    assert len(given) == 2
    assert set(lost) <= {"not_waiting", "slot_taken", "offer_limit"}
    assert {job: crossing.history(job).count("offered") for job in "JK"} == {"J": 1, "K": 1}
    assert {crossing.outcome(job).technician for job in "JK"} == {"A", "B"}
