"""An identity provider: found by its issuer, its keys kept for a while, a code exchanged for an ID token.

Every call goes through `core.outbound`: no redirect is followed, the answer has a cap, and one log-in has one deadline.
"""

import base64
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit
from uuid import UUID

from pydantic import SecretStr

from geo_assign.core.deadlines import Deadline
from geo_assign.core.outbound import OutboundClient, OutboundError, OutboundMalformedError, OutboundResponse
from geo_assign.core.wire import Json, JsonObject
from geo_assign.single_sign_on.domain import (
    SignOnProviderUnavailableError,
    SignOnRefusedError,
    SignOnUntrustedError,
)
from geo_assign.single_sign_on.id_tokens import SigningKey, read_keys

T = TypeVar("T")

DISCOVERY = "/.well-known/openid-configuration"
KEPT_S = 600.0
# A provider that hangs holds so many log-ins of its organization, and all of them together no more than that.
AT_ONCE_PER_ORGANIZATION, AT_ONCE = 8, 32
_MAX_BYTES = 512_000
_MAX_TOKEN_BYTES = 128_000
_CODE = re.compile(r"[a-z_]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """What an identity provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    takes_basic: bool
    names_itself: bool

    def authorize(self, **asked: str) -> str:
        """The address at which a person logs in there."""
        joint = "&" if urlsplit(self.authorization_endpoint).query else "?"
        return f"{self.authorization_endpoint}{joint}{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as the provider knows us. Without a secret the code verifier alone proves who asks."""

    client_id: str
    secret: SecretStr | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


@dataclass(slots=True)
class _Kept(Generic[T]):
    """A value that is fetched by one thread while the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: T | None = None
    fetched_s: float = 0.0

    def get(self, fetch: Callable[[], T], deadline: Deadline, *, fresh: bool = False) -> T:
        begun = time.monotonic()
        if not self.lock.acquire(timeout=_left_s(deadline)):
            raise SignOnProviderUnavailableError(reason="timeout")
        try:
            oldest = begun if fresh else begun - KEPT_S
            if self.value is None or self.fetched_s < oldest:
                self.value = fetch()
                self.fetched_s = time.monotonic()
            return self.value
        finally:
            self.lock.release()


class Providers:
    """Asks identity providers; safe to share between threads."""

    def __init__(self, client: OutboundClient) -> None:
        self._client = client
        self._guard = threading.Lock()
        self._asking: dict[UUID, int] = {}
        self._known: dict[str, _Kept[IdentityProvider]] = {}
        self._keys: dict[str, _Kept[list[SigningKey]]] = {}

    @contextmanager
    def asking(self, org_id: UUID) -> Iterator[None]:
        """Around the calls of one log-in. Raises SignOnProviderUnavailableError when too many wait already."""
        with self._guard:
            present = self._asking.get(org_id, 0)
            if present >= AT_ONCE_PER_ORGANIZATION or sum(self._asking.values()) >= AT_ONCE:
                raise SignOnProviderUnavailableError(reason="busy")
            self._asking[org_id] = present + 1
        try:
            yield
        finally:
            with self._guard:
                self._asking[org_id] -= 1
                if not self._asking[org_id]:
                    del self._asking[org_id]

    def get(self, issuer: str, deadline: Deadline) -> IdentityProvider:
        """The provider of this issuer. Raises SignOnProviderUnavailableError, SignOnUntrustedError."""
        with self._guard:
            kept = self._known.setdefault(issuer, _Kept())
        return kept.get(lambda: self.discover(issuer, deadline), deadline)

    def discover(self, issuer: str, deadline: Deadline) -> IdentityProvider:
        """Ask the issuer now. Raises SignOnProviderUnavailableError, SignOnUntrustedError."""
        document = self._fetch(issuer.rstrip("/") + DISCOVERY, deadline)
        if document.get("issuer") != issuer:
            raise SignOnUntrustedError(reason="issuer")
        methods = document.get("token_endpoint_auth_methods_supported")
        return IdentityProvider(
            issuer=issuer,
            authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
            token_endpoint=_endpoint(document, "token_endpoint", issuer),
            jwks_uri=_endpoint(document, "jwks_uri", issuer),
            userinfo_endpoint=_endpoint(document, "userinfo_endpoint", issuer)
            if document.get("userinfo_endpoint")
            else None,
            takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def list_keys(self, provider: IdentityProvider, deadline: Deadline, *, fresh: bool = False) -> list[SigningKey]:
        """The provider's keys; `fresh` when a token names one that is not among those that were kept."""
        with self._guard:
            kept = self._keys.setdefault(provider.issuer, _Kept())
        return kept.get(lambda: self.fetch_keys(provider, deadline), deadline, fresh=fresh)

    def fetch_keys(self, provider: IdentityProvider, deadline: Deadline) -> list[SigningKey]:
        """Ask for the keys now. Raises SignOnProviderUnavailableError."""
        return read_keys(self._fetch(provider.jwks_uri, deadline))

    def exchange(
        self,
        provider: IdentityProvider,
        client: Client,
        deadline: Deadline,
        *,
        code: str,
        verifier: str,
        redirect_uri: str,
    ) -> Tokens:
        """A code for tokens. Raises SignOnRefusedError, SignOnProviderUnavailableError, SignOnUntrustedError."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form["code_verifier"] = verifier
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if client.secret is not None and provider.takes_basic:
            headers["Authorization"] = _basic(client.client_id, client.secret)
        else:
            form["client_id"] = client.client_id
            if client.secret is not None:
                form["client_secret"] = client.secret.get_secret_value()
        answer = self._call("POST", provider.token_endpoint, deadline, headers=headers, body=urlencode(form).encode())
        told = _object(answer)
        if answer.status != 200:
            raise _refusal(answer.status, told)
        id_token, access_token = told.get("id_token"), told.get("access_token")
        if not isinstance(id_token, str):
            raise SignOnUntrustedError(reason="id_token_missing")
        return Tokens(id_token, access_token if isinstance(access_token, str) else None)

    def read_user_info(self, provider: IdentityProvider, access_token: str, deadline: Deadline) -> JsonObject:
        """What the provider tells of the person beside the ID token; nothing where it has no such endpoint."""
        if provider.userinfo_endpoint is None or not access_token.isascii() or not access_token.isprintable():
            return {}
        return self._fetch(provider.userinfo_endpoint, deadline, headers={"Authorization": f"Bearer {access_token}"})

    def _fetch(self, url: str, deadline: Deadline, *, headers: Mapping[str, str] | None = None) -> JsonObject:
        answer = self._call("GET", url, deadline, headers={"Accept": "application/json", **(headers or {})})
        if answer.status != 200:
            raise SignOnProviderUnavailableError(reason=f"status_{answer.status}")
        return _object(answer)

    def _call(
        self, method: str, url: str, deadline: Deadline, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> OutboundResponse:
        limit = _MAX_BYTES if method == "GET" else _MAX_TOKEN_BYTES
        try:
            return self._client.request(
                method, url, deadline_s=_left_s(deadline), headers=headers, body=body, max_bytes=limit
            )
        except OutboundError as error:
            raise SignOnProviderUnavailableError(reason=error.code) from None


def _left_s(deadline: Deadline) -> float:
    """Raises SignOnProviderUnavailableError when the time is over."""
    try:
        return deadline.remaining_s()
    except TimeoutError:
        raise SignOnProviderUnavailableError(reason="timeout") from None


def is_web_address(text: Json, *, secure: bool) -> bool:
    """Whether it is an http or https address without a log-in and a fragment in it; `secure`: https alone."""
    if not isinstance(text, str) or len(text) > 2_000 or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and "@" not in parts.netloc and not parts.fragment and parts.scheme in _schemes(secure)


def _schemes(secure: bool) -> set[str]:  # noqa: FBT001 - one word, said by its name where it is called
    return {"https"} if secure else {"http", "https"}


def code_of(text: Json) -> str:
    """A provider's own code for what went wrong, or `other` for anything that is no code."""
    return text if isinstance(text, str) and _CODE.fullmatch(text) else "other"


def _endpoint(document: JsonObject, name: str, issuer: str) -> str:
    address = document.get(name)
    if not is_web_address(address, secure=issuer.startswith("https:")):
        raise SignOnUntrustedError(reason=name)
    return str(address)


def _object(answer: OutboundResponse) -> JsonObject:
    try:
        document = answer.json()
    except OutboundMalformedError:
        document = None
    if isinstance(document, dict):
        return document
    if answer.status != 200:
        return {}
    raise SignOnProviderUnavailableError(reason="malformed")


def _refusal(status: int, told: JsonObject) -> SignOnRefusedError | SignOnProviderUnavailableError:
    if status >= 500 or not 400 <= status < 500 or "error" not in told:
        return SignOnProviderUnavailableError(reason=f"status_{status}")
    return SignOnRefusedError(reason=code_of(told.get("error")))


def _basic(client_id: str, secret: SecretStr) -> str:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret.get_secret_value())}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
