"""Requests to one server, one after the other, over a connection that is kept in between.

What `core.outbound` guards against is guarded against here: each address is looked up and checked when it is connected
to, one deadline covers each request with its answer, the decoded body has a cap, nothing is followed. A connection is
kept for some seconds, so that a name that changes its address leads there soon.

A kept connection may have been closed by its server in the very moment in which it is used. Then the request is sent
once more over a fresh one: only what may arrive twice is for conversations.
"""

from collections.abc import Mapping
from functools import partial
from http.client import HTTPException, RemoteDisconnected
from time import monotonic
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from geo_assign.core.deadlines import Deadline, DeadlineSocket, DeadlineSSLSocket
from geo_assign.core.dialled import PlainConnection, TLSConnection
from geo_assign.core.outbound import (
    DEFAULT_MAX_BYTES,
    OutboundClient,
    OutboundError,
    OutboundResponse,
    read_capped,
    translated,
)

KEPT_FOR_S = 10.0
_CHUNK_BYTES = 16_384


class Conversation:
    """POST requests over a kept connection; not to be shared between threads."""

    def __init__(self, client: OutboundClient) -> None:
        self._client = client
        self._kept: KeptConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        if self._kept is not None:
            self._kept.connection.close()
            self._kept = None

    def post(
        self,
        url: str,
        *,
        deadline_s: float,
        headers: Mapping[str, str] = MappingProxyType({}),
        body: bytes,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> OutboundResponse:
        """One request and its answer within `deadline_s` seconds; what is beyond `max_bytes` is cut off.

        Raises a subclass of OutboundError.
        """
        deadline = Deadline(deadline_s)
        try:
            return self._post(url, deadline, headers=headers, body=body, max_bytes=max_bytes)
        except OutboundError:
            self.close()
            raise
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            self.close()
            # `from None`: what lies below may carry the URL.
            raise translated(error, deadline) from None

    def _post(
        self, url: str, deadline: Deadline, *, headers: Mapping[str, str], body: bytes, max_bytes: int
    ) -> OutboundResponse:
        kept = self._kept
        if kept is not None and kept.serves(url):
            try:
                return self._send(kept, deadline, headers=headers, body=body, max_bytes=max_bytes)
            except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                pass  # it was closed while it was idle
        self.close()
        self._kept = KeptConnection(self._client, url)
        return self._send(self._kept, deadline, headers=headers, body=body, max_bytes=max_bytes)

    def _send(
        self, kept: "KeptConnection", deadline: Deadline, *, headers: Mapping[str, str], body: bytes, max_bytes: int
    ) -> OutboundResponse:
        connection = kept.at(deadline)
        connection.request(
            "POST",
            kept.target,
            body=body,
            headers={**kept.standing, **headers},
            preload_content=False,
            decode_content=True,
        )
        answer = connection.getresponse()
        content = read_capped(answer.stream(_CHUNK_BYTES, decode_content=True), max_bytes, cut=True)
        if len(content) == max_bytes:
            self.close()  # the rest of the answer would be taken for the next one
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return OutboundResponse(answer.status, MappingProxyType(lowered), content)


class KeptConnection:
    """A connection to the server of a URL, made with the first request."""

    def __init__(self, client: OutboundClient, url: str) -> None:
        prepared = client.prepare("POST", url, headers={}, body=None)
        parts = urlsplit(prepared.url or "")
        self._url = url
        self._deadline = Deadline(0)
        self._until = monotonic() + KEPT_FOR_S
        self.target = prepared.path_url
        self.standing = {
            name: value
            for name, value in prepared.headers.items()
            if name.lower() not in {"connection", "content-length"}
        }
        host, dial = parts.hostname or "", partial(_dial, client, self)
        self.connection: HTTPConnection
        if parts.scheme == "https":
            self.connection = TLSConnection(
                host, parts.port, dial=dial, deadline=self._deadline, ssl_context=client.ssl_context
            )
        else:
            self.connection = PlainConnection(host, parts.port, dial=dial)

    @property
    def deadline(self) -> Deadline:
        """That of the request under way."""
        return self._deadline

    def serves(self, url: str) -> bool:
        """Whether the next request to this URL can go over it."""
        return url == self._url and monotonic() < self._until and self.connection.is_connected

    def at(self, deadline: Deadline) -> HTTPConnection:
        """The connection, each of whose waits ends at this deadline."""
        self._deadline = deadline
        self.connection.timeout = deadline.remaining_s()
        if isinstance(self.connection, TLSConnection):
            self.connection.deadline = deadline
        if isinstance(self.connection.sock, DeadlineSocket | DeadlineSSLSocket):
            self.connection.sock.deadline = deadline
        return self.connection


def _dial(client: OutboundClient, kept: KeptConnection, host: str, port: int) -> DeadlineSocket:
    return client.dial(host, port, deadline=kept.deadline)
