"""Reads of offers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import BookingRole, Offer, OfferNotFoundError, OfferState, WorkOrder
from geo_assign.workorders.queries.work_orders import get_work_order
from geo_assign.workorders.tables import offers


def get_offer(tx: Tx, offer_id: UUID) -> Offer:
    """Raises OfferNotFoundError."""
    row = tx.conn.execute(_select_offers(tx).where(offers.c.id == offer_id)).first()
    if row is None:
        raise OfferNotFoundError
    return _offer(row)


def list_open_offers(tx: Tx, *, technician_id: UUID | None = None, work_order_id: UUID | None = None) -> list[Offer]:
    """Open offers of a technician or of a work order, oldest first."""
    o = offers.c
    statement = _select_offers(tx).where(o.state == OfferState.OFFERED).order_by(o.offered_at, o.id)
    if technician_id is not None:
        statement = statement.where(o.technician_id == technician_id)
    if work_order_id is not None:
        statement = statement.where(o.work_order_id == work_order_id)
    return [_offer(row) for row in tx.conn.execute(statement)]


def list_lead_offers(tx: Tx, work_order_id: UUID, *, since: datetime | None) -> list[Offer]:
    """The offers to lead a work order that were made at `since` or later, whatever became of them, oldest first."""
    o = offers.c
    statement = _select_offers(tx).where(o.work_order_id == work_order_id, o.role == BookingRole.PRIMARY)
    if since is not None:
        statement = statement.where(o.offered_at >= since)
    return [_offer(row) for row in tx.conn.execute(statement.order_by(o.offered_at, o.id))]


def list_lead_offers_of(tx: Tx, work_order_ids: Collection[UUID]) -> dict[UUID, list[Offer]]:
    """All offers to lead each of these work orders, whatever became of them, oldest first."""
    o = offers.c
    statement = _select_offers(tx).where(o.work_order_id.in_(work_order_ids), o.role == BookingRole.PRIMARY)
    found: dict[UUID, list[Offer]] = {order_id: [] for order_id in work_order_ids}
    for row in tx.conn.execute(statement.order_by(o.offered_at, o.id)):
        found[row.work_order_id].append(_offer(row))
    return found


def list_offers_with_orders(tx: Tx, technician_id: UUID) -> Sequence[tuple[Offer, WorkOrder]]:
    """A technician's open offers, each with its work order."""
    scope = Scope(technician_id=technician_id)
    return [
        (offer, get_work_order(tx, scope, offer.work_order_id))
        for offer in list_open_offers(tx, technician_id=technician_id)
    ]


def _select_offers(tx: Tx) -> AnySelect:
    o, t = offers.c, technicians.c
    named = offers.join(technicians, and_(t.org_id == o.org_id, t.id == o.technician_id))
    shown = (t.name.label("technician_name"), tx.clock.reading().label("server_now"))
    return select(offers, *shown).select_from(named).where(o.org_id == tx.org_id)


def _offer(row: ResultRow) -> Offer:
    """An offer from a row of `_select_offers`."""
    return Offer(
        id=row.id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        technician_name=row.technician_name,
        booking_id=row.booking_id,
        state=OfferState(row.state),
        offered_at=row.offered_at,
        expires_at=row.expires_at,
        responded_at=row.responded_at,
        reason=row.reason,
        note=row.note,
        distance_m=row.distance_m,
        eta_s=row.eta_s,
        automatic=row.automatic,
        decision_id=row.decision_id,
        role=BookingRole(row.role),
        server_now=row.server_now,
    )


def get_acceptance_rates(tx: Tx, since: datetime, technician_ids: set[UUID]) -> dict[UUID, float]:
    """Each technician's accepted share, 0 to 1, of the offers since then that were not withdrawn."""
    o = offers.c
    answered = (OfferState.ACCEPTED, OfferState.REJECTED, OfferState.EXPIRED)
    share = func.count().filter(o.state == OfferState.ACCEPTED) * 1.0 / func.count()
    statement = select(o.technician_id, share.label("share")).where(
        o.org_id == tx.org_id, o.technician_id.in_(technician_ids), o.offered_at >= since, o.state.in_(answered)
    )
    return {row.technician_id: float(row.share) for row in tx.conn.execute(statement.group_by(o.technician_id))}
