"""Versions of what a technician's phone reads: short texts that change with it, cheaper than the thing itself."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn
from geo_assign.workorders.domain import HOLDING, OfferState
from geo_assign.workorders.queries.bookings import to_be_answered
from geo_assign.workorders.tables import bookings, offers, work_orders

NOTHING = "0"
"""The version of an empty list."""


@dataclass(frozen=True, slots=True)
class OwnVersions:
    """The versions of a technician's open offers and of the schedule."""

    offers: str = NOTHING
    schedule: str = NOTHING


def get_own_versions(tx: Tx, technician_id: UUID) -> OwnVersions:
    """What the technician's phone reads at this moment."""
    return list_own_versions(tx, [technician_id]).get(technician_id, OwnVersions())


def list_own_versions(tx: Tx, technician_ids: Collection[UUID]) -> dict[UUID, OwnVersions]:
    """The versions by technician, in two statements; who has neither offers nor work is absent."""
    o, b = offers.c, bookings.c
    of_offers = _versions(
        o.technician_id,
        [o.id, o.expires_at, o.distance_m, o.eta_s],
        and_(o.org_id == tx.org_id, o.technician_id.in_(technician_ids), o.state == OfferState.OFFERED),
        of_order=and_(work_orders.c.org_id == tx.org_id, work_orders.c.id == o.work_order_id),
    )
    of_schedule = _versions(
        b.technician_id,
        [b.id, b.role, b.state, b.starts_at],
        and_(
            b.org_id == tx.org_id,
            b.technician_id.in_(technician_ids),
            b.state.in_(HOLDING),
            ~to_be_answered(tx),
        ),
        of_order=and_(work_orders.c.org_id == tx.org_id, work_orders.c.id == b.work_order_id),
    )
    found_offers = dict(tx.conn.execute(of_offers).all())
    found_schedule = dict(tx.conn.execute(of_schedule).all())
    return {
        who: OwnVersions(found_offers.get(who, NOTHING), found_schedule.get(who, NOTHING))
        for who in found_offers.keys() | found_schedule.keys()
    }


def _versions(
    whose: AnyColumn, shown: list[AnyColumn], which: ColumnElement[bool], *, of_order: ColumnElement[bool]
) -> Select[UUID, str]:
    """A hash for each technician over what is shown, and over how far each of the work orders has come."""
    w = work_orders.c
    first, *_ = shown
    parts = func.concat_ws("/", *(cast(column, Text) for column in (*shown, w.version, w.updated_at, w.slot_start)))
    version = func.md5(func.string_agg(parts, aggregate_order_by(cast(",", Text), first)))
    return select(whose, version).join(work_orders, of_order).where(which).group_by(whose)
