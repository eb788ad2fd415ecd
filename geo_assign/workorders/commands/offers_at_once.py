"""A technician's time held and offered in one statement, where several are asked in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Double, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.ids import new_id
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.workorders.commands.bookings import lock_name
from geo_assign.workorders.domain import BookingRole, BookingState, OfferState, WorkOrder
from geo_assign.workorders.tables import bookings, offers


@dataclass(frozen=True, slots=True)
class NewOffer:
    """An offer to lead a work order. Distance in metres and seconds on the road where they are known."""

    id: UUID
    order_id: UUID
    technician_id: UUID
    at: datetime
    expires_at: datetime
    automatic: bool
    decision_id: UUID | None
    distance_m: float | None
    eta_s: float | None


def claim_and_ask(tx: Tx, order: WorkOrder, offer: NewOffer, *, travel_buffer: timedelta) -> bool:
    """Hold a locked order's slot for a technician and write the offer over it; False when something else holds that.

    So it is, too, while another transaction frees or claims several technicians' time and this one's is among it: it is
    not waited for, so a transaction may ask several, one after the other, and be part of no deadlock. The slot of the
    order is left as it is.
    """
    start, end = order.slot_at(offer.at)
    values = {
        "org_id": tx.org_id,
        "booking_id": new_id(),
        "lock_name": lock_name(tx, offer.technician_id),
        "work_order_id": order.id,
        "technician_id": offer.technician_id,
        "starts_at": start,
        "ends_at": end,
        "occupied_from": start - travel_buffer,
        "offer_id": offer.id,
        "decision_id": offer.decision_id,
        "automatic": offer.automatic,
        "at": offer.at,
        "expires_at": offer.expires_at,
        "distance_m": offer.distance_m,
        "eta_s": offer.eta_s,
    }
    return bool(tx.fetch(_CLAIM_AND_ASK, values))


class _AskedRow(NamedTuple):
    id: UUID


_GIVEN = Parameters(
    org_id=Uuid(),
    booking_id=Uuid(),
    lock_name=Text(),
    work_order_id=Uuid(),
    technician_id=Uuid(),
    starts_at=INSTANT,
    ends_at=INSTANT,
    occupied_from=INSTANT,
    offer_id=Uuid(),
    decision_id=Uuid(),
    automatic=Boolean(),
    at=INSTANT,
    expires_at=INSTANT,
    distance_m=Double(),
    eta_s=Double(),
)


def _claim_and_ask() -> AnySelect:
    g = _GIVEN
    of_both = {
        "org_id": g.org_id,
        "work_order_id": g.work_order_id,
        "technician_id": g.technician_id,
        "role": word(BookingRole.PRIMARY),
    }
    booking = of_both | {
        "id": g.booking_id,
        "state": word(BookingState.OFFERED),
        "starts_at": g.starts_at,
        "ends_at": g.ends_at,
        "occupied_from": g.occupied_from,
        "occupied_until": g.ends_at,
        "created_at": g.at,
        "updated_at": g.at,
    }
    is_ours = func.pg_try_advisory_xact_lock(func.hashtextextended(g.lock_name, 0))
    claimed = insert(bookings).from_select([*booking], select(*booking.values()).where(is_ours))
    held = claimed.on_conflict_do_nothing().returning(bookings.c.id).cte("held")
    offer = of_both | {
        "id": g.offer_id,
        "booking_id": held.c.id,
        "decision_id": g.decision_id,
        "automatic": g.automatic,
        "state": word(OfferState.OFFERED),
        "offered_at": g.at,
        "expires_at": g.expires_at,
        "distance_m": g.distance_m,
        "eta_s": g.eta_s,
    }
    made = insert(offers).from_select([*offer], select(*offer.values()).select_from(held)).returning(offers.c.id)
    asked = made.cte("asked")
    return select(asked.c.id)


_CLAIM_AND_ASK = Statement.of(_AskedRow, _claim_and_ask())
