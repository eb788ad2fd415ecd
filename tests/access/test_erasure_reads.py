"""Erasing one person reads what names that person, and not the history of an organization."""

import json
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Tx
from tests.day import Day

# How much there is beside what names the person.
OTHERS = 4_000
HISTORY = """
INSERT INTO work_orders (org_id, id, kind, number, store_id, state, customer, location_source, slot_start, slot_end,
    slot_given, created_by, changed_by, created_at, updated_at)
SELECT :org_id, md5('w' || n)::uuid, 'lead', 100000 + n, :store_id, 'completed', '{"name": "A customer"}', NULL,
       now() - interval '2 days', now() - interval '47 hours', true,
       '{"kind": "system", "id": null}', '{}', now(), now()
FROM generate_series(1, :others) n;
INSERT INTO work_order_events (org_id, id, work_order_id, at, kind, actor, state, detail)
SELECT :org_id, md5('e' || n)::uuid, md5('w' || n)::uuid, now(), 'assigned',
       '{"kind": "system", "id": null, "name": "automation"}', 'assigned',
       jsonb_build_object('technician_id', md5('t' || n % 97)::uuid, 'technician_name', 'T ' || n % 97)
FROM generate_series(1, :others) n;
INSERT INTO decisions (org_id, id, work_order_id, at, mode, outcome, actor, query, policy, candidates, excluded, counts)
SELECT :org_id, md5('d' || n)::uuid, md5('w' || n)::uuid, now(), 'automatic', 'offered',
       '{"kind": "system", "id": null, "name": "automation"}', '{}', '{}',
       jsonb_build_array(jsonb_build_object('technician_id', md5('t' || n % 97)::uuid, 'name', 'T ' || n % 97)),
       jsonb_build_array(jsonb_build_object('technician_id', md5('t' || n % 89)::uuid, 'name', 'T ' || n % 89)), '{}'
FROM generate_series(1, :others) n;
INSERT INTO outbox (org_id, id, event_type, subject_id, payload, created_at, available_at)
SELECT :org_id, md5('o' || n)::uuid, 'work_order.assigned', md5('w' || n)::uuid,
       jsonb_build_object('assignee', jsonb_build_object('id', md5('t' || n % 97)::uuid, 'name', 'T ' || n % 97)),
       now(), now()
FROM generate_series(1, :others) n;
ANALYZE work_orders, work_order_events, decisions, outbox
"""
READ = text(
    "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('work_orders', 'work_order_events', 'decisions', 'outbox', 'offers', 'bookings', 'group_stays', "
    "'webhook_deliveries')"
)
TRACES = text("SELECT erase_technician_traces(:id)")


@dataclass
class Ana:
    """A technician who has left, with the log-in that was hers."""

    day: Day
    admin: Connection
    id: UUID
    user_id: UUID

    def write(self, table: str, **values: Any) -> UUID:
        """A row of the organization with an id of its own."""
        row = {"org_id": self.day.org_id, "id": uuid4(), **values}
        given = {name: json.dumps(one) if isinstance(one, dict | list) else one for name, one in row.items()}
        columns = ", ".join(given)
        self.admin.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{n}' for n in given)})"), given)
        return UUID(str(row["id"]))

    def note(self, order_id: UUID, actor: dict[str, Any], detail: dict[str, Any]) -> UUID:
        """An entry of an order's history."""
        told = {"actor": actor, "detail": detail, "kind": "assigned", "state": "assigned", "at": "now"}
        return self.write("work_order_events", work_order_id=order_id, **told)

    def decide(self, order_id: UUID, **documents: Any) -> UUID:
        """A receipt."""
        nothing: dict[str, Any] = {"actor": AUTOMATION, "query": {}, "policy": {}, "counts": {}}
        told = nothing | {"candidates": [], "excluded": []} | documents
        return self.write("decisions", work_order_id=order_id, at="now", mode="automatic", outcome="suggested", **told)

    def erase(self) -> dict[str, int]:
        """The rows that were read of each table."""
        with self.day.database.transaction(self.day.org_id) as tx:
            before = rows_read(tx)
            tx.conn.execute(TRACES, {"id": self.id})
            return {table: rows - before.get(table, 0) for table, rows in rows_read(tx).items()}


AUTOMATION = {"kind": "system", "id": None, "name": "automation"}


def rows_read(tx: Tx) -> dict[str, int]:
    return {row.relname: row.rows for row in tx.conn.execute(READ)}


@pytest.fixture
def ana(day: Day, admin: Connection) -> Ana:
    found = Ana(day, admin, uuid4(), uuid4())
    times = {"created_at": "now", "updated_at": "now"}
    found.write("users", id=found.user_id, email="ana@left.example", name="Ana", role="technician", **times)
    technician = {"slug": "ana", "name": "Ana", "store_id": day.store_id, "base_lat": 41.15, "base_lon": -8.61}
    found.write("technicians", id=found.id, user_id=found.user_id, active=False, on_duty=False, **technician, **times)
    return found


def order_of(ana: Ana, number: int, **values: Any) -> UUID:
    given = {"created_by": AUTOMATION, "changed_by": AUTOMATION, "customer": {"name": "C"}, "kind": "lead"}
    slot = {"slot_start": "2026-05-21T10:00Z", "slot_end": "2026-05-21T11:00Z", "slot_given": True}
    told = given | {"state": "completed", "number": number, "store_id": ana.day.store_id} | slot | values
    return ana.write("work_orders", created_at="now", updated_at="now", **told)


def test_an_erasure_reads_what_names_the_person(ana: Ana) -> None:
    """Among thousands of each kind, whatever they are and however they name others."""
    values = {"org_id": ana.day.org_id, "store_id": ana.day.store_id, "others": OTHERS}
    for statement in HISTORY.split(";"):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        ana.admin.execute(text(statement.replace("::", "\\:\\:")), used)
    me = {"technician_id": str(ana.id), "technician_name": "Ana"}
    for n in range(5):
        order_id = order_of(ana, n + 1)
        ana.note(order_id, AUTOMATION, me)
        ana.decide(order_id, candidates=[{"technician_id": str(ana.id), "name": "Ana"}])
        told = {"subject_id": order_id, "payload": {"assignee": {"id": str(ana.id), "name": "Ana"}}}
        ana.write("outbox", event_type="work_order.assigned", created_at="now", available_at="now", **told)
    read = ana.erase()
    assert {table: rows for table, rows in read.items() if rows > 100} == {}
    for table, column in (("work_order_events", "detail"), ("decisions", "candidates"), ("outbox", "payload")):
        named = f"SELECT count(*) FROM {table} WHERE {column}\\:\\:text ~ 'Ana'"
        assert ana.admin.execute(text(named)).scalar_one() == 0


@pytest.mark.parametrize("seed", range(4))
def test_what_names_the_person_anywhere_is_written_anew(ana: Ana, seed: int) -> None:
    """However deep, under whatever key; what names others alone stays as it was."""
    chance = random.Random(seed)
    people = [(str(ana.id), "Ana"), (str(ana.user_id), "Ana"), (str(uuid4()), "Bo"), (str(uuid4()), "Ana")]
    order_id = order_of(ana, 1)
    for _ in range(60):
        ana.note(order_id, actor_by_chance(chance, people), document_by_chance(chance, people, depth=3))
        ana.decide(
            order_id,
            actor=actor_by_chance(chance, people),
            candidates=[entry_by_chance(chance, people) for _ in range(chance.randint(0, 3))],
            excluded=[entry_by_chance(chance, people) for _ in range(chance.randint(0, 3))],
            batch=chance.choice([None, {"greedy": entry_by_chance(chance, people), "optimal_m": 1.5}]),
        )
    events = "SELECT id, actor, detail FROM work_order_events ORDER BY id"
    decisions = "SELECT id, actor, candidates, excluded, batch FROM decisions ORDER BY id"
    expected = [by_brute_force(ana, statement) for statement in (events, decisions)]
    ana.erase()
    assert [[tuple(row) for row in ana.admin.execute(text(one))] for one in (events, decisions)] == expected


def by_brute_force(ana: Ana, statement: str) -> list[tuple[Any, ...]]:
    """The rows of before, those that hold one of the ids anywhere without the name that belongs to it."""
    ids = [str(ana.id), str(ana.user_id)]
    found = []
    for row in ana.admin.execute(text(statement)):
        told = tuple(row)
        if any(one in json.dumps(told[1:]) for one in ids):
            documents = [without_names(one, ids) for one in told[1:]]
            if told[1]["id"] in ids and "detail" in row._asdict():
                documents[1].pop("note", None)
            told = (told[0], *documents)
        found.append(told)
    return found


def without_names(document: Any, ids: list[str]) -> Any:
    if isinstance(document, list):
        return [without_names(one, ids) for one in document]
    if isinstance(document, dict):
        is_person = document.get("id") in ids or document.get("technician_id") in ids
        return {
            key: "Erased person" if is_person and key in {"name", "technician_name"} else without_names(value, ids)
            for key, value in document.items()
        }
    return "Erased person" if document == "Ana" else document


def actor_by_chance(chance: random.Random, people: list[tuple[str, str]]) -> dict[str, Any]:
    if chance.random() < 0.6:
        return AUTOMATION
    person_id, name = chance.choice(people)
    return {"kind": "technician", "id": person_id, "name": name}


def entry_by_chance(chance: random.Random, people: list[tuple[str, str]]) -> dict[str, Any]:
    person_id, name = chance.choice(people)
    return {"technician_id": person_id, "name": name, "distance_m": chance.random(), "reasons": [{"code": "offline"}]}


def document_by_chance(chance: random.Random, people: list[tuple[str, str]], *, depth: int) -> dict[str, Any]:
    person_id, name = chance.choice(people)
    found: dict[str, Any] = {"note": "rang twice"}
    for key in chance.sample(["technician_id", "id", "replaced_by", "accepted", "reason", "count"], 2):
        found[key] = {"count": 3, "reason": chance.choice([name, "no answer"])}.get(key, person_id)
    if "technician_id" in found or "id" in found:
        found[chance.choice(["name", "technician_name"])] = name
    if depth:
        inner = [document_by_chance(chance, people, depth=depth - 1) for _ in range(chance.randint(0, 2))]
        found[chance.choice(["suggested", "technicians", "members"])] = chance.choice([inner, {"of": inner}])
    return found
