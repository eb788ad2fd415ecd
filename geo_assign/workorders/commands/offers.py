"""Offers as rows: written over a booking that is held for them, and closed exactly once."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.geo import road_s
from geo_assign.core.ids import new_id
from geo_assign.core.telemetry import counter
from geo_assign.push.commands import tell_devices
from geo_assign.push.domain import PushKind
from geo_assign.push.queries import list_technicians_with_devices
from geo_assign.workorders.commands.locks import lock
from geo_assign.workorders.commands.offers_at_once import NewOffer
from geo_assign.workorders.domain import BookingRole, Offer, OfferState, RejectReason, WithdrawnBecause, WorkOrder
from geo_assign.workorders.queries.offers import get_offer
from geo_assign.workorders.tables import offers

_MADE = counter("offers_made", "Offers made, by automation or a dispatcher.", ("by",))
_CLOSED = counter("offers_closed", "Offers that came to an end, by outcome.", ("outcome",))
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _by in ("automation", "dispatcher"):
    _MADE.labels(_by)
for _outcome in OfferState:
    if _outcome is not OfferState.OFFERED:
        _CLOSED.labels(_outcome.value)


def insert_offer(
    tx: Tx,
    order: WorkOrder,
    technician_id: UUID,
    booking_id: UUID,
    *,
    at: datetime,
    expires_at: datetime,
    automatic: bool,
    decision_id: UUID | None,
    distance_m: float | None = None,
    eta_s: float | None = None,
    role: BookingRole = BookingRole.PRIMARY,
    offer_id: UUID | None = None,
) -> UUID:
    """Write an open offer over a booking that is held for it, under a fresh id unless one is given."""
    offer_id = offer_id or new_id()
    tx.conn.execute(
        insert(offers).values(
            org_id=tx.org_id,
            id=offer_id,
            work_order_id=order.id,
            technician_id=technician_id,
            booking_id=booking_id,
            decision_id=decision_id,
            automatic=automatic,
            state=OfferState.OFFERED,
            offered_at=at,
            expires_at=expires_at,
            distance_m=distance_m,
            eta_s=eta_s,
            role=role,
        )
    )
    tell_devices(tx, [technician_id], PushKind.OFFER, order.id, at=at, offer_id=offer_id, expires_at=expires_at)
    tx.committed.append(partial(_count_made, automatic=automatic))
    return offer_id


def tell_of_offers(tx: Tx, made: Sequence[NewOffer]) -> None:
    """Tell the devices of those who were asked, where they have any, and the metrics."""
    with_devices = list_technicians_with_devices(tx, {one.technician_id for one in made})
    for one in made:
        if one.technician_id in with_devices:
            whose, until = [one.technician_id], one.expires_at
            tell_devices(tx, whose, PushKind.OFFER, one.order_id, at=one.at, offer_id=one.id, expires_at=until)
        tx.committed.append(partial(_count_made, automatic=one.automatic))


def close_offer(
    tx: Tx,
    offer: Offer,
    after: OfferState,
    *,
    at: datetime,
    reason: RejectReason | WithdrawnBecause | None = None,
    note: str | None = None,
    final: bool = False,
) -> bool:
    """Answer an open offer, exactly once: False when it was closed before. Its booking is left to the caller."""
    o = offers.c
    closed = tx.conn.execute(
        update(offers)
        .where(o.org_id == tx.org_id, o.id == offer.id, o.state == OfferState.OFFERED)
        .values(state=after, responded_at=at, reason=reason, note=note, final=final)
        .returning(o.id)
    )
    if closed.first() is None:
        return False
    if after is OfferState.WITHDRAWN and at < offer.expires_at:
        whose, kind = [offer.technician_id], PushKind.OFFER_WITHDRAWN
        tell_devices(tx, whose, kind, offer.work_order_id, at=at, offer_id=offer.id, expires_at=offer.expires_at)
    tx.committed.append(partial(count_closed, after, 1))
    return True


def set_offer_distance(tx: Tx, offer_id: UUID, distance_m: float | None) -> None:
    """The place of the work moved under an open offer."""
    o = offers.c
    values = {"distance_m": distance_m, "eta_s": None if distance_m is None else road_s(distance_m)}
    tx.conn.execute(update(offers).where(o.org_id == tx.org_id, o.id == offer_id).values(values))


def lock_with_offer(tx: Tx, offer_id: UUID) -> tuple[WorkOrder, Offer]:
    """Lock the offer's work order, then read both. Work orders are always locked before what hangs on them."""
    order = lock(tx, get_offer(tx, offer_id).work_order_id)
    return order, get_offer(tx, offer_id)


def _count_made(*, automatic: bool) -> None:
    _MADE.labels("automation" if automatic else "dispatcher").inc()


def count_closed(outcome: OfferState, number: int) -> None:
    """Tell the metrics that so many offers have come to this end."""
    _CLOSED.labels(outcome.value).inc(number)
