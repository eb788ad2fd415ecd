"""Map keys and addresses."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, SecretStr

from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import ApiScope
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.dispatch.commands.locating import retry_locations
from geo_assign.geocoding.commands.map_keys import (
    MapKeyRefusedError,
    NewMapKey,
    delete_map_key,
    keeps_key,
    open_map_key,
    record_test,
    store_map_key,
)
from geo_assign.geocoding.domain import (
    AddressQuery,
    Confidence,
    GeocodeProblem,
    KeyOwner,
    MapKey,
    OwnerKind,
    judge,
)
from geo_assign.geocoding.queries import MapKeyNotFoundError, find_map_key, get_map_key
from geo_assign.http.operations import DISPATCHING, STORE_SETTINGS, Access, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import Answer, Body, LongText, PointAnswer
from geo_assign.matching.questions import get_store_rules
from geo_assign.workforce.queries import get_store

routes = Routes("Geocoding")

GEOCODING = Access(roles=DISPATCHING.roles, scopes=(ApiScope.LEADS_WRITE,))

# A person waits for this test: it may take longer than a lead would wait.
_TEST_DEADLINE_S = 5.0


class MapKeyBody(Body):
    """A provider and its key. The key is written and never read; leave it out to keep the one that is stored."""

    provider: Annotated[str, Field(min_length=1, max_length=40, examples=["opencage"])]
    url: Annotated[str | None, Field(max_length=500, description="The provider's own URL, where it has one.")] = None
    key: Annotated[str | None, Field(max_length=500)] = None
    daily_budget: Annotated[int | None, Field(ge=1, le=100_000_000, description="Requests a day, UTC.")] = None


class MapKeyAnswer(Answer):
    """A map key without its secret."""

    provider: str
    url: str | None
    key_hint: str | None
    status: str
    last_error: str | None
    blocked_until: datetime | None
    daily_budget: int | None
    tested_at: datetime | None
    version: int


class MapKeyTestAnswer(Answer):
    """What the provider said to the stored key."""

    ok: bool
    problem: str | None
    detail: str | None
    map_key: MapKeyAnswer


class GeocodeBody(Body):
    """An address, looked up with the map key of a store."""

    store_id: Id
    address: LongText


class PlaceAnswer(PointAnswer):
    """One place that fits."""

    label: str
    confidence: str


class GeocodeAnswer(Answer):
    """`location` is what a work order would get; else `problem` says why not, `candidates` what a human may take."""

    location: PlaceAnswer | None
    candidates: list[PlaceAnswer]
    problem: str | None
    detail: str | None
    provider: str | None
    cached: bool


@routes.get(
    "/v1/stores/{id}/map-key", access=STORE_SETTINGS, answer=MapKeyAnswer, errors=(MapKeyNotFoundError, NotFoundError)
)
def read_map_key(call: Call) -> Reply:
    """The store's own map key, without the key."""
    with call.transaction() as tx:
        get_store(tx, call.caller.scope, call.path["id"])
        return _reply(get_map_key(tx, _owner(call)))


@routes.put(
    "/v1/stores/{id}/map-key",
    access=STORE_SETTINGS,
    body=MapKeyBody,
    answer=MapKeyAnswer,
    own_transactions=True,
    errors=(MapKeyRefusedError, MapKeyNotFoundError, NotFoundError, StaleError),
)
def put_map_key(call: Call) -> Reply:
    """Set or replace the store's map key. It is tried at once: one that the provider refuses is not stored.

    Work orders that waited for a key, or for a geocoder, are located again.
    """
    body: MapKeyBody = call.body
    new = NewMapKey(
        provider=body.provider,
        url=body.url,
        key=SecretStr(body.key) if body.key else None,
        daily_budget=body.daily_budget,
    )
    geocoder, owner = call.services.geocoder, _owner(call)
    with call.transaction() as tx:
        get_store(tx, call.caller.scope, call.path["id"])
        present = find_map_key(tx, owner)
        kept = open_map_key(geocoder.box, present) if present and keeps_key(present, new) else None
    tested = geocoder.test_map_key(provider=new.provider, url=new.url, key=new.key or kept, deadline_s=_TEST_DEADLINE_S)
    with call.transaction() as tx:
        stored = store_map_key(tx, geocoder.box, owner, new=new, tested=tested, version=call.if_match)
        retry_locations(tx, store_id=owner.id)
        audit(tx, call.caller, "map_key.set", subject_kind="store", subject_id=owner.id, provider=new.provider)
        return _reply(stored)


@routes.delete(
    "/v1/stores/{id}/map-key",
    access=STORE_SETTINGS,
    status=204,
    errors=(MapKeyNotFoundError, NotFoundError, StaleError),
)
def remove_map_key(call: Call) -> Reply:
    """Remove the store's map key; the organization's applies, if there is one."""
    with call.transaction() as tx:
        get_store(tx, call.caller.scope, call.path["id"])
        delete_map_key(tx, _owner(call), version=call.if_match)
        audit(tx, call.caller, "map_key.removed", subject_kind="store", subject_id=call.path["id"])
    return Reply()


@routes.post(
    "/v1/stores/{id}/map-key/test",
    access=STORE_SETTINGS,
    answer=MapKeyTestAnswer,
    own_transactions=True,
    errors=(MapKeyNotFoundError, NotFoundError),
)
def test_map_key(call: Call) -> Reply:
    """Try the stored map key and tell the provider's own words."""
    geocoder, owner = call.services.geocoder, _owner(call)
    with call.transaction() as tx:
        get_store(tx, call.caller.scope, call.path["id"])
        present = get_map_key(tx, owner)
        secret = open_map_key(geocoder.box, present)
    tested = geocoder.test_map_key(provider=present.provider, url=present.url, key=secret, deadline_s=_TEST_DEADLINE_S)
    with call.transaction() as tx:
        after = record_test(tx, owner, version=present.version, tested=tested)
        if tested is None:
            retry_locations(tx, store_id=owner.id)
    return Reply(_test_answer(tested, after), version=after.version)


@routes.post(
    "/v1/geocode",
    access=GEOCODING,
    body=GeocodeBody,
    answer=GeocodeAnswer,
    own_transactions=True,
    errors=(NotFoundError,),
)
def geocode_address(call: Call) -> Reply:
    """Look an address up as a lead of this store would be."""
    body: GeocodeBody = call.body
    with call.transaction() as tx:
        rules = get_store_rules(tx, call.caller.scope, body.store_id)
    result = call.services.geocoder.geocode(
        call.caller.org_id,
        AddressQuery(text=body.address, near=rules.store.location),
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
        )
    )


def _owner(call: Call) -> KeyOwner:
    store_id: UUID = call.path["id"]
    return KeyOwner(OwnerKind.STORE, store_id)


def _reply(key: MapKey) -> Reply:
    return Reply(MapKeyAnswer.model_validate(key), version=key.version)


def _test_answer(tested: GeocodeProblem | None, key: MapKey) -> MapKeyTestAnswer:
    return MapKeyTestAnswer(
        ok=tested is None,
        problem=None if tested is None else tested.code.value,
        detail=None if tested is None else tested.detail,
        map_key=MapKeyAnswer.model_validate(key),
    )


def _place(one: Any) -> PlaceAnswer:
    return PlaceAnswer(lat=one.point.lat, lon=one.point.lon, label=one.label, confidence=one.confidence.value)
