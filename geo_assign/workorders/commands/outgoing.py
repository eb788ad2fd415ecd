"""Work order events on their way to other systems."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from geo_assign.core import outbox
from geo_assign.core.db import Tx
from geo_assign.core.wire import dump
from geo_assign.workorders.domain import Kind, MovedEvent, State, WorkOrderEvent, WorkOrderEventData
from geo_assign.workorders.queries.work_orders import number_text
from geo_assign.workorders.tables import work_orders


def publish(tx: Tx, order_id: UUID, event: WorkOrderEvent, *, at: datetime) -> None:
    """Add the outgoing event of a change that was just written; the work order's row is locked."""
    w = work_orders.c
    row = tx.conn.execute(
        select(w.number, w.kind, w.state, w.store_id, w.technician_id, w.version, w.metadata).where(
            w.org_id == tx.org_id, w.id == order_id
        )
    ).one()
    data = WorkOrderEventData(
        work_order_id=order_id,
        number=number_text(Kind(row.kind), row.number),
        kind=Kind(row.kind),
        state=State(row.state),
        store_id=row.store_id,
        assignee_id=row.technician_id,
        version=row.version,
        at=at,
        metadata=row.metadata,
        detail=event.detail(sent=True),
    )
    stores = {row.store_id, event.from_store_id} if isinstance(event, MovedEvent) else {row.store_id}
    outbox.emit(tx, event.type_name(), order_id, dump(data), at=at, store_ids=stores)
