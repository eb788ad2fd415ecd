"""Reads of offers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.core.clock import Clock
from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.rows import ResultRow
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import BookingRole, Offer, OfferNotFoundError, OfferState, WorkOrder
from geo_assign.workorders.queries.work_orders import get_work_order
from geo_assign.workorders.tables import offers


def get_offer(tx: Tx, offer_id: UUID) -> Offer:
    """Raises OfferNotFoundError."""
    found = _list(tx, _BY_ID, id=offer_id)
    if not found:
        raise OfferNotFoundError
    return found[0]


def list_open_offers(tx: Tx, *, technician_id: UUID | None = None, work_order_id: UUID | None = None) -> list[Offer]:
    """Open offers of a technician or else of a work order, oldest first."""
    return _list(tx, _OPEN_OF_ORDER, id=work_order_id) if technician_id is None else _list(tx, _OPEN, id=technician_id)


def list_lead_offers(tx: Tx, work_order_id: UUID, *, since: datetime | None) -> list[Offer]:
    """The offers to lead a work order that were made at `since` or later, whatever became of them, oldest first."""
    return [one for one in _list(tx, _TO_LEAD, ids=[work_order_id]) if since is None or one.offered_at >= since]


def list_lead_offers_of(tx: Tx, work_order_ids: Collection[UUID]) -> dict[UUID, list[Offer]]:
    """All offers to lead each of these work orders, whatever became of them, oldest first."""
    found: dict[UUID, list[Offer]] = {order_id: [] for order_id in work_order_ids}
    for offer in _list(tx, _TO_LEAD, ids=list(work_order_ids)):
        found[offer.work_order_id].append(offer)
    return found


def list_offers_with_orders(tx: Tx, technician_id: UUID) -> Sequence[tuple[Offer, WorkOrder]]:
    """A technician's open offers, each with its work order."""
    scope = Scope(technician_id=technician_id)
    return [
        (offer, get_work_order(tx, scope, offer.work_order_id))
        for offer in list_open_offers(tx, technician_id=technician_id)
    ]


# Part of every change, so they are rendered once.
_ASKED = Parameters(org_id=Uuid(), id=Uuid(), ids=ARRAY(Uuid()))


def _offers(*which: ColumnElement[bool]) -> Statement[Any]:
    o, t = offers.c, technicians.c
    named = offers.join(technicians, and_(t.org_id == o.org_id, t.id == o.technician_id))
    shown = (t.name.label("technician_name"), func.clock_timestamp().label("server_now"))
    wanted = select(offers, *shown).select_from(named).where(o.org_id == _ASKED.org_id, *which)
    return Statement.of_columns(wanted.order_by(o.offered_at, o.id))


_IS_OPEN = offers.c.state == word(OfferState.OFFERED)
_BY_ID = _offers(offers.c.id == _ASKED.id)
_OPEN = _offers(_IS_OPEN, offers.c.technician_id == _ASKED.id)
_OPEN_OF_ORDER = _offers(_IS_OPEN, offers.c.work_order_id == _ASKED.id)
_TO_LEAD = _offers(offers.c.work_order_id == any_(_ASKED.ids), offers.c.role == word(BookingRole.PRIMARY))


def _list(tx: Tx, statement: Statement[Any], **asked: object) -> list[Offer]:
    return [_offer(row, tx.clock) for row in tx.fetch(statement, {"org_id": tx.org_id, **asked})]


def _offer(row: ResultRow, clock: Clock) -> Offer:
    """An offer from a row of one of the statements above."""
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
        server_now=clock.given(row.server_now),
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
