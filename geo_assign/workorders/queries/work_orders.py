"""Reads of work orders, offers and their history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypedDict, cast
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.access.viewer import ScopeKind, Viewer, any_scope_values, kind_of, viewer_like, viewer_of
from geo_assign.core.clock import Clock
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.rows import AnyColumn, AnySelect, ResultRow
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.wire import JsonObject
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import (
    BOOKED,
    BookingRole,
    BookingState,
    Collaborator,
    Kind,
    Location,
    LocationSource,
    OfferState,
    OpenOffer,
    PendingDetail,
    PendingReason,
    State,
    WorkOrder,
    WorkOrderNotFoundError,
    without_strangers,
)
from geo_assign.workorders.tables import bookings, offers, work_orders
from geo_assign.workorders.visibility import sees_work_order

PREFIXES = {Kind.LEAD: "L", Kind.TICKET: "T"}

_assignee = technicians.alias("assignee")
_asked = technicians.alias("asked")


def _open_offers(org_id: AnyColumn) -> AnyColumn:
    """The open offers of a work order as a JSON list, the one that ends first in front."""
    o, w = offers.c, work_orders.c
    shown = (o.id, o.technician_id, o.role, o.offered_at, o.expires_at, o.distance_m, o.eta_s)
    members = [member for column in shown for member in (str(column.name), column)]
    one = func.jsonb_build_object(*members, "technician_name", _asked.c.name)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, o.expires_at, o.id)))
        .select_from(offers.join(_asked, and_(_asked.c.org_id == o.org_id, _asked.c.id == o.technician_id)))
        .where(o.org_id == org_id, o.work_order_id == w.id, o.state == OfferState.OFFERED)
        .correlate(work_orders)
        .scalar_subquery()
        .label("open_offers")
    )


def _crew(org_id: AnyColumn) -> AnyColumn:
    """Who comes along, as a JSON list by name."""
    b, w, t = bookings.c, work_orders.c, _asked.c
    one = func.jsonb_build_object("id", t.id, "name", t.name, "state", b.state)
    return (
        select(func.jsonb_agg(aggregate_order_by(one, t.name, t.id)))
        .select_from(bookings.join(_asked, and_(t.org_id == b.org_id, t.id == b.technician_id)))
        .where(
            b.org_id == org_id,
            b.work_order_id == w.id,
            b.role == BookingRole.COLLABORATOR,
            b.state.in_(BOOKED),
        )
        .correlate(work_orders)
        .scalar_subquery()
        .label("crew")
    )


def _technician_name(org_id: AnyColumn) -> AnyColumn:
    """The technician's name. Not as a join, which would be made for all rows that a list sorts."""
    t, w = _assignee.c, work_orders.c
    return (
        select(t.name)
        .where(t.org_id == org_id, t.id == w.technician_id)
        .correlate(work_orders)
        .scalar_subquery()
        .label("technician_name")
    )


def _columns(org_id: AnyColumn) -> Sequence[AnyColumn]:
    """What is read of a work order."""
    now = func.clock_timestamp().label("server_now")
    own = [work_orders.c[column.name] for column in work_orders.c if column.name != "geog"]
    return [*own, _technician_name(org_id), _open_offers(org_id), _crew(org_id), now]


@lru_cache(maxsize=1_024)
def _listed_columns(org_id: UUID) -> Sequence[AnyColumn]:
    """The same for lists. Kept by organization: to say it anew costs more than to ask for it."""
    return _columns(literal(org_id, Uuid()))


def get_work_order(tx: Tx, scope: Scope, work_order_id: UUID) -> WorkOrder:
    """One work order of the scope. Raises WorkOrderNotFoundError."""
    found = find_work_order(tx, scope, work_order_id)
    if found is None:
        raise WorkOrderNotFoundError
    return found


def find_work_order(tx: Tx, scope: Scope, work_order_id: UUID) -> WorkOrder | None:
    return list_work_orders_by_id(tx, [work_order_id], scope).get(work_order_id)


def list_work_orders_by_id(
    tx: Tx, work_order_ids: Collection[UUID], scope: Scope = EVERYTHING
) -> dict[UUID, WorkOrder]:
    """These work orders; in any scope, where the calling function knows that they concern the user."""
    if not work_order_ids:
        return {}
    asked = any_scope_values(tx, scope) | {"ids": list(work_order_ids)}
    return {row.id: to_work_order(row, tx.clock) for row in tx.fetch(_by_id(kind_of(scope)), asked)}


_IDS = Parameters(ids=ARRAY(Uuid()))


@cache
def _by_id(kind: ScopeKind) -> Statement[Any]:
    """The work orders among `ids` that a caller with a scope of this kind sees."""
    viewer = viewer_like(kind)
    return Statement.of_columns(_select(viewer, _columns(viewer.org_id)).where(work_orders.c.id == any_(_IDS.ids)))


@dataclass(frozen=True, slots=True)
class OrderName:
    """How people call a work order."""

    kind: Kind
    number: str


def list_order_names(tx: Tx, scope: Scope, work_order_ids: Collection[UUID]) -> dict[UUID, OrderName]:
    """Of these work orders those of the scope, by how people call them."""
    w = work_orders.c
    statement = select(w.id, w.kind, w.number).where(
        w.org_id == tx.org_id, w.id.in_(work_order_ids), sees_work_order(viewer_of(tx, scope))
    )
    rows = tx.conn.execute(statement)
    return {row.id: OrderName(Kind(row.kind), number_text(Kind(row.kind), row.number)) for row in rows}


def list_changed_versions(tx: Tx, scope: Scope, since: datetime) -> list[tuple[UUID, datetime, int]]:
    """The work orders that changed at or after `since`, each with when and its version, in that order."""
    w = work_orders.c
    changed = (w.org_id == tx.org_id, w.updated_at >= since, sees_work_order(viewer_of(tx, scope)))
    rows = tx.conn.execute(select(w.id, w.updated_at, w.version).where(*changed).order_by(w.updated_at, w.id))
    return [(row.id, row.updated_at, row.version) for row in rows]


def find_ticket_id(tx: Tx, lead_id: UUID) -> UUID | None:
    """The ticket that a lead became."""
    w = work_orders.c
    statement = select(w.id).where(w.org_id == tx.org_id, w.converted_from == lead_id)
    return tx.conn.execute(statement).scalar_one_or_none()


def find_id_by_external_id(tx: Tx, store_id: UUID, external_id: str) -> UUID | None:
    """The work order that a store knows under another system's id."""
    w = work_orders.c
    return tx.conn.execute(
        select(w.id).where(w.org_id == tx.org_id, w.store_id == store_id, w.external_id == external_id)
    ).scalar_one_or_none()


def list_to_geocode(tx: Tx, work_order_ids: Collection[UUID]) -> list[UUID]:
    """Those of these work orders whose address is still to be geocoded."""
    w = work_orders.c
    statement = select(w.id).where(w.org_id == tx.org_id, w.id.in_(work_order_ids), w.geocode_due_at.is_not(None))
    return list(tx.conn.execute(statement).scalars())


def count_with_location(tx: Tx, work_order_ids: Collection[UUID]) -> int:
    """How many of these work orders have a location."""
    w = work_orders.c
    statement = select(func.count()).where(w.org_id == tx.org_id, w.id.in_(work_order_ids), w.lat.is_not(None))
    return tx.conn.execute(statement).scalar_one()


def list_numbers(tx: Tx, scope: Scope, work_order_ids: Collection[UUID]) -> dict[UUID, str]:
    """How people call those of these work orders that exist for the caller, by id."""
    w = work_orders.c
    statement = select(w.id, w.kind, w.number).where(
        w.org_id == tx.org_id, w.id.in_(work_order_ids), sees_work_order(viewer_of(tx, scope))
    )
    return {row.id: number_text(row.kind, row.number) for row in tx.conn.execute(statement)}


def number_text(kind: Kind, number: int) -> str:
    """How people call a work order: L-2044."""
    return f"{PREFIXES[kind]}-{number:04d}"


def select_work_orders(tx: Tx, scope: Scope) -> AnySelect:
    """All work orders of the scope, with what `to_work_order` reads."""
    return _select(viewer_of(tx, scope), _listed_columns(tx.org_id))


def _select(viewer: Viewer, columns: Sequence[AnyColumn]) -> AnySelect:
    seen = (work_orders.c.org_id == viewer.org_id, sees_work_order(viewer))
    return select(*columns).select_from(work_orders).where(*seen)


def to_work_order(row: ResultRow, clock: Clock) -> WorkOrder:
    """A work order from a row of `select_work_orders`."""
    kind, server_now = Kind(row.kind), clock.given(row.server_now)
    return WorkOrder(
        id=row.id,
        kind=kind,
        number=number_text(kind, row.number),
        store_id=row.store_id,
        group_id=row.group_id,
        state=State(row.state),
        pending_reason=PendingReason(row.pending_reason) if row.pending_reason else None,
        pending_detail=_pending_detail(row.pending_detail),
        customer=row.customer,
        address=row.address,
        location=_location(row),
        location_candidates=row.location_candidates,
        slot_start=row.slot_start,
        slot_end=row.slot_end,
        slot_is_fixed=row.slot_given,
        skills=tuple(row.skills),
        device=row.device,
        referral_source=row.referral_source,
        priority=row.priority,
        notes=row.notes,
        external_id=row.external_id,
        metadata=row.metadata,
        technician_id=row.technician_id,
        technician_name=row.technician_name,
        wanted_technician_id=row.wanted_technician_id,
        pinned=row.pinned,
        offers=tuple(_open_offer(one, server_now) for one in row.open_offers or ()),
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


def _pending_detail(stored: JsonObject | None) -> PendingDetail | None:
    return None if stored is None else cast(PendingDetail, without_strangers(stored))


def _location(row: ResultRow) -> Location | None:
    if row.lat is None:
        return None
    source = LocationSource(row.location_source)
    return Location(Point(row.lat, row.lon), source, row.location_confidence, row.location_learned)


class _OpenOfferJson(TypedDict):
    id: str
    technician_id: str
    technician_name: str
    role: str
    offered_at: str
    expires_at: str
    distance_m: float | None
    eta_s: float | None


class _CollaboratorJson(TypedDict):
    id: str
    name: str
    state: str


def _open_offer(one: _OpenOfferJson, server_now: datetime) -> OpenOffer:
    return OpenOffer(
        id=UUID(one["id"]),
        technician_id=UUID(one["technician_id"]),
        technician_name=one["technician_name"],
        role=BookingRole(one["role"]),
        offered_at=datetime.fromisoformat(one["offered_at"]),
        expires_at=datetime.fromisoformat(one["expires_at"]),
        distance_m=one["distance_m"],
        eta_s=one["eta_s"],
        server_now=server_now,
    )


def _collaborator(one: _CollaboratorJson) -> Collaborator:
    return Collaborator(UUID(one["id"]), one["name"], BookingState(one["state"]))
