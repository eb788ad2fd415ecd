"""Recording positions: many technicians of one organization in one transaction. Lock, read, judge, write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.positions.domain import (
    Batch,
    BatchResult,
    KnownState,
    PingResult,
    Recorded,
    SilenceEnd,
    Verdict,
    next_interval_s,
)
from geo_assign.positions.judging import Arrival, Judged, judge
from geo_assign.positions.ledger import Ledger
from geo_assign.positions.silences import find_broken_silence, note_silence


@dataclass(slots=True)
class _Arrived:
    """One technician's part of a request; `spans` says which of the arrivals answer which batch."""

    arrivals: list[Arrival] = field(default_factory=list)
    spans: dict[int, slice] = field(default_factory=dict)


def record(tx: Tx, batches: Sequence[Batch], *, retention: timedelta) -> Recorded:
    """Judge and keep what was sent; the answers follow the batches and their pings.

    A technician may appear in several batches; each has at least one ping. Every accepted, late or duplicate ping is in
    the track once the transaction commits. Until then the planner is told to look rows up by their keys, so searches
    belong in a transaction of their own. Raises UnknownTechnicianError.
    """
    arrived = _by_technician(batches)
    ledger = Ledger(tx)
    ledger.lock(arrived)
    oldest = {who: min(ping.recorded_at for _, ping in part.arrivals) for who, part in arrived.items()}
    standings, received_at = ledger.read(oldest, retention=retention)
    known = ledger.get_known_keys(_possibly_known(standings, arrived), since=received_at - retention)
    judged = {
        who: judge(standings[who], part.arrivals, received_at=received_at, known=known.get(who, ()))
        for who, part in arrived.items()
    }
    for who, ordinal in ledger.write(judged, received_at=received_at):
        judged[who].results[ordinal] = PingResult(Verdict.DUPLICATE)
    for who, outcome in judged.items():
        began_at = find_broken_silence(standings[who], outcome.current, received_at=received_at)
        if began_at is not None:
            note_silence(tx, who, began_at=began_at, ended_at=received_at, ended_by=SilenceEnd.HEARD)
    return Recorded(
        batches=[
            _answer(standings[batch.technician_id], judged[batch.technician_id], arrived[batch.technician_id].spans[n])
            for n, batch in enumerate(batches)
        ],
        returned=[who for who, outcome in judged.items() if outcome.returned],
        received_at=received_at,
    )


def _by_technician(batches: Sequence[Batch]) -> dict[UUID, _Arrived]:
    """What arrived for each technician, in the order of their ids."""
    arrived: dict[UUID, _Arrived] = {}
    for number, batch in enumerate(batches):
        part = arrived.setdefault(batch.technician_id, _Arrived())
        start, device = len(part.arrivals), batch.device
        part.arrivals.extend([Arrival(device, ping) for ping in batch.pings])
        part.spans[number] = slice(start, len(part.arrivals))
    return dict(sorted(arrived.items()))


def _possibly_known(
    standings: Mapping[UUID, KnownState], arrived: Mapping[UUID, _Arrived]
) -> list[tuple[UUID, datetime]]:
    """Device times that the track may hold under another time used: up to the latest one that was ahead."""
    return [
        (who, ping.recorded_at)
        for who, standing in standings.items()
        if standing.current is not None and (ahead_until := standing.current.ahead_until) is not None
        for _, ping in arrived[who].arrivals
        if ping.recorded_at <= ahead_until
    ]


def _answer(standing: KnownState, outcome: Judged, span: slice) -> BatchResult:
    return BatchResult(
        results=outcome.results[span],
        next_interval_s=next_interval_s(
            on_duty=standing.on_duty,
            speed_mps=outcome.kept[-1].ping.speed_mps if outcome.kept else None,
            freshness_s=standing.policy.freshness_s,
        ),
    )
