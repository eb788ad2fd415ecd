"""What is refused of work orders and offers, with stable codes."""

from geo_assign.core.errors import ConflictError, GoneError, NotFoundError, StaleError


class WorkOrderNotFoundError(NotFoundError):
    """There is no such work order here."""

    code = "work_order_not_found"


class OfferNotFoundError(NotFoundError):
    """There is no such offer for you."""

    code = "offer_not_found"


class WorkOrderStateError(ConflictError):
    """The work order's state does not allow this."""

    code = "work_order_state"


class WorkOrderChangedError(StaleError):
    """Somebody else changed this work order first."""

    code = "work_order_changed"


class WorkOrderWithoutLocationError(ConflictError):
    """The work order has no location: fix the address, drop a pin, or assign from the list."""

    code = "work_order_has_no_location"


class SlotTakenError(ConflictError):
    """The technician has other work, or an open offer, at that time."""

    code = "slot_taken"


class OfferClosedError(GoneError):
    """This offer is no longer open."""

    code = "offer_closed"


class OfferExpiredError(OfferClosedError):
    """The time to answer this offer is over."""

    code = "offer_expired"


class OfferWithdrawnError(OfferClosedError):
    """This offer was withdrawn."""

    code = "offer_withdrawn"


class WorkOrderCancelledError(OfferClosedError):
    """The work order was cancelled."""

    code = "work_order_cancelled"


class WorkOrderConvertedError(OfferClosedError):
    """The lead became a ticket."""

    code = "work_order_converted"


class OfferAnsweredError(ConflictError):
    """This offer was answered already."""

    code = "offer_answered"


class RejectionDisabledError(ConflictError):
    """This store does not let technicians reject offers."""

    code = "rejection_disabled"


class DuplicateExternalIdError(ConflictError):
    """A work order with this external_id exists in this store."""

    code = "duplicate_external_id"
