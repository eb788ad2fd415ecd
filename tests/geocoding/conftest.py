"""A geocoder on a real database, with a server that plays the provider."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from geo_assign.access.domain import system_caller
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database
from geo_assign.geocoding.commands.map_keys import NewMapKey, store_map_key
from geo_assign.geocoding.domain import AddressQuery, GeocodeProblem, GeocodeResult, KeyOwner, MapKey, OwnerKind
from geo_assign.geocoding.geocoder import Geocoder
from geo_assign.geocoding.queries import get_map_key
from geo_assign.geocoding.tables import geocode_usage
from tests.conftest import World
from tests.providers.dialects import CITY, DIALECTS, STREET, Dialect, Found
from tests.providers.stub import Behaviour, StubServer

START = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
KEY = "k3y-that-stays-secret"
ADDRESS = f"{STREET} 12, {CITY}"
NOMINATIM: Dialect = next(one for one in DIALECTS if one.provider == "nominatim")
OPENCAGE: Dialect = next(one for one in DIALECTS if one.provider == "opencage")


@dataclass
class Desk:
    """A caller who geocodes for one store: its key, the provider's server, and a clock that is set by hand."""

    database: Database
    geocoder: Geocoder
    clock: RecordedClock
    server: StubServer
    org_id: UUID
    store_id: UUID
    dialect: Dialect = NOMINATIM

    @property
    def owner(self) -> KeyOwner:
        return KeyOwner(OwnerKind.STORE, self.store_id)

    def configure(
        self,
        *,
        owner: KeyOwner | None = None,
        key: str | None = KEY,
        url: str | None = None,
        daily_budget: int | None = None,
        tested: GeocodeProblem | None = None,
        version: int | None = None,
    ) -> MapKey:
        new = NewMapKey(
            provider=self.dialect.provider,
            url=url or self.server.url,
            key=SecretStr(key) if key is not None else None,
            daily_budget=daily_budget,
        )
        with self.database.transaction(self.org_id) as tx:
            caller, whose = system_caller(self.org_id), owner or self.owner
            return store_map_key(tx, caller, self.geocoder.box, whose, new=new, tested=tested, version=version)

    def ask(self, text: str = ADDRESS, *, deadline_s: float = 10.0, group_id: UUID | None = None) -> GeocodeResult:
        return self.geocoder.geocode(
            self.org_id, AddressQuery(text), deadline_s=deadline_s, store_id=self.store_id, group_id=group_id
        )

    def key(self, owner: KeyOwner | None = None) -> MapKey:
        with self.database.transaction(self.org_id) as tx:
            return get_map_key(tx, owner or self.owner)

    def counted(self, owner: KeyOwner | None = None) -> dict[date, int]:
        """How many calls were counted with the owner's key, by UTC day."""
        used, whose = geocode_usage.c, owner or self.owner
        with self.database.transaction(self.org_id) as tx:
            rows = tx.conn.execute(select(used.day, used.requests).where(used.owner_id == whose.id))
            return {row.day: row.requests for row in rows}

    def says(self, behaviour: Behaviour) -> None:
        self.server.behaviour = behaviour

    def knows_the_house(self) -> None:
        self.server.behaviour = self.dialect.found(Found("12"))

    @property
    def calls(self) -> int:
        return len(self.server.requests)


@pytest.fixture
def desk_at(world: World, org_id: UUID, server: StubServer) -> Iterator[Callable[..., Desk]]:
    opened: list[Database] = []

    def make(dialect: Dialect = NOMINATIM, **settings: object) -> Desk:
        clock = RecordedClock(START)
        database = world.database(clock=clock)
        opened.append(database)
        geocoder = Geocoder.from_settings(world.settings(**settings), database)
        return Desk(database, geocoder, clock, server, org_id, uuid4(), dialect)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def desk(desk_at: Callable[..., Desk]) -> Desk:
    return desk_at()
