"""The statements that say who calls. They are part of every request, so they are rendered once.

They read the links between people and stores that belong to `workforce`, because a second round trip would cost more
than the rest. The database's own clock judges credentials even where a recorded one drives the decisions.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    LargeBinary,
    TableClause,
    Text,
    Uuid,
    and_,
    any_,
    case,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import (
    SESSION_ENDS_AFTER,
    SESSION_RENEWED_EVERY,
    SESSION_SLIDES,
    Role,
    SecondFactorPolicy,
)
from geo_assign.access.tables import api_keys, organizations, second_factors, sessions, users
from geo_assign.core.expressions import word
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters, Statement

_IDS = ARRAY(Uuid())
_KEYS = api_keys.alias("k")
_ASKED = Parameters(org_id=Uuid(), token_hash=LargeBinary(), ids=_IDS)
# Of tables that belong to `workforce` only the columns that are read here.
_technicians = table("technicians", *(column(name) for name in ("org_id", "id", "user_id", "name", "active")))
_OF_TRACKERS = ("org_id", "id", "technician_id", "name", "token_hash", "revoked_at", "used_at", "client", "outcome")
_trackers = table("trackers", *(column(name) for name in _OF_TRACKERS))
_store_administrators = table("store_administrators", *(column(name) for name in ("org_id", "user_id", "store_id")))
_group_dispatchers = table("group_dispatchers", *(column(name) for name in ("org_id", "user_id", "group_id")))
_api_key_stores = table("api_key_stores", *(column(name) for name in ("org_id", "api_key_id", "store_id")))


class SessionRow(NamedTuple):
    """A session that holds, its active user, and what the user looks after; `opened_at` is the database's clock.

    `renewable_until` is null unless its last renewal is so long ago that another one is worth a write.
    """

    id: UUID
    user_id: UUID
    device: str | None
    name: str
    role: str
    permissions: Sequence[str]
    technician_id: UUID | None
    store_ids: Sequence[UUID] | None
    group_ids: Sequence[UUID] | None
    expires_at: datetime
    renewable_until: datetime | None
    must_enrol: bool | None
    opened_at: datetime


class ApiKeyRow(NamedTuple):
    """An API key; without stores it is for the whole organization.

    `ended` is None while it holds, otherwise `revoked`, `expired`, or `replaced` where another token took the place of
    the one that was asked for.
    """

    id: UUID
    name: str
    scopes: Sequence[str]
    store_ids: Sequence[UUID]
    web_origins: Sequence[str]
    ended: str | None
    opened_at: datetime


class TrackerRow(NamedTuple):
    """A tracker that may send, of an active technician, and what was last noted of it."""

    id: UUID
    technician_id: UUID
    technician_name: str
    device: str
    used_at: datetime | None
    client: str | None
    outcome: str | None
    opened_at: datetime


def _linked(links: TableClause, linked: str, **owner: ColumnElement[UUID]) -> AnyColumn:
    """The ids `linked` that a link table has for its owner, as an array."""
    ((name, owner_id),) = owner.items()
    rows = select(links.c[linked]).where(links.c.org_id == _ASKED.org_id, links.c[name] == owner_id)
    return func.array(rows.correlate_except(links).scalar_subquery(), type_=_IDS)


def _lacks_second_factor(s: FromClause, u: FromClause) -> AnyColumn:
    """Whether the organization demands a second factor that the user has not. Single sign-on asks for its own."""
    o, f = organizations.alias("o"), second_factors.alias("f")
    demanded = or_(
        o.c.second_factor_policy == SecondFactorPolicy.CONSOLE_USERS,
        and_(o.c.second_factor_policy == SecondFactorPolicy.ADMINISTRATORS, u.c.role == Role.ADMINISTRATOR),
    )
    is_there = exists().where(f.c.org_id == _ASKED.org_id, f.c.user_id == s.c.user_id, f.c.confirmed_at.is_not(None))
    is_there = is_there.correlate_except(f)
    asked = select(and_(demanded, ~is_there)).where(o.c.org_id == _ASKED.org_id).correlate_except(o)
    # Of technicians, who send most requests, neither table is read.
    return case((and_(u.c.role != Role.TECHNICIAN, ~s.c.single_sign_on), asked.scalar_subquery()))


def _sessions(which: Callable[[FromClause], ColumnElement[bool]]) -> AnySelect:
    s, u, t = sessions.alias("s"), users.alias("u"), _technicians.alias("t")
    store_ids = _linked(_store_administrators, "store_id", user_id=s.c.user_id)
    group_ids = _linked(_group_dispatchers, "group_id", user_id=s.c.user_id)
    active_user = and_(u.c.org_id == s.c.org_id, u.c.id == s.c.user_id, u.c.active)
    active_technician = and_(t.c.org_id == s.c.org_id, t.c.user_id == s.c.user_id, t.c.active)
    return (
        select(
            s.c.id,
            s.c.user_id,
            s.c.device,
            u.c.name,
            u.c.role,
            u.c.permissions,
            t.c.id.label("technician_id"),
            case((u.c.role == Role.STORE_ADMINISTRATOR, store_ids)).label("store_ids"),
            case((u.c.role == Role.DISPATCHER, group_ids)).label("group_ids"),
            s.c.expires_at,
            case((_is_worth_renewing(s, u), _renewed(s))).label("renewable_until"),
            _lacks_second_factor(s, u).label("must_enrol"),
            func.clock_timestamp().label("opened_at"),
        )
        .select_from(s.join(u, active_user).outerjoin(t, active_technician))
        .where(s.c.org_id == _ASKED.org_id, which(s))
        .where(s.c.ended_at.is_(None), s.c.expires_at > func.clock_timestamp())
    )


def _renewed(s: FromClause) -> ColumnElement[datetime]:
    """When a session ends that is used now."""
    return func.least(func.clock_timestamp() + SESSION_SLIDES, s.c.created_at + SESSION_ENDS_AFTER)


def _is_worth_renewing(s: FromClause, u: FromClause) -> ColumnElement[bool]:
    slides = or_(s.c.kind == word("bearer"), u.c.role == Role.TECHNICIAN)
    return and_(slides, _renewed(s) >= s.c.expires_at + SESSION_RENEWED_EVERY)


def _api_keys(
    which: Callable[[FromClause], ColumnElement[bool]], *ways_to_end: tuple[ColumnElement[bool], str]
) -> AnySelect:
    k = _KEYS
    ended = (k.c.revoked_at.is_not(None), "revoked"), (k.c.expires_at <= func.clock_timestamp(), "expired")
    return select(
        k.c.id,
        k.c.name,
        k.c.scopes,
        _linked(_api_key_stores, "store_id", api_key_id=k.c.id).label("store_ids"),
        k.c.web_origins,
        case(*((condition, literal(word, Text)) for condition, word in (*ended, *ways_to_end))).label("ended"),
        func.clock_timestamp().label("opened_at"),
    ).where(k.c.org_id == _ASKED.org_id, which(k))


def _has_or_had_token(keys: FromClause) -> ColumnElement[bool]:
    return or_(keys.c.token_hash == _ASKED.token_hash, keys.c.previous_token_hash == _ASKED.token_hash)


def _trackers_by_token() -> AnySelect:
    d, t = _trackers.alias("d"), _technicians.alias("t")
    active = and_(t.c.org_id == _ASKED.org_id, t.c.id == d.c.technician_id, t.c.active)
    return (
        select(
            d.c.id,
            d.c.technician_id,
            t.c.name.label("technician_name"),
            d.c.name.label("device"),
            d.c.used_at,
            d.c.client,
            d.c.outcome,
            func.clock_timestamp().label("opened_at"),
        )
        .select_from(d.join(t, active))
        .where(d.c.org_id == _ASKED.org_id, _has_token(d), d.c.revoked_at.is_(None))
    )


def _has_token(credentials: FromClause) -> ColumnElement[bool]:
    return credentials.c.token_hash == _ASKED.token_hash


def _is_listed(credentials: FromClause) -> ColumnElement[bool]:
    return credentials.c.id == any_(_ASKED.ids)


SESSION_BY_TOKEN = Statement.of(SessionRow, _sessions(_has_token))
SESSIONS_BY_ID = Statement.of(SessionRow, _sessions(_is_listed))
TRACKER_BY_TOKEN = Statement.of(TrackerRow, _trackers_by_token())
_IS_REPLACED = (
    and_(_KEYS.c.token_hash != _ASKED.token_hash, _KEYS.c.previous_token_until <= func.clock_timestamp()),
    "replaced",
)
API_KEY_BY_TOKEN = Statement.of(ApiKeyRow, _api_keys(_has_or_had_token, _IS_REPLACED))
API_KEYS_BY_ID = Statement.of(ApiKeyRow, _api_keys(_is_listed))
