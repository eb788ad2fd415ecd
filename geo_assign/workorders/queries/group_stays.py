"""Which group looked after a work order from when to when."""

from uuid import UUID

from sqlalchemy import and_, func, select

from geo_assign.core.db import Tx
from geo_assign.workforce.tables import service_groups
from geo_assign.workorders.domain import GroupStay
from geo_assign.workorders.tables import group_stays


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


def count_stays(tx: Tx, work_order_id: UUID, group_id: UUID) -> int:
    """How often a group had this work order already."""
    s = group_stays.c
    mine = (s.org_id == tx.org_id, s.work_order_id == work_order_id, s.group_id == group_id)
    return tx.conn.execute(select(func.count()).where(*mine)).scalar_one()
