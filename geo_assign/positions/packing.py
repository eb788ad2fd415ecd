"""Columns as PostgreSQL's binary arrays: a hundred numbers in one step instead of one by one.

The driver writes a list element by element in Python, which for a batch of positions takes as long as the statement
itself.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = struct.Struct(">iiIii")  # dimensions, may hold nulls, element type, length, lower bound
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
_MICROSECOND = timedelta(microseconds=1)
_INFINITE_PAST = -(2**63)


class Column:
    """An array parameter, already in the wire format. Its class says the type."""

    __slots__ = ("data",)

    array_oid: ClassVar[int]
    element_oid: ClassVar[int]

    def __init__(self, cells: bytes, count: int) -> None:
        self.data = _HEADER.pack(1, 1, self.element_oid, count, 1) + cells


class _Fixed(Column):
    """Cells of one size, each behind its length."""

    __slots__ = ()
    layout: ClassVar[np.dtype[np.void]]

    def __init__(self, values: Sequence[object] | NDArray[np.generic]) -> None:
        cells = np.empty(len(values), dtype=self.layout)
        cells["size"] = self.layout["value"].itemsize
        cells["value"] = values
        super().__init__(cells.tobytes(), len(values))


class Floats(_Fixed):
    """`float8[]`. None, and what lies outside `sane`, travels as NaN: SQL makes NULL of it by `nullif(x, 'NaN')`."""

    __slots__ = ()
    array_oid, element_oid = 1022, 701
    layout = np.dtype([("size", ">i4"), ("value", ">f8")])

    def __init__(self, values: Sequence[float | None], *, sane: tuple[float, float] | None = None) -> None:
        numbers = np.array(values, dtype=float)
        if sane is not None:
            numbers[~((numbers >= sane[0]) & (numbers <= sane[1]))] = np.nan
        super().__init__(numbers)


class Instants(_Fixed):
    """`timestamptz[]`, exact. None travels as the infinite past: SQL makes NULL of it by `nullif(x, '-infinity')`."""

    __slots__ = ()
    array_oid, element_oid = 1185, 1184
    layout = np.dtype([("size", ">i4"), ("value", ">i8")])

    def __init__(self, values: Iterable[datetime | None]) -> None:
        super().__init__([_INFINITE_PAST if at is None else (at - _EPOCH) // _MICROSECOND for at in values])


class Integers(_Fixed):
    """`int4[]`."""

    __slots__ = ()
    array_oid, element_oid = 1007, 23
    layout = np.dtype([("size", ">i4"), ("value", ">i4")])


class Booleans(_Fixed):
    """`boolean[]`."""

    __slots__ = ()
    array_oid, element_oid = 1000, 16
    layout = np.dtype([("size", ">i4"), ("value", "?")])


class Uuids(Column):
    """`uuid[]`."""

    __slots__ = ()
    array_oid, element_oid = 2951, 2950

    def __init__(self, values: Iterable[UUID]) -> None:
        cells = [b"\0\0\0\x10" + value.bytes for value in values]
        super().__init__(b"".join(cells), len(cells))


class Texts(Column):
    """`text[]`; None is NULL."""

    __slots__ = ()
    array_oid, element_oid = 1009, 25

    def __init__(self, values: Iterable[str | None]) -> None:
        cells = [_text(value) for value in values]
        super().__init__(b"".join(cells), len(cells))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _dumper(column: type[Column]) -> type[Dumper]:
    class ColumnDumper(Dumper):
        format = Format.BINARY
        oid = column.array_oid

        def dump(self, obj: Column) -> bytes:
            return obj.data

    return ColumnDumper


_DUMPERS = {column: _dumper(column) for column in (Floats, Instants, Integers, Booleans, Uuids, Texts)}


def register(context: AdaptContext) -> None:
    """Teach a cursor, a connection or the driver to send columns."""
    for column, dumper in _DUMPERS.items():
        context.adapters.register_dumper(column, dumper)
