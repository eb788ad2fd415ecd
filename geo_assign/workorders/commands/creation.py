"""New work orders, numbered by kind."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.rows import ResultRow
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workorders.commands.changes import record_event
from geo_assign.workorders.commands.group_stays import enter_group
from geo_assign.workorders.contacts import Contact
from geo_assign.workorders.domain import (
    CreatedEvent,
    DuplicateExternalIdError,
    Kind,
    NewOrder,
    State,
    actor_of,
)
from geo_assign.workorders.queries import number_text
from geo_assign.workorders.tables import work_order_counters, work_orders


def insert_work_order(
    tx: Tx,
    caller: Caller,
    new: NewOrder,
    order_id: UUID,
    *,
    contact: Contact,
    slot: tuple[datetime, datetime],
    due_at: datetime,
) -> None:
    """Write a new work order with its event; `contact` and `slot` are those of `new`, read and as instants.

    The worker takes it up at `due_at` if no one has gone on with it. Raises DuplicateExternalIdError.
    """
    now, who, point = tx.now(), actor_of(caller), new.location
    values = {
        "org_id": tx.org_id,
        "id": order_id,
        "kind": new.kind,
        "number": next_number(tx, new.kind),
        "store_id": new.store_id,
        "group_id": new.group_id,
        "state": State.NEW,
        "customer": contact.customer,
        "customer_phones": contact.phones,
        "address": new.address,
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
        "location_source": new.location_source if point else None,
        "slot_start": slot[0],
        "slot_end": slot[1],
        "slot_given": new.slot_start is not None,
        "skills": list(new.skills),
        "device": dict(new.device or {}),
        "referral_source": new.referral_source,
        "priority": new.priority,
        "notes": new.notes,
        "external_id": new.external_id,
        "metadata": dict(new.metadata or {}),
        "wanted_technician_id": new.assignee_id,
        "geocode_due_at": due_at if new.address and not point else None,
        "evaluate_due_at": due_at,
        "created_by": who,
        "changed_by": who,
        "created_at": now,
        "updated_at": now,
    }
    statement = (
        insert(work_orders)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=["org_id", "store_id", "external_id"], index_where=work_orders.c.external_id.is_not(None)
        )
    )
    if tx.conn.execute(statement.returning(work_orders.c.id)).first() is None:
        raise _duplicate(tx, new)
    if new.group_id is not None:
        enter_group(tx, order_id, new.group_id, at=now, sent_by=who)
    record_event(tx, caller, order_id, CreatedEvent(), state=State.NEW, at=now)


def require_free_external_id(tx: Tx, store_id: UUID, external_id: str | None, *, order_id: UUID) -> None:
    """Raises DuplicateExternalIdError, with the order that has it, unless that is `order_id`.

    Of two that choose the same at once the second meets the constraint, which names none.
    """
    found = None if external_id is None else _find_holder(tx, store_id, external_id)
    if found is not None and found.id != order_id:
        raise DuplicateExternalIdError.of(found.id, number_text(found.kind, found.number))


def _duplicate(tx: Tx, new: NewOrder) -> DuplicateExternalIdError:
    found = _find_holder(tx, new.store_id, new.external_id or "")
    if found is None:  # moved away between the two statements
        return DuplicateExternalIdError()
    return DuplicateExternalIdError.of(found.id, number_text(found.kind, found.number))


def _find_holder(tx: Tx, store_id: UUID, external_id: str) -> ResultRow | None:
    w = work_orders.c
    statement = select(w.id, w.kind, w.number)
    holds = (w.org_id == tx.org_id, w.store_id == store_id, w.external_id == external_id)
    return tx.conn.execute(statement.where(*holds)).first()


def next_number(tx: Tx, kind: Kind) -> int:
    """The next number of this kind; until the transaction ends no other transaction gets one."""
    return tx.fetch(_COUNT, {"org_id": tx.org_id, "kind": kind})[0].last_number


class _CountedRow(NamedTuple):
    last_number: int


def _count() -> ReturningInsert[tuple[int]]:
    c, asked = work_order_counters.c, Parameters(org_id=Uuid(), kind=Text())
    first = insert(work_order_counters).values(org_id=asked.org_id, kind=asked.kind, last_number=literal(1))
    counted = first.on_conflict_do_update(
        index_elements=["org_id", "kind"], set_={"last_number": c.last_number + literal(1)}
    )
    return counted.returning(c.last_number)


_COUNT = Statement.of(_CountedRow, _count())
