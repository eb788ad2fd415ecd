"""What the use cases that move work refuse, and how long a process may keep a work order to itself."""

from datetime import timedelta

from geo_assign.core.errors import ConflictError, NotFoundError

LEASE = timedelta(seconds=60)
"""A process that geocodes or solves work orders holds them this long; afterwards another process may take them."""


class WorkOrderUnderWayError(ConflictError):
    """The technician is travelling or at work.

    Send `force`, if you may.
    """

    code = "work_order_under_way"


class NoSenderGroupError(ConflictError):
    """There is no group to return the work order to.

    No group sent it here, or that group is closed.
    """

    code = "no_sender_group"


class NotALeadError(ConflictError):
    """Only a lead becomes a ticket."""

    code = "not_a_lead"


class PreviewNotFoundError(NotFoundError):
    """There is no such preview of yours.

    Previews are kept for an hour, for whom they were shown to. Ask for another.
    """

    code = "preview_not_found"
