"""Small bodies of known callers, received before the application sees the request.

A request inside Flask takes the interpreter from those that are worked on. So one whose body is small, and whose token
was good a moment ago, receives it in front, in a place of `http.receiving` as everywhere, and waits for its turn there.
Any other goes on as it is: its token is looked up, or it needs none, and its body is received behind.
"""

from dataclasses import dataclass
from typing import cast

from geo_assign.core.errors import GeoAssignError, UnauthenticatedError
from geo_assign.http.authentication import credentials_in
from geo_assign.http.known import KnownTokens
from geo_assign.http.operations import Operation
from geo_assign.http.proxies import Networks, client_address_in
from geo_assign.http.receiving import Receiving, Source
from geo_assign.http.request import EARLY_BODY

_SMALL_BYTES = 16_384

Environ = dict[str, object]


@dataclass(frozen=True)
class EarlyBodies:
    """Receives them in `receiving`, for tokens of `known`. `trusted` proxies say whose address it is."""

    known: KnownTokens
    receiving: Receiving
    trusted: Networks
    max_body_bytes: int

    def receive(self, environ: Environ, operation: Operation) -> bool:
        """Whether there is nothing to wait for any more before the work begins: no body, or it was received here.

        What went wrong with it is kept, and told behind as if it had been received there.
        """
        if not operation.sends_body:
            return True
        length = self._find_length(environ, operation)
        if length is None or not self._is_known(environ, operation):
            return False
        try:
            source = cast(Source, environ["wsgi.input"])
            environ[EARLY_BODY] = body = self.receiving.receive(
                source, length, address=client_address_in(environ, self.trusted)
            )
        except GeoAssignError as error:
            environ[EARLY_BODY] = error
            return False
        # One that ended too soon is told so behind, and needs no turn for that.
        return len(body) == length

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
