"""One's own password, and the links with which one is chosen."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.commands import (
    OpenedSession,
    PasswordChange,
    PasswordChoice,
    change_own_password,
    look_at_link,
    open_session,
    request_password_reset,
    require_device,
    use_link,
)
from geo_assign.access.commands.one_time_links import UserInactiveError
from geo_assign.access.domain import BadCredentialsError, Caller, Role, User
from geo_assign.access.links import (
    LinkEndedError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkPurpose,
    LinkReplacedError,
    LinkUsedError,
    parse_link_token,
)
from geo_assign.access.queries import get_organization, get_user
from geo_assign.access.sign_on import PasswordLogInOffError
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError, TooManyError
from geo_assign.http.limits import TooManyLogInsError
from geo_assign.http.operations import ALL_ROLES, STORE_SETTINGS, Access, Call, Reply, Routes
from geo_assign.http.request import current_request
from geo_assign.http.routes.sessions import SessionAnswer, address_of, browser_of, opened
from geo_assign.http.schemas import Answer, Body, NewPassword, Password, ShortText
from geo_assign.workforce.commands import reset_password_of

routes = Routes("Passwords")

_PUBLIC = Access(public=True)
_OF_LINKS = (LinkNotFoundError, LinkUsedError, LinkExpiredError, LinkReplacedError, LinkEndedError, TooManyError)
# Longer than finding, or not finding, an account and writing a link takes: how long an answer took tells nothing.
_SAME_TIME_S = 0.4
_TOKEN = "gal_AaIBnDp3fQ-woF8PHi08tA_8mS0kz7Jc0WqT4xvB2nLrE6yH1uKfDa5oPiGsMlCtQe"  # noqa: S105 - an example


LinkToken = Annotated[ShortText, Field(description="What stands behind the `#` of the link.", examples=[_TOKEN])]


class PasswordChangeBody(Body):
    """`current_password` is the one to be replaced by `new_password`."""

    current_password: Password
    new_password: NewPassword


class LinkBody(Body):
    """A one-time link."""

    token: LinkToken


class LinkAnswer(Answer):
    """Whom a link lets choose a password, and for which `purpose`.

    `organization` is its slug, which log-in asks for, `organization_name` what it is called.
    """

    purpose: LinkPurpose
    organization: str
    organization_name: str
    email: str
    name: str
    role: Role
    expires_at: datetime


class ChosenPasswordBody(LinkBody):
    """A link's token, and the password that its user chose."""

    password: NewPassword


class AcceptanceBody(ChosenPasswordBody):
    """The same for an invitation, and how the user wants to be called.

    It logs in: a technician names the `device`; `cookie` keeps the token in a cookie, for browsers.
    """

    name: ShortText | None = None
    device: ShortText | None = None
    cookie: bool = False


class ResetRequestBody(Body):
    """Who forgot the password."""

    organization: ShortText = Field(description="Its slug.")
    email: ShortText


class ResetRequestAnswer(Answer):
    """`by_email` is false where there is no mail server: ask an administrator. It tells nothing about the account."""

    by_email: bool


class ResetAnswer(Answer):
    """A link for a user to choose a new password."""

    user_id: UUID
    expires_at: datetime
    link: str | None = Field(description="Null when it was sent by e-mail. Otherwise for the user alone.")


@routes.put(
    "/v1/me/password",
    access=ALL_ROLES,
    body=PasswordChangeBody,
    example={"current_password": "a long password", "new_password": "five quiet herons"},
    status=204,
    own_transactions=True,
    errors=(TooManyLogInsError,),
)
def put_password(call: Call[None, PasswordChangeBody]) -> Reply:
    """Change your password.

    Your other sessions end, the present one stays.
    """
    caller, services = call.caller, call.services
    with call.transaction() as tx:
        organization, email = get_organization(tx).slug, get_user(tx, caller.id).email
    change = PasswordChange(current=call.body.current_password, new=call.body.new_password)
    try:
        # As many tries as at the log-in: a session left open is no way to guess the password.
        with services.limits.log_in(organization=organization, email=email, address=address_of(call)):
            change_own_password(services.database, caller, change)
    except BadCredentialsError as error:
        # The caller is who the session says: 401 would have clients log out.
        raise InvalidError.at("/current_password", "wrong_password", error.detail) from None
    return Reply()


@routes.post(
    "/v1/one-time-links/look",
    access=_PUBLIC,
    body=LinkBody,
    example={"token": _TOKEN},
    answer=LinkAnswer,
    errors=_OF_LINKS,
)
def look_at_one_time_link(call: Call[None, LinkBody]) -> Reply:
    """Read what a link is for.

    It stays unused.
    """
    services = call.services
    services.limits.one_time_link(address=address_of(call))
    token = parse_link_token(call.body.token)
    with services.database.transaction(token.org_id) as tx:
        link, user = look_at_link(tx, token)
        organization = get_organization(tx)
    return Reply(
        LinkAnswer(
            purpose=link.purpose,
            organization=organization.slug,
            organization_name=organization.name,
            email=user.email,
            name=user.name,
            role=user.role,
            expires_at=link.expires_at,
        )
    )


@routes.post(
    "/v1/invitations/accept",
    access=_PUBLIC,
    body=AcceptanceBody,
    example={"token": _TOKEN, "password": "five quiet herons", "name": "Rui Costa"},
    answer=SessionAnswer,
    status=201,
    errors=(*_OF_LINKS, PasswordLogInOffError),
)
def accept_invitation(call: Call[None, AcceptanceBody]) -> Reply:
    """Accept an invitation.

    Sets password and name, and logs in.
    """
    body, services = call.body, call.services
    services.limits.one_time_link(address=address_of(call))
    choice = PasswordChoice(token=body.token, password=body.password, name=body.name)

    def log_in(tx: Tx, user: User, _caller: Caller) -> OpenedSession:
        require_device(user, body.device)
        device = body.device or (browser_of(call) if body.cookie else None)
        return open_session(tx, user, kind="cookie" if body.cookie else "bearer", device=device)

    return opened(call, use_link(services.database, LinkPurpose.INVITATION, choice, then=log_in), cookie=body.cookie)


@routes.post(
    "/v1/password-resets",
    access=_PUBLIC,
    body=ResetRequestBody,
    example={"organization": "demo", "email": "ana@example.com"},
    answer=ResetRequestAnswer,
    status=202,
    errors=(TooManyError,),
)
def create_password_reset(call: Call[None, ResetRequestBody]) -> Reply:
    """Ask for a link by e-mail to choose a new password.

    The answer, and the time it takes, is the same whether there is such an account or not.
    """
    body, services = call.body, call.services
    services.limits.password_reset(organization=body.organization, email=body.email, address=address_of(call))
    if services.settings.sends_mail:
        with _taking_the_same_time():
            request_password_reset(
                services.database, organization=body.organization, email=body.email, delivery=services.links
            )
    return Reply(ResetRequestAnswer(by_email=services.settings.sends_mail))


@routes.post(
    "/v1/password-resets/accept",
    access=_PUBLIC,
    body=ChosenPasswordBody,
    example={"token": _TOKEN, "password": "five quiet herons"},
    status=204,
    errors=(*_OF_LINKS, PasswordLogInOffError),
)
def accept_password_reset(call: Call[None, ChosenPasswordBody]) -> Reply:
    """Choose a new password.

    All sessions end; log in with the new password.
    """
    body, services = call.body, call.services
    services.limits.one_time_link(address=address_of(call))
    choice = PasswordChoice(token=body.token, password=body.password)
    use_link(services.database, LinkPurpose.PASSWORD_RESET, choice, then=lambda _tx, _user, _caller: None)
    return Reply()


@routes.post(
    "/v1/users/{id}/password-reset",
    access=STORE_SETTINGS,
    answer=ResetAnswer,
    status=201,
    errors=(NotFoundError, UserInactiveError),
)
def create_password_reset_of_user(call: Call[None, None], id: UUID) -> Reply:
    """Have a user choose a new password.

    Until then the old one works. Store administrators: technicians and dispatchers of their own stores.
    """
    with call.transaction() as tx:
        link, address = reset_password_of(tx, call.caller, id, delivery=call.services.links)
    return Reply(ResetAnswer(user_id=id, expires_at=link.expires_at, link=address))


@contextmanager
def _taking_the_same_time() -> Iterator[None]:
    """Have a request take `_SAME_TIME_S`, or some whole number of it, whatever it does."""
    begun_s = time.monotonic()
    try:
        yield
    finally:
        current_request().end_turn()  # what waits now does no work
        _pause(rest_s(time.monotonic() - begun_s))


def rest_s(taken_s: float) -> float:
    """How long is left of the time that every request takes."""
    return _SAME_TIME_S - taken_s % _SAME_TIME_S


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)
