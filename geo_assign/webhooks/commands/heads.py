"""The queue of a webhook: of each subject the first delivery that waits is due, the others come after it, in order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, column, func, literal, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.rows import ResultRow
from geo_assign.webhooks.domain import LEASE, DeliveryState, DeliveryVerdict
from geo_assign.webhooks.tables import webhook_deliveries

_LOOKED_AT = 4
"""So many times what is wanted is looked at first: most are the first of their subject."""
_SET_ASIDE = 2_000
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt's end, to be written: what becomes of the delivery, and how often it has failed."""

    delivery_id: UUID
    subject_id: UUID
    verdict: DeliveryVerdict
    failures: int
    error: str | None


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


def lock_deliveries(tx: Tx, webhook_ids: Collection[UUID]) -> None:
    """Keep others from claiming, recording and adding deliveries of these webhooks until the transaction ends."""
    for webhook_id in sorted(webhook_ids):
        queue = func.hashtextextended(f"deliveries/{tx.org_id}/{webhook_id}", 0)
        tx.conn.execute(select(func.pg_advisory_xact_lock(queue)))


def lease_heads(tx: Tx, webhook_id: UUID, *, at_most: int, at: datetime) -> Sequence[ResultRow]:
    """Lease the deliveries that are due, each the first of its subject, the longest due first.

    What is due and waits behind another, as older versions and a redrive leave it, is set aside: it is due once the
    other has ended. The queue is locked.
    """
    looked_at = at_most * _LOOKED_AT
    for _ in range(_ROUNDS):
        rows = tx.conn.execute(_due(tx, webhook_id, at).limit(looked_at)).all()
        behind = [row.id for row in rows if row.is_behind]
        heads = [row.id for row in rows if not row.is_behind][:at_most]
        _set_aside(tx, behind)
        if heads or len(rows) < looked_at:
            return _lease(tx, heads, at=at) if heads else ()
        looked_at = _SET_ASIDE
    return ()


def put_back(tx: Tx, begun: Collection[tuple[UUID, int]]) -> None:
    """End the leases of attempts that were counted and not made: they are due as before."""
    d = webhook_deliveries.c
    if begun:
        tx.conn.execute(
            update(webhook_deliveries)
            .where(d.org_id == tx.org_id, tuple_(d.id, d.attempts).in_(list(begun)))
            .where(d.state == word(DeliveryState.WAITING))
            .values(attempts=d.attempts - 1, leased_until=None)
        )


def lock_rows(tx: Tx, delivery_ids: Collection[UUID]) -> dict[UUID, LockedDelivery]:
    """These deliveries, as far as they are there still."""
    d = webhook_deliveries.c
    read = select(d.id, d.subject_id, d.attempts, d.failures, d.expires_at, d.state)
    which = read.where(d.org_id == tx.org_id, d.id.in_(delivery_ids)).order_by(d.id).with_for_update()
    return {row.id: LockedDelivery(*row) for row in tx.conn.execute(which)} if delivery_ids else {}


def write_ends(tx: Tx, webhook_id: UUID, ended: Sequence[Ended], *, at: datetime) -> None:
    """Write what becomes of deliveries, those that are alike together; what waited behind one that is over is due."""
    d = webhook_deliveries.c
    alike: dict[tuple[DeliveryVerdict, int, str | None], list[UUID]] = {}
    for one in ended:
        alike.setdefault((one.verdict, one.failures, one.error), []).append(one.delivery_id)
    for (verdict, failures, error), ids in alike.items():
        values = {
            "state": verdict.state,
            "failures": failures,
            "leased_until": None,
            "next_attempt_at": verdict.next_attempt_at,
            "finished_at": None if verdict.next_attempt_at else at,
            "last_error": error,
        }
        tx.conn.execute(update(webhook_deliveries).where(d.org_id == tx.org_id, d.id.in_(ids)).values(values))
    over = [one.subject_id for one in ended if one.verdict.state is not DeliveryState.WAITING]
    if over:
        _let_next_go(tx, webhook_id, over, at=at)


def _due(tx: Tx, webhook_id: UUID, at: datetime) -> Select[UUID, bool]:
    d, earlier = webhook_deliveries.alias("d"), webhook_deliveries.alias("earlier")
    is_behind = row_exists(
        earlier,
        earlier.c.org_id == tx.org_id,
        earlier.c.webhook_id == webhook_id,
        earlier.c.subject_id == d.c.subject_id,
        earlier.c.state == word(DeliveryState.WAITING),
        earlier.c.sequence < d.c.sequence,
    )
    return (
        select(d.c.id, is_behind.label("is_behind"))
        .where(d.c.org_id == tx.org_id, d.c.webhook_id == webhook_id, d.c.state == word(DeliveryState.WAITING))
        .where(d.c.next_attempt_at <= at, _is_free(d.c.leased_until, at))
        .order_by(d.c.next_attempt_at, d.c.sequence)
    )


def _is_free(leased_until: ColumnElement[datetime], at: datetime) -> ColumnElement[bool]:
    return or_(leased_until.is_(None), leased_until <= at)


def _set_aside(tx: Tx, delivery_ids: Collection[UUID]) -> None:
    d = webhook_deliveries.c
    if delivery_ids:
        which = (d.org_id == tx.org_id, d.id.in_(delivery_ids), d.state == word(DeliveryState.WAITING))
        tx.conn.execute(update(webhook_deliveries).where(*which).values(next_attempt_at=None))


def _lease(tx: Tx, delivery_ids: Collection[UUID], *, at: datetime) -> Sequence[ResultRow]:
    d = webhook_deliveries.c
    told = (d.id, d.event_type, d.data, d.occurred_at, d.attempts, d.sequence)
    leased = (
        update(webhook_deliveries)
        .where(d.org_id == tx.org_id, d.id.in_(delivery_ids), d.state == word(DeliveryState.WAITING))
        .where(_is_free(d.leased_until, at))
        .values(attempts=d.attempts + 1, leased_until=at + LEASE)
        .returning(*told)
    )
    return sorted(tx.conn.execute(leased).all(), key=lambda row: row.sequence)


def _let_next_go(tx: Tx, webhook_id: UUID, subject_ids: Collection[UUID], *, at: datetime) -> None:
    d, of_it = webhook_deliveries.alias("d"), webhook_deliveries.c
    given = func.unnest(literal(sorted(set(subject_ids)), ARRAY(Uuid())))
    subjects = given.table_valued(column("id", Uuid())).render_derived("subjects")
    first = (
        select(d.c.id)
        .where(d.c.org_id == tx.org_id, d.c.webhook_id == webhook_id, d.c.subject_id == subjects.c.id)
        .where(d.c.state == word(DeliveryState.WAITING))
        .order_by(d.c.sequence)
        .limit(1)
        .lateral("first")
    )
    following = select(first.c.id).select_from(subjects.join(first, true()))
    which = (of_it.org_id == tx.org_id, of_it.id.in_(following), of_it.next_attempt_at.is_(None))
    tx.conn.execute(
        update(webhook_deliveries).where(*which, of_it.state == word(DeliveryState.WAITING)).values(next_attempt_at=at)
    )
