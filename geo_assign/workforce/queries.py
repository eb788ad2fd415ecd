"""Reads of stores, groups, providers and technicians. The caller's scope is part of every statement."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, Table, Uuid, func, literal, select, true, tuple_

from geo_assign.access.domain import Scope
from geo_assign.access.queries import after
from geo_assign.access.viewer import SCOPE, Viewer, scope_values, viewer_declared, viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workforce.domain import (
    Duties,
    SaidSilence,
    ServiceGroup,
    ServiceProvider,
    SilenceReason,
    Store,
    Technician,
    TimeOff,
    Tracker,
    TrackerApp,
    WorksFrom,
)
from geo_assign.workforce.tables import (
    api_key_stores,
    group_dispatchers,
    provider_groups,
    service_groups,
    service_providers,
    store_administrators,
    stores,
    technician_groups,
    technicians,
    time_off,
    trackers,
)
from geo_assign.workforce.visibility import sees_group, sees_provider, sees_store, sees_technician

Q = TypeVar("Q", bound=tuple[object, ...])
Seen: TypeAlias = Mapping[bool, Statement[Q]]
"""A statement for callers who see everything (True), and one for others."""

# Stores ---------------------------------------------------------------------------------------------------------------


class _StoreRow(NamedTuple):
    id: UUID
    slug: str
    name: str
    timezone: str
    lat: float
    lon: float
    settings: Mapping[str, object]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


def get_store(tx: Tx, scope: Scope, store_id: UUID) -> Store:
    """Raises NotFoundError, also outside the scope."""
    if scope.technician_id is not None:
        return to_store(one_row(tx, select(stores).where(sees_store(viewer_of(tx, scope))), of=stores, row_id=store_id))
    return to_store(_seen_row(tx, scope, _STORE[scope.everything], store_id))


# Part of every ranking, so they are rendered once.
_ASKED = SCOPE | Parameters(id=Uuid())


def _seen(row: type[Q], of: Table, sees: Callable[[Viewer, FromClause], ColumnElement[bool]]) -> Seen[Q]:
    """The row of `of` with the id, if the caller sees it."""
    named: Any = row
    rows = select(*(of.c[name] for name in named._fields)).where(of.c.org_id == _ASKED.org_id, of.c.id == _ASKED.id)
    return {
        everything: Statement.of(row, rows.where(sees(viewer_declared(everything=everything), of)), steady=True)
        for everything in (True, False)
    }


def _seen_row(tx: Tx, scope: Scope, statement: Statement[Q], row_id: UUID) -> Q:
    """Raises NotFoundError."""
    rows = tx.fetch(statement, scope_values(tx, scope) | {"id": row_id})
    if not rows:
        raise NotFoundError
    return rows[0]


_STORE = _seen(_StoreRow, stores, sees_store)


def list_stores(
    tx: Tx,
    scope: Scope,
    *,
    active: bool | None = None,
    updated_since: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[Store]:
    """The stores that the caller sees, by name."""
    statement = select(stores).where(sees_store(viewer_of(tx, scope)), _is_active(stores, active))
    return _page(tx, statement, to_store, of=stores, updated_since=updated_since, limit=limit, cursor=cursor)


# Service groups -------------------------------------------------------------------------------------------------------


class _GroupRow(NamedTuple):
    id: UUID
    slug: str
    name: str
    store_id: UUID
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


def get_group(tx: Tx, scope: Scope, group_id: UUID) -> ServiceGroup:
    """Raises NotFoundError, also outside the scope."""
    if scope.technician_id is not None:
        seen = select(service_groups).where(sees_group(viewer_of(tx, scope)))
        return to_group(one_row(tx, seen, of=service_groups, row_id=group_id))
    return to_group(_seen_row(tx, scope, _GROUP[scope.everything], group_id))


_GROUP = _seen(_GroupRow, service_groups, sees_group)


def list_groups(
    tx: Tx,
    scope: Scope,
    *,
    store_id: UUID | None = None,
    active: bool | None = None,
    updated_since: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ServiceGroup]:
    """The groups that the caller sees, by name; of one store when named."""
    statement = select(service_groups).where(sees_group(viewer_of(tx, scope)), _is_active(service_groups, active))
    if store_id is not None:
        statement = statement.where(service_groups.c.store_id == store_id)
    return _page(tx, statement, to_group, of=service_groups, updated_since=updated_since, limit=limit, cursor=cursor)


# Service providers ----------------------------------------------------------------------------------------------------


def select_providers(tx: Tx) -> AnySelect:
    """Providers with what `to_provider` reads, still without a condition."""
    links = provider_groups.c
    of_provider = (links.org_id == tx.org_id, links.provider_id == service_providers.c.id)
    group_ids = select(func.array_agg(links.group_id)).where(*of_provider).scalar_subquery()
    return select(service_providers, group_ids.label("group_ids"))


def get_provider(tx: Tx, scope: Scope, provider_id: UUID) -> ServiceProvider:
    """Raises NotFoundError, also outside the scope."""
    statement = select_providers(tx).where(sees_provider(viewer_of(tx, scope)))
    return to_provider(one_row(tx, statement, of=service_providers, row_id=provider_id))


def list_providers(
    tx: Tx,
    scope: Scope,
    *,
    active: bool | None = None,
    updated_since: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ServiceProvider]:
    """The providers that the caller sees, by name."""
    statement = select_providers(tx).where(sees_provider(viewer_of(tx, scope)), _is_active(service_providers, active))
    return _page(
        tx, statement, to_provider, of=service_providers, updated_since=updated_since, limit=limit, cursor=cursor
    )


# Technicians ----------------------------------------------------------------------------------------------------------


def select_technicians(tx: Tx) -> AnySelect:
    """Technicians with what `to_technician` reads, still without a condition."""
    links = technician_groups.c
    of_technician = (links.org_id == tx.org_id, links.technician_id == technicians.c.id)
    group_ids = select(func.array_agg(links.group_id)).where(*of_technician).scalar_subquery()
    return select(technicians, group_ids.label("group_ids"))


def get_technician(tx: Tx, scope: Scope, technician_id: UUID) -> Technician:
    """Raises NotFoundError, also outside the scope."""
    statement = select_technicians(tx).where(sees_technician(viewer_of(tx, scope)))
    return to_technician(one_row(tx, statement, of=technicians, row_id=technician_id))


def list_technicians(
    tx: Tx,
    scope: Scope,
    *,
    store_id: UUID | None = None,
    group_id: UUID | None = None,
    active: bool | None = None,
    updated_since: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[Technician]:
    """The technicians that the caller sees, by name; of one store or one group when named."""
    statement = select_technicians(tx).where(sees_technician(viewer_of(tx, scope)), _is_active(technicians, active))
    if store_id is not None:
        statement = statement.where(technicians.c.store_id == store_id)
    if group_id is not None:
        member = technician_groups.c
        members = select(member.technician_id).where(member.org_id == tx.org_id, member.group_id == group_id)
        statement = statement.where(technicians.c.id.in_(members))
    return _page(tx, statement, to_technician, of=technicians, updated_since=updated_since, limit=limit, cursor=cursor)


def list_technician_names(tx: Tx, technician_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names by id, in any scope: the calling function knows that they concern the user."""
    t = technicians.c
    statement = select(t.id, t.name).where(t.org_id == tx.org_id, t.id.in_(technician_ids))
    return {row.id: row.name for row in tx.conn.execute(statement)}


def get_time_off(tx: Tx, time_off_id: UUID) -> TimeOff:
    """Raises NotFoundError."""
    row = one_row(tx, select(time_off), of=time_off, row_id=time_off_id)
    return TimeOff(row.id, row.technician_id, row.starts_at, row.ends_at, row.note)


def list_time_off(tx: Tx, technician_id: UUID) -> list[TimeOff]:
    """A technician's time off, earliest first."""
    rows = tx.conn.execute(
        select(time_off)
        .where(time_off.c.org_id == tx.org_id, time_off.c.technician_id == technician_id)
        .order_by(time_off.c.starts_at, time_off.c.id)
    )
    return [TimeOff(row.id, row.technician_id, row.starts_at, row.ends_at, row.note) for row in rows]


def find_said_silence(tx: Tx, technician_id: UUID) -> SaidSilence | None:
    """What the technician's app said last about being silent."""
    t = technicians.c
    statement = select(t.silence_reason, t.silence_said_at).where(t.org_id == tx.org_id, t.id == technician_id)
    row = tx.conn.execute(statement).one_or_none()
    if row is None or row.silence_reason is None:
        return None
    return SaidSilence(SilenceReason(row.silence_reason), row.silence_said_at)


def get_tracker(tx: Tx, technician_id: UUID, tracker_id: UUID) -> Tracker:
    """Raises NotFoundError."""
    t = trackers.c
    row = tx.conn.execute(_select_trackers(tx, technician_id).where(t.id == tracker_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return _to_tracker(row)


def list_trackers(
    tx: Tx, technician_id: UUID, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[Tracker]:
    """A technician's trackers, newest first; revoked ones too."""
    t = trackers.c
    statement = _select_trackers(tx, technician_id)
    if cursor is not None:
        last = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(tuple_(t.created_at, t.id) < tuple_(*(literal(value) for value in last)))
    rows = tx.conn.execute(statement.order_by(t.created_at.desc(), t.id.desc()).limit(limit + 1))
    return page([_to_tracker(row) for row in rows], limit, lambda one: (one.created_at.isoformat(), one.id))


def _to_tracker(row: ResultRow) -> Tracker:
    known = {name: getattr(row, name) for name in Tracker.__dataclass_fields__}
    return Tracker(**{**known, "app": TrackerApp(row.app)})


def _select_trackers(tx: Tx, technician_id: UUID) -> AnySelect:
    t = trackers.c
    shown = (t[name] for name in Tracker.__dataclass_fields__)
    return select(*shown).where(t.org_id == tx.org_id, t.technician_id == technician_id)


# Links ----------------------------------------------------------------------------------------------------------------


def list_duties(tx: Tx, user_ids: Collection[UUID]) -> dict[UUID, Duties]:
    """What each of these users looks after."""
    of_stores = _links(tx, store_administrators.c.user_id, store_administrators.c.store_id, owners=user_ids)
    of_groups = _links(tx, group_dispatchers.c.user_id, group_dispatchers.c.group_id, owners=user_ids)
    return {user_id: Duties(of_stores.get(user_id, ()), of_groups.get(user_id, ())) for user_id in user_ids}


def find_technician_id(tx: Tx, user_id: UUID) -> UUID | None:
    """The technician who logs in as this user, active or not."""
    t = technicians.c
    return tx.conn.execute(select(t.id).where(t.org_id == tx.org_id, t.user_id == user_id)).scalar_one_or_none()


def list_key_stores(tx: Tx, api_key_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The stores that each of these API keys is held to; a key without any is for the whole organization."""
    links = _links(tx, api_key_stores.c.api_key_id, api_key_stores.c.store_id, owners=api_key_ids)
    return {api_key_id: links.get(api_key_id, ()) for api_key_id in api_key_ids}


SluggedKind = Literal["stores", "service_groups", "service_providers", "technicians"]
_SLUGGED: Mapping[SluggedKind, Table] = {
    "stores": stores,
    "service_groups": service_groups,
    "service_providers": service_providers,
    "technicians": technicians,
}


def find_id_by_slug(tx: Tx, kind: SluggedKind, slug: str) -> UUID | None:
    """The id of the store, group, provider or technician with this slug."""
    return tx.conn.execute(_by_slug(tx, kind, "id", slug)).scalar_one_or_none()


def find_version_by_slug(tx: Tx, kind: SluggedKind, slug: str) -> int | None:
    """The version of the store, group, provider or technician with this slug."""
    return tx.conn.execute(_by_slug(tx, kind, "version", slug)).scalar_one_or_none()


def _by_slug(tx: Tx, kind: SluggedKind, column: str, slug: str) -> AnySelect:
    table = _SLUGGED[kind]
    return select(table.c[column]).where(table.c.org_id == tx.org_id, table.c.slug == slug)


def _links(
    tx: Tx, owner: Column[UUID], linked: Column[UUID], *, owners: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    rows = tx.conn.execute(
        select(owner, linked).where(owner.table.c.org_id == tx.org_id, owner.in_(owners)).order_by(linked)
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for owner_id, linked_id in rows:
        found[owner_id] = (*found.get(owner_id, ()), linked_id)
    return found


# One row, and a page of them ------------------------------------------------------------------------------------------


class Named(Protocol):
    """What is listed by name."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def one_row(tx: Tx, statement: AnySelect, *, of: Table, row_id: UUID) -> ResultRow:
    """The row of `of` with this id that `statement` lets through. Raises NotFoundError."""
    row = tx.conn.execute(statement.where(of.c.org_id == tx.org_id, of.c.id == row_id)).first()
    if row is None:
        raise NotFoundError
    return row


def _page(
    tx: Tx,
    statement: AnySelect,
    to_value: Callable[[ResultRow], N],
    *,
    of: Table,
    updated_since: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page[N]:
    """By name; where changes are asked for by the last change, so that what changes again comes again."""
    if updated_since is not None:
        changed = statement.where(of.c.org_id == tx.org_id, of.c.updated_at >= updated_since)
        if cursor is not None:
            changed = changed.where(after(of.c.updated_at, of.c.id, decode(cursor, datetime.fromisoformat, UUID)))
        changed_rows = tx.conn.execute(changed.order_by(of.c.updated_at, of.c.id).limit(limit + 1)).all()
        cut = page(changed_rows, limit, lambda row: (row.updated_at.isoformat(), row.id))
        return Page([to_value(row) for row in cut.items], cut.next_cursor)
    if cursor is not None:
        statement = statement.where(after(of.c.name, of.c.id, decode(cursor, str, UUID)))
    statement = statement.where(of.c.org_id == tx.org_id).order_by(of.c.name, of.c.id).limit(limit + 1)
    rows = tx.conn.execute(statement).all()
    return page([to_value(row) for row in rows], limit, lambda value: (value.name, value.id))


def _is_active(table: Table, wanted: bool | None) -> ColumnElement[bool]:  # noqa: FBT001  (a column's value)
    return true() if wanted is None else table.c.active.is_(wanted)


# Rows into values -----------------------------------------------------------------------------------------------------


def to_store(row: ResultRow | _StoreRow) -> Store:
    return Store(
        id=row.id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        location=Point(lat=row.lat, lon=row.lon),
        stored_settings=row.settings,
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_group(row: ResultRow | _GroupRow) -> ServiceGroup:
    return ServiceGroup(
        id=row.id,
        slug=row.slug,
        name=row.name,
        store_id=row.store_id,
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_provider(row: ResultRow) -> ServiceProvider:
    return ServiceProvider(
        id=row.id,
        slug=row.slug,
        name=row.name,
        base=_point(row.base_lat, row.base_lon),
        valid_until=row.valid_until,
        group_ids=tuple(sorted(row.group_ids or ())),
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        valid_from=row.valid_from,
        works_from=WorksFrom(row.works_from),
        capacity=row.capacity,
    )


def to_technician(row: ResultRow) -> Technician:
    return Technician(
        id=row.id,
        slug=row.slug,
        name=row.name,
        store_id=row.store_id,
        user_id=row.user_id,
        provider_id=row.provider_id,
        skills=tuple(row.skills),
        hours=row.hours,
        home=_point(row.home_lat, row.home_lon),
        base=Point(lat=row.base_lat, lon=row.base_lon),
        group_ids=tuple(sorted(row.group_ids or ())),
        active=row.active,
        on_duty=row.on_duty,
        duty_changed_at=row.duty_changed_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        at_base=row.at_base,
    )


def _point(lat: float | None, lon: float | None) -> Point | None:
    return None if lat is None or lon is None else Point(lat=lat, lon=lon)
