"""How an operation's body is written: which Content-Types it has, and what turns its bytes into the declared model.

Strict JSON unless an operation says otherwise (`reads=URL_ENCODED`). A format that only one operation reads is
declared in its route file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from geo_assign.http.decoding import FORM, M, decode_body, decode_form, decode_query, require_form, require_json

BYTES = "application/octet-stream"
"""What generators of clients read as bytes, beside a type that says more."""


class Decode(Protocol):
    """Reads bytes as a model; without a body they are empty. Raises InvalidError."""

    def __call__(self, model: type[M], raw: bytes, /) -> M: ...


class DecodeQuery(Protocol):
    """Reads a query string as a model. Raises BadQueryError."""

    def __call__(self, model: type[M], query_string: str, /) -> M: ...


@dataclass(frozen=True)
class BodyFormat:
    """`media_types` are for the documentation. `require` judges a Content-Type, raises UnsupportedMediaTypeError.

    `takes_any_encoding`: what cannot be unpacked as Content-Encoding says is read as it came.
    """

    media_types: tuple[str, ...]
    require: Callable[[str | None], None]
    decode: Decode
    takes_any_encoding: bool = False


STRICT_QUERY: DecodeQuery = decode_query
STRICT_JSON = BodyFormat(("application/json",), require_json, decode_body)
URL_ENCODED = BodyFormat((FORM,), require_form, decode_form)
"""Written like a query string: `lat=41.15&lon=-8.61`."""
