"""Who holds a token, and whether callers of earlier requests are still what they were."""

from collections.abc import Collection, Mapping
from uuid import UUID

from geo_assign.access.domain import ActorKind, Caller, KeyEndedError, Role, Scope, Token, TokenKind, TrackerUse
from geo_assign.access.queries.api_keys import get_api_key
from geo_assign.access.queries.sessions import database_now
from geo_assign.access.statements import (
    API_KEY_BY_TOKEN,
    API_KEYS_BY_ID,
    SESSION_BY_TOKEN,
    SESSIONS_BY_ID,
    TRACKER_BY_TOKEN,
    ApiKeyRow,
    SessionRow,
    TrackerRow,
)
from geo_assign.core.db import Tx
from geo_assign.core.direct import AnyOpening, Opening
from geo_assign.core.errors import UnauthenticatedError

_KEY_OPENING = Opening(API_KEY_BY_TOKEN)
_OPENINGS: Mapping[TokenKind, AnyOpening] = {
    TokenKind.SESSION: Opening(SESSION_BY_TOKEN),
    TokenKind.API_KEY: _KEY_OPENING,
    TokenKind.PUBLISHABLE_KEY: _KEY_OPENING,
    TokenKind.TRACKER: Opening(TRACKER_BY_TOKEN),
}


def opening_of(token: Token) -> tuple[AnyOpening, Mapping[str, str]]:
    """The question who holds `token`, to be asked in the message that opens the transaction.

    Raises UnauthenticatedError for a token that does not authenticate calls.
    """
    if token.kind not in _OPENINGS:
        raise UnauthenticatedError("This token is the one of a link: it does not authenticate calls.")
    return _OPENINGS[token.kind], {"org_id": str(token.org_id), "token_hash": f"\\x{token.hash.hex()}"}


def opened_caller(tx: Tx, token: Token) -> Caller | None:
    """The holder of `token`, in a transaction that was opened with `opening_of`.

    None when the token is unknown, a session's is over, or its user is not active. Raises KeyEndedError for an API
    key that was revoked, expired or replaced. Roles, groups and stores are read each time, so that what is taken away
    is gone at the next request.
    """
    if not tx.opened:
        return None
    row = tx.opened[0]
    if token.kind is TokenKind.SESSION:
        assert isinstance(row, SessionRow)
        return _of_session(tx.org_id, row)
    if token.kind is TokenKind.TRACKER:
        assert isinstance(row, TrackerRow)
        return _of_tracker(tx.org_id, row)
    assert isinstance(row, ApiKeyRow)
    if row.ended is not None:
        raise KeyEndedError(f"The API key {row.name} is {row.ended}.", ended=row.ended)
    return _of_api_key(tx.org_id, row)


def list_unchanged_callers(tx: Tx, callers: Collection[Caller]) -> set[Caller]:
    """Those callers of earlier requests who are still what they were.

    Left out is everyone whose session or key has ended, who is not active any more, or whose role, stores, groups or
    permissions are others now.
    """
    session_ids = [caller.session_id for caller in callers if caller.session_id is not None]
    key_ids = [caller.id for caller in callers if caller.session_id is None]
    present: set[Caller] = set()
    if session_ids:
        rows = tx.fetch(SESSIONS_BY_ID, {"org_id": tx.org_id, "ids": session_ids})
        present.update(_of_session(tx.org_id, row) for row in rows)
    if key_ids:
        keys = tx.fetch(API_KEYS_BY_ID, {"org_id": tx.org_id, "ids": key_ids})
        present.update(_of_api_key(tx.org_id, key) for key in keys if key.ended is None)
    return present.intersection(callers)


def list_callers_of_sessions(tx: Tx, session_ids: Collection[UUID]) -> dict[UUID, Caller]:
    """Who calls with each of these sessions; those that have ended are absent."""
    rows = tx.fetch(SESSIONS_BY_ID, {"org_id": tx.org_id, "ids": list(session_ids)})
    return {row.id: _of_session(tx.org_id, row) for row in rows}


def get_present_caller(tx: Tx, caller: Caller) -> Caller:
    """The caller of a session or API key as things stand now. Raises UnauthenticatedError when that has ended."""
    if caller.session_id is not None:
        found = list_callers_of_sessions(tx, [caller.session_id]).get(caller.session_id)
        if found is None:
            raise UnauthenticatedError("The session has ended.")
        return found
    key = get_api_key(tx, caller.id)
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= database_now(tx)):
        raise UnauthenticatedError("The API key has ended.")
    return caller


def _of_session(org_id: UUID, row: SessionRow) -> Caller:
    is_technician = row.role == Role.TECHNICIAN
    technician_id = row.technician_id if is_technician else None
    return Caller(
        org_id=org_id,
        kind=ActorKind.TECHNICIAN if is_technician else ActorKind.USER,
        id=row.user_id,
        name=row.name,
        role=Role(row.role),
        scope=Scope(
            everything=row.role == Role.ADMINISTRATOR,
            store_ids=frozenset(row.store_ids or ()),
            group_ids=frozenset(row.group_ids or ()),
            technician_id=technician_id,
        ),
        permissions=frozenset(row.permissions),
        session_id=row.id,
        technician_id=technician_id,
        device=row.device,
        expires_at=row.expires_at,
        renewable_until=row.renewable_until,
        must_enrol=bool(row.must_enrol),
    )


def _of_api_key(org_id: UUID, row: ApiKeyRow) -> Caller:
    return Caller(
        org_id=org_id,
        kind=ActorKind.API_KEY,
        id=row.id,
        name=row.name,
        scope=Scope(
            everything=not row.store_ids,
            store_ids=frozenset(row.store_ids),
            api_key_id=row.id if row.store_ids else None,
        ),
        api_scopes=frozenset(row.scopes),
        web_origins=frozenset(row.web_origins),
    )


def _of_tracker(org_id: UUID, row: TrackerRow) -> Caller:
    return Caller(
        org_id=org_id,
        kind=ActorKind.TECHNICIAN,
        id=row.id,
        name=row.technician_name,
        scope=Scope(technician_id=row.technician_id),
        technician_id=row.technician_id,
        device=row.device,
        tracker=TrackerUse(row.used_at, row.client, row.outcome),
    )
