"""Engines that go from one test to the next with their connections, as a service's go from one request to the next.

To open a connection costs more than most tests do: the log-in, and all that its backend and the driver then learn of
the schema and of the statements. A closed `Database` gives its engine back instead; the next one of the same role and
options takes it. Before a database is emptied its other connections are ended, and it is dropped with its engines.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from psycopg import Connection
from sqlalchemy import Engine, event, make_url

from geo_assign.core import db
from geo_assign.core.db import Database

# Of the three hundred that the server takes; a service that a test starts wants some, too.
MOST_CONNECTIONS = 40
_make_engine = db._engine


@dataclass
class _Lent:
    """An engine with the processes of the server at the other end of its connections."""

    engine: Engine
    key: Hashable
    database: str | None
    backends: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        event.listen(self.engine, "connect", lambda connection, _record: self.backends.add(_backend_of(connection)))
        event.listen(self.engine, "close", lambda connection, _record: self.backends.discard(_backend_of(connection)))


class Engines:
    """The engines of this process, by what they were made for."""

    def __init__(self) -> None:
        self._lent: dict[Engine, _Lent] = {}
        self._waiting: list[_Lent] = []

    def take(self, url: str, key: Hashable, make: Callable[[], Engine]) -> Engine:
        """An engine that waits, or a new one. To be given back."""
        found = next((one for one in reversed(self._waiting) if one.key == (url, key)), None)
        if found is None:
            found = _Lent(make(), (url, key), make_url(url).database)
        else:
            self._waiting.remove(found)
        self._lent[found.engine] = found
        return found.engine

    def give_back(self, engine: Engine) -> None:
        """Keep the engine for the next test. A second time does nothing. Those that waited longest are closed."""
        lent = self._lent.pop(engine, None)
        if lent is not None:
            self._waiting.append(lent)
        while sum(len(one.backends) for one in self._waiting) > MOST_CONNECTIONS:
            self._waiting.pop(0).engine.dispose()

    def backends_of(self, database: str) -> list[int]:
        """The processes of the server behind the connections that wait for the next test."""
        return [pid for one in self._waiting if one.database == database for pid in one.backends]

    def forget(self, database: str) -> None:
        """Close what waits for tests with this database."""
        for one in [one for one in self._waiting if one.database == database]:
            self._waiting.remove(one)
            one.engine.dispose()


ENGINES = Engines()


def engine_for_database(url: str, *, pool_size: int, pool_wait_s: float) -> Engine:
    """What `Database` makes its pool of, in the place of `core.db`'s own."""
    made_for = (pool_size, pool_wait_s)
    return ENGINES.take(url, made_for, lambda: _make_engine(url, pool_size=pool_size, pool_wait_s=pool_wait_s))


def close_database(database: Database) -> None:
    """Give the engine back, in the place of `Database.close`. One with a connection in use is opened anew."""
    if database.engine.pool.checkedout():  # type: ignore[attr-defined]
        database.engine.dispose()
    ENGINES.give_back(database.engine)


def _backend_of(connection: Connection[tuple[object, ...]]) -> int:
    return connection.info.backend_pid
