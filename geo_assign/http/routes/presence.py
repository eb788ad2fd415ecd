"""A technician's own presence: on and off duty, and how it stands."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.duty import go_off_duty, go_on_duty
from geo_assign.http.operations import TECHNICIANS, AnyCall, Call, Lane, Reply, Routes
from geo_assign.http.schemas import Answer, Body
from geo_assign.positions.own_presence import Reachability, get_own_presence
from geo_assign.workforce.commands import say_silence
from geo_assign.workforce.domain import InactiveError, SilenceReason

routes = Routes("Me")


class PresenceBody(Body):
    """Whether the technician works now."""

    on_duty: bool
    state: SilenceReason | None = Field(
        None, description="Why the app will not be heard from; it counts until the next position."
    )


class PresenceAnswer(Answer):
    """Duty, hours (`within_hours`), and the device: `heard_at`, `position_at` of the newest position.

    `position_fresh`: that is young enough to be sent to work.
    """

    on_duty: bool
    changed_at: datetime | None = Field(description="When duty last began or ended.")
    since: datetime | None = Field(description="When the present duty began.")
    device: str | None = Field(description="Sends the positions.")
    session_id: UUID | None = Field(description="The session that carries the duty.")
    within_hours: bool
    until: datetime | None = Field(description="When the present hours end.")
    next_start: datetime | None = Field(description="When the next hours begin.")
    reachability: Reachability
    heard_at: datetime | None
    position_at: datetime | None
    position_fresh: bool


class PresenceNowAnswer(PresenceAnswer):
    """Presence at this moment."""

    server_now: datetime


@routes.get("/v1/me/presence", access=TECHNICIANS, answer=PresenceNowAnswer, lane=Lane.PHONES, errors=(InactiveError,))
def get_presence(call: Call[None, None]) -> Reply:
    """Read whether you are on duty."""
    with call.transaction() as tx:
        presence = presence_answer(tx, own_technician(call))
        return Reply(PresenceNowAnswer.model_construct(**dict(presence), server_now=tx.now()))


@routes.put(
    "/v1/me/presence",
    access=TECHNICIANS,
    body=PresenceBody,
    example={"on_duty": True},
    answer=PresenceAnswer,
    own_transactions=True,
    errors=(InactiveError,),
)
def put_presence(call: Call[None, PresenceBody]) -> Reply:
    """Go on or off duty.

    Positions are accepted on duty only. Going off duty withdraws your open offers at once.
    """
    technician_id = own_technician(call)
    with call.transaction() as tx:
        waiting = _change(tx, call, technician_id)
        answer = presence_answer(tx, technician_id)
    for order_id in waiting:
        call.services.dispatch.evaluate(call.caller.org_id, order_id)
    return Reply(answer)


def presence_answer(tx: Tx, technician_id: UUID) -> PresenceAnswer:
    """A technician's presence as the technician sees it."""
    presence = get_own_presence(tx, technician_id)
    hours = presence.hours
    return PresenceAnswer(
        **{name: getattr(presence, name) for name in PresenceAnswer.model_fields if hasattr(presence, name)},
        within_hours=hours.within,
        until=hours.until,
        next_start=hours.next_start,
    )


def own_technician(call: AnyCall) -> UUID:
    """The technician who calls. Raises InactiveError."""
    if call.caller.technician_id is None:
        raise InactiveError("There is no active technician for this user.")
    return call.caller.technician_id


def _change(tx: Tx, call: Call[None, PresenceBody], technician_id: UUID) -> list[UUID]:
    if call.body.state is not None:
        say_silence(tx, technician_id, call.body.state)
    if call.body.on_duty:
        go_on_duty(tx, technician_id, by=call.caller)
        return []
    return go_off_duty(tx, call.caller, technician_id)
