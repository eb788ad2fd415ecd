"""Reads of organizations, users, sessions and API keys."""

import operator
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, exists, func, literal, select, tuple_

from geo_assign.access.domain import (
    ActorKind,
    ApiKey,
    AuditEntry,
    AuditFilter,
    Caller,
    KeyEndedError,
    LiveSession,
    Organization,
    Role,
    Scope,
    SecondFactor,
    SecondFactorPolicy,
    Token,
    TokenKind,
    TrackerUse,
    User,
    is_demanded,
)
from geo_assign.access.sign_on import Identity, SingleSignOn, SingleSignOnMissingError
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
from geo_assign.access.tables import (
    api_keys,
    audit_entries,
    identities,
    organizations,
    recovery_codes,
    second_factors,
    sessions,
    single_sign_on,
    users,
)
from geo_assign.core.db import Tx
from geo_assign.core.direct import AnyOpening, Opening
from geo_assign.core.errors import NotFoundError, UnauthenticatedError
from geo_assign.core.languages import Language
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow

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


def find_organization_id(conn: Connection, slug: str) -> UUID | None:
    """The organization with this slug: asked before a transaction can be bound to one."""
    return conn.execute(select(func.find_organization(literal(slug)))).scalar_one()  # type: ignore[no-any-return]


def has_organizations(conn: Connection) -> bool:
    """Whether there is any; asked before a transaction can be bound to one."""
    return bool(conn.execute(select(func.has_organizations())).scalar_one())


def list_organization_ids(conn: Connection) -> dict[str, UUID]:
    """Every organization's id by its slug, in the order of the slugs. As the worker: others see none."""
    o = organizations.c
    return {row.slug: row.org_id for row in conn.execute(select(o.slug, o.org_id).order_by(o.slug))}


def get_organization(tx: Tx) -> Organization:
    """The transaction's own organization. Raises NotFoundError."""
    row = tx.conn.execute(select(organizations).where(organizations.c.org_id == tx.org_id)).first()
    if row is None:
        raise NotFoundError
    return Organization(id=row.org_id, slug=row.slug, name=row.name, language=Language(row.language))


def get_user(tx: Tx, user_id: UUID) -> User:
    """Raises NotFoundError."""
    row = tx.conn.execute(select(users).where(users.c.org_id == tx.org_id, users.c.id == user_id)).first()
    if row is None:
        raise NotFoundError
    return to_user(row)


def get_language(tx: Tx, user_id: UUID | None) -> Language:
    """The language in which to write to a user: the one chosen, else the organization's. Raises NotFoundError."""
    chosen = None if user_id is None else get_user(tx, user_id).language
    return chosen or get_organization(tx).language


def find_user_by_email(tx: Tx, email: str) -> User | None:
    """Upper and lower case are the same in an e-mail address."""
    row = tx.conn.execute(
        select(users).where(users.c.org_id == tx.org_id, func.lower(users.c.email) == email.lower())
    ).first()
    return None if row is None else to_user(row)


def find_password_hash(tx: Tx, user_id: UUID) -> str | None:
    """What is kept of a user's password; None when none was ever set."""
    statement = select(users.c.password_hash).where(users.c.org_id == tx.org_id, users.c.id == user_id)
    return tx.conn.execute(statement).scalar_one()  # type: ignore[no-any-return]


def find_single_sign_on(tx: Tx) -> SingleSignOn | None:
    """The single sign-on of the transaction's own organization."""
    s = single_sign_on.c
    columns = (s[name] for name in SingleSignOn.__dataclass_fields__)
    row = tx.conn.execute(select(*columns).where(s.org_id == tx.org_id)).mappings().first()
    return None if row is None else SingleSignOn(**{**row, "email_domains": tuple(row["email_domains"])})


def get_single_sign_on(tx: Tx) -> SingleSignOn:
    """Raises SingleSignOnMissingError."""
    found = find_single_sign_on(tx)
    if found is None:
        raise SingleSignOnMissingError
    return found


def find_identity(tx: Tx, *, issuer: str, subject: str) -> Identity | None:
    """Whom an identity provider means by this subject, if that person was let in before."""
    i = identities.c
    of_person = (i.org_id == tx.org_id, i.issuer == issuer, i.subject == subject)
    user_id = tx.conn.execute(select(i.user_id).where(*of_person)).scalar_one_or_none()
    return None if user_id is None else Identity(issuer, subject, user_id)


def get_second_factor_policy(tx: Tx) -> SecondFactorPolicy:
    """Of whom the transaction's own organization demands a second factor."""
    o = organizations.c
    return SecondFactorPolicy(tx.conn.execute(select(o.second_factor_policy).where(o.org_id == tx.org_id)).scalar_one())


def get_second_factor(tx: Tx, user: User) -> SecondFactor:
    """What there is of a user's second factor. One that was never confirmed is none."""
    f, r = second_factors.c, recovery_codes.c
    confirmed_at = tx.conn.execute(
        select(f.confirmed_at).where(f.org_id == tx.org_id, f.user_id == user.id)
    ).scalar_one_or_none()
    left = tx.conn.execute(
        select(func.count()).where(r.org_id == tx.org_id, r.user_id == user.id, r.used_at.is_(None))
    ).scalar_one()
    return SecondFactor(confirmed_at, left, required=is_demanded(get_second_factor_policy(tx), user.role))


def list_second_factor_holders(tx: Tx, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these users who have switched a second factor on."""
    f = second_factors.c
    statement = select(f.user_id).where(f.org_id == tx.org_id, f.user_id.in_(user_ids), f.confirmed_at.is_not(None))
    return set(tx.conn.execute(statement).scalars())


def list_users(tx: Tx, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[User]:
    """All users, by name."""
    statement = select(users).where(users.c.org_id == tx.org_id).order_by(users.c.name, users.c.id).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(after(users.c.name, users.c.id, decode(cursor, str, UUID)))
    rows = tx.conn.execute(statement).all()
    return page([to_user(row) for row in rows], limit, lambda user: (user.name, user.id))


def get_api_key(tx: Tx, api_key_id: UUID) -> ApiKey:
    """Raises NotFoundError."""
    row = tx.conn.execute(_shown_keys(tx).where(api_keys.c.id == api_key_id)).first()
    if row is None:
        raise NotFoundError
    return _to_api_key(row)


def find_api_key_by_name(tx: Tx, name: str) -> ApiKey | None:
    """The organization's key of this name, revoked or not."""
    row = tx.conn.execute(_shown_keys(tx).where(api_keys.c.name == name)).first()
    return None if row is None else _to_api_key(row)


def list_api_keys(tx: Tx, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[ApiKey]:
    """The organization's keys by name, without their tokens; those that ended too."""
    statement = _shown_keys(tx).order_by(api_keys.c.name).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(api_keys.c.name > decode(cursor, str)[0])
    rows = tx.conn.execute(statement).all()
    return page([_to_api_key(row) for row in rows], limit, lambda key: (key.name,))


def list_audit_entries(
    tx: Tx, wanted: AuditFilter, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[AuditEntry]:
    """Who did what to whom, newest first."""
    a = audit_entries.c
    asked = (
        (a.actor_id, operator.eq, wanted.actor_id),
        (a.subject_id, operator.eq, wanted.subject_id),
        (a.action, operator.eq, wanted.action),
        (a.at, operator.ge, wanted.since),
        (a.at, operator.lt, wanted.until),
    )
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    statement = select(*(a[name] for name in AuditEntry.__dataclass_fields__)).where(a.org_id == tx.org_id, *conditions)
    if cursor is not None:
        last = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(tuple_(a.at, a.id) < tuple_(*(literal(value) for value in last)))
    rows = tx.conn.execute(statement.order_by(a.at.desc(), a.id.desc()).limit(limit + 1))
    return page([AuditEntry(*row) for row in rows], limit, lambda entry: (entry.at.isoformat(), entry.id))


def after(name: ColumnElement[str], row_id: ColumnElement[UUID], last: Sequence[object]) -> ColumnElement[bool]:
    """The rows behind the `last` one of a page that is ordered by name and id."""
    return tuple_(name, row_id) > tuple_(*(literal(value) for value in last))


def database_now(tx: Tx) -> datetime:
    """The database's own clock, by which sessions begin and end whatever clock drives the decisions."""
    return tx.conn.execute(select(func.clock_timestamp())).scalar_one()  # type: ignore[no-any-return]


def to_user(row: ResultRow) -> User:
    """A user from a row of the table."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        permissions=tuple(sorted(row.permissions)),
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        language=None if row.language is None else Language(row.language),
    )


def _shown_keys(tx: Tx) -> AnySelect:
    """The organization's keys as they are shown: the hashes of their tokens are none of it."""
    k, u = api_keys.c, users.c
    creator = api_keys.outerjoin(users, and_(u.org_id == tx.org_id, u.id == k.created_by))
    columns = (k[name] for name in ApiKey.__dataclass_fields__ if name not in {"created_by", "updated_at"})
    changed_at = func.coalesce(k.updated_at, k.created_at).label("updated_at")
    named = select(*columns, u.name.label("created_by"), changed_at)
    return named.select_from(creator).where(k.org_id == tx.org_id)


def _to_api_key(row: ResultRow) -> ApiKey:
    values = row._asdict()
    return ApiKey(**values | {"scopes": tuple(sorted(row.scopes)), "web_origins": tuple(row.web_origins)})


def list_live_sessions(tx: Tx, user_id: UUID) -> list[LiveSession]:
    """The sessions of an active user that hold, newest first, by the clock that judges log-ins."""
    s, u = sessions.c, users.c
    statement = (
        select(s.id, s.device)
        .join(users, and_(u.org_id == s.org_id, u.id == s.user_id))
        .where(s.org_id == tx.org_id, s.user_id == user_id, u.active)
        .where(s.ended_at.is_(None), s.expires_at > func.clock_timestamp())
        .order_by(s.created_at.desc(), s.id)
    )
    return [LiveSession(row.id, row.device) for row in tx.conn.execute(statement)]


def is_live_session(org_id: ColumnElement[UUID], session_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """A predicate for a sweep across organizations: this session holds."""
    s = sessions.c
    return exists().where(
        s.org_id == org_id, s.id == session_id, s.ended_at.is_(None), s.expires_at > func.clock_timestamp()
    )


def has_session_of_device(tx: Tx, user_id: UUID, device: str) -> bool:
    """Whether the user ever logged in on a device of this name, as far as that is still kept."""
    s = sessions.c
    found = exists().where(s.org_id == tx.org_id, s.user_id == user_id, s.device == device)
    return tx.conn.execute(select(found)).scalar_one()


def is_logged_in(tx: Tx, user_id: UUID) -> ColumnElement[bool]:
    """A predicate: the user is active and has a session, by the clock that judges log-ins."""
    s, u = sessions.c, users.c
    return exists().where(
        u.org_id == tx.org_id,
        u.id == user_id,
        u.active,
        s.org_id == tx.org_id,
        s.user_id == u.id,
        s.ended_at.is_(None),
        s.expires_at > func.clock_timestamp(),
    )


def name_of_user(tx: Tx, user_id: ColumnElement[UUID]) -> ScalarSelect[str]:
    """The name of the user of a row, in a statement about rows of users."""
    u = users.c
    return select(u.name).where(u.org_id == tx.org_id, u.id == user_id).scalar_subquery()
