"""A store together with the settings that are in force there."""

from dataclasses import dataclass
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.workforce.domain import Store
from geo_assign.workforce.queries import get_store
from geo_assign.workforce.store_settings import StoreSettings, load_settings


@dataclass(frozen=True, slots=True)
class StoreRules:
    """A store with the settings that are in force there."""

    store: Store
    settings: StoreSettings


def get_store_rules(tx: Tx, scope: Scope, store_id: UUID) -> StoreRules:
    """Raises NotFoundError for a store outside the scope."""
    store = get_store(tx, scope, store_id)
    return StoreRules(store, load_settings(store.stored_settings, freshness_s=tx.defaults.freshness_s))
