"""Reads of customer links, and of what one shows."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, select

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.secrets import SecretBox
from geo_assign.following.domain import (
    STAGES,
    Before,
    CustomerLink,
    CustomerLinkNotFoundError,
    CustomerLinkOverError,
    Followed,
    SeenPosition,
    Stage,
    VisitOfDay,
    look_before,
)
from geo_assign.following.tables import customer_links
from geo_assign.positions.queries import find_current_position
from geo_assign.workforce.local_time import get_zone, local_day
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import BookingState, State, WorkOrder
from geo_assign.workorders.queries import find_ticket_id, get_work_order, list_booked_times


def get_customer_link(tx: Tx, scope: Scope, work_order_id: UUID, box: SecretBox) -> CustomerLink:
    """The link of a work order that is not revoked. Raises WorkOrderNotFoundError, CustomerLinkNotFoundError."""
    get_work_order(tx, scope, work_order_id)
    found = find_customer_link(tx, work_order_id, box)
    if found is None:
        raise CustomerLinkNotFoundError("This work order has no link.")
    return found


def has_customer_link(tx: Tx, work_order_id: UUID) -> bool:
    """Whether a work order has a link that is not revoked. Needs no secret, as it reads none."""
    c = customer_links.c
    valid = select(c.id).where(c.org_id == tx.org_id, c.work_order_id == work_order_id, c.revoked_at.is_(None))
    return tx.conn.execute(valid).first() is not None


def find_customer_link(tx: Tx, work_order_id: UUID, box: SecretBox) -> CustomerLink | None:
    """The link of a work order that is not revoked. Raises SecretUnreadableError."""
    c = customer_links.c
    statement = select(customer_links).where(
        c.org_id == tx.org_id, c.work_order_id == work_order_id, c.revoked_at.is_(None)
    )
    row = tx.conn.execute(statement).mappings().one_or_none()
    return None if row is None else _link(row, box)


def follow(tx: Tx, token_hash: bytes) -> Followed:
    """What the customer with this link sees now. A lead that became a ticket is followed as the ticket.

    Raises CustomerLinkNotFoundError, also where the store has links switched off; CustomerLinkOverError.
    """
    c = customer_links.c
    statement = select(c.id, c.work_order_id).where(
        c.org_id == tx.org_id, c.token_hash == token_hash, c.revoked_at.is_(None)
    )
    link = tx.conn.execute(statement).one_or_none()
    if link is None:
        raise CustomerLinkNotFoundError
    order = _present(tx, link.work_order_id)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    if not rules.settings.customer_links:
        raise CustomerLinkNotFoundError
    if order.state not in STAGES:
        raise CustomerLinkOverError(state=order.state.value)
    return _seen(tx, link.id, order, rules, at=tx.now())


def _present(tx: Tx, work_order_id: UUID) -> WorkOrder:
    order = get_work_order(tx, EVERYTHING, work_order_id)
    ticket_id = find_ticket_id(tx, order.id) if order.state is State.CONVERTED else None
    return order if ticket_id is None else get_work_order(tx, EVERYTHING, ticket_id)


def _seen(tx: Tx, link_id: UUID, order: WorkOrder, rules: StoreRules, *, at: datetime) -> Followed:
    stage = STAGES[order.state]
    is_known = stage is not Stage.WAITING
    destination = None if order.location is None else order.location.point
    position = _position(tx, order, rules, at=at) if stage is Stage.ON_THE_WAY else None
    distance_m = None if position is None or destination is None else haversine_m(position.point, destination)
    return Followed(
        link_id=link_id,
        number=order.number,
        stage=stage,
        store_name=rules.store.name,
        timezone=rules.store.timezone,
        slot_start=order.slot_start,
        slot_end=order.slot_end,
        technician_name=order.technician_name if is_known else None,
        collaborators=tuple(one.name for one in order.collaborators if one.state is BookingState.ASSIGNED),
        before=_before(tx, order, rules, at=at) if stage is Stage.PLANNED else None,
        destination=destination,
        position=position,
        distance_m=distance_m,
        eta_s=None if distance_m is None else rules.estimate_drive_s(distance_m, at),
        technician_id=None if position is None else order.technician_id,
        seen_at=at,
    )


def _before(tx: Tx, order: WorkOrder, rules: StoreRules, *, at: datetime) -> Before | None:
    """What the technician does before this visit; None on another day."""
    assert order.technician_id is not None
    today = local_day(at, get_zone(rules.store.timezone))
    if not today[0] <= order.slot_start < today[1]:
        return None
    booked = list_booked_times(tx, [order.technician_id], *today)
    day = [VisitOfDay(one.start, one.end, State(one.state)) for one in booked]
    return look_before(day, order.slot_start, way=rules.settings.travel_buffer, now=at)


def _position(tx: Tx, order: WorkOrder, rules: StoreRules, *, at: datetime) -> SeenPosition | None:
    """Where the technician is, if that is fresh, plausible and on duty."""
    assert order.technician_id is not None
    technician = get_technician(tx, EVERYTHING, order.technician_id)
    known = find_current_position(tx, technician.id)
    if known is None or not technician.on_duty or known.implausible:
        return None
    age = at - known.used_at
    if age > timedelta(seconds=rules.settings.freshness_s):
        return None
    place = Point(lat=known.lat, lon=known.lon)
    return SeenPosition(place, known.used_at, max(0.0, age.total_seconds()), known.accuracy_m)


def _link(row: RowMapping, box: SecretBox) -> CustomerLink:
    return CustomerLink(
        id=row["id"],
        work_order_id=row["work_order_id"],
        token=box.decrypt(row["token_encrypted"]).get_secret_value(),
        created_at=row["created_at"],
        created_by=row["created_by"],
        opened_at=row["opened_at"],
    )
