"""Which router a store uses."""

from uuid import UUID

from geo_assign.routing.domain import RouterChoice, RouterName
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workforce.store_settings import StoreSettings


def find_router(org_id: UUID, rules: StoreRules) -> RouterChoice | None:
    """The store's router; None where the straight line does."""
    return router_in(rules.settings, org_id=org_id, store_id=rules.store.id)


def router_in(settings: StoreSettings, *, org_id: UUID, store_id: UUID) -> RouterChoice | None:
    """The same of settings that may not be in force yet."""
    name = RouterName(settings.router)
    if name is RouterName.STRAIGHT_LINE:
        return None
    return RouterChoice(name, settings.router_url, settings.router_deadline_s, org_id, store_id)
