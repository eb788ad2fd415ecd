"""Which group looked after a work order from when to when. The order's own clock goes on through all of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.workorders.domain import Actor
from geo_assign.workorders.tables import group_stays


def enter_group(
    tx: Tx, work_order_id: UUID, group_id: UUID, *, at: datetime, sent_by: Actor, note: str | None = None
) -> None:
    """Begin a stay; the one before has ended (`leave_group`)."""
    tx.conn.execute(
        insert(group_stays).values(
            org_id=tx.org_id,
            id=new_id(),
            work_order_id=work_order_id,
            group_id=group_id,
            entered_at=at,
            sent_by=dict(sent_by),
            note=note,
        )
    )


def leave_group(tx: Tx, work_order_id: UUID, *, at: datetime) -> None:
    """End the present stay, if there is one."""
    s = group_stays.c
    tx.conn.execute(
        update(group_stays)
        .where(s.org_id == tx.org_id, s.work_order_id == work_order_id, s.left_at.is_(None))
        .values(left_at=func.greatest(s.entered_at, at))
    )


def copy_stays(tx: Tx, from_id: UUID, to_id: UUID) -> None:
    """Give a work order the stays of another, so that its way through the groups goes on from there."""
    s = group_stays.c
    kept = (s.org_id, s.group_id, s.entered_at, s.left_at, s.sent_by, s.note)
    rows = tx.conn.execute(select(*kept).where(s.org_id == tx.org_id, s.work_order_id == from_id)).mappings().all()
    for row in rows:
        tx.conn.execute(insert(group_stays).values(id=new_id(), work_order_id=to_id, **row))
