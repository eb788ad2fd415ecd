"""Work order events on their way to other systems."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core import outbox
from geo_assign.core.db import Tx
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.wire import dump
from geo_assign.workorders.domain import Kind, MovedEvent, State, WorkOrderEvent, WorkOrderEventData
from geo_assign.workorders.queries.work_orders import number_text
from geo_assign.workorders.tables import work_orders


def publish(tx: Tx, order_id: UUID, event: WorkOrderEvent, *, at: datetime) -> None:
    """Add the outgoing event of a change that was just written; the work order's row is locked."""
    publish_all(tx, [(order_id, event, at)])


def publish_all(tx: Tx, told: Sequence[tuple[UUID, WorkOrderEvent, datetime]]) -> None:
    """Add the outgoing events of changes that were just written, each with its order and time; the rows are locked."""
    if not told:
        return
    ids = list({order_id for order_id, _, _ in told})
    rows = {row.id: row for row in tx.fetch(_TOLD, {"org_id": tx.org_id, "ids": ids})}
    outbox.emit_all(tx, [_outgoing(rows[order_id], event, at=at) for order_id, event, at in told])


class _ToldRow(NamedTuple):
    id: UUID
    number: int
    kind: str
    state: str
    store_id: UUID
    technician_id: UUID | None
    version: int
    metadata: Mapping[str, str]


# Part of every change, so it is rendered once.
_ASKED = Parameters(org_id=Uuid(), ids=ARRAY(Uuid()))
_TOLD = Statement.of(
    _ToldRow,
    select(*(work_orders.c[name] for name in _ToldRow._fields)).where(
        work_orders.c.org_id == _ASKED.org_id, work_orders.c.id == any_(_ASKED.ids)
    ),
)


def _outgoing(row: _ToldRow, event: WorkOrderEvent, *, at: datetime) -> outbox.Outgoing:
    kind = Kind(row.kind)
    data = WorkOrderEventData(
        work_order_id=row.id,
        number=number_text(kind, row.number),
        kind=kind,
        state=State(row.state),
        store_id=row.store_id,
        assignee_id=row.technician_id,
        version=row.version,
        at=at,
        metadata=row.metadata,
        detail=event.detail(sent=True),
    )
    stores = {row.store_id, event.from_store_id} if isinstance(event, MovedEvent) else {row.store_id}
    return outbox.Outgoing(event.type_name(), row.id, dump(data), at, stores)
