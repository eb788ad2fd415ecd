"""One HTTP request as the server hands it over: headers, body and address, read when they are asked for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from geo_assign.access.domain import Caller
from geo_assign.core.errors import InvalidError
from geo_assign.core.ids import new_id
from geo_assign.http.errors import BadHeaderError, BodyTooLargeError, IncompleteBodyError

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_UNPREFIXED = {"CONTENT-TYPE": "CONTENT_TYPE", "CONTENT-LENGTH": "CONTENT_LENGTH"}


class Headers(Mapping[str, str]):
    """The request's headers, by name in any case."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        upper = name.upper()
        return str(self._environ[_UNPREFIXED.get(upper) or f"HTTP_{upper.replace('-', '_')}"])

    def __iter__(self) -> Iterator[str]:
        return (key[5:].replace("_", "-").title() for key in self._environ if key.startswith("HTTP_"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Incoming:
    """A request. `path` is decoded; it may hold replacement characters, which no route matches.

    `caller` is set once he is known, for the log.
    """

    __slots__ = ("caller", "environ", "headers", "method", "path", "query_string", "remote_address", "request_id")

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.environ = environ
        self.caller: Caller | None = None
        self.method: str = environ["REQUEST_METHOD"]
        # A WSGI server decodes the path's bytes as Latin-1, whatever they are.
        self.path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        self.query_string: str = environ.get("QUERY_STRING", "")
        self.remote_address: str = environ.get("REMOTE_ADDR") or ""
        self.headers = Headers(environ)
        given: str | None = environ.get("HTTP_X_REQUEST_ID")
        self.request_id = given if given and _SANE_REQUEST_ID.fullmatch(given) else new_id().hex

    def header(self, key: str) -> str | None:
        """A header by its WSGI key, such as HTTP_IF_MATCH: no conversion, for every request passes here."""
        value: str | None = self.environ.get(key)
        return value

    def read_body(self, limit: int) -> bytes:
        """The whole body, at most `limit` bytes. Raises BodyTooLargeError, IncompleteBodyError, BadHeaderError."""
        announced = self._content_length()
        if announced is None:
            if "HTTP_TRANSFER_ENCODING" not in self.environ:
                return b""
            body: bytes = self.environ["wsgi.input"].read(limit + 1)
            if len(body) > limit:
                raise _too_large(limit)
            return body
        if announced > limit:
            raise _too_large(limit)
        body = self.environ["wsgi.input"].read(announced) if announced else b""
        if len(body) < announced:
            raise IncompleteBodyError
        return body

    def _content_length(self) -> int | None:
        text: str | None = self.environ.get("CONTENT_LENGTH")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise BadHeaderError("Content-Length is not a number.")
        return int(text)


def _too_large(limit: int) -> InvalidError:
    return BodyTooLargeError(f"A body here may have {limit:,} bytes.", max_bytes=limit)
