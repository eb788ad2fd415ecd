"""What devices are to be told: written with what happens, claimed, sent, put off or dropped."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Text, Uuid, any_, delete, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from geo_assign.access.queries import is_live_session
from geo_assign.core.db import Tx
from geo_assign.core.secrets import SecretBox
from geo_assign.core.statements import NoRow, Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.push.domain import LEASE, TOLD_FOR, ClaimedPush, PushAddress, PushKind
from geo_assign.push.tables import push_messages, push_subscriptions


def tell_devices(
    tx: Tx,
    technician_ids: Collection[UUID],
    kind: PushKind,
    work_order_id: UUID,
    *,
    at: datetime,
    offer_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Note what the devices of these technicians are to be told of a work order.

    It replaces what they were not told of it yet, and is dropped at `expires_at`, which is hours away where none is
    given. The work order is locked.
    """
    if not technician_ids:
        return
    told = {
        "org_id": tx.org_id,
        "technician_ids": list(technician_ids),
        "work_order_id": work_order_id,
        "kind": kind.value,
        "offer_id": offer_id,
        "expires_at": expires_at or at + TOLD_FOR,
        "at": at,
    }
    tx.fetch(_TELL, told)


# Part of every change of an assignment, so it is rendered once.
_TOLD = Parameters(
    org_id=Uuid(),
    technician_ids=ARRAY(Uuid()),
    work_order_id=Uuid(),
    kind=Text(),
    offer_id=Uuid(),
    expires_at=INSTANT,
    at=INSTANT,
)


def _telling() -> Insert:
    s = push_subscriptions.c
    told = {
        "org_id": s.org_id,
        "subscription_id": s.id,
        "work_order_id": _TOLD.work_order_id,
        "message_id": func.gen_random_uuid(),
        "kind": _TOLD.kind,
        "offer_id": _TOLD.offer_id,
        "expires_at": _TOLD.expires_at,
        "next_attempt_at": _TOLD.at,
        "created_at": _TOLD.at,
    }
    devices = select(*told.values()).where(
        s.org_id == _TOLD.org_id,
        s.technician_id == any_(_TOLD.technician_ids),
        is_live_session(_TOLD.org_id, s.session_id),
    )
    written = insert(push_messages).from_select([*told], devices)
    replaced = {name: written.excluded[name] for name in told if name not in push_messages.primary_key.columns}
    return written.on_conflict_do_update(
        index_elements=list(push_messages.primary_key),
        set_={**replaced, "leased_until": null(), "failures": literal(0)},
    )


_TELL = Statement.of(NoRow, _telling())


def claim_push(tx: Tx, box: SecretBox, subscription_id: UUID) -> ClaimedPush | None:
    """Take the device's next message that is due, for as long as a lease; None when there is none.

    A device whose session has ended is forgotten instead. Raises SecretUnreadableError.
    """
    m, now = push_messages.c, tx.now()
    s = push_subscriptions.c
    device = tx.conn.execute(
        select(
            s.technician_id,
            s.address_encrypted,
            is_live_session(literal(tx.org_id, Uuid()), s.session_id).label("is_live"),
        ).where(s.org_id == tx.org_id, s.id == subscription_id)
    ).first()
    if device is None:
        return None
    if not device.is_live:
        drop_subscription(tx, subscription_id)
        return None
    next_one = (
        select(m.work_order_id)
        .where(m.org_id == tx.org_id, m.subscription_id == subscription_id, m.next_attempt_at <= now)
        .where(or_(m.leased_until.is_(None), m.leased_until <= now))
        .order_by(m.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = tx.conn.execute(
        update(push_messages)
        .where(m.org_id == tx.org_id, m.subscription_id == subscription_id, m.work_order_id == next_one)
        .values(leased_until=now + LEASE)
        .returning(m.work_order_id, m.message_id, m.kind, m.offer_id, m.expires_at, m.failures)
    ).first()
    if row is None:
        return None
    return ClaimedPush(
        subscription_id=subscription_id,
        technician_id=device.technician_id,
        work_order_id=row.work_order_id,
        message_id=row.message_id,
        kind=PushKind(row.kind),
        offer_id=row.offer_id,
        expires_at=row.expires_at,
        at=now,
        failures=row.failures,
        address=PushAddress(**orjson.loads(box.decrypt(device.address_encrypted).get_secret_value())),
    )


def drop_push(tx: Tx, message: ClaimedPush) -> None:
    """It is sent, or void. What has replaced it meanwhile stays."""
    m = push_messages.c
    tx.conn.execute(
        delete(push_messages).where(
            m.org_id == tx.org_id,
            m.subscription_id == message.subscription_id,
            m.work_order_id == message.work_order_id,
            m.message_id == message.message_id,
        )
    )


def put_off_push(tx: Tx, message: ClaimedPush, *, until: datetime) -> None:
    """Try again at `until`, unless something has replaced it."""
    m = push_messages.c
    tx.conn.execute(
        update(push_messages)
        .where(
            m.org_id == tx.org_id,
            m.subscription_id == message.subscription_id,
            m.work_order_id == message.work_order_id,
            m.message_id == message.message_id,
        )
        .values(failures=message.failures + 1, next_attempt_at=until, leased_until=null())
    )


def drop_subscription(tx: Tx, subscription_id: UUID) -> None:
    """The device is not reached there any more: forget it, with all that it was to be told."""
    s = push_subscriptions.c
    tx.conn.execute(delete(push_subscriptions).where(s.org_id == tx.org_id, s.id == subscription_id))
