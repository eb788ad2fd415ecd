"""A lead becomes a ticket: what it had goes over in one transaction."""

from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.dispatch.commands.automation import LOCATION_REASONS
from geo_assign.dispatch.commands.impossible import review_alarm, told_by
from geo_assign.dispatch.commands.orders import TAKEN_OVER_AFTER
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import broken_crew, withdraw
from geo_assign.dispatch.domain import NotALeadError
from geo_assign.workorders.commands import (
    apply_change,
    insert_ticket,
    leave_group,
    lock,
    next_number,
    require_version,
    require_way,
    set_bookings,
    taken_over,
)
from geo_assign.workorders.domain import (
    TAKEN,
    BookingState,
    Change,
    Columns,
    ConvertedEvent,
    Kind,
    NobodyEligible,
    Over,
    Pending,
    SameCause,
    State,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderNotFoundError,
)
from geo_assign.workorders.queries import find_ticket_id, get_work_order


def convert(tx: Tx, caller: Caller, lead_id: UUID, *, version: int | None) -> tuple[UUID, bool]:
    """Make a ticket of a lead; returns the ticket's id and whether the lead had become it before.

    The technician who has the lead has the ticket, in the same state and with the same time held; open offers close. A
    ticket without a technician is due for evaluation. The external id goes to the ticket. Raises NotALeadError,
    WorkOrderStateError for a lead that is over, WorkOrderChangedError.
    """
    lead = lock(tx, lead_id, scope=caller.scope)
    if lead.kind is not Kind.LEAD:
        raise NotALeadError
    if lead.state is State.CONVERTED:
        return _existing(tx, caller, lead), True
    require_version(tx, lead, version)
    require_way(lead, State.CONVERTED)
    # The number first: creating a ticket takes the two in this order, too.
    ticket_id, number = new_id(), next_number(tx, Kind.TICKET)
    now = tx.now()
    freed = withdraw(tx, lead, WithdrawnBecause.CONVERTED)
    if lead.state not in TAKEN:
        freed += set_bookings(tx, lead.id, BookingState.RELEASED, at=now)
    columns = taken_over(tx, lead) | _begins_as(lead)
    columns["evaluate_due_at"] = None if lead.state in TAKEN and not lead.vacancies else now + TAKEN_OVER_AFTER
    event, after = ConvertedEvent(ticket_id=ticket_id), Over(State.CONVERTED)
    apply_change(tx, lead, Change(by=caller, at=now, event=event, after=after, sets={"external_id": None}))
    insert_ticket(tx, caller, lead, ticket_id, number=number, columns=columns, at=now)
    leave_group(tx, lead.id, at=now)
    if told_by(lead):
        review_alarm(tx, lock(tx, ticket_id))
    wake_for(tx, freed, at=now)
    return ticket_id, False


def _existing(tx: Tx, caller: Caller, lead: WorkOrder) -> UUID:
    """The ticket of a converted lead. Raises WorkOrderNotFoundError when it has left the caller's scope."""
    ticket_id = find_ticket_id(tx, lead.id)
    if ticket_id is None:
        raise WorkOrderNotFoundError
    return get_work_order(tx, caller.scope, ticket_id).id


def _begins_as(lead: WorkOrder) -> Columns:
    """The state that a ticket begins in: the lead's when a technician has it, or while its place is looked for.

    A crew that was being asked waits for the person who put it together.
    """
    if lead.state in TAKEN:
        return {"state": lead.state, "crew_size": lead.crew_size}
    if lead.pending_reason in LOCATION_REASONS:
        return Pending(SameCause(lead.pending_reason, lead.pending_detail)).sets
    crew = broken_crew(lead, WithdrawnBecause.CONVERTED)
    return {"state": State.NEW} if crew is None else Pending(NobodyEligible(crew=crew)).sets
