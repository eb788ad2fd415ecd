"""Which group looked after a work order from when to when. The order's own clock goes on through all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.workforce.tables import service_groups
from geo_assign.workorders.tables import group_stays


@dataclass(frozen=True, slots=True)
class GroupStay:
    """One group's time with a work order; `left_at` None while it lasts. `sent_by` is who brought it there."""

    group_id: UUID
    group_name: str
    entered_at: datetime
    left_at: datetime | None
    sent_by: Mapping[str, Any]
    note: str | None


def enter_group(
    tx: Tx, work_order_id: UUID, group_id: UUID, *, at: datetime, sent_by: Mapping[str, Any], note: str | None = None
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


def list_group_stays(tx: Tx, work_order_id: UUID) -> list[GroupStay]:
    """All stays of a work order, the first in front."""
    s, g = group_stays.c, service_groups.c
    rows = tx.conn.execute(
        select(s.group_id, g.name, s.entered_at, s.left_at, s.sent_by, s.note)
        .join(service_groups, and_(g.org_id == s.org_id, g.id == s.group_id))
        .where(s.org_id == tx.org_id, s.work_order_id == work_order_id)
        .order_by(s.entered_at, s.left_at.asc().nulls_last(), s.id)
    )
    return [GroupStay(*row) for row in rows]


def find_sending_stay(stays: list[GroupStay]) -> GroupStay | None:
    """The stay from which the present one was reached; None when the order came from no group.

    Its own `sent_by` is older: who sent the order on is told by the present stay.
    """
    if len(stays) < 2 or stays[-1].left_at is not None:
        return None
    before, present = stays[-2:]
    return before if before.left_at is not None and before.left_at >= present.entered_at else None


def count_stays(tx: Tx, work_order_id: UUID, group_id: UUID) -> int:
    """How often a group had this work order already."""
    s = group_stays.c
    mine = (s.org_id == tx.org_id, s.work_order_id == work_order_id, s.group_id == group_id)
    return tx.conn.execute(select(func.count()).where(*mine)).scalar_one()
