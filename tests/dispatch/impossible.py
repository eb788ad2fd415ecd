"""Changes that make the work of a technician impossible, and the scene on which they are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from geo_assign.core.db import Tx
from geo_assign.workforce import commands
from geo_assign.workforce.domain import CheckedKind, HoursException, TimeOff
from geo_assign.workforce.queries import list_time_off
from geo_assign.workorders.domain import WorkOrder
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


def crew(day: Day, **settings: object) -> None:
    scene(day, CASES["deactivated"], **settings)
    day.technician("C", skills=["glass"], group="phones", home=True)
