"""Whether the rows of a database are spread over several servers, by Citus, as `geo-assign db distribute` does it.

There the organization of a transaction is set by a function, `enter_organization`: it gives a command of its own, which
Citus passes on to the servers that hold the rows, as it does not pass on `set_config`. Nothing else of a transaction
differs in what it costs: a pool asks once, of its first connection, and each connection knows it from then on.
"""

import weakref

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

ENTER = "enter_organization"
ANCHOR = "technicians"
"""The table beside whose parts those of all other tables lie."""
SPREADS_SETTINGS = "citus.propagate_set_commands"
"""The setting of a distributed database, whose value is then `local`."""

_DISTRIBUTED = "geo_assign_distributed"
_ASKED = f"SELECT current_setting('{SPREADS_SETTINGS}', true) = 'local'".encode()
_distributed: weakref.WeakSet[Engine] = weakref.WeakSet()


def learn_distribution(engine: Engine) -> None:
    """Let every connection of the engine know whether its database is distributed."""
    known: bool | None = None

    def connect(connection: psycopg.Connection[TupleRow], record: ConnectionPoolEntry) -> None:
        nonlocal known
        if known is None:
            # Past the driver's cursors, whose first statement begins more than it asks.
            known = connection.pgconn.exec_(_ASKED).get_value(0, 0) == b"t"
            if known:
                _distributed.add(engine)
        record.info[_DISTRIBUTED] = known

    event.listen(engine, "connect", connect)


def is_distributed(connection: PoolProxiedConnection) -> bool:
    """Whether the connection is one to a distributed database; False where that was never asked."""
    return bool(connection.info.get(_DISTRIBUTED, False))


def leads_to_distributed(engine: Engine) -> bool:
    """The same of all connections of an engine; False as long as it has made none."""
    return engine in _distributed
