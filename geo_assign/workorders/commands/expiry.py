"""Offers whose time to answer is over, many at once: locked with their orders, closed in one conditional statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import and_, select, update

from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.rows import AnySelect
from geo_assign.workorders.commands.offers import count_closed
from geo_assign.workorders.domain import HOLDING, BookingRole, OfferState, OpenOffer, WorkOrder
from geo_assign.workorders.queries import list_work_orders_by_id
from geo_assign.workorders.tables import bookings, offers, work_orders


@dataclass(frozen=True, slots=True)
class OverdueOffer:
    """A locked work order with the first of its offers whose time is over, and that offer's booking.

    `is_led_by_others`: the time of another who is to lead the work is held as well. `has_crew`: more technicians belong
    to it, so that what becomes of them is to be judged.
    """

    order: WorkOrder
    offer: OpenOffer
    booking_id: UUID
    is_led_by_others: bool
    has_crew: bool


def lock_overdue(tx: Tx, store_id: UUID, *, limit: int) -> tuple[list[OverdueOffer], bool]:
    """Lock up to `limit` orders of a store with an overdue offer, the longest overdue first; whether there are more.

    Orders that another transaction holds are passed over: it answers the offer, or the next look finds it again. The
    clock is to be read after this, and the offers are judged once more when they are closed.
    """
    ids = tx.conn.execute(_overdue(store_id, tx, limit)).scalars().all()
    # What the lock let through may have been answered before it was got: it is read again.
    orders = list_work_orders_by_id(tx, set(ids))
    now, held = tx.now(), _list_held(tx, orders)
    found = []
    for order in orders.values():
        overdue = min((one for one in order.offers if one.expires_at <= now), key=_by_deadline, default=None)
        if overdue is not None:
            found.append(_overdue_offer(order, overdue, held[order.id]))
    return found, len(ids) == limit


def close_overdue(tx: Tx, offer_ids: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Expire those of these offers that are open and overdue at `at`; returns which these were."""
    o = offers.c
    still = (o.org_id == tx.org_id, o.id.in_(offer_ids), o.state == OfferState.OFFERED, o.expires_at <= at)
    closed = update(offers).where(*still).values(state=OfferState.EXPIRED, responded_at=at).returning(o.id)
    ids = set(tx.conn.execute(closed).scalars())
    tx.committed.append(partial(count_closed, OfferState.EXPIRED, len(ids)))
    return ids


@dataclass(frozen=True, slots=True)
class _Held:
    booking_id: UUID
    offer_id: UUID | None
    role: BookingRole


def _overdue(store_id: UUID, tx: Tx, limit: int) -> AnySelect:
    o, w = offers.c, work_orders.c
    of_order = offers.join(work_orders, and_(w.org_id == tx.org_id, w.id == o.work_order_id))
    return (
        select(w.id)
        .select_from(of_order)
        .where(o.org_id == tx.org_id, o.state == word(OfferState.OFFERED), o.expires_at <= tx.now())
        .where(w.store_id == store_id)
        .order_by(o.expires_at, o.id)
        .limit(limit)
        .with_for_update(of=work_orders, skip_locked=True)
    )


def _list_held(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, list[_Held]]:
    """The bookings that hold time for each of these orders."""
    b, o = bookings.c, offers.c
    joined = bookings.outerjoin(
        offers,
        and_(
            o.org_id == tx.org_id,
            o.work_order_id == b.work_order_id,
            o.booking_id == b.id,
            o.state == OfferState.OFFERED,
        ),
    )
    rows = tx.conn.execute(
        select(b.work_order_id, b.id, b.role, o.id.label("offer_id"))
        .select_from(joined)
        .where(b.org_id == tx.org_id, b.work_order_id.in_(order_ids), b.state.in_(HOLDING))
    )
    held: dict[UUID, list[_Held]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        held[row.work_order_id].append(_Held(row.id, row.offer_id, BookingRole(row.role)))
    return held


def _overdue_offer(order: WorkOrder, offer: OpenOffer, held: Sequence[_Held]) -> OverdueOffer:
    booking = next(one for one in held if one.offer_id == offer.id)
    others = [one for one in held if one is not booking]
    is_crew = order.crew_size > 0 or any(one.role is BookingRole.COLLABORATOR for one in held)
    return OverdueOffer(
        order=order,
        offer=offer,
        booking_id=booking.booking_id,
        is_led_by_others=any(one.role is BookingRole.PRIMARY for one in others),
        has_crew=is_crew,
    )


def _by_deadline(offer: OpenOffer) -> tuple[datetime, UUID]:
    return offer.expires_at, offer.id
