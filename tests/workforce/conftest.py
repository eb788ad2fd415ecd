"""An organization with stores, groups and people, made by the commands themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from geo_assign.access.domain import ActorKind, Caller, Role, Scope, system_caller
from geo_assign.core.db import Database
from geo_assign.core.geo import Point
from geo_assign.workforce.commands import (
    NewGroup,
    NewStore,
    NewTechnician,
    create_group,
    create_store,
    create_technician,
)
from geo_assign.workforce.domain import ServiceGroup, Store, Technician
from tests.access.api import Api, seeded_api
from tests.conftest import World


@dataclass(frozen=True)
class House:
    """Short words for the tests."""

    database: Database
    org_id: UUID

    @property
    def system(self) -> Caller:
        return system_caller(self.org_id)

    def store(self, slug: str, *, lat: float = 41.15, lon: float = -8.61, timezone: str = "Europe/Lisbon") -> Store:
        new = NewStore(name=slug.title(), slug=slug, timezone=timezone, location=Point(lat=lat, lon=lon))
        with self.database.transaction(self.org_id) as tx:
            return create_store(tx, self.system, new)

    def group(self, slug: str, store: Store) -> ServiceGroup:
        with self.database.transaction(self.org_id) as tx:
            return create_group(tx, self.system, NewGroup(name=slug.title(), slug=slug, store_id=store.id))

    def technician(self, slug: str, store: Store, **values: object) -> Technician:
        new = NewTechnician(name=slug.title(), slug=slug, store_id=store.id, **values)  # type: ignore[arg-type]
        with self.database.transaction(self.org_id) as tx:
            return create_technician(tx, self.system, new)

    def store_administrator(self, *stores: Store) -> Caller:
        return self._caller(Role.STORE_ADMINISTRATOR, Scope(store_ids=frozenset(store.id for store in stores)))

    def dispatcher(self, *groups: ServiceGroup) -> Caller:
        return self._caller(Role.DISPATCHER, Scope(group_ids=frozenset(group.id for group in groups)))

    def _caller(self, role: Role, scope: Scope) -> Caller:
        return Caller(org_id=self.org_id, kind=ActorKind.USER, id=self.org_id, name=role, role=role, scope=scope)


@pytest.fixture
def house(database: Database, org_id: UUID) -> House:
    return House(database, org_id)


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api
