"""What of a work order's history leaves the house, as outgoing events."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from geo_assign.core import outbox
from geo_assign.core.db import Tx
from geo_assign.workorders.domain import EventKind, Kind
from geo_assign.workorders.queries.work_orders import number_text
from geo_assign.workorders.tables import work_orders

# What people typed may name the customer, so it stays here; the service's own reasons are codes.
_TYPED = frozenset({"note", "notes", "address"})
_CODE = re.compile(r"[a-z_]{1,40}")


def publish(tx: Tx, work_order_id: UUID, kind: EventKind, detail: Mapping[str, Any], *, at: datetime) -> None:
    """Add the outgoing event of a change that was just written; the work order's row is locked."""
    w = work_orders.c
    row = tx.conn.execute(
        select(w.number, w.kind, w.state, w.store_id, w.technician_id, w.version).where(
            w.org_id == tx.org_id, w.id == work_order_id
        )
    ).one()
    payload = {
        "work_order_id": str(work_order_id),
        "number": number_text(Kind(row.kind), row.number),
        "kind": row.kind,
        "state": row.state,
        "store_id": str(row.store_id),
        "assignee_id": None if row.technician_id is None else str(row.technician_id),
        "version": row.version,
        "at": at.isoformat(),
        "detail": without_typed(detail),
    }
    outbox.emit(tx, f"work_order.{kind.value}", work_order_id, payload, at=at)


def without_typed(detail: Mapping[str, Any]) -> dict[str, Any]:
    """`detail` without texts that a person wrote."""
    return {name: value for name, value in detail.items() if name not in _TYPED and not _is_typed_reason(name, value)}


def _is_typed_reason(name: str, value: Any) -> bool:
    return name == "reason" and value is not None and not _CODE.fullmatch(str(value))
