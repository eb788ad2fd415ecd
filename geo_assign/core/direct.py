"""Statements of the hot path, straight through libpq.

The driver's cursors are made for every case: they parse the statement, wait in a generator, keep a lock. A statement
that is part of every request pays more for that than for its own work. Here it is prepared once per connection and
then executed in one blocking call that leaves the interpreter to other threads; values are converted by the driver's
own adapters, so nothing is different but the time.

The driver prepares statements too, those of SQLAlchemy. When one of its cursors rolls back, it deallocates every
prepared statement of the connection, these included. So a ROLLBACK goes through `run_script`, which the driver does
not see, and `core.db` refuses savepoints.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors as pg_errors
from psycopg.abc import Transformer as Converter
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.pool import PoolProxiedConnection

_NAMED = re.compile(r"%\((\w+)\)s|%%")
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_PREPARED = "geo_assign_prepared"
_CONVERTER = "geo_assign_converter"


def run_script(pgconn: PGconn, script: bytes) -> PGresult:
    """Run statements in one message; the last one's result. Raises psycopg.Error."""
    return _checked(pgconn.exec_(script), pgconn)


def fetch_all(connection: PoolProxiedConnection, sql: str, parameters: Mapping[str, Any]) -> list[Any]:
    """The rows of `sql`, which names its parameters `%(name)s`, as named tuples. Raises psycopg.Error."""
    driver = driver_of(connection)
    statement, names = _compiled(sql)
    transformer = _converter_of(connection)
    values = transformer.dump_sequence([parameters[name] for name in names], [PyFormat.AUTO] * len(names))
    types = tuple(transformer.types or ())
    prepared: dict[Any, bytes] = connection.info.setdefault(_PREPARED, {})
    name = prepared.get((statement, types))
    pgconn = driver.pgconn
    if name is None:
        name = b"direct_%d" % len(prepared)
        _checked(pgconn.prepare(name, statement, types), pgconn)
        prepared[statement, types] = name
    result = pgconn.exec_prepared(name, values, transformer.formats, Format.BINARY)  # type: ignore[arg-type] # NULLs
    return rows_of(_checked(result, pgconn), transformer)


@dataclass(frozen=True, slots=True)
class Opening:
    """A question that travels in the same message as BEGIN, so that it costs no round trip of its own.

    Its rows also say when it was asked, as `opened_at`: the database's clock costs no round trip then either.
    `arguments` are SQL literals. They are written into the message: only for values that cannot break out of their
    quotes, such as UUIDs and hexadecimal digits.
    """

    name: str
    types: tuple[str, ...]
    sql: str

    def begin(self, connection: PoolProxiedConnection, begin: str, arguments: Sequence[str]) -> list[Any]:
        """Send `begin` with this question; its rows. Raises psycopg.Error."""
        driver = driver_of(connection)
        pgconn = driver.pgconn
        prepared: dict[Any, bytes] = connection.info.setdefault(_PREPARED, {})
        if self.name not in prepared:
            asked = f"SELECT q.*, clock_timestamp() AS opened_at FROM ({self.sql}) q"
            run_script(pgconn, f"PREPARE {self.name} ({', '.join(self.types)}) AS {asked}".encode())
            prepared[self.name] = self.name.encode()
        result = run_script(pgconn, f"{begin}; EXECUTE {self.name} ({', '.join(arguments)})".encode())
        return rows_of(result, _converter_of(connection))


def rows_of(result: PGresult, transformer: Converter) -> list[Any]:
    """A result's rows as named tuples."""
    transformer.set_pgresult(result)
    make = _row_maker(tuple([result.fname(column) for column in range(result.nfields)]))
    return transformer.load_rows(0, result.ntuples, make)


def _converter_of(connection: PoolProxiedConnection) -> Converter:
    """The connection's own: it remembers the adapters that were looked up for earlier values."""
    converter: Converter | None = connection.info.get(_CONVERTER)
    if converter is None:
        converter = connection.info[_CONVERTER] = Transformer(driver_of(connection))
    return converter


def driver_of(connection: PoolProxiedConnection) -> psycopg.Connection[Any]:
    """The driver's connection behind a pooled one."""
    driver: Any = connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    return driver


def _checked(result: PGresult, pgconn: PGconn) -> PGresult:
    if result.status in _DONE:
        return result
    if pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError("the connection is lost")
    raise pg_errors.error_from_result(result)


@lru_cache(maxsize=512)
def _compiled(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """`%(name)s` as `$1`, and the names in their order; the same name is the same parameter."""
    names: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match.group(1)
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    statement = _NAMED.sub(numbered, sql)
    return statement.encode(), tuple(names)


@lru_cache(maxsize=512)
def _row_maker(columns: tuple[bytes | None, ...]) -> Callable[[Sequence[Any]], Any]:
    fields = [(column or b"").decode() for column in columns]
    row: Any = namedtuple("Row", fields, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known only here
    make: Callable[[Sequence[Any]], Any] = row._make
    return make
