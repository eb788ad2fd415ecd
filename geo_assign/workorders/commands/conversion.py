"""From lead to ticket: the row, the time and the way through the groups that the ticket takes over."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import insert, select, update

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.workorders.commands.changes import record_event
from geo_assign.workorders.commands.group_stays import copy_stays
from geo_assign.workorders.domain import HOLDING, Columns, CreatedEvent, Kind, WorkOrder, actor_of
from geo_assign.workorders.tables import bookings, work_orders

_TAKEN_OVER = (
    "store_id",
    "group_id",
    "customer",
    "customer_phones",
    "address",
    "lat",
    "lon",
    "location_source",
    "location_confidence",
    "location_learned",
    "location_candidates",
    "slot_start",
    "slot_end",
    "slot_given",
    "skills",
    "device",
    "referral_source",
    "priority",
    "notes",
    "external_id",
    "metadata",
    "technician_id",
    "wanted_technician_id",
    "pinned",
    "decision_id",
    "geocode_due_at",
    "geocode_attempts",
    "returned_to",
)


def taken_over(tx: Tx, lead: WorkOrder) -> Columns:
    """The columns of a locked lead that its ticket begins with. Read them before the lead gives any of them up."""
    w = work_orders.c
    columns = [w[name] for name in _TAKEN_OVER]
    row = tx.conn.execute(select(*columns).where(w.org_id == tx.org_id, w.id == lead.id)).mappings().one()
    return cast(Columns, dict(row))


def insert_ticket(
    tx: Tx, caller: Caller, lead: WorkOrder, ticket_id: UUID, *, number: int, columns: Columns, at: datetime
) -> None:
    """Write the ticket that a lead becomes, with its event, and give it the lead's held time and groups."""
    who = actor_of(caller)
    written = {"id": ticket_id, "kind": Kind.TICKET, "number": number, "converted_from": lead.id}
    stamps = {"created_by": who, "changed_by": who, "created_at": at, "updated_at": at}
    tx.conn.execute(insert(work_orders).values(org_id=tx.org_id, **written, **stamps, **columns))
    b = bookings.c
    tx.conn.execute(
        update(bookings)
        .where(b.org_id == tx.org_id, b.work_order_id == lead.id, b.state.in_(HOLDING))
        .values(work_order_id=ticket_id, updated_at=at)
    )
    copy_stays(tx, lead.id, ticket_id)
    record_event(tx, caller, ticket_id, CreatedEvent(lead_id=lead.id), state=columns["state"], at=at)
