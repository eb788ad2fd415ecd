"""From the body of a lead or ticket to what the library creates."""

from typing import cast

from geo_assign.core.errors import InvalidError
from geo_assign.http.routes.work_order_models import LeadBody
from geo_assign.workorders.domain import Customer, Device, Kind, NewOrder


def require_place(lead: LeadBody) -> None:
    """Raises InvalidError for a lead that says nothing of where the work is."""
    if lead.address is None and lead.location is None:
        raise InvalidError.at("/address", "missing", "A lead needs an address or a location.")


def new_order_of(kind: Kind, body: LeadBody) -> NewOrder:
    """The lead or ticket that a body asks for."""
    return NewOrder(
        kind=kind,
        store_id=body.store_id,
        customer=cast(Customer, body.customer.model_dump()),
        address=body.address,
        location=body.location.point() if body.location else None,
        slot_start=body.slot.start if body.slot else None,
        slot_end=body.slot.end if body.slot else None,
        group_id=body.group_id,
        skills=body.skills,
        device=cast(Device, body.device.model_dump(exclude_none=True)) if body.device else None,
        referral_source=body.referral_source,
        priority=body.priority,
        notes=body.notes,
        external_id=body.external_id,
        metadata=body.metadata,
        assignee_id=body.assignee_id,
    )
