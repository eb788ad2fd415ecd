"""Single pings of many phones, written together: those that arrive within a few milliseconds share one commit.

The first caller of a group leads it: it waits a moment for other callers of the same organization, and for the group
before to be written, then writes for all in one transaction; each caller returns after that commit. So groups grow with
the load. If a group fails, each caller writes alone, so only the sender of a bad ping is told what is wrong with it.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import psycopg
from psycopg import errors as pg_errors
from sqlalchemy import exc

from geo_assign.core.db import RETRYABLE, Tx
from geo_assign.core.errors import UnavailableError
from geo_assign.core.telemetry import counter, histogram
from geo_assign.positions.commands import record
from geo_assign.positions.domain import (
    Batch,
    BatchResult,
    PingRefusal,
    PingResult,
    Recorded,
    RecordingTimeoutError,
    Verdict,
)
from geo_assign.positions.metering import PingMeter

Begin = Callable[[], AbstractContextManager[Tx]]
"""Opens a transaction of the caller's organization that commits at its end."""

_POSITIONS = counter("positions", "Positions received, by verdict and reason.", ("verdict", "reason"))
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _verdict in Verdict:
    _POSITIONS.labels(_verdict.value, "none")
_DELAY_S = histogram(
    "position_delay_seconds",
    "From the device's clock to the receipt, of the newest position of a message.",
    buckets=(1, 5, 15, 60, 300, 3_600, 86_400),
)


def _ignore_returned(_tx: Tx, _technician_ids: Sequence[UUID], /, *, at: datetime) -> None:
    """No caller waits for technicians to return."""


_OVER_QUOTA = PingResult(Verdict.REJECTED, PingRefusal.QUOTA_EXCEEDED)
_WHEN_OVER_QUOTA_S = 300


class _Group:
    """What is written together. `answers` come in the order of `batches`, or `error` says why there are none."""

    __slots__ = ("answers", "batches", "done", "error", "full")

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.full = threading.Event()
        self.done = threading.Event()
        self.answers: Sequence[BatchResult] = ()
        self.error: BaseException | None = None


class Grouper:
    """Records positions; small batches wait for company. One for a process, used by all of its threads.

    `wait_s`: how long the first waits for others; 0 switches grouping off. `turn_s`: how long at most for the group
    before. `enough`: batches at which a group is closed. `small`: batches with more pings are written alone at once.
    `patience_s`: how long others wait for the one who writes. `on_recorded`: called in the same transaction with the
    technicians who became available again. `meter` counts, and knows whose quota is used up.
    """

    def __init__(
        self,
        *,
        retention: timedelta,
        wait_s: float = 0.003,
        turn_s: float = 0.1,
        enough: int = 32,
        small: int = 3,
        patience_s: float = 30.0,
        on_recorded: Callable[..., None] = _ignore_returned,
        meter: PingMeter | None = None,
    ) -> None:
        self._meter = meter
        self._retention = retention
        self._wait_s = wait_s
        self._turn_s = turn_s
        self._enough = enough
        self._small = small
        self._patience_s = patience_s
        self._on_recorded = on_recorded
        self._lock = threading.Lock()
        self._open: dict[UUID, _Group] = {}
        self._in_writing: dict[UUID, _Group] = {}

    def submit(self, org_id: UUID, batch: Batch, begin: Begin) -> BatchResult:
        """Record a batch; returns once it is committed.

        `begin` is called by the caller that writes, in its own thread; no transaction is open while waiting. Raises
        UnknownTechnicianError, RecordingTimeoutError, and what `begin` raises.
        """
        if self._meter is None:
            return self._submit(org_id, batch, begin)
        number = len(batch.pings)
        if self._meter.is_used_up(org_id):
            self._meter.add(org_id, rejected=number)
            _tally(_OVER_QUOTA.verdict, _OVER_QUOTA.reason, number)
            return BatchResult([_OVER_QUOTA] * number, _WHEN_OVER_QUOTA_S)
        result = self._submit(org_id, batch, begin)
        self._meter.add(org_id, kept=number)
        return result

    def _submit(self, org_id: UUID, batch: Batch, begin: Begin) -> BatchResult:
        if self._wait_s <= 0 or len(batch.pings) > self._small:
            return self._write([batch], begin)[0]
        group, place = self._join(org_id, batch)
        if place == 0:
            if not group.full.wait(self._wait_s) and (before := self._in_writing.get(org_id)) is not None:
                before.done.wait(self._turn_s)
            self._lead(org_id, group, begin)
        elif not group.done.wait(self._patience_s):
            raise RecordingTimeoutError
        if group.error is None:
            return group.answers[place]
        if len(group.batches) == 1 or _concerns_all_batches(group.error):
            raise group.error
        return self._write([batch], begin)[0]

    def _join(self, org_id: UUID, batch: Batch) -> tuple[_Group, int]:
        """The group that is open, or a new one, and the place in it; place 0 leads."""
        with self._lock:
            group = self._open.get(org_id)
            if group is None:
                group = self._open[org_id] = _Group()
            place = len(group.batches)
            group.batches.append(batch)
            if len(group.batches) >= self._enough:
                del self._open[org_id]
                group.full.set()
        return group, place

    def _lead(self, org_id: UUID, group: _Group, begin: Begin) -> None:
        """Close the group and write it. Whatever happens, those who wait are told."""
        with self._lock:
            if self._open.get(org_id) is group:
                del self._open[org_id]
            self._in_writing[org_id] = group
        try:
            group.answers = self._write(group.batches, begin)
        except BaseException as error:
            group.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            with self._lock:
                if self._in_writing.get(org_id) is group:
                    del self._in_writing[org_id]
            group.done.set()

    def _write(self, batches: Sequence[Batch], begin: Begin) -> Sequence[BatchResult]:
        try:
            return self._record(batches, begin)
        except pg_errors.CheckViolation:
            # A technician went off duty between judgement and writing: judge again, with the new duty.
            return self._record(batches, begin)

    def _record(self, batches: Sequence[Batch], begin: Begin) -> Sequence[BatchResult]:
        with begin() as tx:
            recorded = record(tx, batches, retention=self._retention)
            if recorded.returned:
                self._on_recorded(tx, recorded.returned, at=recorded.received_at)
        _count(batches, recorded)
        return recorded.batches


def _count(batches: Sequence[Batch], recorded: Recorded) -> None:
    """Once for each batch: a batch may hold 500 positions, and counting one takes as long as judging one."""
    for batch, answer in zip(batches, recorded.batches, strict=True):
        told = Counter((result.verdict, result.reason) for result in answer.results)
        for (verdict, reason), number in told.items():
            _tally(verdict, reason, number)
        kept = [ping.recorded_at for ping, one in zip(batch.pings, answer.results, strict=True) if one.verdict in _KEPT]
        if kept:
            _DELAY_S.observe(max(0.0, (recorded.received_at - max(kept)).total_seconds()))


def count_unreadable(number: int) -> None:
    """Count positions of a message that could not be read, and so never came to be judged."""
    _POSITIONS.labels(Verdict.REJECTED.value, PingRefusal.UNREADABLE.value).inc(number)


_KEPT = frozenset({Verdict.ACCEPTED, Verdict.LATE})


def _tally(verdict: Verdict, reason: PingRefusal | None, number: int = 1) -> None:
    _counter_of(verdict, reason)(number)


@cache
def _counter_of(verdict: Verdict, reason: PingRefusal | None) -> Callable[[float], None]:
    return _POSITIONS.labels(verdict.value, reason.value if reason is not None else "none").inc


def _concerns_all_batches(error: BaseException) -> bool:
    """Whether trying one by one would only meet the same trouble: the database is out of reach, or overloaded."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, RETRYABLE):
        return False
    return isinstance(cause, (psycopg.OperationalError, exc.TimeoutError, UnavailableError)) or not isinstance(
        cause, Exception
    )
