"""The queue of a webhook: of each subject the first delivery that waits is due, the others come after it, in order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_, update

from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.webhooks.domain import LEASE, DeliveryState, DeliveryVerdict
from geo_assign.webhooks.statements import LEASE_SOME, LET_NEXT_GO, LOCK_SOME, LeasedRow, LockedDelivery, due
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


def lock_deliveries(tx: Tx, webhook_ids: Collection[UUID]) -> None:
    """Keep others from claiming, recording and adding deliveries of these webhooks until the transaction ends."""
    for webhook_id in sorted(webhook_ids):
        queue = func.hashtextextended(f"deliveries/{tx.org_id}/{webhook_id}", 0)
        tx.conn.execute(select(func.pg_advisory_xact_lock(queue)))


def lease_heads(tx: Tx, webhook_id: UUID, *, at_most: int, at: datetime) -> Sequence[LeasedRow]:
    """Lease the deliveries that are due, each the first of its subject, the longest due first.

    What is due and waits behind another, as older versions and a redrive leave it, is set aside: it is due once the
    other has ended. The queue is locked.
    """
    looked_at = at_most * _LOOKED_AT
    for _ in range(_ROUNDS):
        rows = tx.fetch(due(looked_at), {"org_id": tx.org_id, "webhook_id": webhook_id, "at": at})
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
    if not delivery_ids:
        return {}
    rows = tx.fetch(LOCK_SOME, {"org_id": tx.org_id, "delivery_ids": list(delivery_ids)})
    return {row.id: row for row in rows}


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
        given = {"org_id": tx.org_id, "webhook_id": webhook_id, "subject_ids": sorted(set(over)), "at": at}
        tx.fetch(LET_NEXT_GO, given)


def _set_aside(tx: Tx, delivery_ids: Collection[UUID]) -> None:
    d = webhook_deliveries.c
    if delivery_ids:
        which = (d.org_id == tx.org_id, d.id.in_(delivery_ids), d.state == word(DeliveryState.WAITING))
        tx.conn.execute(update(webhook_deliveries).where(*which).values(next_attempt_at=None))


def _lease(tx: Tx, delivery_ids: Collection[UUID], *, at: datetime) -> Sequence[LeasedRow]:
    given = {"org_id": tx.org_id, "delivery_ids": list(delivery_ids), "at": at, "until": at + LEASE}
    return sorted(tx.fetch(LEASE_SOME, given), key=lambda row: row.sequence)
