"""Webhooks made, changed, taken away, and given new secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, select, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.core.secrets import SecretBox
from geo_assign.core.versions import require_version
from geo_assign.webhooks.domain import OLD_SECRET_SIGNS_FOR, Webhook
from geo_assign.webhooks.queries import get_webhook, sees_webhook, to_webhook
from geo_assign.webhooks.signing import new_secret
from geo_assign.webhooks.tables import webhook_secrets, webhooks
from geo_assign.workforce.commands import require_store


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """Where to call, and for which events; None: for all. The URL was judged before (`Sender.check_url`).

    `store_ids` None: of all stores that the caller may see.
    """

    url: str
    events: tuple[str, ...] | None = None
    store_ids: tuple[UUID, ...] | None = None
    description: str | None = None
    active: bool = True


def create_webhook(
    tx: Tx, box: SecretBox, caller: Caller, new: NewWebhook, *, webhook_id: UUID | None = None
) -> tuple[Webhook, SecretStr]:
    """A webhook and its secret, which is known only now. Raises SecretKeysMissingError, InvalidError for a store."""
    row_id, now = webhook_id or new_id(), tx.now()
    tx.conn.execute(
        webhooks.insert().values(
            org_id=tx.org_id,
            id=row_id,
            url=new.url,
            events=None if new.events is None else sorted(set(new.events)),
            description=new.description,
            active=new.active,
            created_at=now,
            updated_at=now,
            store_ids=_stores(tx, caller, new.store_ids),
        )
    )
    secret = _add_secret(tx, box, row_id)
    audit(tx, caller, "webhook.created", subject_kind="webhook", subject_id=row_id)
    return get_webhook(tx, caller.scope, row_id), secret


def update_webhook(
    tx: Tx, caller: Caller, webhook_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> Webhook:
    """Change `url`, `events`, `store_ids`, `description`, `active`. Raises NotFoundError, StaleError, InvalidError.

    Another URL, or switching it on again, forgets what the receiver was left alone for.
    """
    before = lock_webhook(tx, caller, webhook_id)
    require_version(before, version)
    if "store_ids" in changes:
        changes = {**changes, "store_ids": _stores(tx, caller, changes["store_ids"])}
    after = replace(before, **changes)
    afresh = after.url != before.url or (after.active and not before.active)
    forgotten = {"disabled_because": None, "failures": 0, "opened_until": None} if afresh else {}
    w = webhooks.c
    tx.conn.execute(
        update(webhooks)
        .where(w.org_id == tx.org_id, w.id == webhook_id)
        .values(
            url=after.url,
            events=None if after.events is None else sorted(set(after.events)),
            store_ids=after.store_ids,
            description=after.description,
            active=after.active,
            version=before.version + 1,
            updated_at=tx.now(),
            **forgotten,
        )
    )
    audit(tx, caller, "webhook.changed", subject_kind="webhook", subject_id=webhook_id, fields=sorted(changes))
    return get_webhook(tx, caller.scope, webhook_id)


def delete_webhook(tx: Tx, caller: Caller, webhook_id: UUID) -> None:
    """Take a webhook away with its secrets and its log. Raises NotFoundError."""
    lock_webhook(tx, caller, webhook_id)
    tx.conn.execute(delete(webhooks).where(webhooks.c.org_id == tx.org_id, webhooks.c.id == webhook_id))
    audit(tx, caller, "webhook.deleted", subject_kind="webhook", subject_id=webhook_id)


def rotate_secret(tx: Tx, box: SecretBox, caller: Caller, webhook_id: UUID) -> tuple[Webhook, SecretStr]:
    """A new secret, known only now. The one before signs beside it for a day: receivers change over in that time.

    Raises NotFoundError, SecretKeysMissingError.
    """
    webhook, now = lock_webhook(tx, caller, webhook_id), tx.now()
    s = webhook_secrets.c
    of_it = (s.org_id == tx.org_id, s.webhook_id == webhook_id)
    tx.conn.execute(delete(webhook_secrets).where(*of_it, s.expires_at <= now))
    tx.conn.execute(
        update(webhook_secrets).where(*of_it, s.expires_at.is_(None)).values(expires_at=now + OLD_SECRET_SIGNS_FOR)
    )
    secret = _add_secret(tx, box, webhook_id)
    audit(tx, caller, "webhook.secret_rotated", subject_kind="webhook", subject_id=webhook_id)
    return webhook, secret


def reencrypt_webhook_secrets(tx: Tx, box: SecretBox) -> int:
    """Encrypt the organization's webhook secrets with the newest secret key; returns how many."""
    s = webhook_secrets.c
    rows = tx.conn.execute(select(s.id, s.secret_encrypted).where(s.org_id == tx.org_id).with_for_update()).all()
    for row in rows:
        encrypted = box.rotate(row.secret_encrypted)
        same = (s.org_id == tx.org_id, s.id == row.id)
        tx.conn.execute(update(webhook_secrets).where(*same).values(secret_encrypted=encrypted))
    return len(rows)


def lock_webhook(tx: Tx, caller: Caller, webhook_id: UUID) -> Webhook:
    """Lock the row of a webhook that the caller sees, then read it. Raises NotFoundError."""
    w = webhooks.c
    of_it = (w.org_id == tx.org_id, w.id == webhook_id, sees_webhook(caller.scope))
    statement = select(webhooks).where(*of_it).with_for_update()
    row = tx.conn.execute(statement).first()
    if row is None:
        raise NotFoundError
    return to_webhook(row)


def _stores(tx: Tx, caller: Caller, store_ids: tuple[UUID, ...] | None) -> list[UUID] | None:
    """The stores as they are kept; a caller who looks after some stores is told of these at most."""
    if store_ids is None:
        return None if caller.scope.everything else sorted(caller.scope.store_ids)
    for index, store_id in enumerate(store_ids):
        require_store(tx, caller, store_id, pointer=f"/store_ids/{index}")
    return sorted(set(store_ids))


def _add_secret(tx: Tx, box: SecretBox, webhook_id: UUID) -> SecretStr:
    secret = new_secret()
    tx.conn.execute(
        webhook_secrets.insert().values(
            org_id=tx.org_id,
            id=new_id(),
            webhook_id=webhook_id,
            secret_encrypted=box.encrypt(secret),
            created_at=tx.now(),
        )
    )
    return secret
