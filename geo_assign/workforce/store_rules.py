"""A store together with the settings that are in force there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, any_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import road_s
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workforce.countries import find_country
from geo_assign.workforce.domain import STRAIGHT_LINE, Store, Technician
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.queries import get_store, to_store
from geo_assign.workforce.store_settings import StoreSettings, load_settings
from geo_assign.workforce.tables import service_groups, stores


@dataclass(frozen=True, slots=True)
class StoreRules:
    """A store with the settings that are in force there."""

    store: Store
    settings: StoreSettings

    @property
    def country(self) -> str | None:
        """The store's country, two letters: as it is set, or that of its time zone; None where neither says one."""
        return self.settings.country or find_country(self.store.timezone)

    def find_eta_factor(self, provider: str, at: datetime) -> float | None:
        """What the seconds that `provider` estimates for a drive at `at` are multiplied with; None: not learned yet."""
        return self.store.eta_factors.find(provider, at.astimezone(get_zone(self.store.timezone)).hour)

    def estimate_drive_s(self, distance_m: float, at: datetime) -> float:
        """The seconds of a drive that begins at `at`: over the straight line, times what the store's drives taught."""
        return road_s(distance_m) * (self.find_eta_factor(STRAIGHT_LINE, at) or 1.0)


def get_store_rules(tx: Tx, scope: Scope, store_id: UUID) -> StoreRules:
    """Raises NotFoundError for a store outside the scope."""
    return _rules_of(tx, get_store(tx, scope, store_id))


def list_rules_for(tx: Tx, technician: Technician) -> list[StoreRules]:
    """The rules of each store whose work a technician may be given: the home store, and those of the groups."""
    asked = {"org_id": tx.org_id, "store_id": technician.store_id, "group_ids": list(technician.group_ids)}
    return [_rules_of(tx, to_store(row)) for row in tx.fetch(_STORES_OF_WORK, asked)]


# Asked whenever a technician's time becomes free, so it is rendered once.
_ASKED = Parameters(org_id=Uuid(), store_id=Uuid(), group_ids=ARRAY(Uuid()))


def _stores_of_work() -> AnySelect:
    s, g = stores.c, service_groups.c
    of_groups = select(g.store_id).where(g.org_id == _ASKED.org_id, g.id == any_(_ASKED.group_ids))
    is_one = or_(s.id == _ASKED.store_id, s.id.in_(of_groups))
    return select(stores).where(s.org_id == _ASKED.org_id, s.active, is_one).order_by(s.id)


_STORES_OF_WORK = Statement.of_columns(_stores_of_work())


def _rules_of(tx: Tx, store: Store) -> StoreRules:
    return StoreRules(store, load_settings(store.stored_settings, freshness_s=tx.defaults.freshness_s))


def list_countries(tx: Tx) -> set[str]:
    """The countries of the organization's stores, as far as they are known."""
    s = stores.c
    rows = tx.conn.execute(select(s.timezone, s.settings["country"].astext).where(s.org_id == tx.org_id).distinct())
    found = {country or find_country(timezone) for timezone, country in rows}
    return {country for country in found if country is not None}
