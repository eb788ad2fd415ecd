"""API keys: how machines log in."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update

from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import ApiKey, ApiScope, Caller, TakenError, TokenKind, new_token
from geo_assign.access.queries import get_api_key
from geo_assign.access.tables import api_keys
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id

_HINT_LENGTH = 4


def create_api_key(
    tx: Tx,
    caller: Caller,
    *,
    name: str,
    scopes: Collection[ApiScope],
    secret: str | None = None,
    api_key_id: UUID | None = None,
) -> tuple[ApiKey, str]:
    """A key for the whole organization, and its token, which is known only now. `secret` chooses its secret part.

    Raises TakenError.
    """
    token, token_hash = new_token(TokenKind.API_KEY, tx.org_id, secret=secret)
    key_id = api_key_id or new_id()
    with refusing(api_keys_org_id_name_key=TakenError("There is an API key of this name already.")):
        tx.conn.execute(
            api_keys.insert().values(
                org_id=tx.org_id,
                id=key_id,
                name=name,
                token_hash=token_hash,
                hint=token[-_HINT_LENGTH:],
                scopes=sorted(set(scopes)),
                created_at=tx.now(),
            )
        )
    audit(tx, caller, "api_key.created", subject_kind="api_key", subject_id=key_id, scopes=sorted(set(scopes)))
    return get_api_key(tx, key_id), token


def renew_api_key(
    tx: Tx, caller: Caller, api_key_id: UUID, *, scopes: Collection[ApiScope], secret: str | None = None
) -> str | None:
    """Give a key these scopes and, when `secret` is given, that secret: then its token is returned."""
    values: dict[str, object] = {"scopes": sorted(set(scopes))}
    token = None
    if secret is not None:
        token, token_hash = new_token(TokenKind.API_KEY, tx.org_id, secret=secret)
        values |= {"token_hash": token_hash, "hint": token[-_HINT_LENGTH:]}
    tx.conn.execute(
        update(api_keys).where(api_keys.c.org_id == tx.org_id, api_keys.c.id == api_key_id).values(**values)
    )
    audit(tx, caller, "api_key.changed", subject_kind="api_key", subject_id=api_key_id, scopes=values["scopes"])
    return token


def revoke_api_key(tx: Tx, caller: Caller, api_key_id: UUID) -> ApiKey:
    """End a key; at once, and again without harm. Raises NotFoundError."""
    get_api_key(tx, api_key_id)
    revoked = tx.conn.execute(
        update(api_keys)
        .where(api_keys.c.org_id == tx.org_id, api_keys.c.id == api_key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=tx.now())
    )
    if revoked.rowcount:
        audit(tx, caller, "api_key.revoked", subject_kind="api_key", subject_id=api_key_id)
    return get_api_key(tx, api_key_id)
