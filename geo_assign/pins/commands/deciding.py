"""What people decide of learned pins."""

from uuid import UUID

from sqlalchemy import select, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.pins.commands.locking import lock_address
from geo_assign.pins.commands.weighing import confirm
from geo_assign.pins.domain import ConfirmedBy, LearnedPin, PinChangedError, PinDecidedError, PinState
from geo_assign.pins.queries import get_pin
from geo_assign.pins.tables import learned_pins, pin_evidence

_p, _e = learned_pins.c, pin_evidence.c


def confirm_pin(tx: Tx, caller: Caller, pin_id: UUID, *, version: int | None) -> LearnedPin:
    """Use this place for the address from now on, in the stead of the geocoder's. Repeating it changes nothing.

    Work orders that have their place already keep it. Raises PinNotFoundError, PinChangedError, PinDecidedError.
    """
    pin, address_key = _lock(tx, caller, pin_id)
    if pin.state is PinState.CONFIRMED and pin.confirmed_by is ConfirmedBy.PERSON:
        return pin
    _require(pin, version, PinState.PROPOSED, PinState.CONFIRMED)
    confirm(tx, pin.id, pin.store_id, address_key, by=ConfirmedBy.PERSON, name=caller.name)
    audit(tx, caller, "pin.confirmed", subject_kind="pin", subject_id=pin.id, visits=pin.visits)
    return get_pin(tx, caller.scope, pin_id)


def reject_pin(tx: Tx, caller: Caller, pin_id: UUID, *, version: int | None) -> LearnedPin:
    """The address is not there: the visits that said so count no more. Repeating it changes nothing.

    Raises PinNotFoundError, PinChangedError, PinDecidedError.
    """
    pin, address_key = _lock(tx, caller, pin_id)
    if pin.state is PinState.REJECTED:
        return pin
    _require(pin, version, PinState.PROPOSED)
    _refuse(tx, caller, pin, address_key, PinState.REJECTED)
    audit(tx, caller, "pin.rejected", subject_kind="pin", subject_id=pin.id, visits=pin.visits)
    return get_pin(tx, caller.scope, pin_id)


def withdraw_pin(tx: Tx, caller: Caller, pin_id: UUID, *, version: int | None) -> LearnedPin:
    """Ask the geocoder for the address again, as before; the visits so far count no more. Repeating changes nothing.

    Raises PinNotFoundError, PinChangedError, PinDecidedError.
    """
    pin, address_key = _lock(tx, caller, pin_id)
    if pin.state is PinState.WITHDRAWN:
        return pin
    _require(pin, version, PinState.CONFIRMED)
    _refuse(tx, caller, pin, address_key, PinState.WITHDRAWN)
    audit(tx, caller, "pin.withdrawn", subject_kind="pin", subject_id=pin.id, visits=pin.visits)
    return get_pin(tx, caller.scope, pin_id)


def _lock(tx: Tx, caller: Caller, pin_id: UUID) -> tuple[LearnedPin, bytes]:
    """The pin as it is once no other transaction decides of its address. Raises PinNotFoundError."""
    pin = get_pin(tx, caller.scope, pin_id)
    key: bytes = tx.conn.execute(select(_p.address_key).where(_p.org_id == tx.org_id, _p.id == pin_id)).scalar_one()
    lock_address(tx, pin.store_id, key)
    return get_pin(tx, caller.scope, pin_id), key


def _require(pin: LearnedPin, version: int | None, *states: PinState) -> None:
    if version is not None and version != pin.version:
        raise PinChangedError(current=pin)
    if pin.state not in states:
        raise PinDecidedError(f"This learned pin is {pin.state.value}.", state=pin.state.value)


def _refuse(tx: Tx, caller: Caller, pin: LearnedPin, address_key: bytes, state: PinState) -> None:
    now = tx.now()
    tx.conn.execute(
        update(learned_pins)
        .where(_p.org_id == tx.org_id, _p.id == pin.id)
        .values(state=state, decided_by=caller.name, decided_at=now, updated_at=now, version=_p.version + 1)
    )
    of_address = (_e.org_id == tx.org_id, _e.store_id == pin.store_id, _e.address_key == address_key)
    tx.conn.execute(update(pin_evidence).where(*of_address).values(spent=True))
