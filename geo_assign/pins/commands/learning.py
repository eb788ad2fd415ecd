"""What a visit teaches of an address."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, haversine_m
from geo_assign.pins.addresses import FoldedAddress, fold_address
from geo_assign.pins.commands.locking import lock_address
from geo_assign.pins.commands.weighing import weigh_address
from geo_assign.pins.domain import FARTHEST_M, EvidenceKind, is_at_the_door
from geo_assign.pins.tables import pin_evidence
from geo_assign.positions.queries import find_current_position
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import LocationSource, WorkOrder

# About a metre: what a phone's sensors tell beyond that is noise, and would only tell one phone from another.
_DECIMALS = 5


def learn_from_arrival(tx: Tx, order: WorkOrder, technician_id: UUID) -> None:
    """A technician says to be on site of a locked work order: note where, if the phone knows it well enough.

    An order whose place the caller of the API gave teaches nothing of its address.
    """
    location = order.location
    if location is None or location.source is LocationSource.CLIENT:
        return
    position = find_current_position(tx, technician_id)
    if position is None or not is_at_the_door(position, tx.now()):
        return
    point = Point(round(position.lat, _DECIMALS), round(position.lon, _DECIMALS))
    if haversine_m(point, location.point) <= FARTHEST_M:
        _learn(tx, order, EvidenceKind.ARRIVAL, point, technician_id=technician_id, accuracy_m=position.accuracy_m)


def learn_from_hand(tx: Tx, order: WorkOrder, point: Point) -> None:
    """A person puts the pin of a locked work order, which is read from before, at `point`."""
    _learn(tx, order, EvidenceKind.HAND, point)


def _learn(
    tx: Tx,
    order: WorkOrder,
    kind: EvidenceKind,
    point: Point,
    *,
    technician_id: UUID | None = None,
    accuracy_m: float | None = None,
) -> None:
    address = fold_address(order.address, country=get_store_rules(tx, EVERYTHING, order.store_id).country)
    if address is None:
        return
    lock_address(tx, order.store_id, address.key)
    e, geocoded = pin_evidence.c, _geocoded(order) or _find_geocoded_before(tx, order.id)
    keyed = {"org_id": tx.org_id, "work_order_id": order.id, "kind": kind}
    values = {
        "visit_id": order.converted_from or order.id,
        "store_id": order.store_id,
        "address_key": address.key,
        "technician_id": technician_id,
        "lat": point.lat,
        "lon": point.lon,
        "accuracy_m": accuracy_m,
        "geocoded_lat": None if geocoded is None else geocoded.lat,
        "geocoded_lon": None if geocoded is None else geocoded.lon,
        "at": tx.now(),
        "spent": False,
    }
    statement = insert(pin_evidence).values(**keyed, **values)
    again = {name: statement.excluded[name] for name in values}
    tx.conn.execute(statement.on_conflict_do_update(index_elements=[e.org_id, e.work_order_id, e.kind], set_=again))
    _weigh(tx, order, address)


def _weigh(tx: Tx, order: WorkOrder, address: FoldedAddress) -> None:
    weigh_address(tx, order.store_id, address.key, address=address.text, has_house=address.has_house)


def _geocoded(order: WorkOrder) -> Point | None:
    """Where the geocoder has put the order; None for a place that a person or a learned pin gave it."""
    location = order.location
    if location is None or location.source is not LocationSource.GEOCODED or location.learned is not None:
        return None
    return location.point


def _find_geocoded_before(tx: Tx, order_id: UUID) -> Point | None:
    """Where the geocoder had put an order before a person set its pin, as the evidence of that noted it."""
    e = pin_evidence.c
    noted = (e.org_id == tx.org_id, e.work_order_id == order_id, e.geocoded_lat.is_not(None))
    row = tx.conn.execute(select(e.geocoded_lat, e.geocoded_lon).where(*noted).order_by(e.at.desc()).limit(1)).first()
    return None if row is None else Point(row.geocoded_lat, row.geocoded_lon)
