"""What a receipt's sentence promises comes true: changed exactly as it says, the ranking has the technician there."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Tx
from geo_assign.matching.domain import Candidate
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.queries import get_decision
from geo_assign.receipts.why import explain
from geo_assign.workforce.commands.providers import update_provider
from geo_assign.workforce.commands.stores import set_store_settings
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import RejectReason, WorkOrder
from geo_assign.workorders.queries import get_work_order
from tests.conftest import World
from tests.day import NOON, ORIGIN, Day, shifted
from tests.matching.crowd import Ring, draw_people, hire
from tests.receipts.test_why import forgotten, receipt, why
from tests.thoroughness import times

WORLDS, SENTENCES = times(4, 100), times(8, 200)
PROMISE = re.compile(r"\. (?:Number (?P<rank>\d+)|Could go) if (?P<conditions>.+)\.$")


@dataclass
class Changed:
    """What a sentence wants to be different, gathered from its conditions."""

    day: Day
    letter: str
    settings: dict[str, Any]
    capacity: int | None = None
    starts_at: datetime | None = None

    def ask_again(self, instant: str) -> None:
        """The cool-off that ends at `instant` would have to be over by now: as long as it is since the answer."""
        cool_off = timedelta(minutes=self.day.settings["reoffer_after_minutes"])
        since_s = (self.day.clock.now() - (datetime.fromisoformat(instant) - cool_off)).total_seconds()
        self.settings["reoffer_after_minutes"] = max(0.0, (since_s - 0.01) / 60)


CONDITIONS: Mapping[str, Callable[[Changed, str], None]] = {
    r"the radius were at least (\d+) m": lambda one, value: one.settings.update(radius_m=float(value)),
    r"positions were good for (\d+) s": lambda one, value: one.settings.update(freshness_s=float(value)),
    r"(\d+) offers at a time were allowed": lambda one, value: one.settings.update(offer_limit=int(value)),
    r"technicians might be asked again before (\S+)": lambda one, value: one.ask_again(value),
    r"the provider took on (\d+) a day": lambda one, value: setattr(one, "capacity", int(value)),
    r"the slot began at (\S+)": lambda one, value: setattr(one, "starts_at", datetime.fromisoformat(value)),
}


def read(day: Day, letter: str, conditions: str) -> Changed:
    changed = Changed(day, letter, {})
    for condition in conditions.split(" and "):
        found = [(apply, match) for words, apply in CONDITIONS.items() if (match := re.fullmatch(words, condition))]
        ((apply, match),) = found
        assert not (apply is CONDITIONS[r"the slot began at (\S+)"] and changed.starts_at), "two starts"
        apply(changed, match[1])
    return changed


class _UndoneError(Exception):
    """Ends a transaction that must leave nothing behind."""


@contextmanager
def trial(day: Day) -> Iterator[Tx]:
    """A transaction that is rolled back."""
    with suppress(_UndoneError), day.database.transaction(day.org_id) as tx:
        yield tx
        raise _UndoneError


def look(day: Day, job: str, changed: Changed, *, needs_duty: bool) -> list[Candidate]:
    """Who can go, in order, after the store, the provider and the slot were changed."""
    with trial(day) as tx:
        settings = StoreSettings(**(day.settings | changed.settings))
        set_store_settings(tx, day.boss, day.store_id, settings=settings)
        if changed.capacity is not None:
            update_provider(tx, day.boss, day.providers["Fixers"], changes={"capacity": changed.capacity})
        order = get_work_order(tx, EVERYTHING, day.jobs[job])
        if changed.starts_at is not None:
            order = moved(order, changed.starts_at, at=tx.now())
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        asked = question_for_order(order, rules, at=tx.now(), needs_duty=needs_duty, limit=50)
        return list(rank(tx, asked, explain=False).candidates)
    raise AssertionError("not reached")


def moved(order: WorkOrder, starts_at: datetime, *, at: datetime) -> WorkOrder:
    start, end = order.slot_at(at)
    return replace(order, slot_start=starts_at, slot_end=starts_at + (end - start), slot_is_fixed=True)


# Worlds by chance ----------------------------------------------------------------------------------------------------


def new_world(world: Day, chance: random.Random) -> None:
    """A store with up to nine technicians, some at the same distance, with something against most of them."""
    world.set(
        radius_m=float(chance.choice((800, 2_000, 5_000, 50_000))),
        freshness_s=float(chance.choice((60, 300, 900))),
        offer_limit=chance.choice((1, 1, 2)),
        travel_buffer_minutes=float(chance.choice((0, 0, 20))),
        reoffer_after_minutes=30.0,
        soon_minutes=float(chance.choice((0, 120))),
        lead_acceptance=chance.random() < 0.7,
    )
    spots = [shifted(ORIGIN, east_m=chance.uniform(0, 7_000), south_m=chance.uniform(0, 3_000)) for _ in range(6)]
    world.provider("Fixers", groups=["all"], capacity=chance.choice((None, 1, 1)))
    world.places |= {letter: chance.choice(spots) for letter in "ABCDEFGHI"}
    world.places |= dict.fromkeys("JKLM", ORIGIN)
    for letter in "ABCDEFGHI"[: chance.randint(5, 9)]:
        world.technician(letter, **state_by_chance(chance))
    for job in "KLM"[: chance.randint(0, 3)]:
        world.lead(job, slot=chance.choice(("19:00-20:00", "20:30-21:00", "14:00-15:00")), group="all")


def state_by_chance(chance: random.Random) -> dict[str, Any]:
    state: dict[str, Any] = {"group": "all", "last_ping": f"{chance.choice((0, 0, 30, 200, 500, 800))} s ago"}
    state["provider"] = "Fixers" if chance.random() < 0.25 else None
    state["home"] = chance.random() < 0.6
    against = chance.choice(("", "", "booked", "booked", "time_off", "hours", "off", "off and booked", "both"))
    if against in {"booked", "both", "off and booked"}:
        state["booked"] = chance.choice(("12:00-14:00", "12:30-13:30", "17:30-18:30", "13:00-18:30"))
    if against in {"time_off", "both"}:
        state["time_off"] = chance.choice(("12:00-16:00", "17:00-19:00", "12:00-23:00"))
    if against == "hours":
        state["hours"] = {"wed": [["09:00", "19:00"]], "thu": [["09:00", "12:00"]]}
    state["on_duty"] = not against.startswith("off")
    return state


def ask_for_work(world: Day, chance: random.Random) -> None:
    """The job J, with or without a slot; sometimes after one technician had refused for a while."""
    world.later("1 s")
    slot = chance.choice((None, "12:30-13:30", "13:00-14:00", "18:00-19:00", "18:00-19:00"))
    world.lead("J", slot=slot, **chance.choice(({}, {"group": "all"})))
    order = world.outcome("J").order
    if order.offer is not None and chance.random() < 0.4:
        holder = world.letter(order.offer.technician_id)
        world.later("30 s")
        world.reject(holder, world.offer("J"), RejectReason.BUSY)


@dataclass(frozen=True)
class Told:
    """One sentence, and what was false about it."""

    sentence: str
    fault: str | None


def judge(world: Day, job: str) -> Iterator[Told]:
    """Every sentence of the job's last receipt, as written and as if it named no technician, tried out."""
    with world.database.transaction(world.org_id) as tx:
        order = get_work_order(tx, EVERYTHING, world.jobs[job])
        if order.decision_id is None:
            return
        decision = get_decision(tx, EVERYTHING, order.decision_id)
        told = {
            (letter, explain(tx, EVERYTHING, one, person).sentence)
            for letter, person in world.people.items()
            for one in (decision, forgotten(decision))
            if str(person) != str(decision.chosen_technician_id)
        }
    for letter, sentence in sorted(told):
        promised = PROMISE.search(sentence)
        if promised is not None:
            yield Told(sentence, fault_of(world, job, letter, promised, needs_duty=decision.query["needs_duty"]))


def fault_of(world: Day, job: str, letter: str, promised: re.Match[str], *, needs_duty: bool) -> str | None:
    changed = read(world, letter, promised["conditions"])
    if changed.starts_at is not None and changed.starts_at < world.clock.now():
        return "a start in the past"
    # As automation asks, and as a dispatcher looks.
    for duty in {needs_duty, False}:
        ids = [one.technician_id for one in look(world, job, changed, needs_duty=duty)]
        if world.people[letter] not in ids:
            return f"could not go: {[world.letter(one) for one in ids]}"
        found = 1 + ids.index(world.people[letter])
        if promised["rank"] and found != int(promised["rank"]):
            return f"number {found}: {[world.letter(one) for one in ids]}"
    return None


@pytest.mark.timeout(3_600)
def test_what_the_sentences_promise_comes_true(world: World) -> None:
    clock = RecordedClock(NOON)
    database = world.database(clock=clock)
    told: list[tuple[int, Told]] = []
    for seed in range(WORLDS):
        clock.set(NOON)
        one = Day(database, clock, UUID(int=(seed + 1) << 96)).open()
        chance = random.Random(seed)
        new_world(one, chance)
        ask_for_work(one, chance)
        told += [(seed, found) for found in judge(one, "J")]
    database.close()
    false = [(seed, one.sentence, one.fault) for seed, one in told if one.fault is not None]
    numbered = sum(" Number " in one.sentence for _, one in told)
    print(f"{len(told)} sentences in {WORLDS} worlds, {numbered} with a number, {len(false)} false")
    assert not false, "\n".join(map(str, false))
    assert numbered >= SENTENCES


# One by one ----------------------------------------------------------------------------------------------------------


def sentence(day: Day, job: str, letter: str) -> str:
    return why(day, receipt(day, job), letter).sentence


def test_the_number_counts_all_whom_the_same_value_lets_in(day: Day) -> None:
    day.set(radius_m=1_500)
    day.map("J A B C D", step_m=1_000)
    for letter in "ABCD":
        day.technician(letter)
    day.lead("J")
    told = [re.findall(r"Number (\d) if the radius were at least \d+ m", sentence(day, "J", one)) for one in "BCD"]
    assert told == [["2"], ["3"], ["4"]]


def test_the_number_counts_candidates_that_the_receipt_does_not_name(day: Day, admin: Connection) -> None:
    day.set(radius_m=2_000)
    day.map("J A", step_m=4_000)
    near = draw_people([Ring("live", 12, 10, 1_000, free=True)], random.Random(1), skill_asked=True)
    hire(admin, day, near, group="crew")
    day.people |= {f"near {number}": person.id for number, person in enumerate(near)}
    day.technician("A")
    day.lead("J")
    assert len(receipt(day, "J").candidates) == 8
    assert " Number 13 if the radius were at least " in sentence(day, "J", "A")


def test_of_two_starts_the_one_is_named_at_which_it_comes_true(day: Day) -> None:
    """Free of work at 14:00, of time off at 15:00, and from then on busy again until 16:00."""
    day.map("J A", step_m=500)
    day.technician("A", booked="13:00-14:00", time_off="12:00-15:00")
    day.book("A", "15:30-16:00")
    day.later("1 min")
    day.lead("J", slot="13:00-14:00")
    told = sentence(day, "J", "A")
    assert told.endswith(" Number 1 if the slot began at 2026-05-20T16:00:00+00:00.")


def test_a_start_at_which_there_is_no_work_is_not_promised(day: Day) -> None:
    day.map("J A", step_m=500)
    day.technician("A", booked="13:00-14:00", hours={"wed": [["09:00", "14:30"]]})
    day.later("1 min")
    day.lead("J", slot="12:30-13:30")
    assert sentence(day, "J", "A") == "A could not go: has other work, or an open offer, at that time."


@pytest.mark.parametrize(
    ("now", "slot", "start"),
    [
        ("1 min", "19:00-20:00", "2026-05-20T12:01:00+00:00"),
        ("90 s", "19:00-20:00", "2026-05-20T12:02:00+00:00"),
        ("5 h", "19:00-20:00", "2026-05-20T17:00:00+00:00"),
        ("5 h 1 s", "19:00-20:00", "2026-05-21T08:00:00+00:00"),
    ],
)
def test_of_hours_that_have_begun_what_is_left_is_told(day: Day, now: str, slot: str, start: str) -> None:
    day.map("J A", step_m=500)
    day.technician("A", hours={"wed": [["08:00", "18:00"]], "thu": [["08:00", "12:00"]]})
    for part in re.findall(r"\d+ \w+", now):
        day.later(part)
    day.ping("A")
    day.lead("J", slot=slot)
    (reason,) = why(day, receipt(day, "J"), "A").reasons
    hours = reason["needed"]["hours"]
    assert isinstance(hours, Mapping)
    assert hours["start"] == start


def test_a_provider_that_has_more_than_it_takes_on_needs_as_much_and_one(day: Day) -> None:
    day.map("J A . B", step_m=500)
    day.provider("Fixers", groups=["all"])
    for letter in "AB":
        day.technician(letter, provider="Fixers", group="all", booked="17:00-18:00")
    day.book("A", "20:00-21:00")
    with day.database.transaction(day.org_id) as tx:
        update_provider(tx, day.boss, day.providers["Fixers"], changes={"capacity": 1})
    day.lead("J", slot="12:30-13:30")
    told = why(day, receipt(day, "J"), "A")
    assert [reason["needed"] for reason in told.reasons] == [{"capacity": 4}]
    assert told.sentence.endswith(" Could go if the provider took on 4 a day.")


def test_of_a_lost_track_no_number_is_told(day: Day, admin: Connection) -> None:
    day.set(radius_m=100)
    day.map("J A B", step_m=500)
    day.technician("A")
    day.technician("B", booked="12:00-14:00")
    day.lead("J", slot="12:30-13:30")
    admin.execute(text("DROP TABLE position_track_20260520"))
    assert " Could go if the radius were at least " in sentence(day, "J", "A")
    assert " if " not in sentence(day, "J", "B")
