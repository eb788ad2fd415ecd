"""Create and update what a seed file lists; loading the same file again changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias, TypedDict, TypeVar
from uuid import UUID

from pydantic import BaseModel, SecretStr

from geo_assign.access.commands import (
    NewUser,
    create_api_key,
    create_organization,
    create_user,
    open_session,
    renew_api_key,
    set_password,
)
from geo_assign.access.domain import SECRET, Caller, Role, TokenKind, User, system_caller, token_prefix
from geo_assign.access.key_terms import KeyTerms
from geo_assign.access.passwords import password_matches
from geo_assign.access.queries import (
    find_api_key_by_name,
    find_organization_id,
    find_password_hash,
    find_user_by_email,
    get_user,
)
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import FieldProblem, GeoAssignError
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.secrets import SecretBox
from geo_assign.core.settings import Settings
from geo_assign.geocoding.commands.map_keys import NewMapKey, store_map_key
from geo_assign.geocoding.domain import NOT_TESTED, KeyOwner, OwnerKind
from geo_assign.seed.document import (
    ApiKeyEntry,
    GroupEntry,
    Hours,
    MapKeyEntry,
    OrganizationEntry,
    ProviderEntry,
    SeedDocument,
    SeedError,
    StoreEntry,
    TechnicianEntry,
    UserEntry,
)
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import Duties, WorksFrom

_DEVICE = "seed"

E = TypeVar("E", bound=BaseModel)
LoadedEntry: TypeAlias = dict[str, object]
"""An entry as the file has it, with its id and what logs it in."""


class _StoreValues(TypedDict):
    name: str
    timezone: str
    location: Point


class _ProviderValues(TypedDict):
    name: str
    base: Point | None
    works_from: WorksFrom
    capacity: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    group_ids: tuple[UUID, ...]


class _TechnicianValues(TypedDict):
    name: str
    store_id: UUID
    group_ids: tuple[UUID, ...]
    skills: tuple[str, ...]
    hours: Hours | None
    home: Point | None
    provider_id: UUID | None


class _UserValues(TypedDict):
    name: str
    role: Role
    permissions: tuple[str, ...]


def load(database: Database, settings: Settings, document: SeedDocument) -> dict[str, list[LoadedEntry]]:
    """Create what is missing and change what differs; returns the file's tree with ids, tokens and keys.

    Each organization is one transaction: all of it or nothing. Raises SeedError with the place of each error.
    """
    return {
        "organizations": [
            _load_organization(database, settings, entry, at=f"/organizations/{index}")
            for index, entry in enumerate(document.organizations)
        ]
    }


def _load_organization(database: Database, settings: Settings, entry: OrganizationEntry, *, at: str) -> LoadedEntry:
    with database.across_organizations() as conn:
        known = find_organization_id(conn, entry.slug)
    with database.transaction(known or new_id()) as tx:
        if known is None:
            create_organization(tx, slug=entry.slug, name=entry.name)
        return OrganizationLoader(tx, settings, at).load(entry)


class OrganizationLoader:
    """Creates or updates one organization's entries, inside its transaction. `at` is the pointer to its entry.

    A password that exists is changed only where it `replaces_passwords`. `caller`: who does it; else the service.
    """

    def __init__(
        self,
        tx: Tx,
        settings: Settings,
        at: str = "",
        *,
        caller: Caller | None = None,
        replaces_passwords: bool = False,
    ) -> None:
        self._tx = tx
        self._box = SecretBox(settings.fernet_keys)
        self._at = at
        self._replaces_passwords = replaces_passwords
        self._caller = caller or system_caller(tx.org_id)
        self._ids_by_slug: dict[tuple[str, str], UUID] = {}

    def load(self, entry: OrganizationEntry) -> LoadedEntry:
        # In this order, because later ones refer to earlier ones.
        return {
            "slug": entry.slug,
            "name": entry.name,
            "id": str(self._tx.org_id),
            "stores": self._load_all("stores", entry.stores, self._store),
            "groups": self._load_all("groups", entry.groups, self._group),
            "providers": self._load_all("providers", entry.providers, self._provider),
            "technicians": self._load_all("technicians", entry.technicians, self._technician),
            "users": self._load_all("users", entry.users, self._user),
            "api_keys": self._load_all("api_keys", entry.api_keys, self._api_key),
        }

    def _load_all(self, name: str, entries: Sequence[E], load: Callable[[E], LoadedEntry]) -> list[LoadedEntry]:
        loaded = []
        for index, entry in enumerate(entries):
            with _errors_at(f"{self._at}/{name}/{index}"):
                loaded.append(_without_secrets(entry) | load(entry))
        return loaded

    def _store(self, entry: StoreEntry) -> LoadedEntry:
        return {"id": str(self.store(entry))}

    def store(self, entry: StoreEntry) -> UUID:
        """Create a store, or change what differs."""
        store_id = queries.find_id_by_slug(self._tx, "stores", entry.slug)
        wanted: _StoreValues = {"name": entry.name, "timezone": entry.timezone, "location": entry.location.point()}
        if store_id is None:
            new = commands.NewStore(slug=entry.slug, settings=entry.settings, **wanted)
            store_id = commands.create_store(self._tx, self._caller, new).id
        else:
            self._update_store(entry, store_id, wanted)
        if entry.map_key is not None:
            self._set_map_key(store_id, entry.map_key)
        return store_id

    def _update_store(self, entry: StoreEntry, store_id: UUID, wanted: Mapping[str, object]) -> None:
        store = queries.get_store(self._tx, self._caller.scope, store_id)
        if changes := _changes(store, wanted):
            commands.update_store(self._tx, self._caller, store_id, changes=changes)
        if _given(entry, "settings") and store.stored_settings != entry.settings.stored():
            commands.set_store_settings(self._tx, self._caller, store_id, settings=entry.settings)

    def _set_map_key(self, store_id: UUID, key: MapKeyEntry) -> None:
        new = NewMapKey(provider=key.provider, url=key.url, key=SecretStr(key.key) if key.key else None)
        with _errors_at("/map_key"):
            owner = KeyOwner(OwnerKind.STORE, store_id)
            store_map_key(self._tx, self._caller, self._box, owner, new=new, tested=NOT_TESTED)

    def _group(self, entry: GroupEntry) -> LoadedEntry:
        group_id = queries.find_id_by_slug(self._tx, "service_groups", entry.slug)
        if group_id is None:
            new = commands.NewGroup(name=entry.name, slug=entry.slug, store_id=self._id("stores", entry.store))
            return {"id": str(commands.create_group(self._tx, self._caller, new).id)}
        group = queries.get_group(self._tx, self._caller.scope, group_id)
        if group.store_id != self._id("stores", entry.store):
            raise SeedError(f"The service group {entry.slug!r} exists already, in another store.")
        if changes := _changes(group, {"name": entry.name}):
            commands.update_group(self._tx, self._caller, group_id, changes=changes)
        return {"id": str(group_id)}

    def _provider(self, entry: ProviderEntry) -> LoadedEntry:
        wanted: _ProviderValues = {
            "name": entry.name,
            "base": entry.base.point() if entry.base else None,
            "works_from": entry.works_from,
            "capacity": entry.capacity,
            "valid_from": entry.valid_from,
            "valid_until": entry.valid_until,
            "group_ids": self._ids("service_groups", entry.groups),
        }
        provider_id = queries.find_id_by_slug(self._tx, "service_providers", entry.slug)
        if provider_id is None:
            new = commands.NewProvider(slug=entry.slug, **wanted)
            return {"id": str(commands.create_provider(self._tx, self._caller, new).id)}
        provider = queries.get_provider(self._tx, self._caller.scope, provider_id)
        if changes := _changes(provider, _only_given(entry, wanted, group_ids="groups")):
            commands.update_provider(self._tx, self._caller, provider_id, changes=changes)
        return {"id": str(provider_id)}

    def _technician(self, entry: TechnicianEntry) -> LoadedEntry:
        # A token belongs to a user, and a user has an e-mail address: invent one that no mail reaches.
        technician_id = self.technician(entry, email=entry.email or f"{entry.slug}@technicians.invalid")
        if entry.on_duty:
            commands.start_duty(self._tx, technician_id)
        technician = queries.get_technician(self._tx, self._caller.scope, technician_id)
        return {"id": str(technician_id), "token": self._token(technician.user_id)}

    def technician(self, entry: TechnicianEntry, *, email: str | None) -> UUID:
        """Create a technician, or change what differs. `email`: the log-in of a new technician; None for no log-in."""
        wanted: _TechnicianValues = {
            "name": entry.name,
            "store_id": self._id("stores", entry.store),
            "group_ids": self._ids("service_groups", entry.groups),
            "skills": tuple(sorted(set(entry.skills))),
            "hours": None if entry.hours == "always" else entry.hours,
            "home": entry.home.point() if entry.home else None,
            "provider_id": self._id("service_providers", entry.provider) if entry.provider else None,
        }
        technician_id = queries.find_id_by_slug(self._tx, "technicians", entry.slug)
        if technician_id is None:
            new = commands.NewTechnician(slug=entry.slug, email=email, password=entry.password, **wanted)
            return commands.create_technician(self._tx, self._caller, new).id
        self._update_technician(entry, technician_id, wanted)
        return technician_id

    def _update_technician(self, entry: TechnicianEntry, technician_id: UUID, wanted: Mapping[str, object]) -> None:
        before = queries.get_technician(self._tx, self._caller.scope, technician_id)
        given = _only_given(entry, wanted, store_id="store", group_ids="groups", provider_id="provider")
        if changes := _changes(before, {**given, "active": True}):
            commands.update_technician(self._tx, self._caller, technician_id, changes=changes)
        if before.user_id is not None and entry.password is not None:
            self._update_password(get_user(self._tx, before.user_id), entry.password)

    def _user(self, entry: UserEntry) -> LoadedEntry:
        duties = Duties(self._ids("stores", entry.stores), self._ids("service_groups", entry.groups))
        wanted: _UserValues = {
            "name": entry.name,
            "role": Role(entry.role),
            "permissions": tuple(sorted({str(permission) for permission in entry.permissions})),
        }
        user = find_user_by_email(self._tx, entry.email)
        if user is None:
            user = create_user(self._tx, self._caller, NewUser(email=entry.email, password=entry.password, **wanted))
            commands.set_duties(self._tx, user, duties)
        else:
            changes = _changes(user, {**_only_given(entry, wanted), "active": True})
            changes |= {"store_ids": duties.store_ids} if _given(entry, "stores") else {}
            changes |= {"group_ids": duties.group_ids} if _given(entry, "groups") else {}
            if changes:
                user = commands.update_staff(self._tx, self._caller, user.id, changes=changes)
            if entry.password is not None:
                self._update_password(user, entry.password)
        return {"id": str(user.id), "token": self._token(user.id)}

    def _update_password(self, user: User, password: str) -> None:
        kept = find_password_hash(self._tx, user.id)
        if kept is None or (self._replaces_passwords and not password_matches(password, kept)):
            set_password(self._tx, self._caller, user.id, password=password)

    def _token(self, user_id: UUID | None) -> str | None:
        if user_id is None:
            return None
        return open_session(self._tx, get_user(self._tx, user_id), kind="bearer", device=_DEVICE).token

    def _api_key(self, entry: ApiKeyEntry) -> LoadedEntry:
        secret, store_ids = self._random_part(entry.token), self._ids("stores", entry.stores)
        terms = KeyTerms(entry.expires_at, tuple(entry.web_origins), entry.leads_per_day)
        token: str | None
        known = find_api_key_by_name(self._tx, entry.name)
        if known is None:
            known, token = create_api_key(
                self._tx,
                self._caller,
                name=entry.name,
                scopes=entry.scopes,
                terms=terms,
                store_ids=store_ids,
                secret=secret,
            )
        else:
            changes = {"scopes": tuple(entry.scopes), **_only_given(entry, asdict(terms))}
            token = renew_api_key(self._tx, self._caller, known.id, changes=changes, store_ids=store_ids, secret=secret)
        commands.set_key_stores(self._tx, known.id, store_ids)
        # `key` is the older name of `token`.
        return {"id": str(known.id), "token": token, "key": token}

    def _random_part(self, token: str | None) -> str | None:
        """The part of a chosen token behind its prefix. Raises SeedError."""
        if token is None:
            return None
        chosen = token
        for kind in (TokenKind.API_KEY, TokenKind.PUBLISHABLE_KEY):
            chosen = chosen.removeprefix(token_prefix(kind, self._tx.org_id))
        if SECRET.fullmatch(chosen) is None:
            raise SeedError("A token has 16 to 200 letters, digits and signs of ._~+/=-")
        return chosen

    def _id(self, kind: queries.SluggedKind, slug: str) -> UUID:
        if (kind, slug) not in self._ids_by_slug:
            found = queries.find_id_by_slug(self._tx, kind, slug)
            if found is None:
                raise SeedError(f"There is no {slug!r} among the {kind.replace('_', ' ')}.")
            self._ids_by_slug[kind, slug] = found
        return self._ids_by_slug[kind, slug]

    def _ids(self, kind: queries.SluggedKind, slugs: Sequence[str]) -> tuple[UUID, ...]:
        return tuple(sorted({self._id(kind, slug) for slug in slugs}))


@contextmanager
def _errors_at(pointer: str) -> Iterator[None]:
    """Raise the library's refusals as SeedError with the place in the file."""
    try:
        yield
    except GeoAssignError as error:
        inner = error.errors or [FieldProblem("", error.code, error.detail)]
        raise SeedError(
            errors=[FieldProblem(f"{pointer}{problem.pointer}", problem.code, problem.detail) for problem in inner]
        ) from error


def _without_secrets(entry: BaseModel) -> LoadedEntry:
    """Return an entry as the file has it, without the map key's secret."""
    tree = entry.model_dump(mode="json", exclude_unset=True)
    if tree.get("map_key"):
        tree["map_key"].pop("key", None)
    return tree


def _given(entry: BaseModel, name: str) -> bool:
    return name in entry.model_fields_set


def _only_given(entry: BaseModel, wanted: Mapping[str, object], **named: str) -> dict[str, object]:
    """Return the part of `wanted` that the file gives; `named` maps a value's name to the entry's where they differ."""
    return {name: value for name, value in wanted.items() if _given(entry, named.get(name, name))}


def _changes(before: object, wanted: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in wanted.items() if getattr(before, name) != value}
