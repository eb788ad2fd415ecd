"""Background steps of learned pins: who arrived is forgotten with the track, and old evidence goes."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, null, select, tuple_, update

from geo_assign.core.db import Database
from geo_assign.pins.domain import KEPT_FOR, PinState
from geo_assign.pins.tables import learned_pins, pin_evidence

_BATCH = 1_000


def sweep_old_evidence(worker: Database, *, retention: timedelta) -> int:
    """Forget who arrived longer ago than the track is kept, and delete what is older than a year.

    The evidence of a confirmed pin stays, without a technician: by it a customer's erasure finds the pin. Returns how
    many rows changed, at most three thousand at a time.
    """
    p, e = learned_pins.c, pin_evidence.c
    key = (e.org_id, e.work_order_id, e.kind)
    with worker.across_organizations() as conn:
        now = worker.clock.now(conn)
        known = select(*key).where(e.technician_id.is_not(None), e.at < now - retention).limit(_BATCH)
        forgotten = conn.execute(update(pin_evidence).where(tuple_(*key).in_(known)).values(technician_id=null()))
        old = select(*key).where(
            e.at < now - KEPT_FOR, ~exists().where(*_is_of_address(), p.state == PinState.CONFIRMED)
        )
        gone = conn.execute(delete(pin_evidence).where(tuple_(*key).in_(old.limit(_BATCH))))
        unfounded = select(p.org_id, p.id).where(
            p.state != PinState.CONFIRMED, p.updated_at < now - KEPT_FOR, ~exists().where(*_is_of_address())
        )
        pins = conn.execute(delete(learned_pins).where(tuple_(p.org_id, p.id).in_(unfounded.limit(_BATCH))))
    return forgotten.rowcount + gone.rowcount + pins.rowcount


def _is_of_address() -> tuple[ColumnElement[bool], ...]:
    p, e = learned_pins.c, pin_evidence.c
    return (p.org_id == e.org_id, p.store_id == e.store_id, p.address_key == e.address_key)
