"""How many positions each organization sends: added up in memory, written every few seconds.

A row that every ping of an organization adds to would make them wait for each other, and for the commit of each other.
So a process keeps its own sum, and learns with each writing how much all processes counted: a quota is kept to within a
few seconds' positions. A process that is killed takes the sum of the last seconds with it.
"""

import threading
from dataclasses import dataclass
from uuid import UUID

from geo_assign.access.quotas import PingStanding, add_pings
from geo_assign.core.db import Database
from geo_assign.core.telemetry import get_logger

EVERY_S = 5.0
_log = get_logger()


@dataclass(slots=True)
class _Sum:
    """What was counted since the last writing."""

    kept: int = 0
    rejected: int = 0


class PingMeter:
    """Counts positions by organization and knows whose quota is used up. One for a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._sums: dict[UUID, _Sum] = {}
        self._used_up: frozenset[UUID] = frozenset()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end = threading.Event()

    def is_used_up(self, org_id: UUID) -> bool:
        """Whether the organization may send no more positions today, as far as this process knows."""
        return org_id in self._used_up

    def add(self, org_id: UUID, *, kept: int = 0, rejected: int = 0) -> None:
        """Positions were received: judged, or rejected because the quota is used up."""
        with self._lock:
            total = self._sums.get(org_id)
            if total is None:
                total = self._sums[org_id] = _Sum()
            total.kept += kept
            total.rejected += rejected
        if self._thread is None:
            self._start()

    def flush(self) -> None:
        """Write what was counted, and learn where these organizations, and those that used theirs up, stand now."""
        with self._writing:
            with self._lock:
                sums, self._sums = self._sums, {}
            for org_id in self._used_up - set(sums):
                sums[org_id] = _Sum()
            for org_id, total in sums.items():
                self._write(org_id, total)

    def close(self) -> None:
        """Write what is left and end."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(target=self._run, name="ping-meter", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(EVERY_S):
            self.flush()

    def _write(self, org_id: UUID, total: _Sum) -> None:
        try:
            with self._database.transaction(org_id) as tx:
                standing: PingStanding = add_pings(tx, total.kept, total.rejected)
        except Exception:  # noqa: BLE001 - whatever is wrong, the sum is kept for the next time
            _log.exception("pings_not_counted", org_id=str(org_id))
            self.add(org_id, kept=total.kept, rejected=total.rejected)
            return
        if standing.is_used_up:
            self._used_up |= {org_id}
        else:
            self._used_up -= {org_id}
