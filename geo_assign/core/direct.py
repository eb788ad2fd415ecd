"""Statements of the hot path, straight through libpq.

The driver's cursors are made for every case: they parse the statement, wait in a generator, keep a lock. A statement
that is part of every request pays more for that than for its own work. Here it is prepared once per connection and
then executed in one blocking call that leaves the interpreter to other threads; values are converted by the driver's
own adapters, so nothing is different but the time.

Statements are prepared by the protocol and named by a hash of their text, so a pooler that lends one server connection
to several processes finds the same statement under the same name, whichever of them prepared it.

The driver prepares statements too, those of SQLAlchemy. When one of its cursors rolls back, it deallocates every
prepared statement of the connection, these included. So a ROLLBACK goes through `run_script`, which the driver does
not see, and `core.db` refuses savepoints.
"""

import select
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias

import psycopg
from psycopg import errors as pg_errors
from psycopg.abc import Buffer
from psycopg.abc import Transformer as Converter
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow
from sqlalchemy.pool import PoolProxiedConnection

from geo_assign.core.distribution import ENTER, is_distributed
from geo_assign.core.statements import R, Statement

TENANT = "app.org_id"
"""The setting that row security compares with."""

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_PREPARED = "geo_assign_prepared"
_CONVERTER = "geo_assign_converter"
_Names: TypeAlias = dict[tuple[bytes, tuple[int, ...]], bytes]


def run_script(pgconn: PGconn, script: bytes) -> PGresult:
    """Run statements in one message; the last one's result. Raises psycopg.Error."""
    return _checked(pgconn.exec_(script), pgconn)


def fetch_all(connection: PoolProxiedConnection, statement: Statement[R], values: Mapping[str, object]) -> list[R]:
    """The rows of `statement` with these values of its parameters. Raises psycopg.Error."""
    pgconn = driver_of(connection).pgconn
    ready = _ready(connection, statement, [values[name] for name in statement.parameters])
    result = pgconn.exec_prepared(ready.name, ready.values, ready.formats, Format.BINARY)  # type: ignore[arg-type] # NULLs
    return _rows(_checked(result, pgconn), _converter_of(connection), statement)


class _Ready(NamedTuple):
    """A statement prepared on a connection, with the values it is executed with."""

    name: bytes
    values: Sequence[Buffer | None]
    formats: Sequence[Format] | None


def _ready(connection: PoolProxiedConnection, statement: Statement[Any], given: Sequence[object]) -> _Ready:
    """Prepare `statement` unless that has been done on this connection."""
    transformer = _converter_of(connection)
    dumped = transformer.dump_sequence(given, [PyFormat.AUTO] * len(given))
    name = _prepared(connection, statement.text, tuple(transformer.types or ()))
    return _Ready(name, dumped, transformer.formats)


def _prepared(connection: PoolProxiedConnection, text: bytes, types: tuple[int, ...] = ()) -> bytes:
    """The name of a statement on this connection, where it is prepared if it was not yet. Raises psycopg.Error."""
    names: _Names = connection.info.setdefault(_PREPARED, {})
    name = names.get((text, types))
    if name is None:
        name = statement_name(text, types)
        pgconn = driver_of(connection).pgconn
        _checked(pgconn.prepare(name, text, types), pgconn)
        names[text, types] = name
    return name


def statement_name(text: bytes, types: Sequence[int] = ()) -> bytes:
    """The one name of a statement with these types of its parameters, as numbers of the server."""
    said = b"%d\0%s\0%s" % (len(text), text, b" ".join(b"%d" % one for one in types))
    return b"geo_assign_" + sha256(said).hexdigest()[:32].encode()


class OpenedRow(Protocol):
    """A row of the question that a transaction was opened with."""

    @property
    def opened_at(self) -> datetime:
        """The database's clock when it was asked."""


@dataclass(frozen=True, slots=True)
class Opening(Generic[R]):
    """A question that travels in the same message as BEGIN, so that it costs no round trip of its own.

    One of its columns is `opened_at`, the database's clock, which costs no round trip then either. The arguments it is
    asked with are texts by the names of the statement's parameters.
    """

    statement: Statement[R]

    def arguments(self, given: Mapping[str, str]) -> list[bytes]:
        """The arguments in the order of the parameters."""
        return [given[name].encode() for name in self.statement.parameters]


AnyOpening: TypeAlias = Opening[Any]
"""A question whose rows are of any type."""


class Asked(NamedTuple):
    """A statement with the values of its parameters, in their order; arrays are tuples. Two of them may be equal."""

    statement: Statement[Any]
    values: tuple[object, ...]


Answers: TypeAlias = Mapping[Asked, "Sequence[Any] | psycopg.Error"]
"""The rows of what was asked, or what was wrong with it."""


@dataclass(frozen=True, slots=True)
class TransactionFrame:
    """How a transaction begins: its isolation, and the settings that are in force until its end, by their names."""

    settings: Mapping[str, str]
    begin: bytes = b"BEGIN"

    def script(self, *, distributed: bool = False) -> bytes:
        """Statements that begin such a transaction. Values are those of this program, never a caller's."""
        settings = ", ".join(_set(name, f"'{value}'", distributed) for name, value in self.settings.items())
        return b"%s; SELECT %s" % (self.begin, settings.encode()) if settings else self.begin

    def setting(self, *, distributed: bool = False) -> bytes:
        """One statement that brings the settings into force, with their values as parameters."""
        called = (_set(name, f"${number}", distributed) for number, name in enumerate(self.settings, start=1))
        return b"SELECT " + ", ".join(called).encode()

    def values(self) -> list[bytes]:
        """The values of its parameters."""
        return [value.encode() for value in self.settings.values()]


def _set(name: str, value: str, distributed: bool) -> str:  # noqa: FBT001
    return f"{ENTER}({value})" if distributed and name == TENANT else f"set_config('{name}', {value}, true)"


def begin_asking(
    connection: PoolProxiedConnection, frame: TransactionFrame, opening: Opening[R], arguments: Mapping[str, str]
) -> list[R]:
    """Begin a transaction and ask the opening's question, in one message; its rows. Raises psycopg.Error."""
    pgconn = driver_of(connection).pgconn
    setting = frame.setting(distributed=is_distributed(connection))
    begun, set_ = _prepared(connection, frame.begin), _prepared(connection, setting)
    opened_as = _prepared(connection, opening.statement.text)
    pgconn.enter_pipeline_mode()
    pgconn.send_query_prepared(begun, None)
    pgconn.send_query_prepared(set_, frame.values())
    pgconn.send_query_prepared(opened_as, opening.arguments(arguments), None, Format.BINARY)
    pgconn.pipeline_sync()
    results = list(_pipelined(pgconn))
    pgconn.exit_pipeline_mode()
    opened = [_checked(result, pgconn) for result in results][-1]
    return _rows(opened, _converter_of(connection), opening.statement)


def ask_at_once(
    connection: PoolProxiedConnection,
    frame: TransactionFrame,
    opening: AnyOpening,
    arguments: Mapping[str, str],
    asked: Sequence[Asked],
) -> tuple[list[OpenedRow], Answers]:
    """Ask the opening's question and all of `asked` in one message, which is a transaction by itself.

    The settings of `frame` are in force there. What comes after a statement that fails has no answer. Raises
    psycopg.Error when the opening fails.
    """
    pgconn, transformer = driver_of(connection).pgconn, _converter_of(connection)
    set_, opened_as = _prepared(connection, frame.setting()), _prepared(connection, opening.statement.text)
    ready = [_ready(connection, statement, list(map(_as_array, values))) for statement, values in asked]
    pgconn.enter_pipeline_mode()
    pgconn.send_query_prepared(set_, frame.values())
    pgconn.send_query_prepared(opened_as, opening.arguments(arguments), None, Format.BINARY)
    for name, values, formats in ready:
        pgconn.send_query_prepared(name, values, formats, Format.BINARY)
    pgconn.pipeline_sync()
    results = list(_pipelined(pgconn))
    pgconn.exit_pipeline_mode()
    set_result, opened, *answered = results
    _checked(set_result, pgconn)
    rows: list[OpenedRow] = _rows(_checked(opened, pgconn), transformer, opening.statement)
    answers: dict[Asked, Sequence[Any] | psycopg.Error] = {}
    for one, result in zip(asked, answered, strict=True):
        if result.status not in _DONE:
            answers[one] = pg_errors.error_from_result(result)
            break
        answers[one] = _rows(result, transformer, one.statement)
    return rows, answers


def _pipelined(pgconn: PGconn) -> Iterator[PGresult]:
    """The result of each statement up to the end of the pipeline. Raises psycopg.OperationalError."""
    socket = select.poll()
    socket.register(pgconn.socket, select.POLLIN | select.POLLOUT)
    while pgconn.flush():
        socket.poll()
        pgconn.consume_input()
    socket.modify(pgconn.socket, select.POLLIN)
    while True:
        # Waiting in libpq would keep the interpreter from all other threads.
        while pgconn.is_busy():
            socket.poll()
            pgconn.consume_input()
        result = pgconn.get_result()
        if pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError("the connection is lost")
        if result is None:  # between two statements
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return
        yield result


def _as_array(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


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
