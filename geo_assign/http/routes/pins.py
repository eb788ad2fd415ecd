"""Better places for addresses, learned from visits, and what people decide of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page
from geo_assign.http.operations import DISPATCHING, AnyCall, Call, Reply, Routes
from geo_assign.http.routes.people_models import PersonAnswer
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import Answer, Listing, PageQuery, PointAnswer
from geo_assign.pins import commands, queries
from geo_assign.pins.domain import (
    ConfirmedBy,
    EvidenceKind,
    LearnedPin,
    PinChangedError,
    PinDecidedError,
    PinNotFoundError,
    PinState,
    PinVisit,
)
from geo_assign.privacy.domain import How
from geo_assign.workorders.domain import WorkOrderNotFoundError
from geo_assign.workorders.queries import get_work_order

routes = Routes("Geocoding")


class PinsQuery(PageQuery):
    """Which learned pins."""

    state: PinState | None = None
    store_id: Id | None = Field(None, description="Of one store.")
    work_order_id: Id | None = Field(None, description="Of this one's address: what is proposed and what is confirmed.")


class PinVisitAnswer(Answer):
    """One visit: a technician who arrived, or a person who put the pin by `hand`."""

    work_order_id: UUID
    number: str
    kind: EvidenceKind
    technician: PersonAnswer | None = Field(description="Null once forgotten, and for a pin put by hand.")
    at: datetime
    off_m: float | None = Field(description="How far from where the geocoder had put it.")
    agrees: bool = Field(description="With this place.")


class PinAnswer(PointAnswer):
    """A better place for an address of a store. Units and floors are left out of `address`.

    `decided_by` is the person who decided last, at `decided_at`.
    """

    id: UUID
    store_id: UUID
    address: str
    state: PinState
    visits: int = Field(description="How many agree on it.")
    against: int = Field(description="How many found the address where it is known to be.")
    moved_m: float | None = Field(description="How far from where it is known to be.")
    confirmed_by: ConfirmedBy | None
    decided_by: str | None
    decided_at: datetime | None
    seen: Sequence[PinVisitAnswer] = Field(description="Those of the visits whose work you may see.")
    created_at: datetime
    updated_at: datetime
    version: int


@routes.get(
    "/v1/learned-pins",
    access=DISPATCHING,
    query=PinsQuery,
    answer=Listing[PinAnswer],
    errors=(WorkOrderNotFoundError,),
)
def list_pins(call: Call[PinsQuery, None]) -> Reply:
    """List learned pins.

    Of addresses where you may see work; those that changed last first.
    """
    asked, scope = call.query, call.caller.scope
    with call.transaction() as tx:
        if asked.work_order_id is not None:
            order = get_work_order(tx, scope, asked.work_order_id)
            found = [one for one in queries.list_pins_of_order(tx, scope, order) if asked.state in (None, one.state)]
            page = Page(found, None)
        else:
            page = queries.list_pins(
                tx, scope, state=asked.state, store_id=asked.store_id, limit=asked.limit, cursor=asked.cursor
            )
        items = [_shown(tx, call, pin) for pin in page.items]
    return Reply(Listing[PinAnswer](items=items, next_cursor=page.next_cursor))


@routes.get("/v1/learned-pins/{id}", access=DISPATCHING, answer=PinAnswer, errors=(PinNotFoundError,))
def get_pin(call: Call[None, None], id: UUID) -> Reply:
    """Read a learned pin."""
    with call.transaction() as tx:
        return _reply(tx, call, queries.get_pin(tx, call.caller.scope, id))


_DECIDING = (PinNotFoundError, PinChangedError, PinDecidedError)


@routes.post("/v1/learned-pins/{id}/confirm", access=DISPATCHING, answer=PinAnswer, versioned=True, errors=_DECIDING)
def confirm_pin(call: Call[None, None], id: UUID) -> Reply:
    """Confirm a learned pin.

    From now on it answers for its address in the geocoder's stead. Work orders that have a place keep it.
    """
    with call.transaction() as tx:
        return _decided(tx, call, commands.confirm_pin, id)


@routes.post("/v1/learned-pins/{id}/reject", access=DISPATCHING, answer=PinAnswer, versioned=True, errors=_DECIDING)
def reject_pin(call: Call[None, None], id: UUID) -> Reply:
    """Reject a proposed pin.

    The visits behind it count no more.
    """
    with call.transaction() as tx:
        return _decided(tx, call, commands.reject_pin, id)


@routes.post("/v1/learned-pins/{id}/withdraw", access=DISPATCHING, answer=PinAnswer, versioned=True, errors=_DECIDING)
def withdraw_pin(call: Call[None, None], id: UUID) -> Reply:
    """Withdraw a confirmed pin.

    The geocoder is asked again, and the visits so far count no more.
    """
    with call.transaction() as tx:
        return _decided(tx, call, commands.withdraw_pin, id)


class _Decide(Protocol):
    def __call__(self, tx: Tx, caller: Caller, pin_id: UUID, *, version: int | None) -> LearnedPin: ...


def _decided(tx: Tx, call: AnyCall, decide: _Decide, pin_id: UUID) -> Reply:
    try:
        return _reply(tx, call, decide(tx, call.caller, pin_id, version=call.if_match))
    except PinChangedError as error:
        raise PinChangedError(error.detail, current=_shown(tx, call, error.facts["current"])) from error


def _reply(tx: Tx, call: AnyCall, pin: LearnedPin) -> Reply:
    return Reply(_shown(tx, call, pin), version=pin.version)


def _shown(tx: Tx, call: AnyCall, pin: LearnedPin) -> PinAnswer:
    """A pin with its visits. Where a technician was is told by them, so the look is logged."""
    visits = queries.list_visits(tx, call.caller.scope, pin)
    seen_ids = {one.technician_id for one in visits if one.technician_id is not None}
    if seen_ids:
        call.services.views.note(call.caller, How.LIST, sorted(seen_ids), at=tx.now())
    return PinAnswer(
        id=pin.id,
        store_id=pin.store_id,
        address=pin.address,
        lat=pin.point.lat,
        lon=pin.point.lon,
        state=pin.state,
        visits=pin.visits,
        against=pin.against,
        moved_m=pin.moved_m,
        confirmed_by=pin.confirmed_by,
        decided_by=pin.decided_by,
        decided_at=pin.decided_at,
        seen=[_visit(one) for one in visits],
        created_at=pin.created_at,
        updated_at=pin.updated_at,
        version=pin.version,
    )


def _visit(visit: PinVisit) -> PinVisitAnswer:
    technician = None
    if visit.technician_id is not None:
        technician = PersonAnswer(id=visit.technician_id, name=visit.technician_name or "")
    return PinVisitAnswer(
        work_order_id=visit.work_order_id,
        number=visit.number,
        kind=visit.kind,
        technician=technician,
        at=visit.at,
        off_m=visit.off_m,
        agrees=visit.agrees,
    )
