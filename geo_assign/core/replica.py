"""A standby that answers reads in the place of the primary, and never with less than the primary had.

The primary says who calls, and up to where its log is written. The standby is asked as soon as
it has replayed that much. So what any caller was told before is in what the standby answers, whichever process of which
host told it. A standby that is too late, or does not answer, is left alone for a while; the primary answers meanwhile.
"""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, and_, case, cast, func, select
from sqlalchemy.types import UserDefinedType

from geo_assign.core.db import Database, Tx
from geo_assign.core.direct import Asked, Opening
from geo_assign.core.foresight import Foreseen
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT

_FIRST_REST_S, _LONGEST_REST_S = 0.5, 30.0
_PAUSES_S = (0.001, 0.002, 0.004, 0.008)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class LogPosition(UserDefinedType[str]):
    """A place in PostgreSQL's log, such as `0/16B3748`."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "pg_lsn"


class WrittenRow(NamedTuple):
    """Up to where a primary's log is written; None on a standby."""

    position: str | None


class ReplayedRow(NamedTuple):
    """Whether a standby has replayed its log up to a position; `opened_at` is the time that was given."""

    is_there: bool
    opened_at: datetime


_ASKED = Parameters(position=LogPosition(), at=INSTANT)
_WRITTEN = Statement.of(
    WrittenRow,
    select(case((~func.pg_is_in_recovery(), cast(func.pg_current_wal_flush_lsn(), Text()))).label("position")),
)
_REPLAYED = Opening(
    Statement.of(
        ReplayedRow,
        select(
            and_(func.pg_is_in_recovery(), func.pg_last_wal_replay_lsn() >= _ASKED.position).label("is_there"),
            _ASKED.at.label("opened_at"),
        ),
    )
)


class PrimaryState(NamedTuple):
    """What the primary said: for which organization, and the arguments of `Replica.replayed`."""

    org_id: UUID
    of_opening: Mapping[str, str]


class Replica:
    """The standby's pool, and whether it is worth asking now.

    `wait_s`: how long a read may wait for what the primary had.
    """

    written = Foreseen(_LONG_AGO, (Asked(_WRITTEN, ()),))
    """Asked of the primary together with who calls."""
    replayed = _REPLAYED
    """Opens a transaction of the standby."""

    def __init__(self, database: Database, *, wait_s: float) -> None:
        self.database = database
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._rests_until_s, self._next_rest_s = float("-inf"), _FIRST_REST_S

    def is_asked(self) -> bool:
        return time.monotonic() >= self._rests_until_s

    def arguments(self, tx: Tx) -> PrimaryState | None:
        """From a transaction of the primary that was opened with `written`; None where it is a standby itself."""
        ((position,),) = tx.fetch(_WRITTEN, {})
        return (
            None if position is None else PrimaryState(tx.org_id, {"position": position, "at": tx.as_of().isoformat()})
        )

    def pauses(self) -> list[float]:
        """Seconds to wait between one question and the next whether it has replayed enough."""
        pauses = list[float]()
        while sum(pauses) < self._wait_s:
            pauses.append(_PAUSES_S[min(len(pauses), len(_PAUSES_S) - 1)])
        return pauses

    def leave_alone(self) -> None:
        """It was late or gone: longer each time."""
        with self._lock:
            if self.is_asked():
                self._rests_until_s = time.monotonic() + self._next_rest_s
                self._next_rest_s = min(2 * self._next_rest_s, _LONGEST_REST_S)

    def has_answered(self) -> None:
        with self._lock:
            self._next_rest_s = _FIRST_REST_S
