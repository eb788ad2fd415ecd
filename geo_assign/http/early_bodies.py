"""Small bodies of known callers, received before the application sees the request.

A request inside Flask takes the interpreter from those that are worked on. So one whose body is small, and whose token
was good a moment ago, waits for its turn in front, and receives its body there, in a place of `http.receiving` as
everywhere. Any other goes on as it is: its token is looked up, or it needs none, and its body is received behind.

Most bodies come with their heads, and are there when the turn comes. So where the last one from an address did, the
wait for the turn begins before the body is there. One that is late all the same hands its turn back.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Self, cast

from geo_assign.core.errors import GeoAssignError, UnauthenticatedError
from geo_assign.http.authentication import credentials_in
from geo_assign.http.errors import OverloadedError
from geo_assign.http.known import KnownTokens
from geo_assign.http.operations import Operation
from geo_assign.http.proxies import Networks, client_address_in
from geo_assign.http.receiving import Incoming, Receiving, Source
from geo_assign.http.request import EARLY_BODY

_SMALL_BYTES = 16_384
# A body that comes with its head is there by then, also where a machine is busy.
_PROMPT_S = 0.05
_PROMPT_KEPT = 100_000

Environ = dict[str, object]


class PromptSenders:
    """Addresses whose last body came with its head, the latest `kept` of them."""

    def __init__(self, *, kept: int = _PROMPT_KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str, None] = OrderedDict()

    def has(self, address: str) -> bool:
        return address in self._addresses

    def add(self, address: str) -> None:
        """A body came from there with its head."""
        if address in self._addresses:
            return
        with self._lock:
            self._addresses[address] = None
            if len(self._addresses) > self._kept:
                self._addresses.popitem(last=False)

    def forget(self, address: str) -> None:
        """A body from there was late."""
        with self._lock:
            self._addresses.pop(address, None)


@dataclass(frozen=True)
class EarlyBody:
    """A small body of a known token that is being received, in a place that it has until the end of a `with` block."""

    environ: Environ
    length: int
    incoming: Incoming
    receiving: Receiving
    prompt_senders: PromptSenders

    def comes_at_once(self) -> bool:
        """Whether it is to be expected with its head."""
        return self.prompt_senders.has(self.incoming.address)

    def is_late(self) -> bool:
        """Whether it has not come with its head. For one that was expected so, this waits a moment."""
        within_s = _PROMPT_S if self.comes_at_once() else 0.0
        late = not self.receiving.is_there(self.incoming, within_s=within_s)
        if late:
            self.prompt_senders.forget(self.incoming.address)
        return late

    def is_received(self) -> bool:
        """Wait for all of it; whether it came.

        What went wrong is kept, and told behind as if it had been received there: that needs no turn.
        """
        if self.receiving.is_there(self.incoming, within_s=_PROMPT_S):
            self.prompt_senders.add(self.incoming.address)
        try:
            self.environ[EARLY_BODY] = body = self.receiving.take(self.incoming)
        except GeoAssignError as error:
            self.environ[EARLY_BODY] = error
            return False
        return len(body) == self.length

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.receiving.leave(self.incoming)


@dataclass(frozen=True)
class EarlyBodies:
    """Receives them in `receiving`, for tokens of `known`. `trusted` proxies say whose address it is."""

    known: KnownTokens
    receiving: Receiving
    trusted: Networks
    max_body_bytes: int
    prompt_senders: PromptSenders = field(default_factory=PromptSenders)

    def start(self, environ: Environ, operation: Operation) -> EarlyBody | None:
        """Begin to receive the body of an operation that has one; None for those that are received behind.

        That there is no place for it is told there, too.
        """
        length = self._find_length(environ, operation)
        if length is None or not self._is_known(environ, operation):
            return None
        source = cast(Source, environ["wsgi.input"])
        try:
            incoming = self.receiving.start(source, length, address=client_address_in(environ, self.trusted))
        except OverloadedError as error:
            environ[EARLY_BODY] = error
            return None
        return EarlyBody(environ, length, incoming, self.receiving, self.prompt_senders)

    def _find_length(self, environ: Environ, operation: Operation) -> int | None:
        """The length of a small body; None for any other, and for none."""
        text = str(environ.get("CONTENT_LENGTH", ""))
        if "HTTP_TRANSFER_ENCODING" in environ or not (text.isascii() and text.isdigit() and len(text) <= 5):
            return None
        most = min(_SMALL_BYTES, operation.max_body_bytes or self.max_body_bytes)
        return length if 0 < (length := int(text)) <= most else None

    def _is_known(self, environ: Environ, operation: Operation) -> bool:
        if operation.access.public or operation.access.trackers:
            return False
        try:
            credentials = credentials_in(environ)
        except UnauthenticatedError:
            return False
        return self.known.has(credentials.token.hash)
