"""Logging in and out, and where a user is logged in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access import link_queries
from geo_assign.access.commands import LogIn, OpenedSession, end_session, log_in
from geo_assign.access.domain import (
    BadCredentialsError,
    Role,
    SecondFactorRequiredError,
    SecondFactorWrongError,
)
from geo_assign.core.errors import NotFoundError
from geo_assign.core.languages import Language
from geo_assign.http.browsers import find_browser
from geo_assign.http.csrf import cleared_cookie, csrf_token, session_cookie
from geo_assign.http.limits import TooManyLogInsError
from geo_assign.http.operations import ALL_ROLES, EVEN_ENROLLING, Access, AnyCall, Call, Reply, Routes
from geo_assign.http.proxies import client_address
from geo_assign.http.schemas import Answer, Body, Listing, Password, ShortText

routes = Routes("Sessions")


class LogInBody(Body):
    """Who logs in. `organization` is its slug; technicians name the device that their positions will come from."""

    organization: ShortText = Field(examples=["demo"])
    email: ShortText = Field(examples=["ana@example.com"])
    password: Password
    device: ShortText | None = Field(None, description="A name for this phone.")
    code: ShortText | None = Field(None, description="Of the authenticator app, or a recovery code: second factor.")
    cookie: bool = Field(False, description="Keep the token in an HttpOnly cookie instead of answering it: browsers.")


class AccountAnswer(Answer):
    """The user who is logged in."""

    id: UUID
    name: str
    email: str
    role: Role
    permissions: list[str]
    language: Language | None = Field(description="Of mails and push messages. Null: the organization's.")


class SessionAnswer(Answer):
    """A session. `token` is told here only; with a cookie it is null, and changes want `csrf_token` in X-CSRF-Token."""

    token: str | None
    csrf_token: str | None
    must_enrol: bool = Field(description="Good for switching a second factor on, until that is done for nothing else.")
    expires_at: datetime
    user: AccountAnswer


class OwnSessionAnswer(Answer):
    """Where you are logged in: by `kind` with the token of an app (`bearer`) or a browser (`cookie`).

    `device` is its name from the log-in, or which browser on which system.
    """

    id: UUID
    kind: Literal["bearer", "cookie"]
    device: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To about ten minutes. Null: not since it is noted.")
    current: bool = Field(description="The one that this call was made with.")


@routes.post(
    "/v1/sessions",
    access=Access(public=True),
    body=LogInBody,
    example={
        "organization": "demo",
        "email": "ana@example.com",
        "password": "a long password",
        "device": "Ana's phone",
    },
    answer=SessionAnswer,
    status=201,
    errors=(BadCredentialsError, SecondFactorRequiredError, SecondFactorWrongError, TooManyLogInsError),
)
def create_session(call: Call[None, LogInBody]) -> Reply:
    """Log in.

    Bearer tokens last 30 days from their last use, a year at most; so do technicians' cookies, others' 12
    hours. Whichever of organization, e-mail and password is wrong, the answer is the same. Users with a second
    factor send `code` with them.
    """
    given: LogInBody = call.body
    services, address = call.services, address_of(call)
    attempt = LogIn(
        organization=given.organization,
        email=given.email,
        password=given.password,
        device=given.device,
        kind="cookie" if given.cookie else "bearer",
        code=given.code,
        browser=browser_of(call) if given.cookie else None,
    )
    with services.limits.log_in(organization=given.organization, email=given.email, address=address):
        session = log_in(services.database, services.geocoder.box, attempt)
    return opened(call, session, cookie=given.cookie)


@routes.delete("/v1/sessions/current", access=EVEN_ENROLLING, status=204, own_transactions=True)
def delete_session(call: Call[None, None]) -> Reply:
    """Log out.

    Ends a technician's duty if this is the device that sends the positions, or the last log-in: then open offers go to
    the next candidate.
    """
    return _log_out(call)


@routes.get("/v1/sessions", access=ALL_ROLES, answer=Listing[OwnSessionAnswer])
def list_sessions(call: Call[None, None]) -> Reply:
    """List your sessions.

    Where you are logged in, newest first.
    """
    caller = call.caller
    with call.transaction() as tx:
        found = link_queries.list_sessions(tx, caller.id)
    items = [
        OwnSessionAnswer(
            id=session.id,
            kind=session.kind,
            device=session.device,
            created_at=session.created_at,
            expires_at=session.expires_at,
            last_used_at=session.last_used_at,
            current=session.id == caller.session_id,
        )
        for session in found
    ]
    return Reply(Listing[OwnSessionAnswer](items=items))


@routes.delete("/v1/sessions/{id}", access=ALL_ROLES, status=204, own_transactions=True, errors=(NotFoundError,))
def delete_own_session(call: Call[None, None], id: UUID) -> Reply:
    """End one of your sessions.

    As that device's log-out would: the shift ends with the device that sends the positions.
    """
    if id == call.caller.session_id:
        return _log_out(call)
    with call.transaction() as tx:
        end_session(tx, call.caller, id)
    if call.caller.technician_id is not None:
        call.services.dispatch.settle_duty(call.caller.org_id, call.caller.technician_id)
    return Reply()


def address_of(call: AnyCall) -> str:
    """Where the call comes from, past the proxies that are trusted."""
    networks = call.services.settings.trusted_networks
    return client_address(call.remote_address, call.headers.get("X-Forwarded-For"), networks)


def browser_of(call: AnyCall) -> str | None:
    """What a browser's session is called where its log-in names no device."""
    return find_browser(call.headers.get("User-Agent", ""))


def opened(call: AnyCall, session: OpenedSession, *, cookie: bool) -> Reply:
    """The answer to a log-in, of whatever kind: the token in it, or in a cookie."""
    if not cookie:
        return Reply(_answer(session, token=session.token, csrf=None))
    settings = call.services.settings
    answer = _answer(session, token=None, csrf=csrf_token(settings, session.id))
    return Reply(answer, headers={"Set-Cookie": session_cookie(settings, session.token, session.ends_by)})


def _log_out(call: AnyCall) -> Reply:
    call.services.dispatch.log_out(call.caller)
    return Reply(headers={"Set-Cookie": cleared_cookie(call.services.settings)})


def _answer(session: OpenedSession, *, token: str | None, csrf: str | None) -> SessionAnswer:
    user = AccountAnswer.model_validate(session.user)
    return SessionAnswer(
        token=token, csrf_token=csrf, must_enrol=session.must_enrol, expires_at=session.expires_at, user=user
    )
