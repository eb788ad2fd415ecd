"""From an address in a question to a point, with a store's map key, outside any transaction."""

from uuid import UUID

from geo_assign.core.geo import Point
from geo_assign.dispatch.flows import GeocodeRequest
from geo_assign.geocoding.domain import Confidence, judge
from geo_assign.geocoding.questions import address_question
from geo_assign.http.operations import AnyCall
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.domain import WorkOrderWithoutLocationError


class AddressNotFoundError(WorkOrderWithoutLocationError):
    """No location was found for this address.

    Correct it, or give a point. `reason` says why, `candidates` what the address might mean.
    """

    code = "address_not_found"


def locate_address(call: AnyCall, rules: StoreRules, address: str, *, group_id: UUID | None) -> Point:
    """Where an address is. Raises AddressNotFoundError with the reason and the places that it might mean."""
    query = address_question(address, rules)
    request = GeocodeRequest(call.caller.org_id, rules.store.id, group_id, query)
    judgement = judge(call.services.dispatch.geocode(request), Confidence(rules.settings.min_confidence))
    if judgement.accepted is not None:
        return judgement.accepted.point
    problem = judgement.problem
    candidates = [
        {"lat": one.point.lat, "lon": one.point.lon, "label": one.label, "confidence": one.confidence.value}
        for one in judgement.candidates
    ]
    raise AddressNotFoundError(
        problem.detail if problem else "",
        reason=problem.code.value if problem else "not_found",
        candidates=candidates,
    )
