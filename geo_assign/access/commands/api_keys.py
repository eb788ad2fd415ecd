"""API keys: how machines log in."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import (
    ActorKind,
    ApiKey,
    ApiScope,
    Caller,
    KeyRevokedError,
    TakenError,
    TokenKind,
    new_token,
)
from geo_assign.access.key_terms import NO_TERMS, USUAL_LEADS_PER_DAY, KeyTerms, require_future, require_terms
from geo_assign.access.queries import database_now, get_api_key
from geo_assign.access.tables import api_keys
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version

USES_NOTED_EVERY = timedelta(minutes=1)
_HINT_LENGTH = 4
_NAME_TAKEN = "There is an API key of this name already."


def create_api_key(
    tx: Tx,
    caller: Caller,
    *,
    name: str,
    scopes: Collection[ApiScope],
    terms: KeyTerms = NO_TERMS,
    store_ids: Collection[UUID] = (),
    secret: str | None = None,
    api_key_id: UUID | None = None,
) -> tuple[ApiKey, str]:
    """A key and its token, which is known only now. `secret` chooses the token's random part.

    `store_ids` are those that the key will be held to; to none means the whole organization. Raises TakenError, and
    InvalidError for scopes and terms that do not go together.
    """
    terms = _completed(scopes, terms)
    require_terms(scopes, terms, store_ids=store_ids)
    require_future(terms.expires_at, tx.now())
    token, token_hash = new_token(_kind_of(scopes), tx.org_id, secret=secret)
    key_id, now = api_key_id or new_id(), tx.now()
    with refusing(api_keys_org_id_name_key=TakenError(_NAME_TAKEN)):
        tx.conn.execute(
            api_keys.insert().values(
                org_id=tx.org_id,
                id=key_id,
                name=name,
                token_hash=token_hash,
                hint=token[-_HINT_LENGTH:],
                scopes=sorted(set(scopes)),
                created_at=now,
                created_by=caller.id if caller.kind is ActorKind.USER else None,
                updated_at=now,
                **_columns(terms),
            )
        )
    audit(tx, caller, "api_key.created", subject_kind="api_key", subject_id=key_id, scopes=sorted(set(scopes)))
    return get_api_key(tx, key_id), token


def update_api_key(
    tx: Tx,
    caller: Caller,
    api_key_id: UUID,
    *,
    changes: Mapping[str, Any],
    store_ids: Collection[UUID],
    version: int | None = None,
) -> ApiKey:
    """Change `name`, `scopes`, `expires_at`, `web_origins`, `leads_per_day`; the token stays as it is.

    `store_ids` are those that the key is held to afterwards. A publishable key stays one, and another never becomes
    one. Raises NotFoundError, StaleError, KeyRevokedError, TakenError, InvalidError.
    """
    before = lock_api_key(tx, api_key_id)
    require_version(before, version)
    _require_not_revoked(before)
    if "expires_at" in changes:
        require_future(changes["expires_at"], tx.now())
    _change(tx, caller, before, changes, store_ids=store_ids)
    return get_api_key(tx, api_key_id)


def renew_api_key(
    tx: Tx,
    caller: Caller,
    api_key_id: UUID,
    *,
    changes: Mapping[str, Any],
    store_ids: Collection[UUID],
    secret: str | None = None,
) -> str | None:
    """Change a key as `update_api_key` does, also one that has ended.

    When `secret` is given, the key has the token with that random part, which is returned.
    """
    before = lock_api_key(tx, api_key_id)
    if secret is None:
        _change(tx, caller, before, changes, store_ids=store_ids)
        return None
    token, token_hash = new_token(_kind_of(before.scopes), tx.org_id, secret=secret)
    replaced = {"token_hash": token_hash, "hint": token[-_HINT_LENGTH:]}
    _change(tx, caller, before, changes, store_ids=store_ids, **replaced)
    return token


def rotate_api_key(tx: Tx, caller: Caller, api_key_id: UUID, *, overlap: timedelta) -> tuple[ApiKey, str]:
    """A new token for a key; the present one works on for `overlap`. One that is still overlapping ends at once.

    Raises NotFoundError, KeyRevokedError.
    """
    before = lock_api_key(tx, api_key_id)
    _require_not_revoked(before)
    token, token_hash = new_token(_kind_of(before.scopes), tx.org_id)
    _write(
        tx,
        before,
        {
            "previous_token_hash": api_keys.c.token_hash,
            "previous_token_until": database_now(tx) + overlap,
            "token_hash": token_hash,
            "hint": token[-_HINT_LENGTH:],
        },
    )
    audit(tx, caller, "api_key.rotated", subject_kind="api_key", subject_id=api_key_id)
    return get_api_key(tx, api_key_id), token


def revoke_api_key(tx: Tx, caller: Caller, api_key_id: UUID) -> ApiKey:
    """End a key; at once, and again without harm. Raises NotFoundError."""
    before = lock_api_key(tx, api_key_id)
    if before.revoked_at is None:
        _write(tx, before, {"revoked_at": tx.now()})
        audit(tx, caller, "api_key.revoked", subject_kind="api_key", subject_id=api_key_id)
    return get_api_key(tx, api_key_id)


def note_use(tx: Tx, api_key_id: UUID) -> None:
    """The key was used now; written unless that was noted within the last minute."""
    k, now = api_keys.c, tx.now()
    tx.conn.execute(
        update(api_keys)
        .where(k.org_id == tx.org_id, k.id == api_key_id)
        .where(or_(k.last_used_at.is_(None), k.last_used_at <= now - USES_NOTED_EVERY))
        .values(last_used_at=now)
    )


def lock_api_key(tx: Tx, api_key_id: UUID) -> ApiKey:
    """The key, kept still until the end of the transaction. Raises NotFoundError."""
    tx.conn.execute(
        select(api_keys.c.id).where(api_keys.c.org_id == tx.org_id, api_keys.c.id == api_key_id).with_for_update()
    )
    return get_api_key(tx, api_key_id)


def _change(
    tx: Tx,
    caller: Caller,
    before: ApiKey,
    changes: Mapping[str, Any],
    *,
    store_ids: Collection[UUID],
    **replaced: object,
) -> None:
    """Write `changes` and the columns `replaced`. Raises InvalidError, TakenError."""
    after = replace(before, **changes)
    if after.is_publishable != before.is_publishable:
        raise InvalidError.at("/scopes", "widget_stands_alone", "Make another key: web pages have keys of their own.")
    terms = _completed(after.scopes, KeyTerms(after.expires_at, tuple(after.web_origins), after.leads_per_day))
    require_terms(after.scopes, terms, store_ids=store_ids)
    scopes = sorted(set(after.scopes))
    with refusing(api_keys_org_id_name_key=TakenError(_NAME_TAKEN)):
        _write(tx, before, {"name": after.name, "scopes": scopes, **_columns(terms), **replaced})
    audit(tx, caller, "api_key.changed", subject_kind="api_key", subject_id=before.id, scopes=scopes)


def _write(tx: Tx, before: ApiKey, values: Mapping[str, object]) -> None:
    tx.conn.execute(
        update(api_keys)
        .where(api_keys.c.org_id == tx.org_id, api_keys.c.id == before.id)
        .values(**values, version=before.version + 1, updated_at=tx.now())
    )


def _require_not_revoked(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise KeyRevokedError


def _completed(scopes: Collection[str], terms: KeyTerms) -> KeyTerms:
    """A publishable key without a limit has the usual one."""
    if ApiScope.WIDGET in scopes and terms.leads_per_day is None:
        return replace(terms, leads_per_day=USUAL_LEADS_PER_DAY)
    return terms


def _columns(terms: KeyTerms) -> dict[str, object]:
    return {
        "expires_at": terms.expires_at,
        "web_origins": list(terms.web_origins),
        "leads_per_day": terms.leads_per_day,
    }


def _kind_of(scopes: Collection[str]) -> TokenKind:
    return TokenKind.PUBLISHABLE_KEY if ApiScope.WIDGET in scopes else TokenKind.API_KEY
