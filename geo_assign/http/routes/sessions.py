"""Logging in and out."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.commands import LogIn, OpenedSession, log_in
from geo_assign.access.domain import (
    BadCredentialsError,
    Role,
    SecondFactorRequiredError,
    SecondFactorWrongError,
)
from geo_assign.http.csrf import cleared_cookie, csrf_token, session_cookie
from geo_assign.http.limits import TooManyLogInsError
from geo_assign.http.operations import EVEN_ENROLLING, Access, AnyCall, Call, Reply, Routes
from geo_assign.http.proxies import client_address
from geo_assign.http.schemas import Answer, Body, Password, ShortText

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


class SessionAnswer(Answer):
    """A session. `token` is told here only; with a cookie it is null, and changes want `csrf_token` in X-CSRF-Token."""

    token: str | None
    csrf_token: str | None
    must_enrol: bool = Field(description="Good for switching a second factor on, until that is done for nothing else.")
    expires_at: datetime
    user: AccountAnswer


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

    Bearer tokens last 30 days from their last use, a year at most; cookies 12 hours. Whichever of organization,
    e-mail and password is wrong, the answer is the same. Users with a second factor send `code` with them.
    """
    given: LogInBody = call.body
    services = call.services
    networks = services.settings.trusted_networks
    address = client_address(call.remote_address, call.headers.get("X-Forwarded-For"), networks)
    attempt = LogIn(
        organization=given.organization,
        email=given.email,
        password=given.password,
        device=given.device,
        kind="cookie" if given.cookie else "bearer",
        code=given.code,
    )
    with services.limits.log_in(organization=given.organization, email=given.email, address=address):
        session = log_in(services.database, services.geocoder.box, attempt)
    return _with_cookie(call, session) if given.cookie else Reply(_answer(session, token=session.token, csrf=None))


@routes.delete("/v1/sessions/current", access=EVEN_ENROLLING, status=204, own_transactions=True)
def delete_session(call: Call[None, None]) -> Reply:
    """Log out.

    Ends a technician's duty if this is the device that sends the positions, or the last log-in: then open offers go to
    the next candidate.
    """
    call.services.dispatch.log_out(call.caller)
    return Reply(headers={"Set-Cookie": cleared_cookie(call.services.settings)})


def _with_cookie(call: AnyCall, session: OpenedSession) -> Reply:
    settings = call.services.settings
    answer = _answer(session, token=None, csrf=csrf_token(settings, session.id))
    return Reply(answer, headers={"Set-Cookie": session_cookie(settings, session.token, session.expires_at)})


def _answer(session: OpenedSession, *, token: str | None, csrf: str | None) -> SessionAnswer:
    user = AccountAnswer.model_validate(session.user)
    return SessionAnswer(
        token=token, csrf_token=csrf, must_enrol=session.must_enrol, expires_at=session.expires_at, user=user
    )
