"""What the geocoder asks first: the confirmed pin of an address."""

from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.geocoding.domain import AddressQuery, Confidence, GeocodeCandidate, GeocodeResult, LearnedFrom
from geo_assign.pins.addresses import fold_address
from geo_assign.pins.queries import find_confirmed_pin


def find_learned_place(tx: Tx, query: AddressQuery, store_id: UUID) -> GeocodeResult | None:
    """The confirmed pin of an address of a store as a geocoder's answer; None where there is none."""
    address = fold_address(query.typed, country=query.habits)
    pin = None if address is None else find_confirmed_pin(tx, store_id, address.key)
    if pin is None or pin.confirmed_by is None:
        return None
    candidate = GeocodeCandidate(pin.address, pin.point, Confidence.ROOFTOP)
    learned = LearnedFrom(pin.id, pin.visits, pin.confirmed_by.value)
    return GeocodeResult(candidates=(candidate,), cached=True, learned=learned)
