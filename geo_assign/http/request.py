"""A request as Flask knows it, with what Flask does not tell: its id, who calls, and a body that is really whole."""

import re
import time
from typing import cast

import flask
from werkzeug.utils import cached_property

from geo_assign.access.domain import Caller
from geo_assign.core.errors import InvalidError
from geo_assign.core.ids import new_id
from geo_assign.http.errors import BadHeaderError, BodyTooLargeError, IncompleteBodyError
from geo_assign.http.operations import Operation

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Request(flask.Request):
    """`operation` and `caller` are set as soon as they are known, for the log."""

    operation: Operation | None = None
    caller: Caller | None = None

    def __init__(self, environ: dict[str, object], populate_request: bool = True, shallow: bool = False) -> None:  # noqa: FBT001, FBT002 - werkzeug's signature
        super().__init__(environ, populate_request, shallow)
        self.begun_s = time.perf_counter()

    @cached_property
    def request_id(self) -> str:
        """What the client calls this request in X-Request-Id if that is sane, otherwise a new id."""
        given: str | None = self.environ.get("HTTP_X_REQUEST_ID")
        return given if given and _SANE_REQUEST_ID.fullmatch(given) else new_id().hex

    def read_body(self, limit: int) -> bytes:
        """The whole body, at most `limit` bytes. Raises BodyTooLargeError, IncompleteBodyError, BadHeaderError.

        werkzeug's `data` takes a strange Content-Length for 0, and what arrived of a broken body for the whole.
        """
        announced = self._announced_length()
        if announced is None:
            if "HTTP_TRANSFER_ENCODING" not in self.environ:
                return b""
            body = self.input_stream.read(limit + 1)
            if len(body) > limit:
                raise _too_large(limit)
            return body
        if announced > limit:
            raise _too_large(limit)
        body = self.input_stream.read(announced) if announced else b""
        if len(body) < announced:
            raise IncompleteBodyError
        return body

    def itself(self) -> "Request":
        """The request behind `flask.request`, whose every attribute is looked up anew."""
        return self

    def _announced_length(self) -> int | None:
        text: str | None = self.environ.get("CONTENT_LENGTH")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise BadHeaderError("Content-Length is not a number.")
        return int(text)


def current_request() -> Request:
    """The request that is being answered."""
    return cast(Request, flask.request).itself()


def _too_large(limit: int) -> InvalidError:
    return BodyTooLargeError(f"A body here may have {limit:,} bytes.", max_bytes=limit)
