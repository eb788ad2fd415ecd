"""Who can go for many orders at once: how it is planned, and that wide and narrow looks agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.statements import Statement
from geo_assign.matching import batches
from geo_assign.matching.batches import list_eligible
from geo_assign.matching.domain import Question
from geo_assign.matching.queries import rank
from geo_assign.matching.shapes import shape_of
from geo_assign.matching.statements.batch import candidates_for_each
from tests.matching.test_plans import asked, fleet, fleet_template, fleet_world
from tests.plans import explain, index_names, nodes, rows_read

__all__ = ["fleet", "fleet_template", "fleet_world"]


def towns(tx: Tx, number: int, **changes: Any) -> dict[int, Question]:
    """Questions from places all over the fleet's degree."""
    question = replace(asked(tx), **changes)
    return {n: replace(question, origin=Point(40.7 + n * 0.9 / number, -9.0 + n * 0.8 / number)) for n in range(number)}


def planned(tx: Tx, monkeypatch: pytest.MonkeyPatch, questions: dict[int, Question]) -> dict[str, Any]:
    """The plan of the statement that answers all questions in the first window."""
    plans: list[dict[str, Any]] = []

    def explained(_self: Tx, statement: Statement[Any], values: dict[str, Any]) -> list[Any]:
        plans.append(explain(tx, statement, values))
        return []

    shape = shape_of(questions[0])
    with monkeypatch.context() as patch:
        patch.setattr(Tx, "fetch", explained)
        group = batches._Alike(shape, None, questions)
        batches._rows(tx, candidates_for_each(shape, 256), group, list(questions), fetch=64)
    return plans[0]


def test_many_orders_are_answered_as_one_is(fleet: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    walk_the_index(fleet, monkeypatch)
    ask_in_few_statements(fleet, monkeypatch)
    find_a_rare_skill(fleet)
    look_at_a_small_store_member_by_member(fleet, monkeypatch)


def walk_the_index(fleet: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order reads a window of the index, and only the bookings of the technicians in it."""
    plan = planned(fleet, monkeypatch, towns(fleet, 50))
    assert "current_positions_geog_idx" in index_names(plan)
    assert rows_read(plan, "current_positions") <= 50 * 256
    scanned = {node.get("Relation Name") for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    assert "bookings" not in scanned


def ask_in_few_statements(fleet: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as sent:
        choice = list_eligible(fleet, towns(fleet, 100))
    assert all(len(people) == 64 for people in choice.eligible.values())
    assert choice.truncated == set(range(100))
    assert len(sent) <= 2


def find_a_rare_skill(fleet: Tx) -> None:
    questions = towns(fleet, 5, skills=("weld",))
    choice = list_eligible(fleet, questions, nearest=20)
    for n, question in questions.items():
        alone = rank(fleet, replace(question, limit=20), explain=False).candidates
        assert [one.technician_id for one in choice.eligible[n]] == [one.technician_id for one in alone]


def look_at_a_small_store_member_by_member(fleet: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty people among a hundred thousand: no window is opened that passes all the others."""
    branch = found_branch(fleet, people=30)
    questions = towns(fleet, 10, store_id=branch)
    questions = {n: replace(one, policy=replace(one.policy, radius_m=200_000.0)) for n, one in questions.items()}
    with counted(monkeypatch) as sent:
        choice = list_eligible(fleet, questions)
    assert len(sent) <= 5
    assert not [sql for sql in sent if b"LIMIT 8192" in sql]
    assert {len(people) for people in choice.eligible.values()} == {on_duty_of(fleet, branch)}
    assert choice.truncated == frozenset()


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The statements that are sent meanwhile."""
    sent: list[bytes] = []
    real = Tx.fetch

    def counting(self: Tx, statement: Statement[Any], values: dict[str, Any]) -> list[Any]:
        sent.append(statement.text)
        return real(self, statement, values)

    with monkeypatch.context() as patch:
        patch.setattr(Tx, "fetch", counting)
        yield sent


def found_branch(tx: Tx, *, people: int) -> UUID:
    """A second store, to which some of the people belong."""
    values = {"org_id": tx.org_id, "people": people}
    branch = tx.conn.execute(
        text(
            "INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, created_at, updated_at) VALUES "
            "(:org_id, gen_random_uuid(), 'branch', 'Branch', 'Europe/Lisbon', 41, -8, now(), now()) RETURNING id"
        ),
        values,
    ).scalar_one()
    tx.conn.execute(
        text(
            "UPDATE technicians SET store_id = :branch WHERE org_id = :org_id AND id IN "
            "(SELECT id FROM technicians WHERE org_id = :org_id ORDER BY id LIMIT :people)"
        ),
        values | {"branch": branch},
    )
    assert isinstance(branch, UUID)
    return branch


def on_duty_of(tx: Tx, store_id: UUID) -> int:
    statement = text("SELECT count(*) FROM technicians WHERE org_id = :org_id AND store_id = :store_id AND on_duty")
    return int(tx.conn.execute(statement, {"org_id": tx.org_id, "store_id": store_id}).scalar_one())
