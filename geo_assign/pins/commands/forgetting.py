"""Take a customer, an order or a technician out of what was learned."""

from uuid import UUID

from sqlalchemy import and_, delete, null, select, update

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.pins.addresses import FoldedAddress, fold_address
from geo_assign.pins.commands.locking import lock_address
from geo_assign.pins.commands.weighing import weigh_address
from geo_assign.pins.tables import learned_pins, pin_evidence
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.tables import work_orders

_p, _e = learned_pins.c, pin_evidence.c


def forget_evidence(tx: Tx, order_id: UUID) -> None:
    """Forget what a locked work order taught of its address; a pin that rests on no other order goes with it."""
    of_order = (_e.org_id == tx.org_id, _e.work_order_id == order_id)
    rows = tx.conn.execute(select(_e.store_id, _e.address_key).where(*of_order).distinct()).all()
    addresses = sorted((store_id, bytes(key)) for store_id, key in rows)
    for store_id, key in addresses:
        lock_address(tx, store_id, key)
    tx.conn.execute(delete(pin_evidence).where(*of_order))
    for store_id, key in addresses:
        _weigh_what_is_left(tx, store_id, key)


def _weigh_what_is_left(tx: Tx, store_id: UUID, key: bytes) -> None:
    """Judge a locked address anew, in the words of the newest order that is left; without one it is forgotten."""
    of_address = (_p.org_id == tx.org_id, _p.store_id == store_id, _p.address_key == key)
    left = _find_address(tx, store_id, key)
    if left is None:
        tx.conn.execute(delete(learned_pins).where(*of_address))
        return
    tx.conn.execute(update(learned_pins).where(*of_address).values(address=left.text))
    weigh_address(tx, store_id, key, address=left.text, has_house=left.has_house)


def _find_address(tx: Tx, store_id: UUID, key: bytes) -> FoldedAddress | None:
    w = work_orders.c
    of_address = (_e.org_id == tx.org_id, _e.store_id == store_id, _e.address_key == key)
    joined = pin_evidence.join(work_orders, and_(w.org_id == tx.org_id, w.id == _e.work_order_id))
    newest = select(w.address).select_from(joined).where(*of_address, w.address.is_not(None)).order_by(_e.at.desc())
    address = tx.conn.execute(newest.limit(1)).scalar_one_or_none()
    return fold_address(address, country=get_store_rules(tx, EVERYTHING, store_id).country)


def forget_evidence_of_technician(tx: Tx, technician_id: UUID) -> None:
    """Forget that it was this technician who arrived; what the visits say of the address stays."""
    of_technician = (_e.org_id == tx.org_id, _e.technician_id == technician_id)
    tx.conn.execute(update(pin_evidence).where(*of_technician).values(technician_id=null()))
