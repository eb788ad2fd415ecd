"""An identity provider on 127.0.0.1 that is honest until it is told to lie, to hang or to break."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.providers.stub import Behaviour, Exchange, Request, StubServer, answer, redirect

CLIENT_ID, CLIENT_SECRET = "geo-assign", "an-invented-client-secret"
Signer = Callable[[bytes], bytes]


@cache
def rsa_key(name: str, bits: int = 2_048) -> rsa.RSAPrivateKey:
    """A key of this name, made once for all tests."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


@dataclass
class IdentityProvider:
    """`person` is who logs in there. Whatever is set changes the next answer; `at` replaces what a path answers.

    `claims` go into the ID token in the place of the honest ones; None takes one out. `header` likewise.
    """

    server: StubServer
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "person-1"})
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    at: dict[str, Behaviour] = field(default_factory=dict)
    key_name: str = "first"
    key_bits: int = 2_048
    signer: Signer | None = None
    announced_keys: list[dict[str, Any]] | None = None
    host: str = "127.0.0.1"
    path: str = ""
    given: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://{self.host}:{self.server.port}{self.path}"

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.server.requests]

    def log_in(self, location: str) -> dict[str, str]:
        """What the person's browser brings back after a log-in at the address to which it was sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert (asked["code_challenge_method"], "openid" in asked["scope"].split()) == ("S256", True)
        code = secrets.token_urlsafe(16)
        self.given[code] = asked
        return {"code": code, "state": asked["state"], "session_state": "what a provider adds"}

    def public_key(self) -> dict[str, Any]:
        numbers = rsa_key(self.key_name, self.key_bits).public_key().public_numbers()
        return {
            "kty": "RSA",
            "kid": self.key_name,
            "use": "sig",
            "n": _encoded(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _encoded(numbers.e.to_bytes(3, "big")),
        }

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        honest = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        header = {"alg": "RS256", "kid": self.key_name, "typ": "JWT"}
        return self.signed(_changed(header, self.header), _changed(honest, self.claims))

    def signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        content = b".".join(_encoded(json.dumps(part).encode()).encode() for part in (header, claims))
        signature = self.signer(content) if self.signer else self._sign(content)
        return f"{content.decode()}.{_encoded(signature)}"

    def respond(self, exchange: Exchange) -> None:
        request = exchange.request
        ways = {
            f"{self.path}/.well-known/openid-configuration": self._discovery,
            f"{self.path}/keys": self._keys,
            f"{self.path}/authorize": self._authorize,
            f"{self.path}/token": self._token,
            f"{self.path}/userinfo": self._user_info,
        }
        behaviour = self.at.get(request.path.removeprefix(self.path)) or ways[request.path](request)
        behaviour(exchange)

    def _authorize(self, request: Request) -> Behaviour:
        """A person who is logged in there already."""
        back = self.log_in(self.issuer + request.target.removeprefix(self.path))
        return redirect(f"{request.query['redirect_uri']}?{urlencode(back)}")

    def _discovery(self, _request: Request) -> Behaviour:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return answer(json.dumps(_changed(document, self.metadata)))

    def _keys(self, _request: Request) -> Behaviour:
        return answer(json.dumps({"keys": self.announced_keys or [self.public_key()]}))

    def _token(self, request: Request) -> Behaviour:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if _credentials(request, form) != (CLIENT_ID, CLIENT_SECRET):
            return answer('{"error": "invalid_client"}', status=401)
        asked = self.given.pop(form["code"], None)
        challenge = _encoded(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return answer('{"error": "invalid_grant"}', status=400)
        tokens = {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        return answer(json.dumps(tokens))

    def _user_info(self, request: Request) -> Behaviour:
        assert request.headers["authorization"] == "Bearer an-access-token"
        return answer(json.dumps(self.person))

    def _sign(self, content: bytes) -> bytes:
        return rsa_key(self.key_name, self.key_bits).sign(content, padding.PKCS1v15(), hashes.SHA256())


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    with StubServer() as server:
        provider = IdentityProvider(server)
        server.behaviour = provider.respond
        yield provider


def hmac_signer(secret: bytes) -> Signer:
    """Signs as HS256 does."""
    return lambda content: hmac.digest(secret, content, "sha256")


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    basic = request.headers.get("authorization", "").removeprefix("Basic ")
    if basic:
        name, _, secret = base64.b64decode(basic).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _changed(honest: Mapping[str, Any], lies: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**honest, **lies}.items() if value is not None}


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
