"""What the use cases that move work refuse."""

from geo_assign.core.errors import ConflictError


class WorkOrderUnderWayError(ConflictError):
    """The technician is on the way or at work; it takes force to change this now."""

    code = "work_order_under_way"


class NoSenderGroupError(ConflictError):
    """No group sent this work order here, so there is none to return it to."""

    code = "no_sender_group"


class NotALeadError(ConflictError):
    """Only a lead becomes a ticket."""

    code = "not_a_lead"
