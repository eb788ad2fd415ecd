"""Events on their way: fanned out, claimed, answered, put on their way again.

An attempt is two transactions with the call between them. `claim` begins a lease and counts the attempt; `record`
writes what the receiver said only while that attempt is still the last one begun.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import ColumnElement, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.expression import CTE

from geo_assign.access.commands import audit
from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.outbox import outbox, stores_of, try_lock_events
from geo_assign.core.secrets import SecretBox
from geo_assign.core.tables import INSTANT
from geo_assign.webhooks.domain import (
    LEASE,
    TRIED_FOR,
    DeliveryState,
    DeliveryVerdict,
    Fault,
    Outcome,
    Webhook,
    WebhookInactiveError,
    judge,
    open_s,
)
from geo_assign.webhooks.queries import get_delivery, get_webhook, list_valid_secrets
from geo_assign.webhooks.tables import webhook_attempts, webhook_deliveries, webhooks

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """One attempt to make. `number` is its place among the delivery's attempts, and fences off those before it."""

    webhook_id: UUID
    delivery_id: UUID
    number: int
    url: str
    event_type: str
    occurred_at: datetime
    at: datetime
    data: Mapping[str, object] = field(repr=False)
    secrets: tuple[SecretStr, ...] = field(repr=False)


def fan_out(tx: Tx) -> int:
    """Make a delivery of each waiting event for each webhook that listens; returns how many events were taken.

    None while another worker does it for this organization.
    """
    # Two fan-outs of one organization at once could tell a later event before an earlier one is a delivery at all.
    if not try_lock_events(tx):
        return 0
    taken = _take_events(tx, tx.now())
    deliveries = _deliveries_of(tx, taken, tx.now())
    return tx.conn.execute(select(func.count()).select_from(taken).add_cte(deliveries)).scalar_one()


def claim(tx: Tx, box: SecretBox, webhook_id: UUID) -> ClaimedDelivery | None:
    """Take the next delivery that is due; None when there is none, or the receiver is to be left alone.

    Raises NotFoundError for a webhook that is gone, SecretUnreadableError.
    """
    webhook, now = get_webhook(tx, EVERYTHING, webhook_id), tx.now()
    if not webhook.active or (webhook.opened_until is not None and not _may_probe(tx, webhook, now)):
        return None
    row = tx.conn.execute(_lease_next(tx, webhook_id, now)).first()
    if row is None:
        _open_until(tx, webhook, webhook.opened_until)
        return None
    return ClaimedDelivery(
        webhook_id=webhook_id,
        delivery_id=row.id,
        number=row.attempts,
        url=webhook.url,
        event_type=row.event_type,
        occurred_at=row.occurred_at,
        at=now,
        data={"organization_id": str(tx.org_id), **row.data},
        secrets=open_secrets(tx, box, webhook_id, at=now),
    )


def _take_events(tx: Tx, now: datetime) -> CTE:
    """Mark the oldest waiting events as fanned out.

    Rows are marked, not passed by: a transaction that commits late has an earlier sequence than what was seen already.
    Of one subject that cannot be: its events are written under its lock.
    """
    o, waiting = outbox.c, outbox.alias("waiting").c
    oldest = select(waiting.id).where(waiting.org_id == tx.org_id, waiting.delivered_at.is_(None))
    taken = update(outbox).where(o.org_id == tx.org_id, o.id.in_(oldest.order_by(waiting.sequence).limit(AT_ONCE)))
    told = (o.id, o.sequence, o.event_type, o.subject_id, o.payload, o.created_at, o.store_ids)
    return taken.values(delivered_at=now).returning(*told).cte("taken")


def _deliveries_of(tx: Tx, taken: CTE, now: datetime) -> CTE:
    """A delivery of each event taken for each webhook that listens."""
    w, at = webhooks.c, literal(now, INSTANT)
    values = {
        "org_id": w.org_id,
        "id": func.gen_random_uuid(),
        "webhook_id": w.id,
        "event_id": taken.c.id,
        "event_type": taken.c.event_type,
        "subject_id": taken.c.subject_id,
        "sequence": taken.c.sequence,
        "data": taken.c.payload,
        "occurred_at": taken.c.created_at,
        "next_attempt_at": at,
        "expires_at": at + TRIED_FOR,
        "created_at": at,
    }
    listens = or_(w.events.is_(None), taken.c.event_type == any_(w.events))
    rows = select(*values.values()).select_from(taken.join(webhooks, w.org_id == tx.org_id))
    of_store = or_(w.store_ids.is_(None), w.store_ids.op("&&")(stores_of(taken)))
    rows = rows.where(w.active, taken.c.created_at >= w.created_at, listens, of_store)
    return insert(webhook_deliveries).from_select([*values], rows).on_conflict_do_nothing().cte("deliveries")


def _lease_next(tx: Tx, webhook_id: UUID, now: datetime) -> ReturningUpdate[Any]:
    """Lease the first due delivery of a subject: what waits behind it waits for it.

    One that was leased away meanwhile no longer fits when its lock is got, and is passed over.
    """
    of_it, d, earlier = webhook_deliveries.c, webhook_deliveries.alias("d"), webhook_deliveries.alias("earlier")
    waits_behind = row_exists(
        earlier,
        earlier.c.org_id == tx.org_id,
        earlier.c.webhook_id == webhook_id,
        earlier.c.subject_id == d.c.subject_id,
        earlier.c.state == word(DeliveryState.WAITING),
        earlier.c.sequence < d.c.sequence,
    )
    first = (
        select(d.c.id)
        .where(d.c.org_id == tx.org_id, d.c.webhook_id == webhook_id, d.c.state == word(DeliveryState.WAITING))
        .where(d.c.next_attempt_at <= now, or_(d.c.leased_until.is_(None), d.c.leased_until <= now), ~waits_behind)
        .order_by(d.c.next_attempt_at, d.c.sequence)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    told = ("id", "event_type", "subject_id", "data", "occurred_at", "attempts", "failures", "expires_at")
    return (
        update(webhook_deliveries)
        .where(of_it.org_id == tx.org_id, of_it.id == first)
        .values(attempts=of_it.attempts + 1, leased_until=now + LEASE)
        .returning(*(of_it[name] for name in told))
    )


def open_secrets(tx: Tx, box: SecretBox, webhook_id: UUID, *, at: datetime) -> tuple[SecretStr, ...]:
    """The secrets that sign at `at`, the present one first. Raises SecretUnreadableError."""
    return tuple(box.decrypt(encrypted) for encrypted in list_valid_secrets(tx, webhook_id, at=at))


def record(tx: Tx, job: ClaimedDelivery, outcome: Outcome, *, draw: float) -> DeliveryVerdict | None:
    """Write down how an attempt ended and what follows from it. None: another one began since, which will say.

    `draw` is a random number from 0 to 1. Of a webhook that was deleted meanwhile nothing is written.
    """
    # The webhook's row before the delivery's, as everywhere. What an attempt says of the receiver holds in any case.
    _learn(tx, job.webhook_id, outcome)
    d = webhook_deliveries.c
    of_it = (d.org_id == tx.org_id, d.id == job.delivery_id)
    row = tx.conn.execute(select(d.attempts, d.failures, d.expires_at, d.state).where(*of_it).with_for_update()).first()
    if row is None:
        return None
    now = tx.now()
    _log_attempt(tx, job, outcome)
    if row.attempts != job.number or row.state != DeliveryState.WAITING:
        return None
    failures = row.failures + (outcome.error is not None)
    verdict = judge(outcome, failures=failures, at=now, expires_at=row.expires_at, draw=draw)
    tx.conn.execute(
        update(webhook_deliveries)
        .where(*of_it)
        .values(
            state=verdict.state,
            failures=failures,
            leased_until=None,
            next_attempt_at=verdict.next_attempt_at,
            finished_at=None if verdict.next_attempt_at else now,
            last_error=outcome.error,
        )
    )
    return verdict


def note_answer(tx: Tx, webhook_id: UUID) -> None:
    """The receiver took something: whatever it was left alone for is over. The usual success writes nothing."""
    w = webhooks.c
    tx.conn.execute(
        update(webhooks)
        .where(w.org_id == tx.org_id, w.id == webhook_id, (w.failures > 0) | w.opened_until.is_not(None))
        .values(failures=0, opened_until=None)
    )


def redrive(tx: Tx, caller: Caller, webhook_id: UUID, delivery_id: UUID) -> None:
    """Put one delivery on its way again, whatever became of it, under its old id.

    Raises NotFoundError, WebhookInactiveError.
    """
    _require_active(tx, caller, webhook_id)
    get_delivery(tx, caller.scope, webhook_id, delivery_id)
    _send_again(tx, webhook_deliveries.c.id == delivery_id)
    audit(tx, caller, "webhook.redriven", subject_kind="webhook", subject_id=webhook_id, delivery=str(delivery_id))


def redrive_dead(tx: Tx, caller: Caller, webhook_id: UUID) -> int:
    """Put every dead delivery of a webhook on its way again; returns how many. Raises as `redrive`."""
    _require_active(tx, caller, webhook_id)
    d = webhook_deliveries.c
    redriven = _send_again(tx, (d.webhook_id == webhook_id) & (d.state == DeliveryState.DEAD))
    audit(tx, caller, "webhook.redriven", subject_kind="webhook", subject_id=webhook_id, deliveries=redriven)
    return redriven


def _may_probe(tx: Tx, webhook: Webhook, now: datetime) -> bool:
    """Whether this caller is the one that tries a receiver which was left alone: one conditional update decides."""
    return _open_until(tx, webhook, now + LEASE, webhooks.c.opened_until <= now)


def _open_until(tx: Tx, webhook: Webhook, until: datetime | None, *conditions: ColumnElement[bool]) -> bool:
    if webhook.opened_until is None:
        return False
    w = webhooks.c
    of_it = (w.org_id == tx.org_id, w.id == webhook.id, *conditions)
    return tx.conn.execute(update(webhooks).where(*of_it).values(opened_until=until)).rowcount == 1


def _log_attempt(tx: Tx, job: ClaimedDelivery, outcome: Outcome) -> None:
    statement = insert(webhook_attempts).values(
        org_id=tx.org_id,
        delivery_id=job.delivery_id,
        number=job.number,
        at=job.at,
        duration_ms=outcome.duration_ms,
        status_code=outcome.status_code,
        error=outcome.error,
        response=outcome.response,
    )
    tx.conn.execute(statement.on_conflict_do_nothing())


def _learn(tx: Tx, webhook_id: UUID, outcome: Outcome) -> None:
    """What an answer says about the receiver itself."""
    w, now = webhooks.c, tx.now()
    change = update(webhooks).where(w.org_id == tx.org_id, w.id == webhook_id)
    if outcome.error == Fault.GONE:
        gone = {"active": False, "disabled_because": Fault.GONE, "version": w.version + 1, "updated_at": now}
        tx.conn.execute(change.values(**gone))
    elif not outcome.blames_receiver:
        note_answer(tx, webhook_id)
    else:
        failures = tx.conn.execute(change.values(failures=w.failures + 1).returning(w.failures)).scalar_one_or_none()
        wait_s = max(open_s(failures or 0) or 0.0, outcome.retry_after_s or 0.0)
        if wait_s:
            until = func.greatest(w.opened_until, now + timedelta(seconds=wait_s))
            tx.conn.execute(change.values(opened_until=until))


def _require_active(tx: Tx, caller: Caller, webhook_id: UUID) -> None:
    if not get_webhook(tx, caller.scope, webhook_id).active:
        raise WebhookInactiveError("Switch the webhook on first: nothing is sent to it now.")


def _send_again(tx: Tx, which: ColumnElement[bool]) -> int:
    now, d = tx.now(), webhook_deliveries.c
    values = {
        "state": DeliveryState.WAITING,
        "failures": 0,
        "next_attempt_at": now,
        "expires_at": func.greatest(d.expires_at, now + TRIED_FOR),
        "finished_at": None,
    }
    return tx.conn.execute(update(webhook_deliveries).where(d.org_id == tx.org_id, which).values(**values)).rowcount
