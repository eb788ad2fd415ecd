"""Why no technician can go: the members of the store or group first, and strangers always as such."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from geo_assign.access.domain import EVERYTHING
from geo_assign.matching import queries
from geo_assign.matching.domain import EXCLUDED_LIMIT, CountsOf, Explanation, Question
from geo_assign.matching.queries import explain_exclusions, rank
from geo_assign.receipts.queries import get_decision
from geo_assign.workforce.commands.stores import NewStore, create_store
from tests.day import ORIGIN, Day
from tests.matching.asking import asked
from tests.matching.crowd import Ring, draw_people, hire
from tests.thoroughness import times

# What stands against a technician, and the codes that say so.
OWN: Sequence[tuple[dict[str, Any], set[str]]] = [
    ({"last_ping": None}, {"no_position"}),
    ({"last_ping": None, "on_duty": False}, {"off_duty", "no_position"}),
    ({"on_duty": False}, {"off_duty"}),
    ({"last_ping": "20 min ago"}, {"offline", "stale_position"}),
    ({"last_ping": "10 min ago"}, {"stale_position"}),
    ({"time_off": "11:00-16:00"}, {"time_off"}),
    ({"hours": {"sat": [["09:00", "17:00"]]}}, {"outside_hours"}),
    ({"last_ping": None, "skills": []}, {"no_position", "missing_skill"}),
    ({"last_ping": None, "on_duty": False, "time_off": "11:00-16:00"}, {"off_duty", "no_position", "time_off"}),
]


@contextmanager
def other_store(day: Day) -> Iterator[None]:
    """Those who are hired meanwhile belong to another store, in the same town."""
    own, day.store_id = day.store_id, uuid4()
    with day.database.transaction(day.org_id) as tx:
        new = NewStore(name="Other", slug=f"other-{day.store_id.hex[:6]}", timezone="UTC", location=ORIGIN)
        create_store(tx, day.boss, new, store_id=day.store_id)
    yield
    day.store_id = own


def hire_around(day: Day, own: Mapping[str, Any], *, group: str | None) -> None:
    """One technician of the store or group, A, far away; four strangers nearer."""
    day.map("J B . C . D . E . . . A", step_m=500)
    day.technician("A", **{"skills": ["tv"], "group": group, **own})
    strangers: Sequence[tuple[str, dict[str, Any]]] = [
        ("B", {}),
        ("C", {"last_ping": None}),
        ("D", {"on_duty": False}),
        ("E", {"last_ping": None, "on_duty": False}),
    ]
    if group is not None:
        for letter, state in strangers:
            day.technician(letter, skills=["tv"], group="elsewhere", **state)
        return
    with other_store(day):
        for letter, state in strangers:
            day.technician(letter, skills=["tv"], **state)


def explained(day: Day, question: Question) -> Explanation:
    with day.database.transaction(day.org_id) as tx:
        return explain_exclusions(tx, question)


def codes(found: Explanation) -> dict[UUID, set[str]]:
    return {one.technician_id: {reason.code.value for reason in one.reasons} for one in found.excluded}


@pytest.mark.parametrize("group", [None, "north"], ids=["store", "group"])
@pytest.mark.parametrize(("own", "told"), OWN)
def test_the_stores_own_technician_comes_first_and_is_counted_alone(
    day: Day, own: Mapping[str, Any], told: set[str], group: str | None
) -> None:
    hire_around(day, own, group=group)
    more = {} if group is None else {"group": group}
    order = day.lead("J", slot="12:30-13:30", skills=("tv",), **more).order
    detail = order.pending_detail
    assert detail is not None
    assert detail["nearest"][0]["name"] == "A"
    assert set(detail["nearest"][0]["reasons"]) == told
    assert detail["counts"] == dict.fromkeys(told, 1)
    assert (detail["counts_of"], detail["members"]) == ("store" if group is None else "group", 1)
    question = asked(day, "J")
    found = explained(day, question)
    assert found.excluded[0].name == "A"
    assert (found.members, found.others, found.examined, found.truncated) == (1, 4, 5, False)
    for technician_id, reasons in codes(found).items():
        assert ("wrong_group" in reasons) == (day.letter(technician_id) != "A")


def test_without_store_and_group_all_of_the_scope_are_counted(day: Day) -> None:
    hire_around(day, {"last_ping": None}, group=None)
    found = explained(day, asked(day, "J", store_id=None))
    assert found.counts_of is CountsOf.SCOPE
    assert (found.counts, found.members, found.others) == ({"no_position": 3, "off_duty": 2}, 5, 0)
    assert found.could_go == 1


@pytest.mark.parametrize("strangers", ["", "FG"])
@pytest.mark.parametrize(("free", "examined"), [("AE", 3), ("CE", 4), ("E", 4), ("", None)])
def test_in_passing_as_many_are_explained_as_tell_why(
    day: Day, monkeypatch: pytest.MonkeyPatch, free: str, examined: int | None, strangers: str
) -> None:
    """The nearest, where one can go before all others and all of those belong there; else as many as ever."""
    monkeypatch.setattr(queries, "_EXAMINED_IN_PASSING", (3, 4))
    day.map("J F G A B C D E", step_m=200)
    for letter in "ABCDE":
        day.technician(letter, on_duty=letter in free)
    if strangers:
        with other_store(day):
            for letter in strangers:
                day.technician(letter)
    question = replace(asked(day, "J"), limit=1)
    with day.database.transaction(day.org_id) as tx:
        shortly, ever = (rank(tx, question, in_passing=in_passing) for in_passing in (True, False))
    assert shortly.candidates == ever.candidates
    assert shortly.explanation is not None
    assert ever.explanation is not None
    assert ever.explanation.examined == 5 + len(strangers)
    if examined is not None and not strangers:
        assert (shortly.explanation.examined, shortly.explanation.truncated) == (examined, True)
        assert (
            list(shortly.explanation.excluded) == list(ever.explanation.excluded)[: len(shortly.explanation.excluded)]
        )
    else:
        assert shortly.explanation.excluded[:5] == ever.explanation.excluded[:5]
        assert shortly.explanation.counts == ever.explanation.counts


def test_a_receipt_counts_everyone_once_also_those_who_could_go_and_are_not_named(day: Day) -> None:
    """Nine members could go, of whom the receipt names eight; K and L could not, M and N belong to another store."""
    day.map("J . A B C D E F G H I K L M N", step_m=200)
    for letter in "ABCDEFGHI":
        day.technician(letter)
    day.technician("K", on_duty=False)
    day.technician("L", on_duty=False, time_off="11:00-16:00")
    with other_store(day):
        for letter in "MN":
            day.technician(letter)
    lead = day.auto_assign("J", slot="12:30-13:30")
    assert lead.technician == "A"
    assert lead.order.decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        decision = get_decision(tx, EVERYTHING, lead.order.decision_id)
    counts = decision.counts
    assert len(decision.candidates) == 8
    assert (counts["examined"], counts["members"], counts["could_go"], counts["others"]) == (13, 11, 9, 2)
    assert counts["excluded"] == {"off_duty": 2, "time_off": 1}


@pytest.mark.parametrize("seed", range(times(2, 40)))
def test_members_behind_hundreds_of_strangers_are_all_counted(day: Day, admin: Connection, seed: int) -> None:
    chance = random.Random(seed)
    day.places["J"] = ORIGIN
    near, far = chance.sample(("live", "base"), 2)
    rings = [
        Ring(near, 230, 0, 2_000, by="stranger"),
        Ring(far, chance.randint(1, 40), 3_000, 90_000, by="time_off"),
        Ring(near, chance.randint(0, 40), 3_000, 90_000, by="skill"),
    ]
    people = draw_people(rings, chance, skill_asked=True)
    hire(admin, day, people, group="crew")
    members = {one.id for one in people if one.blocked != "stranger"}
    found = explained(day, asked(day, "J", group_id=day.group("crew"), skills=("tv",)))
    assert (found.counts_of, found.members, found.truncated) == (CountsOf.GROUP, len(members), True)
    assert found.counts["time_off"] == rings[1].number
    assert found.counts.get("missing_skill", 0) == rings[2].number
    are_members = [one.technician_id in members for one in found.excluded]
    assert sum(are_members) == min(len(members), EXCLUDED_LIMIT)
    assert are_members == sorted(are_members, reverse=True), "strangers come after all members"
