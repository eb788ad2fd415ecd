"""Reads that a standby answers: the primary says who calls, the standby what is asked for."""

from collections.abc import Callable, Mapping
from threading import Event

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.core.replica import PrimaryState, Replica
from geo_assign.core.telemetry import counter, get_logger
from geo_assign.core.trouble import TIMEOUT, find_trouble
from geo_assign.http.admission import Capacity
from geo_assign.http.operations import Lane, Operation, Reply
from geo_assign.http.services import Services
from geo_assign.http.transactions import RequestTransactions

_READS = counter("replica_reads", "Reads that a standby may answer, by what became of them there.", ("outcome",))
_log = get_logger()


class ReplicaReads:
    """Asks the standby first, where there is one and the operation only reads."""

    def __init__(self, services: Services, capacity: Capacity) -> None:
        self._services, self._capacity = services, capacity

    def find(self, operation: Operation) -> Replica | None:
        """The standby, if it may answer this operation and is worth asking now."""
        replica = self._services.replica
        if replica is None or not operation.replica:
            return None
        if not replica.is_asked():
            _READS.labels("left_alone").inc()
            return None
        return replica

    def answer(
        self, replica: Replica, arguments: PrimaryState | None, act: Callable[[RequestTransactions], Reply]
    ) -> Reply | None:
        """What `act` answers from the standby; None where the primary has to.

        `arguments` are `replica.arguments` of the primary's transaction. Raises what `act` does, and UnavailableError
        when the log of looks, which the primary keeps, cannot be written: it is, before anything that it is about is
        shown.
        """
        if arguments is None:
            return None
        transactions = RequestTransactions(replica.database, self._capacity.pool, arguments.org_id)
        try:
            if not _is_there(replica, transactions, arguments.of_opening):
                replica.leave_alone()
                _READS.labels("late").inc()
                return None
            reply = act(transactions)
            transactions.close()
        except (DBAPIError, psycopg.Error, PoolTimeout) as error:
            transactions.abandon(error)
            trouble = find_trouble(error)
            # What takes too long there takes as long on the primary, which has other things to do.
            if trouble is not None and trouble.trouble is TIMEOUT:
                raise
            replica.leave_alone()
            _READS.labels("failed").inc()
            _log.warning("replica_failed", trouble=str(trouble))
            return None
        except BaseException as error:
            transactions.abandon(error)
            raise
        replica.has_answered()
        _READS.labels("answered").inc()
        self._services.views.assure(written=True)
        return reply


def _is_there(replica: Replica, transactions: RequestTransactions, arguments: Mapping[str, str]) -> bool:
    """Begin a transaction on the standby that has what the primary had, if it has it soon enough."""
    for pause_s in (*replica.pauses(), None):
        (row,) = transactions.begin(Lane.CONTINUED, replica.replayed, arguments).opened
        if row.is_there:  # type: ignore[attr-defined]
            return True
        transactions.close()
        if pause_s is not None:
            Event().wait(pause_s)
    return False
