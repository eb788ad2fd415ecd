"""People are found by a part of their name, whatever accents and case they are written with."""

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.matching.roster import RosterQuestion, list_roster
from geo_assign.workforce.commands.technicians import NewTechnician, create_technician
from tests.day import Day
from tests.snapshots import begun_once

NAMES = ["Tomás Reis", "Zoë Müller", "Jørgen O'Brien", "Ana Sá", "100% Bo", "Ana_Luz"]


@pytest.fixture
@begun_once
def named(day: Day) -> Day:
    with day.database.transaction(day.org_id) as tx:
        for number, name in enumerate(NAMES):
            new = NewTechnician(name=name, store_id=day.store_id, slug=f"t{number}")
            day.people[name] = create_technician(tx, day.boss, new).id
    return day


def found(day: Day, words: str | None, scope: Scope = EVERYTHING) -> list[str]:
    with day.database.transaction(day.org_id) as tx:
        return [line.name for line in list_roster(tx, scope, RosterQuestion(at=tx.now(), words=words)).items]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("tomas", ["Tomás Reis"]),
        ("TOMÁS", ["Tomás Reis"]),
        ("reis", ["Tomás Reis"]),
        ("muller", ["Zoë Müller"]),
        ("zoe", ["Zoë Müller"]),
        ("ana", ["Ana Sá", "Ana_Luz"]),
        ("ana sa", ["Ana Sá"]),
        ("o'brien", ["Jørgen O'Brien"]),
        # What means something to LIKE is a sign like any other.
        ("%", ["100% Bo"]),
        ("_", ["Ana_Luz"]),
        ("xyz", []),
    ],
)
def test_a_part_of_the_name_finds_it(named: Day, words: str, names: list[str]) -> None:
    assert sorted(found(named, words)) == sorted(names)


def test_without_words_everyone_is_there_and_scope_holds_all_the_same(named: Day) -> None:
    assert sorted(found(named, None)) == sorted(NAMES)
    assert found(named, "ana", Scope(group_ids=frozenset({named.group("elsewhere")}))) == []
