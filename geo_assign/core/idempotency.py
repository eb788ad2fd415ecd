"""Idempotency keys: written in the transaction of what they stand for, so that a retry finds it or nothing."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Text, select
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.errors import ConflictError, InvalidError
from geo_assign.core.tables import INSTANT, tenant_table

KEPT = timedelta(hours=24)

idempotency_keys = tenant_table(
    "idempotency_keys",
    Column("caller_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("resource_id", PG_UUID(as_uuid=True), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index("idempotency_keys_expires_at_idx", "expires_at"),
    worker=("SELECT", "DELETE"),
)


class KeyReusedError(InvalidError):
    """This `Idempotency-Key` was used for a request with another body.

    Send a new key.
    """

    code = "idempotency_key_reused"


class SecretShownError(ConflictError):
    """This was created before, and its secret was shown then, once.

    `id` is what the first attempt made, `detail` how to get a new secret. Nothing was created now.
    """

    code = "secret_shown"


@dataclass(frozen=True)
class Attempt:
    """One caller's request under its key; `request_hash` covers the body."""

    caller_id: UUID
    route: str
    key: str
    request_hash: bytes


def claim(tx: Tx, attempt: Attempt, resource_id: UUID) -> UUID | None:
    """Write the key for `resource_id`; returns the id it already stands for, or None when it is new.

    Waits for a concurrent attempt with the same key, so that only one of them creates. Raises KeyReusedError.
    """
    now = tx.now()
    values = {**_where(tx, attempt), "request_hash": attempt.request_hash, "resource_id": resource_id}
    statement = insert(idempotency_keys).values(**values, created_at=now, expires_at=now + KEPT)
    renewed = statement.on_conflict_do_update(
        index_elements=["org_id", "caller_id", "route", "key"],
        set_={name: statement.excluded[name] for name in ("request_hash", "resource_id", "created_at", "expires_at")},
        where=idempotency_keys.c.expires_at <= now,
    )
    if tx.conn.execute(renewed.returning(idempotency_keys.c.key)).first() is not None:
        return None
    return find(tx, attempt)


def find(tx: Tx, attempt: Attempt) -> UUID | None:
    """What an earlier attempt with this key created, or None. Raises KeyReusedError when the body was another."""
    keys = idempotency_keys.c
    row = tx.conn.execute(
        select(keys.request_hash, keys.resource_id).where(
            *(keys[name] == value for name, value in _where(tx, attempt).items()), keys.expires_at > tx.now()
        )
    ).first()
    if row is None:
        return None
    if row.request_hash != attempt.request_hash:
        raise KeyReusedError
    return row.resource_id  # type: ignore[no-any-return]


def _where(tx: Tx, attempt: Attempt) -> dict[str, object]:
    return {"org_id": tx.org_id, "caller_id": attempt.caller_id, "route": attempt.route, "key": attempt.key}
