"""Push subscriptions: put, removed, ended with their sessions."""

import hashlib
from uuid import UUID

import orjson
from pydantic import SecretStr
from sqlalchemy import delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.queries import is_live_session
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.secrets import SecretBox
from geo_assign.push.domain import MOST_SUBSCRIPTIONS, PushAddress, PushSubscription, TooManySubscriptionsError
from geo_assign.push.queries import get_subscription
from geo_assign.push.tables import push_subscriptions


def put_subscription(
    tx: Tx, box: SecretBox, technician_id: UUID, subscription_id: UUID, *, session_id: UUID, address: PushAddress
) -> PushSubscription:
    """Set where a device of the technician is reached, for as long as the session lasts. Repeating changes nothing.

    The same endpoint under another id, of whichever technician logged in on that device before, is replaced. Raises
    TooManySubscriptionsError, NotFoundError where the id is another technician's, SecretKeysMissingError.
    """
    _lock(tx, technician_id)
    s, now = push_subscriptions.c, tx.now()
    endpoint_hash = hashlib.sha256(address.endpoint.encode()).digest()
    tx.conn.execute(
        delete(push_subscriptions).where(
            s.org_id == tx.org_id, s.endpoint_hash == endpoint_hash, s.id != subscription_id
        )
    )
    others = select(func.count()).where(
        s.org_id == tx.org_id, s.technician_id == technician_id, s.id != subscription_id
    )
    if tx.conn.execute(others).scalar_one() >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptionsError
    values = {
        "session_id": session_id,
        "service": address.service,
        "address_encrypted": _encrypted(box, address),
        "endpoint_hash": endpoint_hash,
        "updated_at": now,
    }
    row = {"org_id": tx.org_id, "id": subscription_id, "technician_id": technician_id, "created_at": now, **values}
    written = insert(push_subscriptions).values(**row)
    tx.conn.execute(
        written.on_conflict_do_update(
            index_elements=["org_id", "id"], set_=values, where=s.technician_id == technician_id
        )
    )
    return get_subscription(tx, technician_id, subscription_id)


def remove_subscription(tx: Tx, technician_id: UUID, subscription_id: UUID) -> None:
    """Raises NotFoundError where the technician has none of this id."""
    s = push_subscriptions.c
    removed = tx.conn.execute(
        delete(push_subscriptions).where(
            s.org_id == tx.org_id, s.technician_id == technician_id, s.id == subscription_id
        )
    )
    if removed.rowcount == 0:
        raise NotFoundError


def remove_ended_subscriptions(tx: Tx, technician_id: UUID) -> None:
    """Forget the devices of a technician whose sessions have ended."""
    s = push_subscriptions.c
    tx.conn.execute(
        delete(push_subscriptions).where(
            s.org_id == tx.org_id,
            s.technician_id == technician_id,
            ~is_live_session(literal(tx.org_id), s.session_id),
        )
    )


def forget_ended_subscriptions(worker: Database) -> int:
    """Delete what belongs to sessions that have ended, of all organizations; returns how many."""
    s = push_subscriptions.c
    ended = select(s.org_id, s.id).where(~is_live_session(s.org_id, s.session_id)).limit(1_000)
    with worker.across_organizations() as conn:
        return conn.execute(delete(push_subscriptions).where(tuple_(s.org_id, s.id).in_(ended))).rowcount


def reencrypt_push_addresses(tx: Tx, box: SecretBox) -> int:
    """Encrypt the organization's push subscriptions with the newest secret key; returns how many."""
    s = push_subscriptions.c
    rows = tx.conn.execute(select(s.id, s.address_encrypted).where(s.org_id == tx.org_id).with_for_update()).all()
    for row in rows:
        encrypted = box.rotate(row.address_encrypted)
        same = (s.org_id == tx.org_id, s.id == row.id)
        tx.conn.execute(update(push_subscriptions).where(*same).values(address_encrypted=encrypted))
    return len(rows)


def _encrypted(box: SecretBox, address: PushAddress) -> bytes:
    document = {"endpoint": address.endpoint, "p256dh": address.p256dh, "auth": address.auth}
    return box.encrypt(SecretStr(orjson.dumps(document).decode()))


def _lock(tx: Tx, technician_id: UUID) -> None:
    """Of two that are put at once the second counts the first."""
    tx.conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"push/{tx.org_id}/{technician_id}", 0))))
