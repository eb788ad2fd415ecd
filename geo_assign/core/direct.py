"""Statements of the hot path, straight through libpq.

The driver's cursors are made for every case: they parse the statement, wait in a generator, keep a lock. A statement
that is part of every request pays more for that than for its own work. Here it is prepared once per connection and
then executed in one blocking call that leaves the interpreter to other threads; values are converted by the driver's
own adapters, so nothing is different but the time.

The driver prepares statements too, those of SQLAlchemy. When one of its cursors rolls back, it deallocates every
prepared statement of the connection, these included. So a ROLLBACK goes through `run_script`, which the driver does
not see, and `core.db` refuses savepoints.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias

import psycopg
from psycopg import errors as pg_errors
from psycopg.abc import Transformer as Converter
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow
from sqlalchemy.pool import PoolProxiedConnection

from geo_assign.core.statements import R, Statement

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_PREPARED = "geo_assign_prepared"
_CONVERTER = "geo_assign_converter"


def run_script(pgconn: PGconn, script: bytes) -> PGresult:
    """Run statements in one message; the last one's result. Raises psycopg.Error."""
    return _checked(pgconn.exec_(script), pgconn)


def fetch_all(connection: PoolProxiedConnection, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
    """The rows of `statement` with these values of its parameters. Raises psycopg.Error."""
    driver = driver_of(connection)
    transformer = _converter_of(connection)
    given = [values[name] for name in statement.parameters]
    dumped = transformer.dump_sequence(given, [PyFormat.AUTO] * len(given))
    types = tuple(transformer.types or ())
    prepared: dict[Hashable, bytes] = connection.info.setdefault(_PREPARED, {})
    name = prepared.get((statement, types))
    pgconn = driver.pgconn
    if name is None:
        name = b"direct_%d" % len(prepared)
        _checked(pgconn.prepare(name, statement.text, types), pgconn)
        prepared[statement, types] = name
    result = pgconn.exec_prepared(name, dumped, transformer.formats, Format.BINARY)  # type: ignore[arg-type] # NULLs
    return _rows(_checked(result, pgconn), transformer, statement)


class OpenedRow(Protocol):
    """A row of the question that a transaction was opened with."""

    @property
    def opened_at(self) -> datetime:
        """The database's clock when it was asked."""


@dataclass(frozen=True, slots=True)
class Opening(Generic[R]):
    """A question that travels in the same message as BEGIN, so that it costs no round trip of its own.

    One of its columns is `opened_at`, the database's clock, which costs no round trip then either. The arguments it is
    asked with are SQL literals by the names of the statement's parameters. They are written into the message: only
    for values that cannot break out of their quotes, such as UUIDs and hexadecimal digits.
    """

    name: str
    statement: Statement[R]

    def begin(self, connection: PoolProxiedConnection, begin: str, arguments: Mapping[str, str]) -> list[R]:
        """Send `begin` with this question; its rows. Raises psycopg.Error."""
        pgconn = driver_of(connection).pgconn
        prepared: dict[Hashable, bytes] = connection.info.setdefault(_PREPARED, {})
        if self.name not in prepared:
            run_script(pgconn, b"PREPARE %s AS %s" % (self.name.encode(), self.statement.text))
            prepared[self.name] = self.name.encode()
        given = ", ".join(arguments[name] for name in self.statement.parameters)
        result = run_script(pgconn, f"{begin}; EXECUTE {self.name} ({given})".encode())
        return _rows(result, _converter_of(connection), self.statement)


AnyOpening: TypeAlias = Opening[Any]
"""A question whose rows are of any type."""


def _rows(result: PGresult, transformer: Converter, statement: Statement[R]) -> list[R]:
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, statement.row_from)


def _converter_of(connection: PoolProxiedConnection) -> Converter:
    """The connection's own: it remembers the adapters that were looked up for earlier values."""
    converter: Converter | None = connection.info.get(_CONVERTER)
    if converter is None:
        converter = connection.info[_CONVERTER] = Transformer(driver_of(connection))
    return converter


def driver_of(connection: PoolProxiedConnection) -> psycopg.Connection[TupleRow]:
    """The driver's connection behind a pooled one."""
    driver = connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    return driver


def _checked(result: PGresult, pgconn: PGconn) -> PGresult:
    if result.status in _DONE:
        return result
    if pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError("the connection is lost")
    raise pg_errors.error_from_result(result)
