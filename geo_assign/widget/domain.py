"""What a booking page is refused."""

from geo_assign.core.errors import ConflictError, InvalidError, TooManyError


class ProofRefusedError(InvalidError):
    """The proof of work is not accepted; ask for another challenge.

    `because` says why: `wrong`, `expired`, `used`, or `foreign` for a challenge that this key was not given.
    """

    code = "proof_refused"


class SlotNotOfferedError(ConflictError):
    """This slot is not free for this place, or not any more; ask for slots again."""

    code = "slot_not_offered"


class DayFullError(TooManyError):
    """This key has taken all the leads that it takes in 24 hours.

    `leads_per_day` is the limit; no other lead of the store is concerned. Try again after `Retry-After` seconds.
    """

    code = "leads_per_day_reached"
