"""Hold the evidence of an address against what is known of it, and write what follows."""

from uuid import UUID

from sqlalchemy import delete, insert, select, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import system_caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.pins import queries
from geo_assign.pins.domain import BetterPlace, ConfirmedBy, PinState, find_better_place, judge
from geo_assign.pins.tables import learned_pins

_p = learned_pins.c


def weigh_address(tx: Tx, store_id: UUID, address_key: bytes, *, address: str, has_house: bool) -> None:
    """Propose, confirm or drop a better place for a locked address."""
    known = queries.find_known_pin(tx, store_id, address_key)
    evidence = queries.list_evidence(tx, store_id, address_key)
    place = find_better_place(evidence, known=None if known is None else known.point)
    refused = queries.list_refused_places(tx, store_id, address_key)
    state = judge(place, present=known, refused=refused, has_house=has_house)
    proposed_id = _find_proposed(tx, store_id, address_key)
    if place is None or state is None:
        _drop(tx, proposed_id)
        return
    pin_id = _write(tx, proposed_id, place, store_id=store_id, address_key=address_key, address=address)
    if state is PinState.CONFIRMED:
        confirm(tx, pin_id, store_id, address_key, by=ConfirmedBy.ARRIVALS)
        by = system_caller(tx.org_id)
        audit(tx, by, "pin.confirmed", subject_kind="pin", subject_id=pin_id, visits=place.visits)


def confirm(
    tx: Tx, pin_id: UUID, store_id: UUID, address_key: bytes, *, by: ConfirmedBy, name: str | None = None
) -> None:
    """Make a pin the one of its locked address, in the place of the one before."""
    now = tx.now()
    of_address = (_p.org_id == tx.org_id, _p.store_id == store_id, _p.address_key == address_key)
    before = (*of_address, _p.state == PinState.CONFIRMED, _p.id != pin_id)
    stamps = {"version": _p.version + 1, "updated_at": now}
    tx.conn.execute(update(learned_pins).where(*before).values(state=PinState.REPLACED, **stamps))
    decided = {"confirmed_by": by, "decided_by": name, "decided_at": now}
    this = (_p.org_id == tx.org_id, _p.id == pin_id)
    tx.conn.execute(update(learned_pins).where(*this).values(state=PinState.CONFIRMED, **decided, **stamps))


def _find_proposed(tx: Tx, store_id: UUID, address_key: bytes) -> UUID | None:
    statement = select(_p.id).where(
        _p.org_id == tx.org_id,
        _p.store_id == store_id,
        _p.address_key == address_key,
        _p.state == PinState.PROPOSED,
    )
    return tx.conn.execute(statement).scalar_one_or_none()


def _drop(tx: Tx, pin_id: UUID | None) -> None:
    if pin_id is not None:
        tx.conn.execute(delete(learned_pins).where(_p.org_id == tx.org_id, _p.id == pin_id))


def _write(
    tx: Tx, pin_id: UUID | None, place: BetterPlace, *, store_id: UUID, address_key: bytes, address: str
) -> UUID:
    """Write what is proposed of an address; returns the pin's id."""
    now = tx.now()
    found = {
        "address": address,
        "lat": place.point.lat,
        "lon": place.point.lon,
        "visits": place.visits,
        "against": place.against,
        "moved_m": place.moved_m,
        "updated_at": now,
    }
    if pin_id is not None:
        statement = update(learned_pins).where(_p.org_id == tx.org_id, _p.id == pin_id)
        tx.conn.execute(statement.values(**found, version=_p.version + 1))
        return pin_id
    pin_id = new_id()
    keyed = {"org_id": tx.org_id, "id": pin_id, "store_id": store_id, "address_key": address_key}
    tx.conn.execute(insert(learned_pins).values(**keyed, **found, state=PinState.PROPOSED, created_at=now))
    return pin_id
