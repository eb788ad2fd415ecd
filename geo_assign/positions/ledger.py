"""The statements behind recording positions, on the driver itself: at this rate each layer between costs.

Lock, read, write. The lock is an advisory one per technician, so that neither a search for the nearest nor an offer
ever waits for a ping; it is a statement of its own because the read must see what the holder before committed.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.distribution import is_distributed
from geo_assign.positions import packing
from geo_assign.positions.domain import (
    READ_BACK,
    SANE_ACCURACY_M,
    SANE_BATTERY,
    SANE_HEADING_DEG,
    SANE_SPEED_MPS,
    Current,
    DutyInterval,
    Fix,
    KnownState,
    MockPolicy,
    PingPolicy,
    UnknownTechnicianError,
)
from geo_assign.positions.judging import Judged, Kept, PingKey
from geo_assign.positions.statements import HEAR, KNOWN, LOCK, LOCK_DISTRIBUTED, READ, WRITE, KnownStateRow

_TAUGHT = "geo_assign_columns"
T = TypeVar("T", bound=Hashable)

_LOCK_SPACE = 0x706F73  # keeps these locks apart from every other advisory lock


class Ledger:
    """What the database knows of the positions of one organization, within one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        connection = tx.conn.connection
        if not connection.info.get(_TAUGHT):
            packing.register(tx.raw)
            connection.info[_TAUGHT] = True

    def lock(self, technician_ids: Iterable[UUID]) -> None:
        """Until the transaction ends no other transaction records positions of these technicians."""
        keys = sorted({int.from_bytes(technician_id.bytes[-4:], signed=True) for technician_id in technician_ids})
        lock = LOCK_DISTRIBUTED if is_distributed(self._tx.conn.connection) else LOCK
        self._tx.fetch(lock, {"space": _LOCK_SPACE, "keys": packing.Integers(keys)})

    def read(
        self, oldest_by_technician: Mapping[UUID, datetime], *, retention: timedelta
    ) -> tuple[dict[UUID, KnownState], datetime]:
        """What is known of each technician, with the duty since the given time, and the present instant.

        Raises UnknownTechnicianError.
        """
        rows = self._tx.fetch(
            READ,
            {
                "org_id": self._tx.org_id,
                "technicians": packing.Uuids(oldest_by_technician),
                "oldest": packing.Instants(oldest_by_technician.values()),
            },
        )
        if not 0 < len(rows) == len(oldest_by_technician):
            raise UnknownTechnicianError
        freshness_s = self._tx.defaults.freshness_s
        standings = {row.id: _standing(row, retention=retention, freshness_s=freshness_s) for row in rows}
        return standings, self._tx.clock.given(rows[0].read_at)

    def get_known_keys(self, asked: Collection[tuple[UUID, datetime]], *, since: datetime) -> dict[UUID, set[PingKey]]:
        """Which of these device times the track holds already, whatever time was used for them, by technician."""
        found: dict[UUID, set[PingKey]] = {}
        if asked:
            technicians, recorded = zip(*asked, strict=True)
            given = {
                "org_id": self._tx.org_id,
                "technicians": packing.Uuids(technicians),
                "recorded": packing.Instants(recorded),
                "since": since,
            }
            for row in self._tx.fetch(KNOWN, given):
                found.setdefault(row.technician_id, set()).add((_utc(row.recorded_at), row.device))
        return found

    def write(self, judged: Mapping[UUID, Judged], *, received_at: datetime) -> list[tuple[UUID, int]]:
        """Write what was judged; returns who and which arrival the track held already."""
        given: dict[str, object] = {"org_id": self._tx.org_id, "received_at": received_at}
        rows = [(who, item) for who, outcome in enumerate(judged.values(), 1) for item in outcome.kept]
        held: list[tuple[UUID, int]] = []
        if rows:
            technicians = [*judged]
            columns = {**_track_columns(rows), **_current_columns(judged.values())}
            given["technicians"] = packing.Uuids(technicians)
            for conflict in self._tx.fetch(WRITE, {**given, **columns}):
                who, item = rows[conflict.n - 1]
                held.append((technicians[who - 1], item.fix.ordinal))
        heard = {
            technician_id: outcome.current.ahead_until
            for technician_id, outcome in judged.items()
            if not outcome.moved and outcome.current is not None and outcome.current.heard_at == received_at
        }
        if heard:
            given |= {"technicians": packing.Uuids(heard), "ahead_until": packing.Instants(heard.values())}
            self._tx.fetch(HEAR, given)
        return held


def _standing(row: KnownStateRow, *, retention: timedelta, freshness_s: float) -> KnownState:
    return KnownState(
        technician_id=row.id,
        on_duty=row.on_duty,
        duty=[
            DutyInterval(_utc(started), None if ended is None else _utc(ended))
            for started, ended in zip(row.started, row.ended, strict=True)
        ],
        policy=PingPolicy(
            mock=MockPolicy(row.mock_positions or MockPolicy.FLAG),
            freshness_s=row.freshness_s or freshness_s,
            retention=retention,
        ),
        current=None if row.used_at is None else _current(row, row.used_at),
    )


def _current(row: KnownStateRow, used_at: datetime) -> Current:
    fix = Fix(_utc(used_at), _utc(row.recorded_at), row.device, READ_BACK, row.lat, row.lon)
    if not row.implausible:
        plausible = fix
    else:
        plausible_at = _utc(row.plausible_at)
        plausible = Fix(plausible_at, plausible_at, "", READ_BACK, row.plausible_lat, row.plausible_lon)
    return Current(
        fix=fix,
        heard_at=row.heard_at,
        plausible=plausible,
        implausible=row.implausible,
        mock=row.mock,
        ahead_until=row.ahead_until,
    )


def _utc(at: datetime) -> datetime:
    # The driver's times carry a zone of their own; times of one zone compare ten times as fast.
    return at.astimezone(UTC)


def _track_columns(rows: Sequence[tuple[int, Kept]]) -> dict[str, object]:
    """The rows of the track, column by column; what repeats is a number into a list of its values."""
    pings = [item.ping for _, item in rows]
    fixes = [item.fix for _, item in rows]
    recorded_at = packing.Instants([fix.recorded_at for fix in fixes])
    moved = any(fix.used_at is not fix.recorded_at for fix in fixes)  # seldom: packing takes longer than looking
    devices, device = _distinct([fix.device for fix in fixes])
    flag_sets, flags = _distinct([item.flags for _, item in rows])
    events, event = _distinct([ping.event or None for ping in pings])
    return {
        "who": packing.Integers([who for who, _ in rows]),
        "recorded_at": recorded_at,
        "used_at": packing.Instants([fix.used_at for fix in fixes]) if moved else recorded_at,
        "lat": packing.Floats([fix.lat for fix in fixes]),
        "lon": packing.Floats([fix.lon for fix in fixes]),
        "accuracy_m": packing.Floats([ping.accuracy_m for ping in pings], sane=SANE_ACCURACY_M),
        "speed_mps": packing.Floats([ping.speed_mps for ping in pings], sane=SANE_SPEED_MPS),
        "heading_deg": packing.Floats([ping.heading_deg for ping in pings], sane=SANE_HEADING_DEG),
        "battery": packing.Floats(_charges(rows), sane=SANE_BATTERY),
        "mock": packing.Booleans([ping.mock for ping in pings]),
        "device": device,
        "devices": packing.Texts(devices),
        "flags": flags,
        "flag_lists": packing.Texts(",".join(flag_set) for flag_set in flag_sets),
        "event": event,
        "events": packing.Texts(events),
    }


def _charges(rows: Sequence[tuple[int, Kept]]) -> Sequence[float | None]:
    """The batteries as shares of 1. A device that sends any above 1 counts to 100, also where it says 1 or less."""
    charges = [item.ping.battery for _, item in rows]
    if not any(charge is not None and charge > 1.0 for charge in charges):
        return charges
    in_percent = {
        (who, item.fix.device)
        for who, item in rows
        if item.ping.battery is not None and 1.0 < item.ping.battery <= 100.0
    }
    return [
        charge / 100.0 if charge is not None and (who, item.fix.device) in in_percent else charge
        for charge, (who, item) in zip(charges, rows, strict=True)
    ]


def _distinct(values: Sequence[T]) -> tuple[Iterable[T], packing.Integers]:
    """The distinct values, and for each of `values` its number among them, counted from 1 as SQL does."""
    numbers: dict[T, int] = {}
    return numbers, packing.Integers([numbers.setdefault(value, len(numbers) + 1) for value in values])


def _current_columns(judged: Iterable[Judged]) -> dict[str, object]:
    """Where those who moved are now: `moved` is the number of the track's row, the newest of each technician."""
    numbers: list[int] = []
    currents: list[Current] = []
    count = 0
    for outcome in judged:
        count += len(outcome.kept)
        if outcome.moved and outcome.current is not None:
            numbers.append(count)
            currents.append(outcome.current)
    return {
        "moved": packing.Integers(numbers),
        "implausible": packing.Booleans([current.implausible for current in currents]),
        "simulated": packing.Booleans([current.mock for current in currents]),
        "plausible_lat": packing.Floats([current.plausible.lat for current in currents]),
        "plausible_lon": packing.Floats([current.plausible.lon for current in currents]),
        "plausible_at": packing.Instants([current.plausible.used_at for current in currents]),
        "ahead_until": packing.Instants([current.ahead_until for current in currents]),
    }
