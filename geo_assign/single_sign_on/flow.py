"""A log-in by an identity provider, from the button to the session."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from pydantic import SecretStr

from geo_assign.access.commands import OpenedSession, admit_identity, open_session
from geo_assign.access.queries import database_now, find_organization_id, get_single_sign_on
from geo_assign.access.sign_on import Claims, SingleSignOn, SingleSignOnMissingError
from geo_assign.core.db import Database
from geo_assign.core.deadlines import Deadline
from geo_assign.core.errors import FieldProblem
from geo_assign.core.outbound import OutboundClient, OutboundError
from geo_assign.core.secrets import SecretBox
from geo_assign.core.wire import JsonObject
from geo_assign.single_sign_on.domain import (
    SignOnExpiredError,
    SignOnProviderUnavailableError,
    SignOnRefusedError,
    SignOnUntrustedError,
    SingleSignOnInvalidError,
)
from geo_assign.single_sign_on.id_tokens import Expected, KeyUnknownError, claims_of, read_id_token
from geo_assign.single_sign_on.provider import Client, IdentityProvider, Providers, Tokens, code_of, is_web_address

SCOPES = "openid email profile"
LASTS = timedelta(minutes=10)
"""How long a person may take at the identity provider."""
DEADLINE_S = 8.0
_NO_CODE = "geo-assign-tries-its-settings"


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brings back from the identity provider."""

    state: str | None = None
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps meanwhile: sealed, so that only we can read and make it."""

    location: str
    sealed: str = field(repr=False)


class _Flow(TypedDict):
    """What is sealed."""

    org_id: str
    issuer: str
    state: str
    nonce: str
    verifier: str
    until: float


class SignOnService:
    """Single sign-on. Its transactions are short, and none is open while a provider is asked."""

    def __init__(self, database: Database, client: OutboundClient, box: SecretBox, *, callback_url: str) -> None:
        self._database = database
        self._outbound = client
        self._box = box
        self._providers = Providers(client)
        self.callback_url = callback_url

    def begin(self, organization: str) -> Begun:
        """Send a browser to the identity provider of an organization, named by its slug.

        Raises SingleSignOnMissingError, SignOnProviderUnavailableError, SignOnUntrustedError.
        """
        org_id, settings, now = self._settings(organization)
        with self._providers.asking(org_id):
            provider = self._providers.get(settings.issuer, Deadline(DEADLINE_S))
        flow = _Flow(
            org_id=str(org_id),
            issuer=settings.issuer,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            until=(now + LASTS).timestamp(),
        )
        location = provider.authorize(
            response_type="code",
            client_id=settings.client_id,
            redirect_uri=self.callback_url,
            scope=SCOPES,
            state=flow["state"],
            nonce=flow["nonce"],
            code_challenge=_challenge(flow["verifier"]),
            code_challenge_method="S256",
        )
        return Begun(location, self._box.seal(flow))

    def finish(self, sealed: str | None, callback: Callback, *, browser: str | None = None) -> OpenedSession:
        """A session for the person whom the identity provider let in; it is called by its `browser`.

        Raises SignOnExpiredError unless this very browser began it, SignOnRefusedError, SignOnProviderUnavailableError,
        SignOnUntrustedError, and what `admit_identity` raises.
        """
        flow = self._unsealed(sealed, callback)
        org_id = UUID(flow["org_id"])
        with self._database.transaction(org_id) as tx:
            settings, now = get_single_sign_on(tx), database_now(tx)
        if now.timestamp() > flow["until"] or settings.issuer != flow["issuer"]:
            raise SignOnExpiredError
        if callback.error is not None:
            raise SignOnRefusedError(reason=code_of(callback.error))
        if not callback.code:
            raise SignOnRefusedError(reason="code_missing")
        with self._providers.asking(org_id):
            claims = self._ask(settings, flow, callback, now=now)
        with self._database.transaction(org_id) as tx:
            user = admit_identity(tx, claims)
            return open_session(tx, user, kind="cookie", device=browser, single_sign_on=True)

    def try_settings(self, issuer: str, client_id: str, secret: SecretStr | None) -> None:
        """Whether a provider answers as it must and knows this client. Raises SingleSignOnInvalidError.

        The client is tried with a code that no provider gave: one that knows the client refuses the code alone.
        """
        self._require_reachable(issuer)
        deadline = Deadline(DEADLINE_S)
        try:
            provider = self._providers.discover(issuer, deadline)
            if not self._providers.fetch_keys(provider, deadline):
                raise SignOnUntrustedError(reason="no_usable_key")
        except (SignOnProviderUnavailableError, SignOnUntrustedError) as error:
            raise _wrong("/issuer", str(error.facts["reason"])) from None
        try:
            verifier = secrets.token_urlsafe(48)
            self._exchange(provider, Client(client_id, secret), deadline, code=_NO_CODE, verifier=verifier)
        except SignOnRefusedError as error:
            if error.facts["reason"] in {"invalid_client", "unauthorized_client"}:
                raise _wrong("/client_secret", str(error.facts["reason"])) from None
        except (SignOnProviderUnavailableError, SignOnUntrustedError) as error:
            if error.facts["reason"] == "status_401":
                raise _wrong("/client_secret", "invalid_client") from None

    def _require_reachable(self, issuer: str) -> None:
        if not is_web_address(issuer, secure=False) or "?" in issuer:
            raise _wrong("/issuer", "no_address")
        if not is_web_address(issuer, secure=True) and not self._is_in_house(issuer):
            raise _wrong("/issuer", "not_https")

    def _is_in_house(self, issuer: str) -> bool:
        """Whether plain http stays within places that the operator allows by name."""
        try:
            return self._outbound.leads_to_private_place(issuer, deadline_s=DEADLINE_S)
        except OutboundError as error:
            raise _wrong("/issuer", error.code) from None

    def _settings(self, organization: str) -> tuple[UUID, SingleSignOn, datetime]:
        with self._database.across_organizations() as conn:
            org_id = find_organization_id(conn, organization)
        if org_id is None:
            raise SingleSignOnMissingError
        with self._database.transaction(org_id) as tx:
            return org_id, get_single_sign_on(tx), database_now(tx)

    def _unsealed(self, sealed: str | None, callback: Callback) -> _Flow:
        flow: _Flow | None = self._box.unseal(sealed) if sealed else None
        if not isinstance(flow, dict) or "verifier" not in flow:
            raise SignOnExpiredError
        if not hmac.compare_digest(flow["state"].encode(), (callback.state or "").encode()):
            raise SignOnExpiredError
        return flow

    def _ask(self, settings: SingleSignOn, flow: _Flow, callback: Callback, *, now: datetime) -> Claims:
        deadline = Deadline(DEADLINE_S)
        provider = self._providers.get(settings.issuer, deadline)
        if (callback.issuer is not None or provider.names_itself) and callback.issuer != provider.issuer:
            raise SignOnUntrustedError(reason="issuer")
        encrypted = settings.client_secret_encrypted
        client = Client(settings.client_id, None if encrypted is None else self._box.decrypt(encrypted))
        tokens = self._exchange(provider, client, deadline, code=callback.code or "", verifier=flow["verifier"])
        expected = Expected(settings.issuer, settings.client_id, flow["nonce"])
        checked = self._checked(provider, tokens.id_token, expected, deadline, now=now)
        return claims_of({**self._beside(provider, checked, tokens, deadline), **checked})

    def _exchange(
        self, provider: IdentityProvider, client: Client, deadline: Deadline, *, code: str, verifier: str
    ) -> Tokens:
        return self._providers.exchange(
            provider, client, deadline, code=code, verifier=verifier, redirect_uri=self.callback_url
        )

    def _checked(
        self, provider: IdentityProvider, token: str, expected: Expected, deadline: Deadline, *, now: datetime
    ) -> JsonObject:
        try:
            return read_id_token(token, self._providers.list_keys(provider, deadline), expected, now=now)
        except KeyUnknownError:
            pass
        try:
            return read_id_token(token, self._providers.list_keys(provider, deadline, fresh=True), expected, now=now)
        except KeyUnknownError:
            raise SignOnUntrustedError(reason="key") from None

    def _beside(
        self, provider: IdentityProvider, checked: JsonObject, tokens: Tokens, deadline: Deadline
    ) -> JsonObject:
        """The e-mail address from where some providers keep it: it counts only for the same subject."""
        if "email" in checked or tokens.access_token is None:
            return {}
        told = self._providers.read_user_info(provider, tokens.access_token, deadline)
        if told and told.get("sub") != checked["sub"]:
            raise SignOnUntrustedError(reason="subject")
        return {name: told[name] for name in ("email", "email_verified") if name in told}


_SENTENCES = {
    "no_address": "Write the issuer as the identity provider gives it, such as https://login.example.com.",
    "not_https": "An issuer is reached by https.",
    "issuer": "The provider calls itself otherwise: copy its issuer exactly, with or without the slash at its end.",
    "no_usable_key": "The provider has no RSA or EC key that signs.",
    "invalid_client": "The provider does not know this client id with this secret.",
    "unauthorized_client": "The provider does not let this client log people in by code.",
}


def _wrong(pointer: str, reason: str) -> SingleSignOnInvalidError:
    sentence = _SENTENCES.get(reason, f"The provider does not answer as it must: {reason}.")
    return SingleSignOnInvalidError(sentence, errors=[FieldProblem(pointer, reason, sentence)])


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
