"""How far back positions are kept, for questions about the past."""

from datetime import datetime, timedelta

from geo_assign.core.db import Tx
from geo_assign.core.errors import GoneError, InvalidError


class PastNotKeptError(GoneError):
    """The past is not kept so long.

    `reaches_back_to` is the earliest instant that can be asked for.
    """

    code = "past_not_kept"


def require_kept(tx: Tx, at: datetime, *, retention: timedelta) -> datetime:
    """The earliest instant of which all positions are kept. Raises PastNotKeptError for an earlier `at`.

    An instant to come raises InvalidError.
    """
    now = tx.now()
    if at > now:
        raise InvalidError.at("/at", "in_the_future", "The past is asked for, and this is yet to come.")
    reaches_back_to = now - retention
    # A whole second, which can be asked for itself.
    told = reaches_back_to.replace(microsecond=0) + timedelta(seconds=reaches_back_to.microsecond > 0)
    if at < reaches_back_to:
        earliest = told.isoformat()
        raise PastNotKeptError(f"Positions are kept back to {earliest}.", reaches_back_to=earliest)
    return told
