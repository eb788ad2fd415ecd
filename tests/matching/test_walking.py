"""The walk outwards equals brute force, with more technicians near than a window holds, however places are known."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import Scope
from geo_assign.core.statements import Statement
from geo_assign.matching import queries
from geo_assign.matching.batches import list_eligible
from geo_assign.matching.domain import Question, Slot
from geo_assign.matching.places import Phones
from geo_assign.matching.queries import find_nearest_then, rank
from geo_assign.matching.shapes import Shape, shape_of
from geo_assign.matching.statements.explaining import without_position
from geo_assign.matching.statements.ranking import candidates
from tests.day import NOON, ORIGIN, Day
from tests.matching.asking import asked
from tests.matching.crowd import EVENING, LATER, SOON, Person, Ring, draw_people, hire
from tests.thoroughness import combined, times

RADIUS_M = 50_000
GROUP = "crew"


@pytest.fixture
def town(day: Day) -> Day:
    day.places["J"] = ORIGIN
    day.set(radius_m=RADIUS_M)
    return day


def question(day: Day, *, soon: bool, skill_asked: bool, limit: int) -> Question:
    starts_at = NOON + (timedelta(0) if soon else EVENING)
    found = replace(
        asked(day, "J"), slot=Slot(starts_at, starts_at + timedelta(hours=1)), group_id=day.group(GROUP), limit=limit
    )
    return replace(found, skills=("tv",)) if skill_asked else found


def by_brute_force(admin: Connection, people: Sequence[Person]) -> list[UUID]:
    """Everyone who is free and within the radius, by the geodesic from the place that is known."""
    free = [one for one in people if one.blocked is None]
    rows = text(
        "SELECT id FROM (SELECT id, ST_Distance(ST_MakePoint(lon, lat)::geography, ST_MakePoint(:lon, :lat)::geography)"
        " AS metres FROM unnest(CAST(:ids AS uuid[]), CAST(:lats AS float8[]), CAST(:lons AS float8[]))"
        " AS p (id, lat, lon)) AS measured WHERE metres <= :radius_m ORDER BY metres, id"
    )
    given = {
        "ids": [one.id for one in free],
        "lats": [one.place.lat for one in free],
        "lons": [one.place.lon for one in free],
        "lat": ORIGIN.lat,
        "lon": ORIGIN.lon,
        "radius_m": RADIUS_M,
    }
    return list(admin.execute(rows, given).scalars())


def check(day: Day, admin: Connection, people: Sequence[Person], one: Question) -> None:
    """The ranking, from the members or by the walk alone, and the batch find the same technicians in the same order."""
    expected = by_brute_force(admin, people)
    with day.database.transaction(day.org_id) as tx:
        ranking = rank(tx, one, explain=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "HANDFUL", 0)
            patch.setattr(queries, "FEW", 0)
            walked = rank(tx, one, explain=False)
            patch.setattr(queries, "_FAR_OUT", 1_024)
            past_the_busy = rank(tx, one, explain=False)
            # Automation's way, from the few nearest where those suffice; not where a group is asked for.
            patch.setattr(queries, "_EXAMINED_IN_PASSING", (5, 60))
            of_store = replace(one, group_id=None)
            in_passing, in_full = rank(tx, of_store, in_passing=True), rank(tx, of_store, explain=False)
        batch = list_eligible(tx, {0: one}, nearest=len(expected) + 1).eligible[0]
    assert [found.technician_id for found in ranking.candidates] == expected[: one.limit]
    assert walked.candidates == ranking.candidates
    assert past_the_busy.candidates == ranking.candidates
    assert in_passing.candidates == in_full.candidates
    assert [found.technician_id for found in batch] == expected


@pytest.mark.parametrize(
    ("source", "skill_asked", "soon"),
    [
        *((*one, True) for one in combined(SOON, [True, False])),
        *((*one, False) for one in combined(LATER, [False, True])),
    ],
)
def test_those_who_can_go_are_found_behind_more_than_a_window_of_others(
    town: Day, admin: Connection, soon: bool, source: str, skill_asked: bool
) -> None:
    """Each source crowds the origin once, while all the others have technicians who can go farther away."""
    sources = SOON if soon else LATER
    rings = [Ring(source, 300, 10, 5_000), Ring(source, 6, 5_100, 12_000, free=True)]
    rings += [Ring(other, 6, 5_050, 60_000, free=True) for other in sources]
    people = draw_people(rings, random.Random(source), skill_asked=skill_asked)
    hire(admin, town, people, group=GROUP)
    for limit in (1, 5, 20):
        check(town, admin, people, question(town, soon=soon, skill_asked=skill_asked, limit=limit))


@pytest.mark.parametrize("why", ["stale", "off_duty", "booked", "mock"])
def test_those_who_can_go_are_found_where_all_others_near_have_one_thing_in_common(
    town: Day, admin: Connection, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Phones that are not heard are not walked past: the outer windows begin behind them."""
    rings = [Ring("live", 320, 10, 5_000, by=why), Ring("live", 12, 4_900, 20_000, free=True)]
    rings += [Ring("live", 40, 5_000, 30_000), Ring("base", 3, 100, 60_000, free=True)]
    people = draw_people(rings, random.Random(why), skill_asked=False)
    hire(admin, town, people, group=GROUP)
    for limit in (1, 5, 30):
        check(town, admin, people, question(town, soon=True, skill_asked=False, limit=limit))
    asked_for: list[tuple[int, Phones]] = []

    def noted(shape: Shape, window: int, *, phones: Phones) -> Statement[Any]:
        asked_for.append((window, phones))
        return candidates(shape, window, phones=phones)

    monkeypatch.setattr(queries, "candidates", noted)
    monkeypatch.setattr(queries, "HANDFUL", 0)
    monkeypatch.setattr(queries, "FEW", 0)
    monkeypatch.setattr(queries, "_FAR_OUT", 1_024)
    with town.database.transaction(town.org_id) as tx:
        rank(tx, question(town, soon=True, skill_asked=False, limit=5), explain=False)
    near, far = [(256, Phones.ALL), (256, Phones.FRESH)], [] if why == "stale" else [(1_024, Phones.FREE)]
    assert asked_for == near + far


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (255, [(256, Phones.ALL), (256, Phones.FRESH), (1_024, Phones.FRESH)]),
        (256, [(1_024, Phones.FRESH)]),
        (1_024, [(8_192, Phones.FREE)]),
    ],
)
def test_windows_that_hold_no_more_than_are_wanted_are_left_out(
    town: Day, admin: Connection, monkeypatch: pytest.MonkeyPatch, limit: int, expected: list[tuple[int, Phones]]
) -> None:
    rings = [
        Ring("live", 300, 10, 5_000, by="mock"),
        Ring("live", 20, 10, 20_000, free=True),
        Ring("live", 40, 0, 9_000),
    ]
    people = draw_people(rings, random.Random(limit), skill_asked=False)
    hire(admin, town, people, group=GROUP)
    asked_for: list[tuple[int, Phones]] = []

    def noted(shape: Shape, window: int, *, phones: Phones) -> Statement[Any]:
        asked_for.append((window, phones))
        return candidates(shape, window, phones=phones)

    monkeypatch.setattr(queries, "candidates", noted)
    monkeypatch.setattr(queries, "HANDFUL", 0)
    monkeypatch.setattr(queries, "FEW", 0)
    with town.database.transaction(town.org_id) as tx:
        found = rank(tx, question(town, soon=True, skill_asked=False, limit=limit), explain=False).candidates
    assert [one.technician_id for one in found] == by_brute_force(admin, people)
    assert asked_for == expected


def test_who_is_busy_with_the_very_work_order_is_found_among_the_busy(
    town: Day, admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings = [Ring("live", 320, 10, 5_000, by="booked"), Ring("live", 8, 5_100, 20_000, free=True)]
    people = draw_people(rings, random.Random(11), skill_asked=False)
    hire(admin, town, people, group=GROUP)
    own = max(people[:320], key=lambda person: person.id)
    order_id = admin.execute(
        text("SELECT work_order_id FROM bookings WHERE technician_id = :id"), {"id": own.id}
    ).scalar_one()
    monkeypatch.setattr(queries, "HANDFUL", 0)
    monkeypatch.setattr(queries, "FEW", 0)
    monkeypatch.setattr(queries, "_FAR_OUT", 1_024)
    one = replace(question(town, soon=True, skill_asked=False, limit=5), work_order_id=order_id)
    with town.database.transaction(town.org_id) as tx:
        found = [found.technician_id for found in rank(tx, one, explain=False).candidates]
    assert found == [own.id, *by_brute_force(admin, people)][:5]


@pytest.mark.parametrize(("members", "soon"), combined([1, 40, 99, 100, 150], [True, False]))
def test_a_small_group_is_looked_at_by_itself(
    town: Day, admin: Connection, monkeypatch: pytest.MonkeyPatch, soon: bool, members: int
) -> None:
    """However many others are nearer. A handful is not walked to at all, some more after the first window."""
    sources = SOON if soon else LATER
    rings = [Ring(source, 300, 10, 5_000, by="stranger") for source in sources]
    rings += [Ring(sources[n % len(sources)], 1, 100, 60_000, free=n % 3 > 0, by="booked") for n in range(members)]
    people = draw_people(rings, random.Random(members), skill_asked=False)
    hire(admin, town, people, group=GROUP)
    windows: list[int] = []
    candidates = queries.candidates
    monkeypatch.setattr(
        queries, "candidates", lambda shape, window, **more: windows.append(window) or candidates(shape, window, **more)
    )
    expected, one = by_brute_force(admin, people), question(town, soon=soon, skill_asked=False, limit=5)
    with town.database.transaction(town.org_id) as tx:
        found = [found.technician_id for found in rank(tx, one, explain=False).candidates]
    assert found == expected[:5]
    assert windows == ([] if members < 100 else [256])


@pytest.mark.parametrize("seed", range(times(3, 60)))
def test_crowds_by_chance_are_ranked_as_brute_force_ranks_them(town: Day, admin: Connection, seed: int) -> None:
    chance = random.Random(seed)
    soon, skill_asked = chance.random() < 0.5, chance.random() < 0.3
    rings = []
    for source in SOON if soon else LATER:
        nearer, farther = sorted(chance.uniform(0, 60_000) for _ in range(2))
        alike = chance.choice((None, None, "booked", "stale" if source == "live" else "hours"))
        rings.append(Ring(source, chance.choice((0, 40, 150, 320)), 0, nearer, by=alike))
        rings.append(Ring(source, chance.randint(1, 15), chance.choice((0.0, nearer)), farther, free=True))
    people = draw_people(rings, chance, skill_asked=skill_asked)
    hire(admin, town, people, group=GROUP)
    check(town, admin, people, question(town, soon=soon, skill_asked=skill_asked, limit=chance.choice((1, 5, 30))))


def test_of_the_past_the_nearest_is_found_behind_a_crowd(town: Day, admin: Connection) -> None:
    rings = [Ring("visit", 300, 10, 5_000), Ring("home", 20, 5_100, 40_000, free=True)]
    people = draw_people(rings, random.Random(4), skill_asked=True)
    hire(admin, town, people, group=GROUP)
    with town.database.transaction(town.org_id) as tx:
        found = find_nearest_then(tx, question(town, soon=False, skill_asked=True, limit=1))
    assert found is not None
    assert found.technician_id == by_brute_force(admin, people)[0]


@pytest.mark.parametrize(("judged_first", "seed"), combined([1, 3, 40], range(3)))
def test_of_the_past_the_nearest_is_found_however_few_are_judged_at_once(
    town: Day, admin: Connection, monkeypatch: pytest.MonkeyPatch, seed: int, judged_first: int
) -> None:
    monkeypatch.setattr(queries, "_JUDGED_FIRST", judged_first)
    chance = random.Random(seed)
    rings = [Ring(source, chance.randint(0, 40), 10, 9_000) for source in LATER]
    rings += [Ring(source, chance.randint(0, 3), 10, 60_000, free=True) for source in LATER]
    people = draw_people(rings, chance, skill_asked=True)
    hire(admin, town, people, group=GROUP)
    with town.database.transaction(town.org_id) as tx:
        found = find_nearest_then(tx, question(town, soon=False, skill_asked=True, limit=1))
    assert ([] if found is None else [found.technician_id]) == by_brute_force(admin, people)[:1]


@pytest.mark.parametrize("seed", range(3))
def test_who_was_never_heard_from_is_among_the_first_technicians(town: Day, admin: Connection, seed: int) -> None:
    """By id, for callers who see everything and for others, wherever the window ends among those with a position."""
    chance = random.Random(seed)
    rings = [Ring(source, chance.randint(5, 25), 10, 5_000, free=True) for source in ("live", "home")]
    people = draw_people(rings, chance, skill_asked=False)
    hire(admin, town, people, group=GROUP)
    in_order = sorted(people, key=lambda person: person.id)
    everything = question(town, soon=True, skill_asked=False, limit=5)
    of_store = replace(everything, scope=Scope(store_ids=frozenset({town.store_id})))
    for window in (1, 2, 7, 20, len(people), 100):
        expected = {person.id for person in in_order[:window] if person.source == "home"}
        for one in (everything, of_store):
            with town.database.transaction(town.org_id) as tx:
                rows = queries.fetch(tx, without_position(shape_of(one), window), one, fetch=100)
            assert {row.technician_id for row in rows} == expected
