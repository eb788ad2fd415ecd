"""The statements between two rounds of sending: what is due, its lease, its row, and what follows it."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Update, Uuid, any_, column, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.expressions import row_exists, word
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import NoRow, Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.core.wire import Json
from geo_assign.webhooks.domain import DeliveryState
from geo_assign.webhooks.tables import webhook_deliveries

_UUIDS: ARRAY[UUID] = ARRAY(Uuid())
_GIVEN = Parameters(
    org_id=Uuid(), webhook_id=Uuid(), at=INSTANT, until=INSTANT, delivery_ids=_UUIDS, subject_ids=_UUIDS
)
_WAITS = word(DeliveryState.WAITING)


class DueRow(NamedTuple):
    """A delivery that is due; `is_behind`: another one of its subject comes first."""

    id: UUID
    is_behind: bool


class LeasedRow(NamedTuple):
    """A delivery whose next attempt, numbered `attempts`, was begun."""

    id: UUID
    event_type: str
    data: Mapping[str, Json]
    occurred_at: datetime
    attempts: int
    sequence: int


class LockedDelivery(NamedTuple):
    """A delivery as it stands, its row locked."""

    id: UUID
    subject_id: UUID
    attempts: int
    failures: int
    expires_at: datetime
    state: str

    def is_at(self, number: int) -> bool:
        """Whether it waits, and this attempt is the last one begun."""
        return self.attempts == number and self.state == DeliveryState.WAITING


@lru_cache(maxsize=8)
def due(at_most: int) -> Statement[DueRow]:
    """What is due, and which of it waits behind another, the longest due first."""
    d, earlier = webhook_deliveries.alias("d"), webhook_deliveries.alias("earlier")
    is_behind = row_exists(
        earlier,
        earlier.c.org_id == _GIVEN.org_id,
        earlier.c.webhook_id == _GIVEN.webhook_id,
        earlier.c.subject_id == d.c.subject_id,
        earlier.c.state == _WAITS,
        earlier.c.sequence < d.c.sequence,
    )
    rows = (
        select(d.c.id, is_behind.label("is_behind"))
        .where(d.c.org_id == _GIVEN.org_id, d.c.webhook_id == _GIVEN.webhook_id, d.c.state == _WAITS)
        .where(d.c.next_attempt_at <= _GIVEN.at, _is_free(d.c.leased_until))
        .order_by(d.c.next_attempt_at, d.c.sequence)
    )
    return Statement.of(DueRow, rows.limit(at_most))


def _is_free(leased_until: ColumnElement[datetime]) -> ColumnElement[bool]:
    return or_(leased_until.is_(None), leased_until <= _GIVEN.at)


def _lease() -> Update:
    d = webhook_deliveries.c
    leased = update(webhook_deliveries).where(
        d.org_id == _GIVEN.org_id, d.id == any_(_GIVEN.delivery_ids), d.state == _WAITS, _is_free(d.leased_until)
    )
    return leased.values(attempts=d.attempts + 1, leased_until=_GIVEN.until)


def _lock() -> AnySelect:
    d = webhook_deliveries.c
    read = select(*(d[name] for name in LockedDelivery._fields))
    return read.where(d.org_id == _GIVEN.org_id, d.id == any_(_GIVEN.delivery_ids)).order_by(d.id).with_for_update()


def _let_next_go() -> Update:
    d, of_it = webhook_deliveries.alias("d"), webhook_deliveries.c
    subjects = func.unnest(_GIVEN.subject_ids).table_valued(column("id", Uuid())).render_derived("subjects")
    first = (
        select(d.c.id)
        .where(d.c.org_id == _GIVEN.org_id, d.c.webhook_id == _GIVEN.webhook_id, d.c.subject_id == subjects.c.id)
        .where(d.c.state == _WAITS)
        .order_by(d.c.sequence)
        .limit(1)
        .lateral("first")
    )
    following = select(first.c.id).select_from(subjects.join(first, true()))
    which = (of_it.org_id == _GIVEN.org_id, of_it.id.in_(following), of_it.next_attempt_at.is_(None))
    return update(webhook_deliveries).where(*which, of_it.state == _WAITS).values(next_attempt_at=_GIVEN.at)


LEASE_SOME = Statement.of(LeasedRow, _lease().returning(*(webhook_deliveries.c[name] for name in LeasedRow._fields)))
"""Begin an attempt of those of `delivery_ids` that are free; their leases end at `until`."""
LOCK_SOME = Statement.of(LockedDelivery, _lock())
"""Lock the rows `delivery_ids`."""
LET_NEXT_GO = Statement.of(NoRow, _let_next_go())
"""Of each of `subject_ids`, the first that waits is due at `at`, unless it is already."""
