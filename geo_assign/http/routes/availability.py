"""Next free slots near an address."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.geo import Point
from geo_assign.core.spans import Span
from geo_assign.free_time.availability import (
    Availability,
    FreeSlot,
    Search,
    estimated_ways,
    measure_ways,
    search_free_slots,
)
from geo_assign.free_time.ways import Ways
from geo_assign.http.addresses import AddressNotFoundError, locate_address
from geo_assign.http.operations import READING, AnyCall, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import ReasonWordsAnswer
from geo_assign.http.routes.routing_models import RoutingAnswer
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import Answer, Body, InstantOrWallTime, LongText, OptionalPoint, PointAnswer, Skills
from geo_assign.matching.domain import Excluded, Provenance, Question, Slot
from geo_assign.matching.questions import question_for_point
from geo_assign.privacy.domain import How
from geo_assign.routing.choosing import find_router
from geo_assign.workforce.local_time import WallTimeDoesNotExistError, as_instant, get_zone
from geo_assign.workforce.queries import get_group
from geo_assign.workforce.store_rules import StoreRules, get_store_rules

routes = Routes("Availability")

_USUAL, _LONGEST = timedelta(days=14), timedelta(days=42)


class AvailabilityBody(Body):
    """Where, how long, when, and who: exactly one of `point` and `address`.

    Times without an offset are wall times of the store. Without `from` the search begins now, without `to` it looks
    two weeks ahead. With `technician_ids` the slots are those in which all of them can come.
    """

    store_id: Id
    point: OptionalPoint = None
    address: LongText | None = None
    duration_minutes: float | None = Field(None, gt=0, le=7 * 24 * 60, description="The store's usual, when left out.")
    first: InstantOrWallTime | None = Field(None, alias="from")
    last: InstantOrWallTime | None = Field(None, alias="to")
    skills: Skills = ()
    group_id: Id | None = None
    limit: int = Field(10, ge=1, le=50, description="Slots.")
    technician_ids: Annotated[tuple[UUID, ...], Field(max_length=20, strict=False)] = ()

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.point is None) == (self.address is None):
            raise PydanticCustomError("one_place", "Give exactly one of point and address")
        if len(set(self.technician_ids)) != len(self.technician_ids):
            raise PydanticCustomError("named_twice", "Name each technician once")
        return self


class SlotTechnicianAnswer(Answer):
    """A technician who can take the slot. `travel_after_s` is null when nothing follows on that day."""

    id: UUID
    name: str
    distance_m: float
    provenance: Provenance
    travel_before_s: float = Field(description="The way to the work.")
    travel_after_s: float | None


class FreeSlotAnswer(Answer):
    """A slot with who can take it, least travel first; `others` more could, too."""

    start: datetime
    end: datetime
    technicians: list[SlotTechnicianAnswer]
    others: int


class UnavailableAnswer(Answer):
    """A technician who cannot come at the very start, and why."""

    technician_id: UUID
    name: str
    reasons: list[ReasonWordsAnswer]


class AvailabilityAnswer(Answer):
    """Slots, earliest first. When there are none, `excluded` says why people cannot come at the very start."""

    slots: list[FreeSlotAnswer]
    examined: int = Field(description="How many technicians were looked at.")
    truncated: bool
    excluded: list[UnavailableAnswer]
    origin: PointAnswer
    duration_minutes: float
    timezone: str
    travel_is_calibrated: bool = Field(description="The ways hold what the store's drives have taught.")
    travel_factor: float | None = Field(description="What they have taught: the ways are multiplied with it.")
    routing: RoutingAnswer | None = Field(
        description="How a router was asked for the ways: `asked` counts ways; null: the store has none."
    )


@routes.post(
    "/v1/availability",
    access=READING,
    body=AvailabilityBody,
    example={"store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20", "address": "Rua das Flores 12, Porto", "limit": 5},
    answer=AvailabilityAnswer,
    errors=(NotFoundError, AddressNotFoundError, WallTimeDoesNotExistError),
)
def find_availability(call: Call[None, AvailabilityBody]) -> Reply:
    """Find the next free slots near a place.

    Before there is a lead. Slots begin on the quarters of an hour. Between appointments there is time for the way, by
    the store's router or as estimated from the straight line, and for the store's travel buffer. What is proposed could
    be assigned at this moment.
    """
    body = call.body
    with call.transaction() as tx:
        rules = get_store_rules(tx, call.caller.scope, body.store_id)
        if body.point is not None and find_router(tx.org_id, rules) is None:
            return _answer(tx, call, rules, body.point.point(), estimated_ways(rules))
    given, address = body.point, body.address or ""
    point = given.point() if given is not None else locate_address(call, rules, address, group_id=body.group_id)
    with call.transaction() as tx:
        search = _search(tx, call, rules, point)
    call.leave_turn()
    ways = measure_ways(call.transaction, call.services.drives, rules, search)
    with call.transaction() as tx:
        return _answer(tx, call, rules, point, ways)


def _search(tx: Tx, call: Call[None, AvailabilityBody], rules: StoreRules, origin: Point) -> Search:
    body = call.body
    question = _question(tx, call, rules, origin)
    first, last = span_of(body.first, body.last, rules, at=question.at)
    return Search(
        question=replace(question, slot=Slot(first, first + _duration(body, rules))),
        until=last,
        zone=get_zone(rules.store.timezone),
        limit=body.limit,
        technician_ids=body.technician_ids,
    )


def _answer(tx: Tx, call: Call[None, AvailabilityBody], rules: StoreRules, origin: Point, ways: Ways) -> Reply:
    body, search = call.body, _search(tx, call, rules, origin)
    found = search_free_slots(tx, search, ways)
    _note_views(call, found, at=search.question.at)
    return Reply(
        to_json(
            {
                "slots": [_slot(slot) for slot in found.slots],
                "examined": found.examined,
                "truncated": found.truncated,
                "excluded": [_excluded(one) for one in found.excluded],
                "origin": {"lat": origin.lat, "lon": origin.lon},
                "duration_minutes": _duration(body, rules) / timedelta(minutes=1),
                "timezone": rules.store.timezone,
                "travel_is_calibrated": ways.factor is not None,
                "travel_factor": ways.factor,
                "routing": ways.note,
            }
        )
    )


def _question(tx: Tx, call: Call[None, AvailabilityBody], rules: StoreRules, origin: Point) -> Question:
    body = call.body
    if body.group_id is not None:
        get_group(tx, call.caller.scope, body.group_id)
    return question_for_point(
        origin,
        at=tx.as_of(),
        scope=call.caller.scope,
        rules=rules,
        group_id=body.group_id,
        skills=body.skills,
        freshness_s=rules.settings.freshness_s,
    )


def _duration(body: AvailabilityBody, rules: StoreRules) -> timedelta:
    if body.duration_minutes is None:
        return rules.settings.default_duration
    return timedelta(minutes=body.duration_minutes)


def span_of(wanted_first: datetime | None, wanted_last: datetime | None, rules: StoreRules, *, at: datetime) -> Span:
    """From when to when, never before now. Raises InvalidError, WallTimeDoesNotExistError."""
    zone = get_zone(rules.store.timezone)
    first = at if wanted_first is None else max(at, as_instant(wanted_first, zone))
    last = first + _USUAL if wanted_last is None else as_instant(wanted_last, zone)
    if last <= first:
        raise InvalidError.at("/to", "span_not_forward", "It should come after `from`, and after now.")
    if last - first > _LONGEST:
        raise InvalidError.at("/to", "span_too_long", "The search looks at most 42 days ahead of `from`.")
    return first, last


def _note_views(call: AnyCall, found: Availability, *, at: datetime) -> None:
    """Log whose location was told by a distance from it."""
    seen = {one.technician_id for slot in found.slots for one in slot.technicians if one.position_seen}
    call.services.views.note(call.caller, How.NEAREST, sorted(seen), at=at)


def _slot(slot: FreeSlot) -> dict[str, object]:
    people = [
        {
            "id": one.technician_id,
            "name": one.name,
            "distance_m": one.distance_m,
            "provenance": one.provenance,
            "travel_before_s": one.travel_before_s,
            "travel_after_s": one.travel_after_s,
        }
        for one in slot.technicians
    ]
    return {"start": slot.start, "end": slot.end, "technicians": people, "others": slot.others}


def _excluded(one: Excluded) -> dict[str, object]:
    reasons = [{"code": reason.code, "detail": reason.detail} for reason in one.reasons]
    return {"technician_id": one.technician_id, "name": one.name, "reasons": reasons}
