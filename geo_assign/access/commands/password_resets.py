"""Asking for a link to choose a new password: by the user who forgot it, or by an administrator."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from geo_assign.access.commands.mails import LinkDelivery
from geo_assign.access.commands.one_time_links import create_link
from geo_assign.access.domain import ActorKind, Caller, Scope, User
from geo_assign.access.links import LinkPurpose, OneTimeLink
from geo_assign.access.queries import find_organization_id, find_user_by_email
from geo_assign.access.tables import one_time_links
from geo_assign.core.db import Database, Tx

MAILS_PER_HOUR = 5
"""No mailbox gets more of these, from however many places they are asked for."""


def reset_password(tx: Tx, caller: Caller, user_id: UUID, *, delivery: LinkDelivery) -> tuple[OneTimeLink, str | None]:
    """A link for a user to choose a new password; its address where it goes by no mail.

    Raises NotFoundError, UserInactiveError.
    """
    minted = create_link(tx, caller, user_id, LinkPurpose.PASSWORD_RESET)
    return minted.link, delivery.hand_out(tx, minted)


def request_password_reset(database: Database, *, organization: str, email: str, delivery: LinkDelivery) -> None:
    """Send a link to the user with this address, if there is one; the caller is not told, nor by what it takes.

    Without a mail server nothing happens: a link must not be shown to a caller who proved nothing.
    """
    if delivery.box is None:
        return
    with database.across_organizations() as conn:
        org_id = find_organization_id(conn, organization)
    if org_id is None:
        return
    with database.transaction(org_id) as tx:
        user = find_user_by_email(tx, email)
        if user is not None and user.active and _may_be_sent(tx, user):
            reset_password(tx, _unproven(tx, user), user.id, delivery=delivery)


def _may_be_sent(tx: Tx, user: User) -> bool:
    o = one_time_links.c
    recent = select(func.count()).where(
        o.org_id == tx.org_id,
        o.user_id == user.id,
        o.purpose == LinkPurpose.PASSWORD_RESET,
        o.created_at > func.clock_timestamp() - timedelta(hours=1),
    )
    return tx.conn.execute(recent).scalar_one() < MAILS_PER_HOUR


def _unproven(tx: Tx, user: User) -> Caller:
    """A caller who named this user and proved nothing: in the audit trail the service itself."""
    return Caller(org_id=tx.org_id, kind=ActorKind.SYSTEM, id=tx.org_id, name=user.name, scope=Scope())
