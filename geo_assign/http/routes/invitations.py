"""Invitations: users who are to choose their password by a link."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.commands.one_time_links import UserInactiveError
from geo_assign.access.domain import Permission, Role, TakenError
from geo_assign.access.links import Invitation, LinkUsedError, MailState
from geo_assign.access.queries import database_now
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.idempotency import SecretShownError
from geo_assign.core.languages import Language
from geo_assign.core.qr_codes import qr_code
from geo_assign.http.editing import create_once
from geo_assign.http.operations import STORE_SETTINGS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, Email, Listing, PageQuery, ShortText
from geo_assign.workforce import commands
from geo_assign.workforce.commands import InvitedUser, SentInvitation
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.invitations import get_open_invitation, list_open_invitations

routes = Routes("Users")

_Ids = Annotated[tuple[UUID, ...], Field(max_length=200)]
_Permissions = Annotated[tuple[Permission, ...], Field(max_length=20)]


class InvitationBody(Body):
    """Who is invited, and to what. Store administrators invite dispatchers and technicians of their stores."""

    email: Email
    role: Role = Field(description="What the user may do.")
    name: ShortText | None = Field(None, description="The user may choose another.")
    permissions: _Permissions = Field((), description="Of a dispatcher.")
    store_ids: _Ids = Field((), description="Of a store administrator.")
    group_ids: _Ids = Field((), description="Of a dispatcher, or a new technician.")
    store_id: UUID | None = Field(None, description="Home store of a new technician.")
    technician_id: UUID | None = Field(None, description="A technician who is there without a log-in, to be given one.")
    language: Language | None = Field(None, description="Of the mail, until the user chooses one.")


class InvitationAnswer(Answer):
    """An invitation that waits for its user; when it is `expired`, renew or revoke it."""

    id: UUID
    user_id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime
    expired: bool
    mail: MailState | None = Field(description="What has become of the e-mail. Null: none was sent.")
    link: str | None = Field(
        None, description="Told once, to the caller who made it, when there is no mail server. For the user alone."
    )
    qr_svg: str | None = Field(None, description="The link to scan, as SVG.")


@routes.get("/v1/invitations", access=STORE_SETTINGS, query=PageQuery, answer=Listing[InvitationAnswer])
def list_invitations(call: Call[PageQuery, None]) -> Reply:
    """List open invitations.

    Newest first, those too that have expired.
    """
    with call.transaction() as tx:
        page = list_open_invitations(tx, call.caller.scope, limit=call.query.limit, cursor=call.query.cursor)
        items = [_answer(tx, invitation) for invitation in page.items]
    return Reply(Listing[InvitationAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/invitations",
    access=STORE_SETTINGS,
    body=InvitationBody,
    example={
        "email": "rui@example.com",
        "name": "Rui Costa",
        "role": "dispatcher",
        "group_ids": ["01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a"],
    },
    answer=InvitationAnswer,
    status=201,
    creates=True,
    errors=(TakenError, NotFoundError, InactiveError, SecretShownError),
)
def create_invitation(call: Call[None, InvitationBody]) -> Reply:
    """Invite a user.

    The link works for seven days. It goes by e-mail, or is in the answer when there is no mail server.
    """
    invitee, delivery, caller = InvitedUser(**dict(call.body)), call.services.links, call.caller

    def sent_before(invitation: Invitation) -> SentInvitation:
        if delivery.box is None:
            detail = "An earlier attempt under this Idempotency-Key made it. Renew the invitation for another link."
            raise SecretShownError(detail, id=invitation.link.id)
        return SentInvitation(invitation, None)

    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.invite(tx, caller, invitee, delivery=delivery, user_id=row_id),
            read=lambda row_id: sent_before(get_open_invitation(tx, caller.scope, user_id=row_id)),
            reply=lambda sent: _reply(tx, sent),
        )


@routes.post(
    "/v1/invitations/{id}/renew",
    access=STORE_SETTINGS,
    answer=InvitationAnswer,
    status=201,
    errors=(NotFoundError, UserInactiveError),
)
def renew_invitation(call: Call[None, None], id: UUID) -> Reply:
    """Send an invitation again.

    With a new link, and under a new id; the link before works no more.
    """
    with call.transaction() as tx:
        return _reply(tx, commands.renew_invitation(tx, call.caller, id, delivery=call.services.links))


@routes.delete("/v1/invitations/{id}", access=STORE_SETTINGS, status=204, errors=(NotFoundError, LinkUsedError))
def delete_invitation(call: Call[None, None], id: UUID) -> Reply:
    """Revoke an invitation.

    Its user is removed; a technician stays, without a log-in.
    """
    with call.transaction() as tx:
        commands.revoke_invitation(tx, call.caller, id)
    return Reply()


def _answer(tx: Tx, invitation: Invitation, *, link: str | None = None) -> InvitationAnswer:
    return InvitationAnswer(
        id=invitation.link.id,
        user_id=invitation.user.id,
        email=invitation.user.email,
        name=invitation.user.name,
        role=invitation.user.role,
        created_at=invitation.link.created_at,
        expires_at=invitation.link.expires_at,
        expired=not invitation.link.is_open(database_now(tx)),
        mail=invitation.mail,
        link=link,
        qr_svg=None if link is None else qr_code(link),
    )


def _reply(tx: Tx, sent: SentInvitation) -> Reply:
    return Reply(_answer(tx, sent.invitation, link=sent.link))
