"""What is refused of work orders and offers, with stable codes."""

from uuid import UUID

from geo_assign.core.errors import ConflictError, FieldProblem, GoneError, NotFoundError, StaleError


class WorkOrderNotFoundError(NotFoundError):
    """There is no such work order here."""

    code = "work_order_not_found"


class OfferNotFoundError(NotFoundError):
    """There is no such offer for you.

    It does not exist, or it is another technician's.
    """

    code = "offer_not_found"


class WorkOrderStateError(ConflictError):
    """The work order's state does not allow this.

    `state` is its present state.
    """

    code = "work_order_state"


class WorkOrderChangedError(StaleError):
    """The work order was changed by a human after you read it.

    `changed_by`, `changed_at`, `state` and `assignee` tell the present.
    """

    code = "work_order_changed"


class WorkOrderWithoutLocationError(ConflictError):
    """The work order has no location.

    Fix the address, drop a pin, or assign from the list.
    """

    code = "work_order_has_no_location"


class SlotTakenError(ConflictError):
    """The technician has other work, or an open offer, at that time.

    `conflict` says from when to when, and names the work order if you may see it; `conflicts` does so for each of
    several technicians. `earliest_common_slot` is when all of them could come, if there is such a time within two
    weeks.
    """

    code = "slot_taken"


class OfferClosedError(GoneError):
    """This offer is no longer open."""

    code = "offer_closed"


class OfferExpiredError(OfferClosedError):
    """The time to answer this offer is over.

    `expired_at` tells since when.
    """

    code = "offer_expired"


class OfferWithdrawnError(OfferClosedError):
    """This offer was withdrawn.

    `withdrawn_because` tells why, such as `taken_by_another`.
    """

    code = "offer_withdrawn"


class WorkOrderCancelledError(OfferClosedError):
    """The work order was cancelled.

    It was cancelled while it was offered.
    """

    code = "work_order_cancelled"


class WorkOrderConvertedError(OfferClosedError):
    """The lead became a ticket.

    It was converted while it was offered; `ticket_id` names the ticket.
    """

    code = "work_order_converted"


class OfferAnsweredError(ConflictError):
    """This offer was answered already.

    `state` tells how.
    """

    code = "offer_answered"


class RejectionDisabledError(ConflictError):
    """This store does not let technicians reject offers."""

    code = "rejection_disabled"


class DuplicateExternalIdError(ConflictError):
    """A work order with this `external_id` exists in this store.

    `work_order_id` and `number` say which.
    """

    code = "duplicate_external_id"

    @classmethod
    def of(cls, work_order_id: UUID, number: str) -> "DuplicateExternalIdError":
        """The one that has it."""
        detail = f"{number} has this external_id already."
        problem = FieldProblem("/external_id", cls.code, detail)
        return cls(detail, errors=[problem], work_order_id=str(work_order_id), number=number)
