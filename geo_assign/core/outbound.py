"""The one client for outgoing HTTP: geocoders, routers, webhooks.

What a plain client does and this one does not:

- a time-out between two bytes lets a dripping server hold the caller for ever; here one deadline covers name lookup,
  connection, handshake, request and the whole answer;
- a small compressed answer becomes hundreds of megabytes; here the *decoded* body has a cap;
- a redirect, a proxy variable, a `.netrc` or a name that changes its address leads somewhere private; here nothing is
  followed, the environment is not read, and each address is checked and then connected to, never looked up again;
- a hidden retry doubles the time; here there is none;
- an exception's text shows the URL with its key and address; here errors are our own and say only what happened.

Each call uses a fresh connection: a kept one that its server has just closed fails, and there is no retry to hide it.
What may be sent twice goes through a `Conversation` (`core.conversation`), which keeps its connection for a while.
"""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from http.client import HTTPException
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import urlsplit

import certifi
import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from geo_assign.core.deadlines import Deadline, DeadlineSocket, DeadlineSSLSocket, connect
from geo_assign.core.dialled import Dial, PlainConnection, TLSConnection
from geo_assign.core.reachable import Address, AllowedPlace, is_public
from geo_assign.core.wire import Json

DEFAULT_MAX_BYTES = 2_000_000

_CHUNK_BYTES = 16_384
_LOOKUP_THREADS = 8
_CHATTY_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")


class OutboundError(Exception):
    """An outgoing call failed. The text never contains the URL, its query, a key or a body."""

    code: ClassVar[str] = "outbound_failed"

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip().splitlines()[0])


class OutboundTimeoutError(OutboundError):
    """No complete answer within the deadline."""

    code = "timeout"


class OutboundRefusedError(OutboundError):
    """The address is private or reserved, and not allowed by GEO_ASSIGN_OUTBOUND_ALLOW."""

    code = "address_refused"


class OutboundUnreachableError(OutboundError):
    """The name is unknown, or no connection could be made or kept."""

    code = "unreachable"


class OutboundTooLargeError(OutboundError):
    """The answer is larger than allowed."""

    code = "too_large"


class OutboundMalformedError(OutboundError):
    """The answer is not what was announced: broken HTTP, compression or JSON."""

    code = "malformed"


class OutboundInvalidUrlError(OutboundError):
    """Not an http or https URL with a host and without credentials in it."""

    code = "invalid_url"


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """A complete answer of any status. Header names are lower case; `body` is decoded (decompressed)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Json:
        """The body as strict JSON. Raises OutboundMalformedError, also for NaN and for absurd nesting."""
        try:
            document: Json = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise OutboundMalformedError from None
        return document


class OutboundClient:
    """Makes outgoing calls; safe to share between threads."""

    def __init__(
        self,
        *,
        allow: Iterable[AllowedPlace] = (),
        ssl_context: ssl.SSLContext | None = None,
        user_agent: str = "geo-assign",
    ) -> None:
        self._allow = tuple(allow)
        self._user_agent = user_agent
        self.ssl_context = ssl_context or _default_ssl_context()
        self.ssl_context.sslsocket_class = DeadlineSSLSocket
        self.ssl_context.set_alpn_protocols(["http/1.1"])
        self._lookups = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="lookup")
        silence(*_CHATTY_LOGGERS)

    def get(
        self,
        url: str,
        *,
        deadline_s: float,
        headers: Mapping[str, str] = MappingProxyType({}),
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> OutboundResponse:
        """Fetch `url`; see `request`."""
        return self.request("GET", url, deadline_s=deadline_s, headers=headers, max_bytes=max_bytes)

    def request(
        self,
        method: str,
        url: str,
        *,
        deadline_s: float,
        headers: Mapping[str, str] = MappingProxyType({}),
        body: bytes | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        cut: bool = False,
    ) -> OutboundResponse:
        """One request, its complete answer of whatever status (redirects too) within `deadline_s` seconds.

        `max_bytes` caps the decoded body; `cut` says that the rest does not matter. Raises a subclass of OutboundError.
        """
        deadline = Deadline(deadline_s)
        adapter = _Adapter(partial(self.dial, deadline=deadline), deadline, self.ssl_context)
        try:
            prepared = self.prepare(method, url, headers=headers, body=body)
            with adapter.send(prepared, stream=True, timeout=deadline.remaining_s()) as answer:
                content = read_capped(answer.raw.stream(_CHUNK_BYTES, decode_content=True), max_bytes, cut=cut)
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return OutboundResponse(answer.status_code, MappingProxyType(lowered), content)
        except OutboundError:
            raise
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            # `from None`: what lies below carries the URL, and with it the key and the customer's address.
            raise translated(error, deadline) from None
        finally:
            adapter.close()

    def leads_to_private_place(self, url: str, *, deadline_s: float) -> bool:
        """Whether `url` names a private place that is allowed; nothing is connected to.

        Raises OutboundInvalidUrlError, and OutboundRefusedError and OutboundUnreachableError as a call would.
        """
        target = urlsplit(self.prepare("GET", url, headers={}, body=None).url or "")
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = [address for _, address in self._look_up(target.hostname or "", port, Deadline(deadline_s))]
        except TimeoutError:
            raise OutboundTimeoutError from None
        if not any(self._is_allowed(address, port) for address in found):
            raise OutboundRefusedError
        return not any(is_public(address) for address in found)

    def prepare(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
    ) -> requests.PreparedRequest:
        """A request that may be sent. Raises OutboundInvalidUrlError."""
        standing = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", "Connection": "close"}
        try:
            named = _without_trailing_dot(url)
            prepared = requests.Request(method, named, headers={**standing, **headers}, data=body).prepare()
            parts = urlsplit(prepared.url or "")
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except (requests.RequestException, ValueError):
            raise OutboundInvalidUrlError from None
        if not usable or "@" in urlsplit(url).netloc:
            raise OutboundInvalidUrlError
        return prepared

    def dial(self, host: str, port: int, *, deadline: Deadline) -> DeadlineSocket:
        """A connection to the first allowed address of `host` that answers."""
        allowed = [found for found in self._look_up(host, port, deadline) if self._is_allowed(found[1], port)]
        if not allowed:
            raise OutboundRefusedError
        for index, (family, address) in enumerate(allowed):
            # A dead first address must leave time for the next one.
            patience_s = deadline.remaining_s() / (len(allowed) - index)
            try:
                return connect(family, (str(address), port), patience_s=patience_s, deadline=deadline)
            except OSError:
                if index == len(allowed) - 1:
                    raise
        raise OutboundUnreachableError

    def _is_allowed(self, address: Address, port: int) -> bool:
        return is_public(address) or any(place.covers(address, port) for place in self._allow)

    def _look_up(self, host: str, port: int, deadline: Deadline) -> Sequence[tuple[int, Address]]:
        # The system's resolver knows no deadline, so it is waited for from outside.
        asked = self._lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = asked.result(timeout=deadline.remaining_s())
        except (socket.gaierror, UnicodeError):
            raise OutboundUnreachableError from None
        finally:
            asked.cancel()
        return [(family, _plain(str(place[0]))) for family, _, _, _, place in found]


class _Adapter(HTTPAdapter):
    """The transport of one call. Without a session: no cookies, no `.netrc`, no proxies, no redirects."""

    def __init__(self, dial: Dial, deadline: Deadline, ssl_context: ssl.SSLContext) -> None:
        super().__init__(max_retries=0)
        self._dial = dial
        self._deadline = deadline
        self._ssl_context = ssl_context

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_args: object, **_kwargs: object
    ) -> HTTPConnectionPool:
        parts = urlsplit(request.url or "")
        host = parts.hostname or ""
        if parts.scheme == "https":
            secure = HTTPSConnectionPool(
                host, parts.port, ssl_context=self._ssl_context, dial=self._dial, deadline=self._deadline
            )
            secure.ConnectionCls = TLSConnection
            return secure
        plain = HTTPConnectionPool(host, parts.port, dial=self._dial)
        plain.ConnectionCls = PlainConnection
        return plain

    def cert_verify(self, *_args: object, **_kwargs: object) -> None:
        """Nothing to add: the TLS context already says whom to trust."""


def _without_trailing_dot(url: str) -> str:
    """The same URL with the host as others write it: its trailing dot only says that the name is complete.

    Certificates and virtual hosts know no such name. Raises ValueError for a URL that cannot be read.
    """
    parts = urlsplit(url.strip())
    host, colon, port = parts.netloc.partition(":")
    if not host.endswith((".", "%2e", "%2E", "\u3002", "\uff0e", "\uff61")):
        return url
    bare = host.removesuffix("%2e").removesuffix("%2E").rstrip(".\u3002\uff0e\uff61")
    return parts._replace(netloc=f"{bare}{colon}{port}").geturl()


def _plain(text: str) -> Address:
    address = ipaddress.ip_address(text)
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


def read_capped(chunks: Iterator[bytes], max_bytes: int, *, cut: bool) -> bytes:
    """What is read, at most so many bytes. Raises OutboundTooLargeError unless the rest is `cut`."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            if cut:
                break
            raise OutboundTooLargeError
    return bytes(content[:max_bytes])


def translated(error: Exception, deadline: Deadline) -> OutboundError:
    """Our own error for one of the libraries', without its text."""
    causes = list(_causes(error))
    if deadline.passed or any(isinstance(cause, TimeoutError | requests.Timeout | UrllibTimeout) for cause in causes):
        return OutboundTimeoutError()
    # Every error of `requests` is an OSError; only the operating system's own tell of the network.
    if any(isinstance(cause, OSError) and not isinstance(cause, requests.RequestException) for cause in causes):
        return OutboundUnreachableError()
    return OutboundMalformedError()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and the errors it wraps: the libraries hand them on as arguments."""
    yield error
    wrapped = [part for part in error.args if isinstance(part, BaseException)]
    reason = getattr(error, "reason", None)
    for part in [*wrapped, *([reason] if isinstance(reason, BaseException) else [])]:
        yield from _causes(part)


@cache
def _default_ssl_context() -> ssl.SSLContext:
    """Trusts the public authorities, and those the operator added to the system's store. Read once: they are many."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


def silence(*loggers: str) -> None:
    """Drop what these loggers of libraries say, at any level: they write whole URLs, with the key in them."""
    for name in loggers:
        logging.getLogger(name).addFilter(_drop)


def _drop(_record: logging.LogRecord) -> bool:
    return False
