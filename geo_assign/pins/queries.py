"""Reads of learned pins and of the evidence behind them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select, tuple_

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import Viewer, viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists
from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.paging import Page, decode, page
from geo_assign.pins.addresses import fold_address
from geo_assign.pins.domain import (
    AGREE_M,
    MOST_EVIDENCE,
    ConfirmedBy,
    Evidence,
    EvidenceKind,
    KnownPin,
    LearnedPin,
    PinNotFoundError,
    PinState,
    PinVisit,
    off_m,
)
from geo_assign.pins.tables import learned_pins, pin_evidence
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries import list_numbers
from geo_assign.workorders.tables import work_orders
from geo_assign.workorders.visibility import sees_work_order

_p, _e = learned_pins.c, pin_evidence.c
_OPEN = (PinState.PROPOSED, PinState.CONFIRMED)


def get_pin(tx: Tx, scope: Scope, pin_id: UUID) -> LearnedPin:
    """A learned pin of an address where the caller sees work. Raises PinNotFoundError."""
    row = tx.conn.execute(select(learned_pins).where(*_seen(tx, scope), _p.id == pin_id)).mappings().first()
    if row is None:
        raise PinNotFoundError
    return _pin(row)


def list_pins(
    tx: Tx,
    scope: Scope,
    *,
    state: PinState | None = None,
    store_id: UUID | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page[LearnedPin]:
    """Learned pins, those that changed last first."""
    conditions = _seen(tx, scope)
    if state is not None:
        conditions.append(_p.state == state)
    if store_id is not None:
        conditions.append(_p.store_id == store_id)
    if cursor is not None:
        updated_at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        conditions.append(tuple_(_p.updated_at, _p.id) < tuple_(updated_at, last_id))
    newest = (_p.updated_at.desc(), _p.id.desc())
    rows = tx.conn.execute(select(learned_pins).where(*conditions).order_by(*newest).limit(limit + 1)).mappings()
    return page([_pin(row) for row in rows], limit, lambda pin: (pin.updated_at.isoformat(), pin.id))


def list_pins_of_order(tx: Tx, scope: Scope, order: WorkOrder) -> Sequence[LearnedPin]:
    """The proposed and the confirmed pin of an order's address, as far as there are such."""
    rules = get_store_rules(tx, scope, order.store_id)
    address = fold_address(order.address, country=rules.country)
    if address is None:
        return ()
    of_address = (*_of_address(tx, order.store_id, address.key), _p.state.in_(_OPEN))
    rows = tx.conn.execute(select(learned_pins).where(*of_address).order_by(_p.state.desc())).mappings()
    return [_pin(row) for row in rows]


def find_confirmed_pin(tx: Tx, store_id: UUID, address_key: bytes) -> LearnedPin | None:
    """The place to be used for an address of a store."""
    confirmed = (*_of_address(tx, store_id, address_key), _p.state == PinState.CONFIRMED)
    row = tx.conn.execute(select(learned_pins).where(*confirmed)).mappings().first()
    return None if row is None else _pin(row)


def find_known_pin(tx: Tx, store_id: UUID, address_key: bytes) -> KnownPin | None:
    """The confirmed pin as arrivals are held against it."""
    pin = find_confirmed_pin(tx, store_id, address_key)
    if pin is None:
        return None
    return KnownPin(pin.id, pin.point, pin.confirmed_by or ConfirmedBy.PERSON)


def list_refused_places(tx: Tx, store_id: UUID, address_key: bytes) -> Sequence[Point]:
    """The places of an address that a person rejected or withdrew."""
    refused = _p.state.in_((PinState.REJECTED, PinState.WITHDRAWN))
    rows = tx.conn.execute(select(_p.lat, _p.lon).where(*_of_address(tx, store_id, address_key), refused))
    return [Point(row.lat, row.lon) for row in rows]


def list_evidence(tx: Tx, store_id: UUID, address_key: bytes) -> Sequence[Evidence]:
    """The newest evidence of an address that no person has refused."""
    of_address = (
        _e.org_id == tx.org_id,
        _e.store_id == store_id,
        _e.address_key == address_key,
        _e.spent.is_(False),
    )
    newest = (_e.at.desc(), _e.work_order_id, _e.kind)
    rows = tx.conn.execute(select(pin_evidence).where(*of_address).order_by(*newest).limit(MOST_EVIDENCE)).mappings()
    return [_evidence(row) for row in rows]


def list_visits(tx: Tx, scope: Scope, pin: LearnedPin) -> Sequence[PinVisit]:
    """The visits behind a pin whose work the caller sees, newest first."""
    t, w = technicians.c, work_orders.c
    joined = (
        learned_pins.join(
            pin_evidence,
            and_(_e.org_id == tx.org_id, _e.store_id == _p.store_id, _e.address_key == _p.address_key),
        )
        .join(work_orders, and_(w.org_id == tx.org_id, w.id == _e.work_order_id))
        .outerjoin(technicians, and_(t.org_id == tx.org_id, t.id == _e.technician_id))
    )
    rows = (
        tx.conn.execute(
            select(pin_evidence, t.name.label("technician_name"))
            .select_from(joined)
            .where(_p.org_id == tx.org_id, _p.id == pin.id, sees_work_order(viewer_of(tx, scope)))
            .order_by(_e.at.desc(), _e.work_order_id, _e.kind)
            .limit(MOST_EVIDENCE)
        )
        .mappings()
        .all()
    )
    numbers = list_numbers(tx, scope, {row["work_order_id"] for row in rows}) if rows else {}
    return [_visit(row, pin, numbers.get(row["work_order_id"], "")) for row in rows]


def _visit(row: RowMapping, pin: LearnedPin, number: str) -> PinVisit:
    evidence = _evidence(row)
    return PinVisit(
        work_order_id=evidence.work_order_id,
        number=number,
        technician_id=row["technician_id"],
        technician_name=row["technician_name"],
        kind=evidence.kind,
        at=evidence.at,
        off_m=off_m(evidence, None),
        agrees=haversine_m(evidence.point, pin.point) <= AGREE_M,
    )


def _of_address(tx: Tx, store_id: UUID, address_key: bytes) -> tuple[ColumnElement[bool], ...]:
    return (_p.org_id == tx.org_id, _p.store_id == store_id, _p.address_key == address_key)


def _seen(tx: Tx, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = [_p.org_id == tx.org_id]
    if not scope.everything:
        viewer = viewer_of(tx, scope)
        conditions.append(or_(viewer.has_store(_p.store_id), _has_seen_visit(viewer)))
    return conditions


def _has_seen_visit(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the caller sees the work of one of the visits: the address of any other is none of the caller's."""
    w = work_orders.c
    joined = pin_evidence.join(work_orders, and_(w.org_id == viewer.org_id, w.id == _e.work_order_id))
    return row_exists(
        joined,
        _e.org_id == viewer.org_id,
        _e.store_id == _p.store_id,
        _e.address_key == _p.address_key,
        sees_work_order(viewer),
    )


def _evidence(row: RowMapping) -> Evidence:
    geocoded = None if row["geocoded_lat"] is None else Point(row["geocoded_lat"], row["geocoded_lon"])
    return Evidence(
        work_order_id=row["work_order_id"],
        visit_id=row["visit_id"],
        kind=EvidenceKind(row["kind"]),
        point=Point(row["lat"], row["lon"]),
        geocoded=geocoded,
        at=row["at"],
    )


def _pin(row: RowMapping) -> LearnedPin:
    return LearnedPin(
        id=row["id"],
        store_id=row["store_id"],
        address=row["address"],
        point=Point(row["lat"], row["lon"]),
        state=PinState(row["state"]),
        visits=row["visits"],
        against=row["against"],
        moved_m=row["moved_m"],
        confirmed_by=None if row["confirmed_by"] is None else ConfirmedBy(row["confirmed_by"]),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )
