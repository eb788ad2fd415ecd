"""The question that a store puts to a geocoder."""

from geo_assign.geocoding.domain import AddressQuery
from geo_assign.workforce.store_rules import StoreRules

# A technician may go so far, and lives no farther than this from the store; an answer beyond both is not meant.
FARTHEST_HOME_M = 150_000.0


def address_question(text: str, rules: StoreRules) -> AddressQuery:
    """An address as it is asked for at a store: near it, within its reach, and as its country writes."""
    return AddressQuery(
        text=text,
        near=rules.store.location,
        reach_m=rules.settings.radius_m + FARTHEST_HOME_M,
        habits=rules.country,
    )
