"""Addresses: looked up as a lead's would be."""

from pydantic import Field

from geo_assign.access.domain import ApiScope
from geo_assign.core.errors import NotFoundError
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate, judge
from geo_assign.geocoding.questions import address_question
from geo_assign.http.operations import DISPATCHING, Access, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import GeocodedPlaceAnswer, Id, LearnedPlaceAnswer
from geo_assign.http.schemas import Answer, Body, LongText
from geo_assign.workforce.store_rules import get_store_rules

routes = Routes("Geocoding")

GEOCODING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.LEADS_WRITE,))


class GeocodeBody(Body):
    """An address, looked up with the map key of a store."""

    store_id: Id
    address: LongText


class GeocodeAnswer(Answer):
    """`location` is what a work order would get; else `problem` says why not, `candidates` what a human may take."""

    location: GeocodedPlaceAnswer | None
    candidates: list[GeocodedPlaceAnswer]
    problem: str | None
    detail: str | None = Field(description="The problem as a sentence.")
    provider: str | None = Field(description="Whose geocoder was asked.")
    cached: bool = Field(description="Answered without a new request.")
    learned: LearnedPlaceAnswer | None = Field(description="Set where visits have taught the place.")


@routes.post(
    "/v1/geocode",
    access=GEOCODING,
    body=GeocodeBody,
    example={"store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20", "address": "Rua das Flores 12, Porto"},
    answer=GeocodeAnswer,
    own_transactions=True,
    errors=(NotFoundError,),
)
def geocode_address(call: Call[None, GeocodeBody]) -> Reply:
    """Look up an address.

    As a lead of this store would be.
    """
    body = call.body
    with call.transaction() as tx:
        rules = get_store_rules(tx, call.caller.scope, body.store_id)
    result = call.services.geocoder.geocode(
        call.caller.org_id,
        address_question(body.address, rules),
        deadline_s=call.services.settings.geocode_deadline_s,
        store_id=body.store_id,
    )
    judgement = judge(result, Confidence(rules.settings.min_confidence))
    problem = judgement.problem
    return Reply(
        GeocodeAnswer(
            location=None if judgement.accepted is None else _place(judgement.accepted),
            candidates=[_place(one) for one in judgement.candidates],
            problem=None if problem is None else problem.code.value,
            detail=None if problem is None else problem.detail,
            provider=result.provider,
            cached=result.cached,
            learned=None if result.learned is None else LearnedPlaceAnswer.model_validate(result.learned),
        )
    )


def _place(one: GeocodeCandidate) -> GeocodedPlaceAnswer:
    return GeocodedPlaceAnswer(lat=one.point.lat, lon=one.point.lon, label=one.label, confidence=one.confidence.value)
