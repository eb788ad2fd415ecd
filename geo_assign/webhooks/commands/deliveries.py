"""Events on their way: fanned out, claimed, answered, put on their way again.

An attempt is two transactions with the call between them. `claim_some` begins leases and counts the attempts;
`record_all` writes what the receiver said only while that attempt is still the last one begun.

Of one subject only the first that waits has `next_attempt_at`; when that has ended, the next gets it. Who writes that,
fanning out, claiming or recording, holds the webhook's lock, so none is left behind by two who look at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import ColumnElement, and_, any_, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import CTE

from geo_assign.access.commands import audit
from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.outbox import outbox, stores_of, try_lock_events
from geo_assign.core.secrets import SecretBox
from geo_assign.core.tables import INSTANT
from geo_assign.webhooks.commands.heads import (
    Ended,
    lease_heads,
    lock_deliveries,
    lock_rows,
    put_back,
    write_ends,
)
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
from geo_assign.workorders.domain import without_strangers

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
    lock_deliveries(tx, _list_active(tx))
    taken = _take_events(tx, tx.now())
    deliveries = _deliveries_of(tx, taken, tx.now())
    return tx.conn.execute(select(func.count()).select_from(taken).add_cte(deliveries)).scalar_one()


def claim(tx: Tx, box: SecretBox, webhook_id: UUID) -> ClaimedDelivery | None:
    """Take the next delivery that is due; None when there is none. As `claim_some`."""
    return next(iter(claim_some(tx, box, webhook_id, at_most=1)), None)


def claim_some(tx: Tx, box: SecretBox, webhook_id: UUID, *, at_most: int) -> list[ClaimedDelivery]:
    """Take the deliveries that are due, each of another subject; none when the receiver is to be left alone.

    One that keeps failing, or was left alone, is given one only. Raises NotFoundError for a webhook that is gone,
    SecretUnreadableError.
    """
    lock_deliveries(tx, [webhook_id])
    webhook, now = get_webhook(tx, EVERYTHING, webhook_id), tx.now()
    if not webhook.active or (webhook.opened_until is not None and not _may_probe(tx, webhook, now)):
        return []
    rows = lease_heads(tx, webhook_id, at_most=1 if webhook.failures else at_most, at=now)
    if not rows:
        _open_until(tx, webhook, webhook.opened_until)
        return []
    secrets = open_secrets(tx, box, webhook_id, at=now)
    return [
        ClaimedDelivery(
            webhook_id=webhook_id,
            delivery_id=row.id,
            number=row.attempts,
            url=webhook.url,
            event_type=row.event_type,
            occurred_at=row.occurred_at,
            at=now,
            data={"organization_id": str(tx.org_id), **without_strangers(row.data)},
            secrets=secrets,
        )
        for row in rows
    ]


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


def _list_active(tx: Tx) -> Sequence[UUID]:
    w = webhooks.c
    return tx.conn.execute(select(w.id).where(w.org_id == tx.org_id, w.active)).scalars().all()


def _deliveries_of(tx: Tx, taken: CTE, now: datetime) -> CTE:
    """A delivery of each event taken for each webhook that listens; due is the first of its subject."""
    w, at, waiting = webhooks.c, literal(now, INSTANT), webhook_deliveries.alias("waiting")
    is_behind = row_exists(
        waiting,
        waiting.c.org_id == tx.org_id,
        waiting.c.webhook_id == w.id,
        waiting.c.subject_id == taken.c.subject_id,
        waiting.c.state == word(DeliveryState.WAITING),
    )
    place = func.row_number().over(partition_by=(w.id, taken.c.subject_id), order_by=taken.c.sequence)
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
        "next_attempt_at": case((and_(place == 1, ~is_behind), at)),
        "expires_at": at + TRIED_FOR,
        "created_at": at,
    }
    listens = or_(w.events.is_(None), taken.c.event_type == any_(w.events))
    rows = select(*values.values()).select_from(taken.join(webhooks, w.org_id == tx.org_id))
    of_store = or_(w.store_ids.is_(None), w.store_ids.op("&&")(stores_of(taken)))
    rows = rows.where(w.active, taken.c.created_at >= w.created_at, listens, of_store)
    return insert(webhook_deliveries).from_select([*values], rows).on_conflict_do_nothing().cte("deliveries")


def open_secrets(tx: Tx, box: SecretBox, webhook_id: UUID, *, at: datetime) -> tuple[SecretStr, ...]:
    """The secrets that sign at `at`, the present one first. Raises SecretUnreadableError."""
    return tuple(box.decrypt(encrypted) for encrypted in list_valid_secrets(tx, webhook_id, at=at))


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt and how it ended; `outcome` None: it was not begun. `draw` is a random number from 0 to 1."""

    job: ClaimedDelivery
    outcome: Outcome | None
    draw: float


def record(tx: Tx, job: ClaimedDelivery, outcome: Outcome, *, draw: float) -> DeliveryVerdict | None:
    """Write down how an attempt ended and what follows from it. As `record_all`."""
    return record_all(tx, job.webhook_id, [Attempted(job, outcome, draw)])[0]


def record_all(tx: Tx, webhook_id: UUID, attempts: Sequence[Attempted]) -> list[DeliveryVerdict | None]:
    """Write down how attempts ended and what follows from it. None: another began since, which will say.

    Of a webhook that was deleted meanwhile nothing is written.
    """
    lock_deliveries(tx, [webhook_id])
    made = [one for one in attempts if one.outcome is not None]
    # The webhook's row before the deliveries', as everywhere. What an attempt says of the receiver holds in any case.
    _learn(tx, webhook_id, [one.outcome for one in made if one.outcome is not None])
    put_back(tx, [(one.job.delivery_id, one.job.number) for one in attempts if one.outcome is None])
    rows = lock_rows(tx, [one.job.delivery_id for one in made])
    now = tx.now()
    _log_attempts(tx, [one for one in made if one.job.delivery_id in rows])
    verdicts: list[DeliveryVerdict | None] = []
    ended: list[Ended] = []
    for one in attempts:
        row = rows.get(one.job.delivery_id)
        verdict = None
        if one.outcome is not None and row is not None and row.is_at(one.job.number):
            failures = row.failures + (one.outcome.error is not None)
            verdict = judge(one.outcome, failures=failures, at=now, expires_at=row.expires_at, draw=one.draw)
            ended.append(Ended(row.id, row.subject_id, verdict, failures, one.outcome.error))
        verdicts.append(verdict)
    write_ends(tx, webhook_id, ended, at=now)
    return verdicts


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
    lock_deliveries(tx, [webhook_id])
    _send_again(tx, webhook_deliveries.c.id == delivery_id)
    audit(tx, caller, "webhook.redriven", subject_kind="webhook", subject_id=webhook_id, delivery=str(delivery_id))


def redrive_dead(tx: Tx, caller: Caller, webhook_id: UUID) -> int:
    """Put every dead delivery of a webhook on its way again; returns how many. Raises as `redrive`."""
    _require_active(tx, caller, webhook_id)
    lock_deliveries(tx, [webhook_id])
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


def _log_attempts(tx: Tx, attempts: Sequence[Attempted]) -> None:
    rows = [
        {
            "org_id": tx.org_id,
            "delivery_id": one.job.delivery_id,
            "number": one.job.number,
            "at": one.job.at,
            "duration_ms": one.outcome.duration_ms,
            "status_code": one.outcome.status_code,
            "error": one.outcome.error,
            "response": one.outcome.response,
        }
        for one in attempts
        if one.outcome is not None
    ]
    if rows:
        tx.conn.execute(insert(webhook_attempts).on_conflict_do_nothing(), rows)


def _learn(tx: Tx, webhook_id: UUID, outcomes: Sequence[Outcome]) -> None:
    """What answers say about the receiver itself: all that was good together, then what was not, in its order."""
    if any(not outcome.blames_receiver and outcome.error != Fault.GONE for outcome in outcomes):
        note_answer(tx, webhook_id)
    w, now = webhooks.c, tx.now()
    change = update(webhooks).where(w.org_id == tx.org_id, w.id == webhook_id)
    for outcome in outcomes:
        if outcome.error == Fault.GONE:
            gone = {"active": False, "disabled_because": Fault.GONE, "version": w.version + 1, "updated_at": now}
            tx.conn.execute(change.values(**gone))
        elif outcome.blames_receiver:
            failed = change.values(failures=w.failures + 1).returning(w.failures)
            failures = tx.conn.execute(failed).scalar_one_or_none()
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
