"""Single sign-on: an organization's settings, and the way of a browser to its identity provider and back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from geo_assign.access.commands import (
    NewSingleSignOn,
    delete_single_sign_on,
    keeps_secret,
    release_identity,
    store_single_sign_on,
)
from geo_assign.access.queries import find_organization_id, find_single_sign_on, get_single_sign_on, get_user
from geo_assign.access.sign_on import (
    SignOnEmailRefusedError,
    SignOnNoAccountError,
    SignOnOtherIdentityError,
    SingleSignOn,
    SingleSignOnMissingError,
)
from geo_assign.core.errors import GeoAssignError, NotFoundError, StaleError
from geo_assign.core.validation import Written
from geo_assign.http.csrf import cleared_sign_on_cookie, find_sign_on_cookie, session_cookie, sign_on_cookie
from geo_assign.http.editing import stale_as
from geo_assign.http.operations import ADMINISTRATORS, Access, AnyCall, Call, Reply, Routes
from geo_assign.http.routes.sessions import browser_of
from geo_assign.http.schemas import Answer, Body, Query, ShortText
from geo_assign.single_sign_on.domain import (
    SignOnExpiredError,
    SignOnProviderUnavailableError,
    SignOnRefusedError,
    SignOnUntrustedError,
    SingleSignOnInvalidError,
)
from geo_assign.single_sign_on.flow import LASTS, Callback

routes = Routes("Single sign-on")

_CONSOLE = "/console/"
_PROVIDER = (SignOnProviderUnavailableError, SignOnUntrustedError)
Domain = Annotated[
    str, Field(max_length=253), Written(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", "Write a domain: example.com")
]


class SingleSignOnBody(Body):
    """An OpenID Connect provider. The secret is written and never read; leave it out to keep the one that is stored."""

    issuer: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Exactly as the provider calls itself.", examples=["https://login.example.com"]
    )
    client_id: ShortText = Field(description="Of this service at the provider.")
    client_secret: Annotated[str | None, Field(max_length=1_000)] = Field(None, description="Null: a public client.")
    email_domains: Annotated[tuple[Domain, ...], Field(max_length=100)] = Field(
        (), description="Whose addresses are let in. None: any that the provider has verified."
    )
    assume_email_verified: bool = Field(
        False, description="Take an address as verified if the provider does not say: one that never does."
    )
    password_log_in: bool = Field(True, description="Whether passwords work beside it. Phones always use theirs.")


class SingleSignOnAnswer(Answer):
    """Single sign-on without its secret; `has_client_secret` says whether there is one.

    `issuer`, `client_id`, `email_domains`, `assume_email_verified` and `password_log_in` are as they were set.
    """

    issuer: str
    client_id: str
    has_client_secret: bool
    email_domains: list[str]
    assume_email_verified: bool
    password_log_in: bool
    callback_url: str = Field(description="To be registered at the provider.")
    version: int
    updated_at: datetime


class LogInWaysAnswer(Answer):
    """How users of an organization log in to the console: by `single_sign_on`, or a password."""

    single_sign_on: bool
    password: bool


class CallbackQuery(Query):
    """What a provider adds to the callback; what is not known is ignored."""

    model_config = ConfigDict(extra="ignore")

    state: str | None = Field(None, max_length=500)
    code: str | None = Field(None, max_length=4_000)
    error: str | None = Field(None, max_length=500)
    iss: str | None = Field(None, max_length=500)


@routes.get(
    "/v1/organization/single-sign-on",
    access=ADMINISTRATORS,
    answer=SingleSignOnAnswer,
    errors=(SingleSignOnMissingError,),
)
def get_organization_single_sign_on(call: Call[None, None]) -> Reply:
    """Read the single sign-on."""
    with call.transaction() as tx:
        return _reply(call, get_single_sign_on(tx))


@routes.put(
    "/v1/organization/single-sign-on",
    access=ADMINISTRATORS,
    body=SingleSignOnBody,
    example={
        "issuer": "https://login.example.com",
        "client_id": "geo-assign",
        "client_secret": "0123456789abcdef",
        "email_domains": ["example.com"],
    },
    answer=SingleSignOnAnswer,
    own_transactions=True,
    errors=(SingleSignOnInvalidError, SingleSignOnMissingError, StaleError),
)
def put_organization_single_sign_on(call: Call[None, SingleSignOnBody]) -> Reply:
    """Set the single sign-on.

    It is tried at once, and stored only if it works.
    """
    body, service, box = call.body, call.services.sign_on, call.services.geocoder.box
    given = SecretStr(body.client_secret) if body.client_secret else None
    new = NewSingleSignOn(
        issuer=body.issuer,
        client_id=body.client_id,
        client_secret=given,
        email_domains=body.email_domains,
        password_log_in=body.password_log_in,
        assume_email_verified=body.assume_email_verified,
    )
    with call.transaction() as tx:
        present = find_single_sign_on(tx)
    kept = present.client_secret_encrypted if present and keeps_secret(present, new) else None
    service.try_settings(body.issuer, body.client_id, given or (box.decrypt(kept) if kept else None))
    with call.transaction() as tx, stale_as(partial(_answer, call)):
        return _reply(call, store_single_sign_on(tx, call.caller, box, new, version=call.if_match))


@routes.delete(
    "/v1/organization/single-sign-on",
    access=ADMINISTRATORS,
    status=204,
    errors=(SingleSignOnMissingError, StaleError),
)
def delete_organization_single_sign_on(call: Call[None, None]) -> Reply:
    """Delete the single sign-on.

    Passwords work again.
    """
    with call.transaction() as tx, stale_as(partial(_answer, call)):
        delete_single_sign_on(tx, call.caller, version=call.if_match)
    return Reply()


@routes.delete("/v1/users/{id}/identity", access=ADMINISTRATORS, status=204, errors=(NotFoundError,))
def delete_user_identity(call: Call[None, None], id: UUID) -> Reply:
    """Release a user from an identity.

    At the next single sign-on the e-mail address decides again.
    """
    with call.transaction() as tx:
        get_user(tx, id)
        release_identity(tx, call.caller, id)
    return Reply()


@routes.get("/v1/log-in-ways/{organization:slug}", access=Access(public=True), answer=LogInWaysAnswer)
def get_log_in_ways(call: Call[None, None], organization: str) -> Reply:
    """Read how users of an organization log in.

    An organization that does not exist is as one without single sign-on.
    """
    database = call.services.database
    with database.across_organizations() as conn:
        org_id = find_organization_id(conn, organization)
    settings = None
    if org_id is not None:
        with database.transaction(org_id) as tx:
            settings = find_single_sign_on(tx)
    password = settings is None or settings.password_log_in
    return Reply(LogInWaysAnswer(single_sign_on=settings is not None, password=password))


@routes.get(
    "/v1/single-sign-on/{organization:slug}/start",
    access=Access(public=True),
    status=303,
    own_transactions=True,
    errors=(SingleSignOnMissingError, *_PROVIDER),
)
def start_single_sign_on(call: Call[None, None], organization: str) -> Reply:
    """Send a browser to the identity provider."""
    try:
        begun = call.services.sign_on.begin(organization)
    except GeoAssignError as error:
        return _told(call, error)
    kept = sign_on_cookie(call.services.settings, begun.sealed, lasts=LASTS)
    return Reply(headers={"Location": begun.location, "Set-Cookie": kept})


@routes.get(
    "/v1/single-sign-on/callback",
    access=Access(public=True),
    query=CallbackQuery,
    status=303,
    own_transactions=True,
    errors=(
        SignOnExpiredError,
        SignOnRefusedError,
        *_PROVIDER,
        SingleSignOnMissingError,
        SignOnEmailRefusedError,
        SignOnNoAccountError,
        SignOnOtherIdentityError,
    ),
)
def finish_single_sign_on(call: Call[CallbackQuery, None]) -> Reply:
    """Let a browser in that comes back from the identity provider.

    It gets the console's cookie. A browser that asked for a page is sent to the console, also with what went wrong.
    """
    query, settings = call.query, call.services.settings
    callback = Callback(state=query.state, code=query.code, error=query.error, issuer=query.iss)
    try:
        sealed = find_sign_on_cookie(call.headers.get("Cookie"))
        session = call.services.sign_on.finish(sealed, callback, browser=browser_of(call))
    except GeoAssignError as error:
        return _told(call, error)
    cookies = (session_cookie(settings, session.token, session.ends_by), cleared_sign_on_cookie(settings))
    return Reply(headers={"Location": _CONSOLE}, cookies=cookies)


def _told(call: AnyCall, error: GeoAssignError) -> Reply:
    """To a person on a page of the console, to a program as a problem."""
    if "text/html" not in call.headers.get("Accept", ""):
        raise error
    return Reply(headers=_to_console(error), cookies=(cleared_sign_on_cookie(call.services.settings),))


def _to_console(error: GeoAssignError) -> Mapping[str, str]:
    reason = error.facts.get("reason")
    return {"Location": f"{_CONSOLE}?sign_on={error.code}" + (f"&reason={reason}" if reason else "")}


def _reply(call: AnyCall, stored: SingleSignOn) -> Reply:
    return Reply(_answer(call, stored), version=stored.version)


def _answer(call: AnyCall, stored: SingleSignOn) -> SingleSignOnAnswer:
    return SingleSignOnAnswer(
        issuer=stored.issuer,
        client_id=stored.client_id,
        has_client_secret=stored.client_secret_encrypted is not None,
        email_domains=list(stored.email_domains),
        password_log_in=stored.password_log_in,
        assume_email_verified=stored.assume_email_verified,
        callback_url=call.services.sign_on.callback_url,
        version=stored.version,
        updated_at=stored.updated_at,
    )
