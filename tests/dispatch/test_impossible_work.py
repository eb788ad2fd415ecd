"""Work that a technician cannot do any more: an alarm with the reason, and the next candidate for what was offered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands import moving, orders, reallocating
from geo_assign.workforce import commands
from geo_assign.workforce.domain import CheckedKind, HoursException, TimeOff
from geo_assign.workforce.queries import list_time_off
from geo_assign.workforce.work_checks import list_checked_technicians
from geo_assign.workorders.domain import Bucket, Kind, NewOrder, OfferState, OfferWithdrawnError, State, WorkOrder
from geo_assign.workorders.queries import get_offer
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders
from tests.day import NOON, Day

SLOT = "tomorrow 10:00-11:00"
MORNING = NOON.replace(hour=0) + timedelta(days=1)
"""The day of the slot begins; 2026-05-21 is a Thursday."""


def run(day: Day, change: Callable[[Tx], object], *, provider: str | None = None, letter: str = "A") -> None:
    """Make a change, and judge the work of the technician, or of a provider's staff, as a call of the API does."""
    with day.database.transaction(day.org_id) as tx:
        change(tx)
    kind = CheckedKind.TECHNICIAN if provider is None else CheckedKind.PROVIDER
    day.dispatch.judge_work_of(day.org_id, kind, day.people[letter] if provider is None else day.providers[provider])


def update(day: Day, **changes: object) -> None:
    run(day, lambda tx: commands.update_technician(tx, day.boss, day.people["A"], changes=changes))


def update_provider(day: Day, **changes: object) -> None:
    provider_id = day.providers["Fix"]
    run(day, lambda tx: commands.update_provider(tx, day.boss, provider_id, changes=changes), provider="Fix")


def away(day: Day, start: datetime, end: datetime) -> None:
    span = TimeOff(uuid4(), day.people["A"], starts_at=start, ends_at=end, note=None)
    run(day, lambda tx: commands.add_time_off(tx, day.boss, span))


def no_more_away(day: Day) -> None:
    def remove(tx: Tx) -> None:

        for span in list_time_off(tx, day.people["A"]):
            commands.remove_time_off(tx, day.boss, day.people["A"], time_off_id=span.id)

    run(day, remove)


def single_date(day: Day, spans: list[list[str]]) -> None:
    exception = HoursException(day.people["A"], date(2026, 5, 21), spans, None)
    run(day, lambda tx: commands.set_hours_exception(tx, day.boss, exception))


def usual_date(day: Day) -> None:
    who = day.people["A"]
    run(day, lambda tx: commands.remove_hours_exception(tx, day.boss, who, local_date=date(2026, 5, 21)))


def another_store(day: Day) -> None:
    store_id = uuid4()
    with day.database.transaction(day.org_id) as tx:
        new = commands.NewStore(name="Other", slug="other", timezone="UTC", location=day.places["J"])
        commands.create_store(tx, day.boss, new, store_id=store_id)
    update(day, store_id=store_id)


@dataclass(frozen=True)
class Case:
    """What makes the work of A impossible, why, and what takes it back. `group`: the order is one of a group."""

    make: Callable[[Day], object]
    reason: str
    undo: Callable[[Day], object] | None = None
    group: bool = False
    provider: bool = False


HOUR = timedelta(hours=1)
ALWAYS_BUT_THEN = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "fri", "sat", "sun")}

CASES = {
    "deactivated": Case(lambda day: update(day, active=False), "inactive", lambda day: update(day, active=True)),
    "moved to another store": Case(another_store, "wrong_group", lambda day: update(day, store_id=day.store_id)),
    "loses the skill": Case(
        lambda day: update(day, skills=("oven",)), "missing_skill", lambda day: update(day, skills=("glass", "more"))
    ),
    "leaves the group": Case(
        lambda day: update(day, group_ids=()),
        "wrong_group",
        lambda day: update(day, group_ids=(day.group("phones"),)),
        group=True,
    ),
    "time off all day": Case(lambda day: away(day, MORNING, MORNING + 24 * HOUR), "time_off", no_more_away),
    "time off at the end": Case(
        lambda day: away(day, MORNING + 10.99 * HOUR, MORNING + 12 * HOUR), "time_off", no_more_away
    ),
    "other weekly hours": Case(
        lambda day: update(day, hours={"tue": [["09:00", "10:00"]]}),
        "outside_hours",
        lambda day: update(day, hours=None),
    ),
    "works the week but that weekday": Case(
        lambda day: update(day, hours=ALWAYS_BUT_THEN),
        "outside_hours",
        lambda day: update(day, hours={**ALWAYS_BUT_THEN, "thu": [["10:00", "11:00"]]}),
    ),
    "a day off": Case(lambda day: single_date(day, []), "outside_hours", usual_date),
    "a shorter day": Case(
        lambda day: single_date(day, [["08:00", "10:30"]]),
        "outside_hours",
        lambda day: single_date(day, [["08:00", "11:00"]]),
    ),
    "becomes staff of a provider": Case(
        lambda day: update(day, provider_id=day.provider("Strangers")),
        "wrong_group",
        lambda day: update(day, provider_id=None),
    ),
    "the agreement ends before": Case(
        lambda day: update_provider(day, valid_until=MORNING),
        "agreement_expired",
        lambda day: update_provider(day, valid_until=MORNING + 11 * HOUR),
        provider=True,
    ),
    "the agreement begins later": Case(
        lambda day: update_provider(day, valid_from=MORNING + 11 * HOUR),
        "agreement_expired",
        lambda day: update_provider(day, valid_from=None),
        provider=True,
    ),
    "the provider no longer works for the group": Case(
        lambda day: update_provider(day, group_ids=()),
        "wrong_group",
        lambda day: update_provider(day, group_ids=(day.group("phones"),)),
        group=True,
        provider=True,
    ),
}
NAMES = list(CASES)


def scene(day: Day, case: Case, *, automation: str = "off", **settings: object) -> None:
    """A can do everything that the job asks for; B is farther away."""
    day.map("A . J . . B . . C", step_m=500)
    day.set(lead_auto_user_assignment=automation, **settings)
    if case.provider:
        day.provider("Fix", groups=["phones"])
    for letter in "AB":
        of = "Fix" if case.provider and letter == "A" else None
        day.technician(letter, skills=["glass"], group="phones", provider=of, home=True)
    more: dict[str, Any] = {"group": "phones"} if case.group else {}
    day.lead("J", slot=SLOT, skills=("glass",), **more)


def alarm_of(order: WorkOrder) -> dict[str, list[str]]:
    """Whom the alarm of an order names, by name, with the reasons; empty without such an alarm."""
    alarm = order.alarm
    if alarm is None or alarm["code"] != "work_impossible":
        return {}
    return {one["name"]: list(one["reasons"]) for one in alarm["technicians"]}


def order_of(day: Day, job: str = "J") -> WorkOrder:
    return day.outcome(job).order


# What a technician has ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_taken_work_that_became_impossible_stays_with_an_alarm(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    day.assign("J", "A")
    before = order_of(day)
    assert before.bucket is Bucket.TAKEN
    case.make(day)
    order = order_of(day)
    assert alarm_of(order) == {"A": [case.reason]}
    assert (order.state, order.technician_id, order.pinned) == (State.ASSIGNED, day.people["A"], True)
    assert order.bucket is Bucket.NEEDS_YOU
    assert order.human_version == before.human_version, "the service did it: no dispatcher is held up"
    assert day.last_event("J").kind == "alarm_raised"
    day.dispatch.judge_work_of(day.org_id, CheckedKind.TECHNICIAN, day.people["A"])
    assert day.history("J").count("alarm_raised") == 1, "it is told once"


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].undo])
def test_taking_the_change_back_clears_the_alarm(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    day.assign("J", "A")
    case.make(day)
    assert case.undo is not None
    case.undo(day)
    order = order_of(day)
    assert (order.alarm, order.bucket) == (None, Bucket.TAKEN)
    assert day.last_event("J").kind == "alarm_cleared"


@pytest.mark.parametrize("name", NAMES)
def test_work_that_automation_assigned_stays_as_well(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case, automation="on", lead_acceptance=False)
    assert day.outcome("J").technician == "A"
    case.make(day)
    order = order_of(day)
    assert (order.technician_id, alarm_of(order)) == (day.people["A"], {"A": [case.reason]})


@pytest.mark.parametrize("state", [State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS])
def test_work_under_way_is_told_too(day: Day, state: State) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.step("J", "A", state)
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


def test_a_running_slot_is_told(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.later("22 h")
    day.later("30 min")
    away(day, day.clock.now(), day.clock.now() + HOUR)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_hours_of_another_week_do_not_undo_a_slot_that_is_over_but_leaving_does(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.later("3 d")
    update(day, hours={"tue": [["09:00", "10:00"]]})
    assert order_of(day).alarm is None
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_work_that_is_over_is_left_alone(day: Day, end: str) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    if end == "cancel":
        day.cancel("J")
    else:
        for state in (State.TRAVELLING, State.COMPLETED):
            day.step("J", "A", state)
    update(day, active=False)
    assert (order_of(day).alarm, "alarm_raised" in day.history("J")) == (None, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda day: away(day, MORNING + 11 * HOUR, MORNING + 12 * HOUR),
        lambda day: away(day, MORNING + 9 * HOUR, MORNING + 10 * HOUR),
        lambda day: update(day, hours={"thu": [["10:00", "11:00"]]}),
        lambda day: update(day, skills=("glass",)),
        lambda day: update(day, name="Ana"),
        lambda day: single_date(day, [["09:00", "10:30"], ["10:30", "12:00"]]),
    ],
    ids=["time off after it", "time off before it", "hours that fit", "same skills", "another name", "two spans"],
)
def test_what_leaves_the_work_possible_is_not_told(day: Day, make: Callable[[Day], object]) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    make(day)
    assert order_of(day).alarm is None


def test_several_reasons_are_told_together_and_go_one_by_one(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    away(day, MORNING, MORNING + 24 * HOUR)
    update(day, skills=())
    assert alarm_of(order_of(day)) == {"A": ["missing_skill", "time_off"]}
    no_more_away(day)
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}


def test_each_order_of_the_technician_is_judged_by_its_own_slot(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    second = day.book("A", "tomorrow 12:00-13:00")
    away(day, MORNING + 12 * HOUR, MORNING + 24 * HOUR)
    assert order_of(day).alarm is None
    assert alarm_of(day.dispatch.read(day.boss, second)) == {"A": ["time_off"]}


# What was known -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "deactivated"])  # who left cannot be chosen
def test_what_the_dispatcher_knew_raises_no_alarm_whatever_changes_later(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    case.make(day)
    day.assign("J", "A")
    kept = ("oven",) if case.reason == "missing_skill" else ("glass",)
    update(day, skills=(*kept, "lathe"))
    assert order_of(day).alarm is None
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}, "only what is new is told"


def test_a_named_assignee_is_a_choice(day: Day) -> None:
    scene(day, CASES["deactivated"])
    away(day, MORNING, MORNING + 24 * HOUR)
    day.lead("J", slot=SLOT, assignee="A")
    update(day, skills=("lathe",))
    assert order_of(day).alarm is None


# Offers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_open_offer_is_withdrawn_and_the_next_is_asked(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case, automation="on")
    offer = day.offer("J")
    assert offer.technician_id == day.people["A"]
    case.make(day)
    with day.database.transaction(day.org_id) as tx:
        closed = get_offer(tx, offer.id)
    assert (closed.state, closed.reason) == (OfferState.WITHDRAWN, "technician_unable")
    assert day.outcome("J").technician == "B"
    order = order_of(day)
    assert alarm_of(order) == {"A": [case.reason]}
    assert order.bucket is Bucket.NEEDS_YOU
    day.accept("B", day.offer("J"))
    assert order_of(day).alarm is None, "another technician has it"


@pytest.mark.parametrize("policy", ["parallel", "widening"])
def test_other_ways_of_asking_withdraw_as_well(day: Day, policy: str) -> None:
    scene(day, CASES["loses the skill"], automation="on", offer_policy=policy, parallel_offers=2)
    update(day, skills=())
    assert "A" not in day.offers("J")
    assert "B" in day.offers("J")


def test_an_offer_by_hand_is_withdrawn_too(day: Day) -> None:
    scene(day, CASES["loses the skill"])
    day.assign("J", "A", mode="offer")
    update(day, skills=())
    order = order_of(day)
    assert (order.state, alarm_of(order)) == (State.PENDING, {"A": ["missing_skill"]})
    update(day, skills=("glass",))
    assert order_of(day).alarm is None


def test_an_offer_over_time_off_that_the_dispatcher_knew_of_stays(day: Day) -> None:
    scene(day, CASES["deactivated"])
    away(day, MORNING, MORNING + 24 * HOUR)
    day.assign("J", "A", mode="offer")
    update(day, skills=("glass", "lathe"))
    order = order_of(day)
    assert (order.state, order.alarm) == (State.OFFERED, None)


def test_the_technician_is_told_why_an_answer_comes_too_late(day: Day) -> None:

    scene(day, CASES["loses the skill"], automation="on")
    offer = day.offer("J")
    update(day, skills=())
    with pytest.raises(OfferWithdrawnError, match="What you may do"):
        day.accept("A", offer)


# Crews ----------------------------------------------------------------------------------------------------------------


def crew(day: Day, **settings: object) -> None:
    scene(day, CASES["deactivated"], **settings)
    day.technician("C", skills=["glass"], group="phones", home=True)


def test_a_collaborator_who_cannot_come_is_named(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    order = order_of(day)
    assert (alarm_of(order), order.technician_id) == ({"A": ["time_off"]}, day.people["B"])
    assert [one.name for one in order.collaborators] == ["A"]


def test_another_collaborator_ends_the_alarm_and_the_lead_keeps_the_own_one(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    run(day, lambda tx: commands.update_technician(tx, day.boss, day.people["B"], changes={"skills": ()}), letter="B")
    assert alarm_of(order_of(day)) == {"A": ["time_off"], "B": ["missing_skill"]}
    day.change_crew("J", "C")
    assert alarm_of(order_of(day)) == {"B": ["missing_skill"]}


@pytest.mark.parametrize("policy", ["lead_accepts", "all_or_nothing"])
def test_a_collaborator_who_was_only_asked_is_replaced(day: Day, policy: str) -> None:
    crew(day, crew_policy=policy)
    day.assign("J", "B", along="A", mode="offer")
    away(day, MORNING, MORNING + 24 * HOUR)
    order = order_of(day)
    assert order.state is State.OFFERED
    assert [one.name for one in order.collaborators] == ["C"]


def test_a_lead_who_was_only_asked_frees_the_crew(day: Day) -> None:
    crew(day)
    day.assign("J", "A", along="BC", mode="offer")
    update(day, active=False)
    order = order_of(day)
    assert (order.state, order.collaborators, alarm_of(order)) == (State.PENDING, (), {"A": ["inactive"]})


def test_a_lead_who_has_accepted_for_a_crew_that_has_not_is_told(day: Day) -> None:
    crew(day, crew_policy="all_or_nothing")
    day.assign("J", "A", along="B", mode="offer")
    day.accept("A", day.offers("J")["A"])
    away(day, MORNING, MORNING + 24 * HOUR)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}
    day.accept("B", day.offers("J")["B"])
    order = order_of(day)
    assert (order.state, alarm_of(order)) == (State.ASSIGNED, {"A": ["time_off"]})


# What ends the alarm --------------------------------------------------------------------------------------------------


def alarmed(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    away(day, MORNING, MORNING + 24 * HOUR)
    assert alarm_of(order_of(day))


def edit(day: Day, change: orders.Edit, kind: ActorKind = ActorKind.USER) -> None:
    caller = Caller(day.org_id, kind, uuid4(), "Desk", EVERYTHING)
    day.dispatch.edit(caller, day.jobs["J"], change, None)


def moved_to(start: datetime) -> orders.Edit:
    return orders.Edit(fields={}, slot=(start, start + HOUR))


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.API_KEY])
def test_a_slot_that_suits_ends_it(day: Day, kind: ActorKind) -> None:
    alarmed(day)
    edit(day, moved_to(MORNING + 34 * HOUR), kind)
    order = order_of(day)
    assert (order.alarm, order.technician_id) == (None, day.people["A"])


def test_a_machine_that_moves_it_into_the_time_off_is_told_of_and_a_dispatcher_knows(day: Day) -> None:
    alarmed(day)
    edit(day, moved_to(MORNING + 14 * HOUR), ActorKind.API_KEY)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}
    edit(day, moved_to(MORNING + 15 * HOUR))
    assert order_of(day).alarm is None
    update(day, skills=("glass", "lathe"))
    assert order_of(day).alarm is None


def test_a_machine_that_moves_work_keeps_what_was_known(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, skills=())
    day.assign("J", "A")
    edit(day, moved_to(MORNING + 34 * HOUR), ActorKind.API_KEY)
    assert order_of(day).alarm is None


def test_a_note_does_not_end_it(day: Day) -> None:
    alarmed(day)
    edit(day, orders.Edit(fields={"notes": "ring twice"}))
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_another_technician_ends_it(day: Day) -> None:
    alarmed(day)
    with day.database.transaction(day.org_id) as tx:
        reallocating.reallocate(
            tx,
            day.boss,
            day.jobs["J"],
            day.people["B"],
            mode="assign",
            force=False,
            reason=None,
            version=None,
        )
    assert order_of(day).alarm is None


def test_another_technician_does_not_end_that_of_a_collaborator(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    with day.database.transaction(day.org_id) as tx:
        reallocating.reallocate(
            tx, day.boss, day.jobs["J"], day.people["C"], mode="assign", force=False, reason=None, version=None
        )
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_the_ticket_of_a_lead_keeps_it(day: Day) -> None:
    alarmed(day)
    day.convert("J", "K")
    assert alarm_of(order_of(day, "K")) == {"A": ["time_off"]}


def test_a_group_that_takes_it_over_with_its_technician_keeps_it(day: Day) -> None:
    alarmed(day)
    to = day.group("phones")
    day.dispatch.run_then_reassign(
        day.boss,
        day.jobs["J"],
        lambda tx: moving.reassign_group(tx, day.boss, day.jobs["J"], to, note=None, force=False, version=None),
    )
    order = order_of(day)
    assert (order.technician_id, alarm_of(order)) == (day.people["A"], {"A": ["time_off"]})


def test_a_skill_that_is_added_to_the_work_is_judged_at_once(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    edit(day, orders.Edit(fields={"skills": ("glass", "gas")}))
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}
    edit(day, orders.Edit(fields={"skills": ()}))
    assert order_of(day).alarm is None


def test_a_skill_that_is_added_to_offered_work_goes_to_one_who_has_it(day: Day) -> None:
    scene(day, CASES["deactivated"], automation="on")
    skills = {"skills": ("glass", "gas")}
    run(day, lambda tx: commands.update_technician(tx, day.boss, day.people["B"], changes=skills), letter="B")
    edit(day, orders.Edit(fields={"skills": ("glass", "gas")}))
    assert day.outcome("J").technician == "B"


# What needs a dispatcher ----------------------------------------------------------------------------------------------


def test_it_is_in_the_list_of_what_needs_a_dispatcher_and_counted(day: Day) -> None:
    alarmed(day)
    day.book("B", "tomorrow 12:00-13:00")

    def listed(*buckets: Bucket) -> tuple[list[Any], int | None]:
        with day.database.transaction(day.org_id) as tx:
            page = list_work_orders(tx, EVERYTHING, WorkOrderFilter(buckets=buckets), limit=50, counted=True)
        assert all(order.bucket in buckets for order in page.items)
        return [order.id for order in page.items], page.count

    assert listed(Bucket.NEEDS_YOU) == ([day.jobs["J"]], 1)
    assert day.jobs["J"] not in listed(Bucket.TAKEN)[0]
    assert listed(Bucket.TAKEN, Bucket.NEEDS_YOU)[1] == 2
    assert listed(*Bucket)[1] == 2
    day.cancel("J")
    assert listed(Bucket.NEEDS_YOU) == ([], 0)
    assert day.jobs["J"] in listed(Bucket.CLOSED)[0]


# By the mere passing of time, by rows, and for many -------------------------------------------------------------------


def test_an_agreement_that_runs_out_is_told_also_of_work_that_was_given_beyond_it(day: Day) -> None:
    scene(day, CASES["the agreement ends before"])
    update_provider(day, valid_until=NOON + 2 * HOUR)
    day.assign("J", "A")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert order_of(day).alarm is None, "it holds, and the dispatcher knew when it ends"
    day.later("2 h")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert alarm_of(order_of(day)) == {"A": ["agreement_expired"]}
    update_provider(day, valid_until=MORNING + 24 * HOUR)
    assert order_of(day).alarm is None


def test_work_given_over_an_agreement_that_had_ended_is_known(day: Day) -> None:
    scene(day, CASES["the agreement ends before"])
    update_provider(day, valid_until=NOON - HOUR)
    day.assign("J", "A")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert order_of(day).alarm is None


def test_a_store_that_moves_to_another_zone_moves_the_hours_of_its_technicians(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, hours={"thu": [["09:00", "12:00"]]})
    day.assign("J", "A")
    with day.database.transaction(day.org_id) as tx:
        commands.update_store(tx, day.boss, day.store_id, changes={"timezone": "Asia/Tokyo"})
    day.dispatch.judge_work_of(day.org_id, CheckedKind.STORE, day.store_id)
    assert alarm_of(order_of(day)) == {"A": ["outside_hours"]}


def checks(day: Day) -> list[Any]:

    with day.database.transaction(day.org_id) as tx:
        return list(tx.conn.execute(text("SELECT id, due_at FROM work_checks ORDER BY made_at")).all())


def test_the_change_alone_leaves_a_row_by_which_the_worker_judges(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    with day.database.transaction(day.org_id) as tx:
        commands.update_technician(tx, day.boss, day.people["A"], changes={"active": False})
    assert order_of(day).alarm is None
    (check,) = checks(day)
    assert check.due_at == day.clock.now()
    day.dispatch.check_work(day.org_id, check.id)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


def test_work_that_was_being_given_at_that_moment_is_found_by_the_second_look(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, skills=())
    (check,) = checks(day)
    assert check.due_at > day.clock.now()
    # A transaction that had judged before the change, and committed after the first look.
    day.assign("J", "A")
    forget_what_was_known(day)
    day.dispatch.check_work(day.org_id, check.id)
    assert order_of(day).alarm is None, "not yet due"
    day.later("61 s")
    day.dispatch.check_work(day.org_id, check.id)
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}
    assert checks(day) == []


def forget_what_was_known(day: Day) -> None:

    with day.database.transaction(day.org_id) as tx:
        tx.conn.execute(text("UPDATE bookings SET known_reasons = '{}'"))


def test_many_orders_are_judged_a_few_at_a_time_until_all_are(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", home=True)
    days = [NOON + timedelta(days=number) for number in range(1, 26)]
    held = [order_at(day, at) for at in days]
    with day.database.transaction(day.org_id) as tx:
        commands.update_technician(tx, day.boss, day.people["A"], changes={"active": False})
    (check,) = checks(day)
    day.dispatch.check_work(day.org_id, check.id)
    assert 0 < count_alarmed(day, held) < len(held)
    day.dispatch.check_work(day.org_id, check.id)
    assert count_alarmed(day, held) == len(held)


def order_at(day: Day, at: datetime) -> Any:

    new = NewOrder(
        kind=Kind.LEAD,
        store_id=day.store_id,
        customer={"name": "Customer"},
        location=day.places["J"],
        slot_start=at,
        slot_end=at + HOUR,
        assignee_id=day.people["A"],
    )
    return day.dispatch.create(day.boss, new, None)[0].id


def count_alarmed(day: Day, order_ids: list[Any]) -> int:
    return sum(bool(alarm_of(day.dispatch.read(day.boss, order_id))) for order_id in order_ids)


def test_whose_work_a_check_is_about(day: Day) -> None:
    day.map("A B C", step_m=500)
    day.provider("Fix")
    for letter, provider in (("A", "Fix"), ("B", "Fix"), ("C", None)):
        day.technician(letter, provider=provider)
    with day.database.transaction(day.org_id) as tx:

        def of(kind: CheckedKind, subject_id: Any) -> set[str]:
            return {day.letter(one) for one in list_checked_technicians(tx, kind, subject_id)}

        assert of(CheckedKind.TECHNICIAN, day.people["A"]) == {"A"}
        assert of(CheckedKind.PROVIDER, day.providers["Fix"]) == {"A", "B"}
        assert of(CheckedKind.STORE, day.store_id) == {"A", "B", "C"}
        assert of(CheckedKind.STORE, uuid4()) == set()
