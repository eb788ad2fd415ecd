"""Keyset paging: a cursor names the last row seen, so pages neither skip nor repeat while rows come and go."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

from geo_assign.core.errors import InvalidError

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class BadCursorError(InvalidError):
    """This cursor is not one that this API gave.

    Begin again without it.
    """

    code = "bad_cursor"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items in order, and where the next page starts; None at the end."""

    items: Sequence[T]
    next_cursor: str | None


def encode(values: Sequence[object]) -> str:
    """A cursor from the ordering values of a row; str() of each that is not JSON."""
    text = json.dumps(list(values), default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@overload
def decode(cursor: str, first: Callable[[str], A], /) -> tuple[A]: ...
@overload
def decode(cursor: str, first: Callable[[str], A], second: Callable[[str], B], /) -> tuple[A, B]: ...
@overload
def decode(
    cursor: str, first: Callable[[str], A], second: Callable[[str], B], third: Callable[[str], C], /
) -> tuple[A, B, C]: ...
@overload
def decode(cursor: str, *parsers: Callable[[str], object]) -> tuple[object, ...]: ...
def decode(cursor: str, *parsers: Callable[[str], object]) -> tuple[object, ...]:
    """The ordering values, each parsed by its parser. Raises BadCursorError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(parsers):
            raise BadCursorError
        return tuple(parse(value) for parse, value in zip(parsers, values, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise BadCursorError from error


def page(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[object]]) -> Page[T]:
    """Cut `rows`, fetched with limit + 1, to a page."""
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], encode(key(rows[limit - 1])))
