"""Reads of work orders, offers and their history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.paging import Page, decode, page
from geo_assign.workforce.tables import service_groups, technicians
from geo_assign.workorders.domain import (
    HOLDING,
    BookingRole,
    BookingState,
    Collaborator,
    Kind,
    Location,
    LocationSource,
    Offer,
    OfferNotFoundError,
    OfferState,
    OpenOffer,
    PendingReason,
    State,
    WorkOrder,
    WorkOrderNotFoundError,
)
from geo_assign.workorders.tables import bookings, offers, work_order_events, work_orders

PREFIXES = {Kind.LEAD: "L", Kind.TICKET: "T"}

_assignee = technicians.alias("assignee")
_asked = technicians.alias("asked")


def _open_offers() -> ColumnElement[Any]:
    """The open offers of a work order as a JSON list, the one that ends first in front."""
    o, w = offers.c, work_orders.c
    shown = (o.id, o.technician_id, o.role, o.offered_at, o.expires_at, o.distance_m, o.eta_s)
    members = [member for column in shown for member in (str(column.name), column)]
    one = func.jsonb_build_object(*members, "technician_name", _asked.c.name)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, o.expires_at, o.id)))
        .select_from(offers.join(_asked, and_(_asked.c.org_id == o.org_id, _asked.c.id == o.technician_id)))
        .where(o.org_id == w.org_id, o.work_order_id == w.id, o.state == OfferState.OFFERED)
        .correlate(work_orders)
        .scalar_subquery()
        .label("open_offers")
    )


def _crew() -> ColumnElement[Any]:
    """Who comes along, as a JSON list by name."""
    b, w, t = bookings.c, work_orders.c, _asked.c
    one = func.jsonb_build_object("id", t.id, "name", t.name, "state", b.state)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, t.name, t.id)))
        .select_from(bookings.join(_asked, and_(t.org_id == b.org_id, t.id == b.technician_id)))
        .where(
            b.org_id == w.org_id,
            b.work_order_id == w.id,
            b.role == BookingRole.COLLABORATOR,
            b.state.in_([*HOLDING, BookingState.DONE]),
        )
        .correlate(work_orders)
        .scalar_subquery()
        .label("crew")
    )


_COLUMNS = (
    *(work_orders.c[column.name] for column in work_orders.c if column.name != "geog"),
    _assignee.c.name.label("technician_name"),
    _open_offers(),
    _crew(),
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event of a work order's history."""

    id: UUID
    at: datetime
    kind: str
    actor: dict[str, Any]
    state: str
    detail: dict[str, Any]


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """The work orders that exist for a caller.

    A dispatcher sees his groups' orders and, of his groups' stores, those that no group has yet; a technician what is
    assigned or offered to him.
    """
    if scope.everything:
        return true()
    w = work_orders.c
    ways: list[ColumnElement[bool]] = []
    if scope.store_ids:
        ways.append(w.store_id.in_(scope.store_ids))
    if scope.group_ids:
        g = service_groups.c
        of_his_stores = exists().where(
            g.org_id == w.org_id, g.store_id == w.store_id, g.id.in_(scope.group_ids), w.group_id.is_(None)
        )
        ways.append(or_(w.group_id.in_(scope.group_ids), of_his_stores))
    if scope.technician_id is not None:
        b = bookings.c
        booked = exists().where(
            b.org_id == w.org_id,
            b.work_order_id == w.id,
            b.technician_id == scope.technician_id,
            b.state.in_([*HOLDING, "done"]),
        )
        ways.append(booked)
    return or_(*ways) if ways else ~true()


def get_work_order(tx: Tx, scope: Scope, work_order_id: UUID) -> WorkOrder:
    """One work order of the scope. Raises WorkOrderNotFoundError."""
    found = find_work_order(tx, scope, work_order_id)
    if found is None:
        raise WorkOrderNotFoundError
    return found


def find_work_order(tx: Tx, scope: Scope, work_order_id: UUID) -> WorkOrder | None:
    row = tx.conn.execute(select_work_orders(tx, scope).where(work_orders.c.id == work_order_id)).first()
    return None if row is None else to_work_order(row)


def list_work_orders_by_id(tx: Tx, work_order_ids: Collection[UUID]) -> dict[UUID, WorkOrder]:
    """These work orders, whoever asks: the caller knows that they concern him."""
    statement = select_work_orders(tx, EVERYTHING).where(work_orders.c.id.in_(work_order_ids))
    return {row.id: to_work_order(row) for row in tx.conn.execute(statement)}


def list_changed_work_orders(tx: Tx, scope: Scope, since: datetime, *, limit: int) -> list[WorkOrder]:
    """Work orders that changed at or after `since`, in the order of their changes."""
    w = work_orders.c
    statement = select_work_orders(tx, scope).where(w.updated_at >= since).order_by(w.updated_at, w.id).limit(limit)
    return [to_work_order(row) for row in tx.conn.execute(statement)]


def find_ticket_id(tx: Tx, lead_id: UUID) -> UUID | None:
    """The ticket that a lead became."""
    w = work_orders.c
    statement = select(w.id).where(w.org_id == tx.org_id, w.converted_from == lead_id)
    return tx.conn.execute(statement).scalar_one_or_none()


def list_events(tx: Tx, work_order_id: UUID, *, limit: int, cursor: str | None = None) -> Page[HistoryEntry]:
    """The history of a work order, oldest first."""
    e = work_order_events.c
    statement = select(e.id, e.at, e.kind, e.actor, e.state, e.detail).where(
        e.org_id == tx.org_id, e.work_order_id == work_order_id
    )
    if cursor is not None:
        at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(e.at > at, and_(e.at == at, e.id > last_id)))
    rows = [HistoryEntry(*row) for row in tx.conn.execute(statement.order_by(e.at, e.id).limit(limit + 1))]
    return page(rows, limit, lambda entry: (entry.at.isoformat(), entry.id))


def get_offer(tx: Tx, offer_id: UUID) -> Offer:
    """Raises OfferNotFoundError."""
    row = tx.conn.execute(_offers(tx).where(offers.c.id == offer_id)).first()
    if row is None:
        raise OfferNotFoundError
    return _offer(row)


def list_open_offers(tx: Tx, *, technician_id: UUID | None = None, work_order_id: UUID | None = None) -> list[Offer]:
    """Open offers of a technician or of a work order, oldest first."""
    statement = _offers(tx).where(offers.c.state == OfferState.OFFERED).order_by(offers.c.offered_at, offers.c.id)
    if technician_id is not None:
        statement = statement.where(offers.c.technician_id == technician_id)
    if work_order_id is not None:
        statement = statement.where(offers.c.work_order_id == work_order_id)
    return [_offer(row) for row in tx.conn.execute(statement)]


def list_offers_with_orders(tx: Tx, technician_id: UUID) -> Sequence[tuple[Offer, WorkOrder]]:
    """A technician's open offers, each with its work order."""
    scope = Scope(technician_id=technician_id)
    return [
        (offer, get_work_order(tx, scope, offer.work_order_id))
        for offer in list_open_offers(tx, technician_id=technician_id)
    ]


@dataclass(frozen=True, slots=True)
class BookedTime:
    """A booking on somebody's day."""

    technician_id: UUID
    start: datetime
    end: datetime
    kind: Kind
    state: str


def list_booked_times(tx: Tx, technician_ids: Collection[UUID], start: datetime, end: datetime) -> list[BookedTime]:
    """What fills these technicians' time between two instants, in order of start."""
    b, w = bookings.c, work_orders.c
    statement = (
        select(b.technician_id, b.starts_at, b.ends_at, w.kind, w.state)
        .join(work_orders, and_(w.org_id == b.org_id, w.id == b.work_order_id))
        .where(
            b.org_id == tx.org_id,
            b.technician_id.in_(technician_ids),
            b.state.in_([*HOLDING, "done"]),
            b.occupied_until > start,
            b.starts_at < end,
        )
        .order_by(b.starts_at)
    )
    rows = tx.conn.execute(statement)
    return [BookedTime(row.technician_id, row.starts_at, row.ends_at, Kind(row.kind), row.state) for row in rows]


def find_booking_conflict(
    tx: Tx, technician_id: UUID, start: datetime, end: datetime, *, except_for: UUID
) -> Any | None:
    """The booking (work_order_id, starts_at, ends_at, state) that holds this time of a technician, if any."""
    b = bookings.c
    return tx.conn.execute(
        select(b.work_order_id, b.starts_at, b.ends_at, b.state)
        .where(
            b.org_id == tx.org_id,
            b.technician_id == technician_id,
            b.state.in_(HOLDING),
            b.occupied_until > start,
            b.occupied_from < end,
            b.work_order_id != except_for,
        )
        .order_by(b.starts_at)
        .limit(1)
    ).first()


def number_text(kind: Kind, number: int) -> str:
    """How people call a work order: L-2044."""
    return f"{PREFIXES[kind]}-{number:04d}"


def select_work_orders(tx: Tx, scope: Scope) -> Select[Any]:
    """All work orders of the scope, with what `to_work_order` reads."""
    w = work_orders.c
    joined = work_orders.outerjoin(_assignee, and_(_assignee.c.org_id == w.org_id, _assignee.c.id == w.technician_id))
    return select(*_COLUMNS).select_from(joined).where(w.org_id == tx.org_id, in_scope(scope))


def to_work_order(row: Any) -> WorkOrder:
    """A work order from a row of `select_work_orders`."""
    kind = Kind(row.kind)
    return WorkOrder(
        id=row.id,
        kind=kind,
        number=number_text(kind, row.number),
        store_id=row.store_id,
        group_id=row.group_id,
        state=State(row.state),
        pending_reason=PendingReason(row.pending_reason) if row.pending_reason else None,
        pending_detail=row.pending_detail,
        customer=row.customer,
        address=row.address,
        location=_location(row),
        location_candidates=row.location_candidates,
        slot_start=row.slot_start,
        slot_end=row.slot_end,
        slot_given=row.slot_given,
        skills=tuple(row.skills),
        device=row.device,
        referral_source=row.referral_source,
        priority=row.priority,
        notes=row.notes,
        external_id=row.external_id,
        technician_id=row.technician_id,
        technician_name=row.technician_name,
        wanted_technician_id=row.wanted_technician_id,
        pinned=row.pinned,
        offers=tuple(_open_offer(one) for one in row.open_offers or ()),
        collaborators=tuple(_collaborator(one) for one in row.crew or ()),
        decision_id=row.decision_id,
        alarm=row.alarm,
        returned_to=row.returned_to,
        converted_from=row.converted_from,
        search_started_at=row.search_started_at,
        crew_size=row.crew_size,
        changed_by=row.changed_by,
        version=row.version,
        human_version=row.human_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _location(row: Any) -> Location | None:
    if row.lat is None:
        return None
    return Location(Point(row.lat, row.lon), LocationSource(row.location_source), row.location_confidence)


def _open_offer(one: Mapping[str, Any]) -> OpenOffer:
    return OpenOffer(
        id=UUID(one["id"]),
        technician_id=UUID(one["technician_id"]),
        technician_name=one["technician_name"],
        role=BookingRole(one["role"]),
        offered_at=datetime.fromisoformat(one["offered_at"]),
        expires_at=datetime.fromisoformat(one["expires_at"]),
        distance_m=one["distance_m"],
        eta_s=one["eta_s"],
    )


def _collaborator(one: Mapping[str, Any]) -> Collaborator:
    return Collaborator(UUID(one["id"]), one["name"], BookingState(one["state"]))


_OFFER_FIELDS = tuple(Offer.__dataclass_fields__)


def _offers(tx: Tx) -> Select[Any]:
    return select(*(offers.c[name] for name in _OFFER_FIELDS)).where(offers.c.org_id == tx.org_id)


def _offer(row: Any) -> Offer:
    values = dict(zip(_OFFER_FIELDS, row, strict=True))
    return Offer(**(values | {"state": OfferState(values["state"]), "role": BookingRole(values["role"])}))
