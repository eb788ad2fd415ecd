"""Inviting users: the user is there at once, without a password, and chooses one with a link."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import null, update

from geo_assign.access.commands import (
    LinkDelivery,
    NewUser,
    audit,
    create_link,
    create_user,
    remove_invited_user,
)
from geo_assign.access.domain import Caller, Role, TakenError
from geo_assign.access.links import Invitation, LinkPurpose
from geo_assign.core.db import Tx
from geo_assign.core.email_addresses import require_email_address
from geo_assign.core.errors import ForbiddenError, InvalidError
from geo_assign.core.languages import Language
from geo_assign.workforce.commands.authority import require_groups, require_manages
from geo_assign.workforce.commands.staff import create_staff
from geo_assign.workforce.commands.technicians import NewTechnician, create_technician, lock_technician
from geo_assign.workforce.domain import Duties, InactiveError, Technician
from geo_assign.workforce.invitations import ROLES_OF_STORES, get_open_invitation
from geo_assign.workforce.tables import technicians


@dataclass(frozen=True)
class InvitedUser:
    """A user to invite. Without a name the address begins with one until the user says another.

    Store administrators have `store_ids`, dispatchers `group_ids`. A technician is one who is there without a log-in
    (`technician_id`), or a new one with a home store and `group_ids`.
    """

    email: str
    role: Role
    name: str | None = None
    permissions: tuple[str, ...] = ()
    store_ids: tuple[UUID, ...] = ()
    group_ids: tuple[UUID, ...] = ()
    store_id: UUID | None = None
    technician_id: UUID | None = None
    language: Language | None = None


@dataclass(frozen=True)
class SentInvitation:
    """An invitation, and the address of its link where that goes by no mail."""

    invitation: Invitation
    link: str | None = field(repr=False)


def invite(
    tx: Tx, caller: Caller, invitee: InvitedUser, *, delivery: LinkDelivery, user_id: UUID | None = None
) -> SentInvitation:
    """Create a user who may choose a password.

    Raises ForbiddenError for a store administrator who invites to a higher role or to what belongs to other stores,
    TakenError for an address, or a technician, that has a user, InvalidError for what is no e-mail address, and when
    the rest does not go with the role.
    """
    if not caller.scope.everything and invitee.role not in ROLES_OF_STORES:
        raise ForbiddenError("A store administrator invites dispatchers and technicians.")
    require_email_address(invitee.email)
    _require_fitting(invitee)
    if invitee.role is Role.TECHNICIAN:
        technician = _technician(tx, caller, invitee)
        user = create_user(tx, caller, _new_user(invitee, name=technician.name), user_id=user_id)
        _link_technician(tx, technician.id, user.id)
    else:
        if not caller.scope.everything:
            _require_own_groups(tx, caller, invitee)
        duties = Duties(store_ids=invitee.store_ids, group_ids=invitee.group_ids)
        user = create_staff(tx, caller, _new_user(invitee), duties=duties, user_id=user_id)
    return _send(tx, caller, user.id, delivery=delivery)


def renew_invitation(tx: Tx, caller: Caller, link_id: UUID, *, delivery: LinkDelivery) -> SentInvitation:
    """Send another link; the one before works no more. Raises NotFoundError."""
    return _send(tx, caller, get_open_invitation(tx, caller.scope, link_id=link_id).user.id, delivery=delivery)


def revoke_invitation(tx: Tx, caller: Caller, link_id: UUID) -> None:
    """End an invitation, and remove its user, who never logged in. A technician stays, without a log-in.

    Raises NotFoundError, LinkUsedError when it is accepted at this moment.
    """
    user = get_open_invitation(tx, caller.scope, link_id=link_id).user
    t = technicians.c
    tx.conn.execute(update(technicians).where(t.org_id == tx.org_id, t.user_id == user.id).values(user_id=null()))
    remove_invited_user(tx, user.id, link_id)
    audit(tx, caller, "invitation.revoked", subject_kind="user", subject_id=user.id)


def _send(tx: Tx, caller: Caller, user_id: UUID, *, delivery: LinkDelivery) -> SentInvitation:
    minted = create_link(tx, caller, user_id, LinkPurpose.INVITATION)
    link = delivery.hand_out(tx, minted)
    return SentInvitation(get_open_invitation(tx, caller.scope, link_id=minted.link.id), link)


def _new_user(invitee: InvitedUser, *, name: str | None = None) -> NewUser:
    known = name or invitee.name or invitee.email.partition("@")[0]
    return NewUser(
        email=invitee.email,
        name=known,
        role=invitee.role,
        permissions=invitee.permissions,
        language=invitee.language,
    )


def _require_fitting(invitee: InvitedUser) -> None:
    """Raises InvalidError for members that do not go with the role. Stores and groups of staff are judged later."""
    if invitee.role is not Role.TECHNICIAN:
        for name in ("store_id", "technician_id"):
            if getattr(invitee, name) is not None:
                raise InvalidError.at(f"/{name}", "not_for_this_role", "Only an invited technician has this.")
        return
    if invitee.store_ids or invitee.permissions:
        name = "store_ids" if invitee.store_ids else "permissions"
        raise InvalidError.at(f"/{name}", "not_for_this_role", "A technician has none.")
    if (invitee.store_id is None) == (invitee.technician_id is None):
        detail = "Give the home store of a new technician, or the technician_id of one who is there without a log-in."
        raise InvalidError.at("/store_id", "store_or_technician", detail)
    if invitee.technician_id is not None and invitee.group_ids:
        detail = "The groups of a technician who is there are changed at the technician."
        raise InvalidError.at("/group_ids", "not_for_this_role", detail)


def _require_own_groups(tx: Tx, caller: Caller, invitee: InvitedUser) -> None:
    if not invitee.group_ids:
        raise InvalidError.at("/group_ids", "groups_required", "Say which of your groups the dispatcher serves.")
    require_manages(caller, require_groups(tx, caller, invitee.group_ids))


def _technician(tx: Tx, caller: Caller, invitee: InvitedUser) -> Technician:
    if invitee.technician_id is None:
        assert invitee.store_id is not None
        name = invitee.name or invitee.email.partition("@")[0]
        new = NewTechnician(name=name, store_id=invitee.store_id, group_ids=invitee.group_ids)
        return create_technician(tx, caller, new)
    technician = lock_technician(tx, caller, invitee.technician_id)
    if not technician.active:
        raise InactiveError("This technician has been deactivated.")
    if technician.user_id is not None:
        raise TakenError("This technician has a log-in already.")
    return technician


def _link_technician(tx: Tx, technician_id: UUID, user_id: UUID) -> None:
    t = technicians.c
    tx.conn.execute(update(technicians).where(t.org_id == tx.org_id, t.id == technician_id).values(user_id=user_id))
