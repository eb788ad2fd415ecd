"""Links for other users to choose a new password."""

from uuid import UUID

from geo_assign.access.commands import LinkDelivery, lock_user, reset_password
from geo_assign.access.domain import Caller
from geo_assign.access.links import OneTimeLink
from geo_assign.core.db import Tx
from geo_assign.workforce.invitations import require_looks_after


def reset_password_of(
    tx: Tx, caller: Caller, user_id: UUID, *, delivery: LinkDelivery
) -> tuple[OneTimeLink, str | None]:
    """A link for a user whom the caller looks after, as `reset_password` makes it.

    Raises NotFoundError, UserInactiveError.
    """
    # Locked first: a dispatcher who becomes an administrator at this moment is one already, or has no such link.
    lock_user(tx, user_id)
    require_looks_after(tx, caller.scope, user_id)
    return reset_password(tx, caller, user_id, delivery=delivery)
